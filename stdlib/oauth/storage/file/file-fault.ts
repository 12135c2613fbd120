/**
 * What an error of the operating system means for a file store.
 *
 * @module
 */

import { OAuthError } from "../../errors.ts";
import { type StorageFault, storageError } from "../storage-fault.ts";

const faults: Readonly<Record<string, StorageFault>> = {
  ENOSPC: "no_space",
  EDQUOT: "no_space",
  EFBIG: "no_space",
  EROFS: "read_only",
  ENOTDIR: "not_a_folder",
  // What making a folder answers when a file is in its place.
  EEXIST: "not_a_folder",
  EISDIR: "not_a_file",
  ELOOP: "symlink",
  ENAMETOOLONG: "long_name",
  EMFILE: "too_many_open",
  ENFILE: "too_many_open",
  EIO: "device",
};

/** The coded error for a failure while reading or writing. The system's own text, which names paths, is left out. */
export function fileError(error: unknown, doing: "read" | "write"): OAuthError {
  if (error instanceof OAuthError) return error;
  const code = systemCode(error);
  if (code === "EACCES" || code === "EPERM")
    return storageError(doing === "read" ? "unreadable" : "unwritable");
  return storageError(faults[code] ?? (doing === "read" ? "read_failed" : "write_failed"));
}

/** The system's code of an error (`ENOENT`), "" when it has none. */
export function systemCode(error: unknown): string {
  const code = error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
  return typeof code === "string" ? code : "";
}
