/**
 * Who holds a lock that we waited for in vain.
 *
 * @module
 */

import { readdir, readFile, readlink } from "node:fs/promises";
import { OAuthError } from "../../errors.ts";
import { storageError } from "../storage-fault.ts";

/** The error at the end of a wait for another process: HARN-OAU-010, retryable. `holder`: its id, where it is known. */
export function waitEnded(holder: number | null): OAuthError {
  if (holder === null) return storageError("lock_process");
  return new OAuthError(
    "HARN-OAU-010",
    `std/oauth/storage: process ${holder} kept a lock of the file for over 60 seconds`,
    "Look what that process is doing, and try again.",
    { retryable: true },
  );
}

/**
 * The process that listens at an abstract socket, from /proc: a stopped one could not say so itself. Null when it belongs to
 * another user, or is gone.
 */
export async function lockHolder(socketName: string): Promise<number | null> {
  const shown = socketName.replaceAll("\0", "@");
  const sockets = await readFile("/proc/net/unix", "utf8").catch(() => "");
  const row = sockets.split("\n").find((line) => line.endsWith(` ${shown}`) && line.includes(" 00010000 "));
  const inode = row?.trim().split(/\s+/)[6];
  if (inode === undefined) return null;
  for (const pid of await readdir("/proc").catch(() => [])) {
    if (!/^\d+$/.test(pid)) continue;
    const folder = `/proc/${pid}/fd`;
    for (const fd of await readdir(folder).catch(() => []))
      if ((await readlink(`${folder}/${fd}`).catch(() => "")) === `socket:[${inode}]`) return Number(pid);
  }
  return null;
}
