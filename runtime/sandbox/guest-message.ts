/**
 * Reads what comes out of the guest. Its own half writes well-formed messages, but a script runs beside that half and
 * can steer it (a `toJSON` on `Object.prototype`), so nothing about a message is taken for granted.
 *
 * @module
 */

import { RunError } from "../host/run-error.ts";

/** Cap of a plain call, in UTF-16 units: all other runs wait while the host answers one. */
export const maxPlainMessage: number = 1024 * 1024;

/** What a script's own error says about itself. Every member is the script's text. */
export interface GuestError {
  readonly name: string;
  readonly message: string;
  readonly stack?: string;
  readonly code?: string;
  readonly hint?: string;
  readonly retryable?: boolean;
  readonly details?: unknown;
  /** Its `cause`, or the `errors` of an AggregateError. */
  readonly causes?: readonly GuestError[];
}

/** A call of the script that is told to its author. */
export interface LeftCall {
  readonly fn: string;
  /** The guest's stack at the call. */
  readonly site: string;
}

/** A call of a std function; `args` are encoded. `inside` is the number of the callback that makes it, or 0. */
export interface CallMessage {
  readonly k: "call" | "plain";
  /** 0 for a plain call, which is answered at once. */
  readonly id: number;
  readonly fn: string;
  readonly inside: number;
  readonly args: readonly unknown[];
}

/** A message of the guest. Values (`v`) are encoded. */
export type GuestMessage =
  | CallMessage
  | { readonly k: "answer"; readonly id: number; readonly e: null; readonly v: unknown }
  | { readonly k: "answer"; readonly id: number; readonly e: GuestError }
  | { readonly k: "failed"; readonly e: GuestError }
  | { readonly k: "stopped"; readonly site: string }
  | { readonly k: "waits"; readonly open: readonly LeftCall[]; readonly last: LeftCall | null }
  | { readonly k: "result"; readonly v: unknown; readonly left: readonly LeftCall[] };

/**
 * Reads a message.
 * @throws RunError HARN-RUN-015 when it is none.
 */
export function readMessage(text: string): GuestMessage {
  const message = fieldsOf(parse(text));
  const { k, id, fn, inside, args, v, e, left, open, last, site } = message;
  switch (k) {
    case "call":
    case "plain":
      if (typeof fn !== "string" || !isNumber(inside) || !Array.isArray(args)) break;
      if (k === "call" && !isNumber(id)) break;
      return { k, id: isNumber(id) ? id : 0, fn, inside, args };
    case "answer":
      if (!isNumber(id)) break;
      return e === undefined ? { k, id, e: null, v: v ?? null } : { k, id, e: guestError(e) };
    case "failed":
      return { k, e: guestError(e) };
    case "stopped":
      if (typeof site !== "string") break;
      return { k, site };
    case "waits":
      if (!Array.isArray(open)) break;
      return { k, open: open.map(leftCall), last: last === null ? null : leftCall(last) };
    case "result":
      if (!Array.isArray(left)) break;
      return { k, v: v ?? null, left: left.map(leftCall) };
  }
  throw notAMessage();
}

/** The error for what is no message of the guest's half. */
export function notAMessage(): RunError {
  return new RunError("HARN-RUN-015", "the script changed how its values are written as JSON", {
    hint: "Remove toJSON from Object.prototype and Array.prototype.",
  });
}

/** The error for a message over the cap of `maxMessage`. */
export function messageTooLarge(): RunError {
  return new RunError("HARN-RUN-015", "an answer or an error of the script is over 8 MiB", {
    hint: "Give the data in parts.",
  });
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw notAMessage();
  }
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null) throw notAMessage();
  return value as Readonly<Record<string, unknown>>;
}

function isNumber(value: unknown): value is number {
  return Number.isSafeInteger(value);
}

/** The guest says 8 at most; a chain that is deeper is not from its half. */
const mostCauses = 8;

function guestError(value: unknown, depth = 0): GuestError {
  const { name, message, stack, code, hint, retryable, details, causes } = fieldsOf(value);
  if (typeof name !== "string" || typeof message !== "string") throw notAMessage();
  return {
    name,
    message,
    ...(typeof stack === "string" ? { stack } : {}),
    ...(typeof code === "string" ? { code } : {}),
    ...(typeof hint === "string" ? { hint } : {}),
    ...(retryable === true ? { retryable } : {}),
    ...(details === undefined ? {} : { details }),
    ...(Array.isArray(causes) && depth < mostCauses
      ? { causes: causes.slice(0, mostCauses).map((cause) => guestError(cause, depth + 1)) }
      : {}),
  };
}

function leftCall(value: unknown): LeftCall {
  const { fn, site } = fieldsOf(value);
  if (typeof fn !== "string" || typeof site !== "string") throw notAMessage();
  return { fn, site };
}
