/**
 * The few file system calls that a file store makes, so that tests can make each of them fail.
 *
 * @module
 */

import { type BigIntStats, constants, lstatSync } from "node:fs";
import { open, readdir, realpath, rename, unlink } from "node:fs/promises";
import { makeFolder } from "./make-folder.ts";

export interface OpenFile {
  stat(): Promise<BigIntStats>;
  readFile(): Promise<Uint8Array>;
  writeFile(bytes: Uint8Array): Promise<void>;
  sync(): Promise<void>;
  close(): Promise<void>;
}

/** Every call rejects with the error that node:fs gives (`code` is `ENOENT`, …). */
export interface FileSystem {
  /** Opens for reading; a symbolic link is ELOOP, and a pipe or device does not block. */
  openToRead(path: string): Promise<OpenFile>;
  /** Makes a new file, EEXIST when there is one. */
  create(path: string, mode: number): Promise<OpenFile>;
  rename(from: string, to: string): Promise<void>;
  unlink(path: string): Promise<void>;
  /** Makes the folder and those above it where they are missing, so that they last. */
  makeFolder(path: string): Promise<void>;
  list(folder: string): Promise<readonly string[]>;
  realPath(path: string): Promise<string>;
  /** Synchronous, because it answers from the kernel's cache in a microsecond and stands before every read. Undefined: nothing there. */
  look(path: string): BigIntStats | undefined;
}

function openFile(file: Awaited<ReturnType<typeof open>>): OpenFile {
  return {
    stat: () => file.stat({ bigint: true }),
    readFile: () => file.readFile(),
    writeFile: (bytes) => file.writeFile(bytes),
    sync: () => file.sync(),
    close: () => file.close(),
  };
}

// Flags that a platform lacks are undefined there.
const toRead = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);

export const nodeFileSystem: FileSystem = {
  openToRead: async (path) => openFile(await open(path, toRead)),
  create: async (path, mode) => openFile(await open(path, "wx", mode)),
  rename,
  unlink,
  makeFolder: async (path) => makeFolder(path),
  list: (folder) => readdir(folder),
  realPath: (path) => realpath(path),
  look: (path) => {
    try {
      return lstatSync(path, { bigint: true });
    } catch (error) {
      // Node's own option for this also hides ENOTDIR.
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
      throw error;
    }
  },
};
