/**
 * Replacing and removing a file so that a crash leaves the old state or the new one, and what was acknowledged stays.
 *
 * @module
 */

import type { BigIntStats } from "node:fs";
import { basename, dirname, join } from "node:path";
import { storageError } from "../storage-fault.ts";
import { fileError, systemCode } from "./file-fault.ts";
import type { FileSystem, OpenFile } from "./file-system.ts";
import { isUnsyncable } from "./make-folder.ts";

/**
 * Puts a file with these bytes in place of the one at `path`: a temporary file in the same folder is written, synced and renamed
 * over it, then the folder is synced. Answers what the system says of the new file. Folders are made with mode 0700, the file with 0600. `unique` goes into the temporary name.
 * @throws HARN-OAU-010. The old file is then still there and the temporary one is gone, unless the error says that only the last
 *   sync failed.
 */
export async function replaceFile(
  fs: FileSystem,
  path: string,
  bytes: Uint8Array,
  unique: string,
): Promise<BigIntStats> {
  const folder = dirname(path);
  const temporary = join(folder, temporaryName(path, process.pid, unique));
  let file: OpenFile | undefined;
  let created = false;
  let stat: BigIntStats;
  try {
    await fs.makeFolder(folder);
    // A folder that became a link since its path was checked would lead elsewhere.
    if ((await fs.realPath(folder)) !== folder) throw storageError("moved");
    file = await fs.create(temporary, 0o600);
    created = true;
    await file.writeFile(bytes);
    await file.sync();
    stat = await file.stat();
    await file.close();
    file = undefined;
    await fs.rename(temporary, path);
  } catch (error) {
    await file?.close().catch(() => {});
    if (created) await fs.unlink(temporary).catch(() => {});
    throw fileError(error, "write");
  }
  await syncFolder(fs, folder);
  return stat;
}

/**
 * Removes the file; that it is not there is no error.
 * @throws HARN-OAU-010
 */
export async function removeFile(fs: FileSystem, path: string): Promise<void> {
  try {
    await fs.unlink(path);
  } catch (error) {
    if (systemCode(error) === "ENOENT") return;
    throw fileError(error, "write");
  }
  await syncFolder(fs, dirname(path));
}

/** Makes the names of a folder last. @throws HARN-OAU-010 when the system says that they may not. */
export async function syncFolder(fs: FileSystem, folder: string): Promise<void> {
  let file: OpenFile | undefined;
  try {
    file = await fs.openToRead(folder);
    await file.sync();
  } catch (error) {
    if (!isUnsyncable(error)) throw storageError("not_durable");
  } finally {
    await file?.close().catch(() => {});
  }
}

function temporaryName(path: string, pid: number, unique: string): string {
  return `.${basename(path)}.${pid}.${unique}.tmp`;
}

/** Removes temporary files of this path whose process is dead. Best effort: what cannot be removed stays. */
export async function removeLeftovers(fs: FileSystem, path: string): Promise<void> {
  for (const left of await leftovers(fs, path)) await fs.unlink(left).catch(() => {});
}

/** The temporary files of this path whose process is dead; none where the folder cannot be listed. */
export async function leftovers(fs: FileSystem, path: string): Promise<readonly string[]> {
  const folder = dirname(path);
  const prefix = `.${basename(path)}.`;
  const names = await fs.list(folder).catch(() => []);
  return names
    .filter((name) => {
      const [, pid] = name.startsWith(prefix)
        ? (/^(\d{1,10})\.[\w-]+\.tmp$/.exec(name.slice(prefix.length)) ?? [])
        : [];
      return pid !== undefined && !isAlive(Number(pid));
    })
    .map((name) => join(folder, name));
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return systemCode(error) !== "ESRCH";
  }
}
