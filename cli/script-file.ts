/**
 * Finds the script that the command line names.
 *
 * @module
 */

import { readFileSync } from "node:fs";
import { basename, dirname, resolve } from "node:path";
import { text } from "node:stream/consumers";
import { UsageError } from "./usage-error.ts";

export interface Script {
  readonly source: string;
  /** Relative to the folder; shown in errors. */
  readonly filename: string;
  /** Absolute: where relative imports and storage paths start. */
  readonly folder: string;
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: "no such file",
  ENOTDIR: "no such file",
  EISDIR: "is a directory, not a script",
  EACCES: "may not be read",
  EPERM: "may not be read",
};

/** Reads the file, or standard input for `-`. Throws UsageError when there is nothing to read. */
export async function readScript(path: string): Promise<Script> {
  if (path === "-") {
    return { source: await text(process.stdin), filename: "stdin.ts", folder: process.cwd() };
  }
  try {
    return { source: readFileSync(path, "utf8"), filename: basename(path), folder: dirname(resolve(path)) };
  } catch (error) {
    throw new UsageError(`${path}: ${fileReason(error)}`);
  }
}

/** Why a file cannot be used, in words. */
export function fileReason(error: unknown): string {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  return reasons[code] ?? `cannot be used${code === "" ? "" : ` (${code})`}`;
}
