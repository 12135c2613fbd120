/**
 * A mistake on the command line.
 *
 * @module
 */

/** Ends the command with exit code 2; the message is one line. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** True for an error of this class, or of the conformance command's copy of it: that command is loaded apart. */
export function isUsageError(error: unknown): error is Error {
  return error instanceof Error && error.name === "UsageError";
}
