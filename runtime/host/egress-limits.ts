/**
 * The limits of the transport: one table of defaults and ranges.
 *
 * @module
 */

import { nearest } from "../nearest.ts";
import { RunError } from "./run-error.ts";

/** What one request may take at most. Whole numbers; the unit stands at each. */
export interface EgressLimits {
  /** Milliseconds to make a connection: TCP, TLS, and the way through a proxy. */
  readonly connectMs: number;
  /** Milliseconds from the request's head being written to the first byte of the answer. */
  readonly firstByteMs: number;
  /** Milliseconds of silence between two pieces of an answer. */
  readonly idleMs: number;
  /** Milliseconds from start to last byte that a request may ask for; it is then cut to this. */
  readonly totalMs: number;
  /** Bytes of the names and values of an answer's fields. */
  readonly responseHead: number;
  /** Fields of an answer, those of informational heads before it included. */
  readonly responseFields: number;
  /** Bytes of an answer's body, decoded, that a request may ask for; it is then cut to this. */
  readonly responseBody: number;
}

/** One row of the table. Both ends are allowed values. */
export interface EgressLimitRange {
  readonly default: number;
  readonly minimum: number;
  readonly maximum: number;
  readonly unit: "ms" | "bytes" | "count";
  /** What it limits; the docs page says the same. */
  readonly limits: string;
}

const KiB = 1_024;
const MiB = 1_024 * KiB;
const second = 1_000;
const hour = 3_600 * second;
const day = 24 * hour;

/** Every limit of the transport. A request that says nothing of itself gets less: 30 s and 10 MiB. */
export const egressLimitTable: Readonly<Record<keyof EgressLimits, EgressLimitRange>> = Object.freeze({
  connectMs: row(10 * second, hour, "ms", "To make a connection: TCP, TLS, and the way through a proxy."),
  firstByteMs: row(120 * second, hour, "ms", "From the request being sent to the first byte of the answer."),
  idleMs: row(60 * second, hour, "ms", "Silence between two pieces of an answer."),
  // The most that a script may ask for (`timeout` of std/http).
  totalMs: row(hour, day, "ms", "The whole of a request. A request may ask for less, never for more."),
  responseHead: row(16 * KiB, MiB, "bytes", "The names and values of an answer's header fields."),
  responseFields: row(
    100,
    2_000,
    "count",
    "The header fields of an answer, informational answers before it included.",
  ),
  // The most that a script may ask for (`max_bytes` of std/http).
  responseBody: row(
    64 * MiB,
    512 * MiB,
    "bytes",
    "An answer's body, decoded. A request may ask for less, never for more.",
  ),
});

function row(
  byDefault: number,
  maximum: number,
  unit: EgressLimitRange["unit"],
  limits: string,
): EgressLimitRange {
  return Object.freeze({ default: byDefault, minimum: 1, maximum, unit, limits });
}

/**
 * The limits of an egress: the defaults with what was given in their place. An undefined member means its default.
 * @throws RunError HARN-RUN-015 naming the limit, when it is unknown, not a whole number, or out of its range.
 */
export function resolveEgressLimits(given: Partial<EgressLimits> = {}): EgressLimits {
  const names = Object.keys(egressLimitTable) as (keyof EgressLimits)[];
  for (const name of Object.keys(given)) {
    if (Object.hasOwn(egressLimitTable, name)) continue;
    const meant = nearest(name, names);
    throw new RunError("HARN-RUN-015", `egress.limits: there is no limit "${name}"`, {
      hint: meant ? `Did you mean ${meant}?` : `The limits are ${names.join(", ")}.`,
    });
  }
  const resolved: Partial<Record<keyof EgressLimits, number>> = {};
  for (const name of names) {
    const { default: byDefault, minimum, maximum, unit } = egressLimitTable[name];
    const value = given[name] ?? byDefault;
    if (!Number.isSafeInteger(value) || value < minimum || value > maximum) {
      throw new RunError("HARN-RUN-015", `egress.limits: ${name} is out of its range`, {
        hint: `Give a whole number from ${minimum} to ${maximum}${unit === "count" ? "" : ` ${unit}`}.`,
      });
    }
    resolved[name] = value;
  }
  return resolved as EgressLimits;
}
