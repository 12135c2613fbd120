/**
 * Reads the files that a command names.
 *
 * @module
 */

import { accessSync, constants, fstatSync, type Stats, statSync } from "node:fs";
import { open } from "node:fs/promises";
import { pathText } from "./path-text.ts";
import { UsageError } from "./usage-error.ts";

const chunkBytes = 65_536;

const reasons: Readonly<Record<string, string>> = {
  ENOENT: "no such file",
  ENOTDIR: "no such file",
  EISDIR: "is a directory",
  EACCES: "may not be read",
  EPERM: "may not be read",
  ELOOP: "is a link",
  ENOSPC: "no space left",
};

/** True for what the operating system says, as against a fault of ours. */
export function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && "code" in error && "syscall" in error;
}

/** Why a file could not be read or written, in words. */
export function failureReason(error: unknown): string {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  return reasons[code] ?? `cannot be used${code === "" ? "" : ` (${code})`}`;
}

/**
 * The bytes of a file, or of standard input for `-`, from beginning to end.
 *
 * @throws what the file system says. With `noFollow` also when the file is a symbolic link.
 */
export async function* fileBytes(
  path: string | Buffer,
  { noFollow = false }: { readonly noFollow?: boolean } = {},
): AsyncGenerator<Uint8Array> {
  if (path === "-") return yield* process.stdin as AsyncIterable<Buffer>;
  // Windows has no such flag.
  const flags = noFollow ? constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) : constants.O_RDONLY;
  const file = await open(path, flags);
  try {
    for (;;) {
      const { bytesRead, buffer } = await file.read(Buffer.allocUnsafeSlow(chunkBytes));
      if (bytesRead === 0) return;
      yield buffer.subarray(0, bytesRead);
    }
  } finally {
    await file.close();
  }
}

/** What stands behind a path of the command line. Null for `-`. Throws UsageError when there is nothing. */
export function statPath(path: string): Stats | null {
  if (path === "-") return null;
  try {
    return statSync(path);
  } catch (error) {
    throw new UsageError(`${pathText(path)}: ${failureReason(error)}`);
  }
}

/**
 * What stands behind a path of the command line that is to be copied to standard output. Null for `-`. Throws UsageError when it cannot be read,
 * is a folder, or is the very file that standard output goes to.
 */
export function statReadable(path: string): Stats | null {
  const stats = statPath(path);
  if (stats === null) return null;
  if (stats.isDirectory())
    throw new UsageError(`${pathText(path)}: is a directory; --scan looks into directories`);
  try {
    accessSync(path, constants.R_OK);
  } catch (error) {
    throw new UsageError(`${pathText(path)}: ${failureReason(error)}`);
  }
  const output = fstatSync(1);
  if (stats.isFile() && output.isFile() && stats.dev === output.dev && stats.ino === output.ino)
    throw new UsageError(`${pathText(path)}: is where standard output goes`);
  return stats;
}
