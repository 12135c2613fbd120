/**
 * Making the folder of a file so that it survives a crash: a folder that is new lasts only when the folder above it was synced.
 *
 * @module
 */

import { closeSync, fsyncSync, mkdirSync, openSync } from "node:fs";
import { dirname } from "node:path";
import { systemCode } from "./file-fault.ts";

/** The calls, so that tests can see their order. */
export interface FolderCalls {
  /** Makes what is missing of the path, for this user alone; answers the first folder that it made. */
  make(path: string): string | undefined;
  sync(path: string): void;
}

const nodeCalls: FolderCalls = {
  make: (path) => mkdirSync(path, { recursive: true, mode: 0o700 }),
  sync(path) {
    const fd = openSync(path, "r");
    try {
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
  },
};

/** Codes of systems on which a folder cannot be synced, or not by us. */
const unsyncable: ReadonlySet<string> = new Set(["EINVAL", "EISDIR", "EBADF", "EPERM", "EACCES", "ENOTSUP"]);

/** True for the error of a folder's sync that means: folders are not synced here. */
export function isUnsyncable(error: unknown): boolean {
  return unsyncable.has(systemCode(error));
}

/**
 * Makes the folder and those above it, with mode 0700, where they are missing.
 * @throws what the file system says.
 */
export function makeFolder(path: string, calls: FolderCalls = nodeCalls): void {
  const first = calls.make(path);
  if (first === undefined) return;
  const above = dirname(first);
  for (let folder = dirname(path); ; folder = dirname(folder)) {
    try {
      calls.sync(folder);
    } catch (error) {
      if (!isUnsyncable(error)) throw error;
    }
    if (folder === above || folder === dirname(folder)) return;
  }
}
