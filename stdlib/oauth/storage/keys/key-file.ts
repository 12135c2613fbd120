/**
 * A file that holds a key: one line of text, for its owner's eyes only.
 *
 * @module
 */

import { link, open, unlink } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { fileError, systemCode } from "../file/file-fault.ts";
import { nodeFileSystem } from "../file/file-system.ts";
import { makeFolder } from "../file/make-folder.ts";
import { syncFolder } from "../file/replace-file.ts";
import { storageError } from "../storage-fault.ts";

/** A key is short; anything longer is another file. */
const maxBytes = 4096;

/**
 * The key's text, null when there is no file.
 * @throws HARN-OAU-010 for a link, a foreign owner, a file that others may read, or one that is no single line.
 */
export async function readKeyFile(path: string): Promise<string | null> {
  try {
    const file = await nodeFileSystem.openToRead(path);
    try {
      const stat = await file.stat();
      if (!stat.isFile()) throw storageError("not_a_file");
      const user = process.geteuid?.();
      if (user !== undefined && stat.uid !== BigInt(user)) throw storageError("foreign_owner");
      // Windows has other rights than these bits.
      if (user !== undefined && (stat.mode & 0o077n) !== 0n) throw storageError("key_file_open");
      const bytes = stat.size > BigInt(maxBytes) ? null : await file.readFile();
      const [, line] =
        /^([^\r\n]+)\r?\n?$/.exec(bytes === null ? "" : Buffer.from(bytes).toString("utf8")) ?? [];
      if (line === undefined) throw storageError("key_file_content");
      return line;
    } finally {
      await file.close();
    }
  } catch (error) {
    if (systemCode(error) === "ENOENT") return null;
    throw fileError(error, "read");
  }
}

/**
 * Makes the file with mode 0600, durably and in one step: after a crash it is there as a whole, or not at all. Answers false, and
 * changes nothing, when there is one already. `unique` goes into the temporary name.
 * @throws HARN-OAU-010
 */
export async function makeKeyFile(path: string, text: string, unique: string): Promise<boolean> {
  const folder = dirname(path);
  const temporary = join(folder, `.${basename(path)}.${process.pid}.${unique}.tmp`);
  try {
    makeFolder(folder);
    const file = await open(temporary, "wx", 0o600);
    try {
      await file.writeFile(`${text}\n`);
      await file.sync();
      // Unlike a renaming, this never takes the place of a key that somebody else made meanwhile.
      await link(temporary, path);
    } finally {
      await file.close();
      await unlink(temporary);
    }
  } catch (error) {
    if (systemCode(error) === "EEXIST") return false;
    throw fileError(error, "write");
  }
  await syncFolder(nodeFileSystem, folder);
  return true;
}
