/**
 * A mistake on the command line.
 *
 * @module
 */

/** Ends the command with exit code 2; the message is one line. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}
