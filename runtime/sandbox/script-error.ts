/**
 * The error of a run that the script itself ended by throwing.
 *
 * @module
 */

import type { RunError, SourceLocation } from "../host/run-error.ts";
import type { GuestError } from "./guest-message.ts";

/** What an error says of the one behind it: its `cause`, or one of the `errors` of an AggregateError. */
export interface ErrorCause {
  readonly name: string;
  readonly message: string;
  readonly code: string | null;
  readonly location: SourceLocation | undefined;
}

/** An error that the script itself threw, on its way to the embedder. */
export class ScriptError extends Error {
  /** The name of what was thrown. */
  override readonly name: string;
  /** The code that it carried (`HARN-OAU-002`), or null. */
  readonly code: string | null;
  readonly retryable: boolean;
  readonly hint: string | undefined;
  readonly details: unknown;
  readonly location: RunError["location"];
  readonly frame: string | undefined;
  /** What it says is behind it, the nearest first; at most 8. */
  readonly causes: readonly ErrorCause[];
  /** What the run had cost when it ended so. */
  usage: RunError["usage"];

  constructor(
    guest: GuestError,
    where: Pick<RunError, "location" | "frame">,
    causes: readonly ErrorCause[] = [],
  ) {
    super(guest.message);
    this.name = guest.name;
    this.code = guest.code ?? null;
    this.retryable = guest.retryable === true;
    this.hint = guest.hint;
    this.details = guest.details;
    this.location = where.location;
    this.frame = where.frame;
    this.causes = causes;
  }

  override toString(): string {
    return this.code ? `${this.code}: ${this.message}` : `${this.name}: ${this.message}`;
  }
}
