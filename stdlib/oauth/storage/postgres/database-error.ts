/**
 * What a failure of the database means: the fault that callers see, and whether the statement is sent again at once.
 *
 * @module
 */

import type { PostgresFault } from "./postgres-fault.ts";

export interface Judged {
  readonly fault: PostgresFault;
  /** True when another connection, or the same statement once more, may well succeed. */
  readonly again: boolean;
}

/** By SQLSTATE, or by its class of two characters. */
const states: Readonly<Record<string, Judged>> = {
  "25006": { fault: "read_only", again: true },
  "28": { fault: "login", again: false },
  "40": { fault: "contended", again: true },
  "42501": { fault: "denied", again: false },
  "53": { fault: "exhausted", again: false },
  "53300": { fault: "exhausted", again: true },
  "55P03": { fault: "contended", again: false },
  "57014": { fault: "slow", again: false },
};

/**
 * Judges what `pg` threw. `sent`: the statement was under way. An error that the server did not send (it has no severity)
 * and one that ends its session are failures of the connection.
 */
export function judgeDatabaseError(error: unknown, sent: boolean): Judged {
  const { code, severity } = (error ?? {}) as { readonly code?: unknown; readonly severity?: unknown };
  if (typeof code !== "string" || typeof severity !== "string" || /^(08|57P|58|XX)/.test(code)) {
    return { fault: sent ? "cut" : "unreachable", again: true };
  }
  return states[code] ?? states[code.slice(0, 2)] ?? { fault: "failed", again: false };
}

/** Whether an error of ours says that the database refused a statement for what one of its rows is, or for who else has it. */
export function isOfOne(error: unknown): boolean {
  const { cause } = error as { readonly cause?: unknown };
  const { fault } = judgeDatabaseError(cause, true);
  return fault === "contended" || fault === "failed";
}
