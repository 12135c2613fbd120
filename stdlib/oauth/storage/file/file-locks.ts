/**
 * The two locks of a file store: one per key over a whole refresh, one per file over a read-modify-write. They hold over all
 * handles of the same path, whatever their keys, in this process and between the processes of the machine.
 *
 * Between processes they are the kernel's, which frees them when the holder dies: an abstract local socket on Linux, and the
 * system's file locks where the package for them is installed. With the package, Linux takes both: the processes that
 * lack it are seen through the socket.
 *
 * @module
 */

import { KeyedMutex } from "../keyed-mutex.ts";
import { storageError } from "../storage-fault.ts";
import { checkMechanism, type NativeLocks, nativeLocks, takeFileLock } from "./lock-file.ts";
import { socketName, takeSocket } from "./process-lock.ts";

export interface FileLocks {
  /**
   * Runs `body` while no one else refreshes this key of this file.
   * @throws HARN-OAU-010 after 60 s, retryable; when the lock is already held by the caller; when there is no way to lock.
   */
  whileRefreshing<T>(path: string, key: string, body: () => Promise<T>): Promise<T>;
  /**
   * Runs `body` while no one else writes this file. Reads need no lock, because a file is replaced in one step.
   * @throws HARN-OAU-010 as above.
   */
  whileWriting<T>(path: string, body: () => Promise<T>): Promise<T>;
}

/** What this system has for locks between processes. */
export interface LockMeans {
  readonly abstractSockets: boolean;
  readonly native: NativeLocks | null;
}

/** What was found on this machine, once per process. */
let found: Promise<LockMeans> | undefined;

export function systemMeans(): Promise<LockMeans> {
  found ??= nativeLocks().then((native) => ({ abstractSockets: process.platform === "linux", native }));
  return found;
}

/** Makes locks. `waitMs`: how long a caller waits. */
export function fileLocks(means: () => Promise<LockMeans>, waitMs = 60_000): FileLocks {
  const refreshes = new KeyedMutex(waitMs);
  const writes = new KeyedMutex(waitMs);

  async function betweenProcesses<T>(
    path: string,
    lock: string,
    until: number,
    body: () => Promise<T>,
  ): Promise<T> {
    const { abstractSockets, native } = await means();
    if (!abstractSockets && native === null) throw storageError("no_lock");
    const held: (() => void)[] = [];
    try {
      if (abstractSockets) held.push(await takeSocket(socketName(path, lock), until));
      if (native) held.push(await takeFileLock(native, path, lock, until));
      else checkMechanism(path, "abstract-socket");
      return await body();
    } finally {
      for (const release of held.toReversed()) release();
    }
  }

  return {
    whileRefreshing(path, key, body) {
      // A real clock: a script's test clock must not end the wait for another process's real work.
      const until = performance.now() + waitMs;
      return refreshes.run(`${path}\0${key}`, () => betweenProcesses(path, `refresh ${key}`, until, body));
    },
    whileWriting(path, body) {
      const until = performance.now() + waitMs;
      return writes.run(path, () => betweenProcesses(path, "write", until, body));
    },
  };
}

/** The locks of this process. */
export const ownLocks: FileLocks = fileLocks(systemMeans);
