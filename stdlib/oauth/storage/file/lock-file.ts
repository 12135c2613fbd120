/**
 * A lock between processes through the system's file locks, with the optional package `fs-native-extensions`.
 *
 * Each lock is a file of its own beside the token file, there while it is held. `.<file>.lock` names the mechanism and stays.
 *
 * @module
 */

import { createHash } from "node:crypto";
import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readFileSync,
  unlinkSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { storageError } from "../storage-fault.ts";
import { fileError, systemCode } from "./file-fault.ts";
import { waitEnded } from "./lock-holder.ts";
import { makeFolder } from "./make-folder.ts";

/** The system's lock of a whole open file, freed when the file is closed or its process dies. */
export interface NativeLocks {
  /** Stands in the lock file. */
  readonly name: string;
  /** False when another open file has it. */
  tryLock(fd: number): boolean;
}

/** The native module, null where it is not installed or has no binary for this system. */
export async function nativeLocks(): Promise<NativeLocks | null> {
  try {
    const { tryLock } = await import("fs-native-extensions");
    return { name: "fs-native-extensions", tryLock: (fd) => tryLock(fd) };
  } catch {
    return null;
  }
}

/** Between two tries. Waiting in the kernel would block a thread that file reads need. Milliseconds. */
const pollMs = 20;

/**
 * Takes a lock of the file at `path`, after waiting until it is free, and answers what gives it back. Makes the folder when it is
 * not there. `until`: when waiting ends, in milliseconds of `performance.now()`.
 * @throws HARN-OAU-010 when the lock file names another mechanism, when it cannot be made, and, retryable, when the wait is over.
 */
export async function takeFileLock(
  native: NativeLocks,
  path: string,
  lock: string,
  until: number,
): Promise<() => void> {
  try {
    makeFolder(dirname(path));
    nameMechanism(path, native.name);
    const digest = createHash("sha256").update(lock).digest("base64url").slice(0, 22);
    const target = join(dirname(path), `.${basename(path)}.${digest}.lock`);
    for (;;) {
      const release = tryOnce(native, target);
      if (release) return release;
      if (performance.now() >= until) throw waitEnded(holderIn(target));
      await sleep(pollMs);
    }
  } catch (error) {
    throw fileError(error, "write");
  }
}

/**
 * Refuses a file whose processes lock in another way: they and this one would not see each other. No lock file: nobody needed one.
 * @throws HARN-OAU-010
 */
export function checkMechanism(path: string, mine: string): void {
  const named = namedMechanism(path);
  if (named !== null && named !== `${mine}\n`) throw storageError("lock_mechanism");
}

/** What the lock file holds; null when there is none. */
function namedMechanism(path: string): string | null {
  try {
    const fd = openSync(mechanismFile(path), constants.O_RDONLY | noFollow);
    try {
      return readFileSync(fd, "utf8");
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    if (systemCode(error) === "ENOENT") return null;
    throw fileError(error, "read");
  }
}

function nameMechanism(path: string, name: string): void {
  try {
    writeFileSync(mechanismFile(path), `${name}\n`, { flag: "wx", mode: 0o600 });
  } catch (error) {
    if (systemCode(error) !== "EEXIST") throw error;
    // Empty: the process that made it is just about to write the name, or ended before it could.
    if (namedMechanism(path) === "") writeFileSync(mechanismFile(path), `${name}\n`, { flag: "r+" });
    checkMechanism(path, name);
  }
}

function mechanismFile(path: string): string {
  return join(dirname(path), `.${basename(path)}.lock`);
}

// Flags that a platform lacks are undefined there.
const noFollow = constants.O_NOFOLLOW ?? 0;

function tryOnce(native: NativeLocks, target: string): (() => void) | null {
  const fd = openSync(target, constants.O_RDWR | constants.O_CREAT | noFollow, 0o600);
  let held = false;
  try {
    // The holder before us removed its file: a lock of that one excludes nobody.
    if (!native.tryLock(fd) || !isStillThere(fd, target)) return null;
    // Not held before this: where the disk is full, the file is closed again, and with it the lock is free.
    writeSync(fd, `${process.pid}\n`.padEnd(12), 0);
    held = true;
  } finally {
    if (!held) closeSync(fd);
  }
  return () => {
    try {
      // Removed while it is held, so that nobody's lock is taken away. Windows keeps it.
      if (process.platform !== "win32") unlinkSync(target);
    } catch {
      // A lock file that stays harms nobody.
    } finally {
      closeSync(fd);
    }
  };
}

function isStillThere(fd: number, target: string): boolean {
  const mine = fstatSync(fd);
  const now = lstatSync(target, { throwIfNoEntry: false });
  return now?.ino === mine.ino && now.dev === mine.dev;
}

function holderIn(target: string): number | null {
  try {
    const [, pid] = /^(\d{1,10})\n/.exec(readFileSync(target, "utf8")) ?? [];
    return pid === undefined ? null : Number(pid);
  } catch {
    return null;
  }
}
