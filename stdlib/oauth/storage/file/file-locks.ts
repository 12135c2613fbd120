/**
 * The two locks of a file store: one per key over a whole refresh, one per file over a read-modify-write.
 * They hold in this process, over all handles of the same path whatever their keys.
 *
 * @module
 */

import { KeyedMutex } from "../keyed-mutex.ts";

const refreshes = new KeyedMutex();
const writes = new KeyedMutex();

/**
 * Runs `body` while no one else refreshes this key of this file.
 * @throws HARN-OAU-010 after 60 s, retryable, or when the lock is already held by the caller.
 */
export function whileRefreshing<T>(path: string, key: string, body: () => Promise<T>): Promise<T> {
  return refreshes.run(`${path}\0${key}`, body);
}

/**
 * Runs `body` while no one else writes this file. Reads need no lock, because a file is replaced in one step.
 * @throws HARN-OAU-010 after 60 s, retryable.
 */
export function whileWriting<T>(path: string, body: () => Promise<T>): Promise<T> {
  return writes.run(path, body);
}
