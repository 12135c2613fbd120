/**
 * What a run may use at most: one table of limits with default, minimum and maximum.
 *
 * @module
 */

import { RunError } from "../host/run-error.ts";
import { nearest } from "../nearest.ts";

/** What a run may use at most. Whole numbers; the unit stands at each. */
export interface Limits {
  /** Bytes of the sandbox's memory; rounded up to whole pages of 64 KiB. HARN-RUN-001. */
  memory: number;
  /** Milliseconds of computing. HARN-RUN-002. */
  cpu: number;
  /** Milliseconds from start to end, waiting included. HARN-RUN-003. */
  wall: number;
  /** Bytes of the script's call stack. HARN-RUN-004. */
  stack: number;
  /** Calls to std functions that may be unanswered at the same time; a pending timer is one. HARN-RUN-007. */
  pendingCalls: number;
  /** Milliseconds that a script's function may take when a std function calls it. */
  callbackTimeout: number;
  /** Bytes of the result as JSON. HARN-RUN-005. */
  result: number;
  /** Bytes of all log lines. HARN-RUN-006. */
  log: number;
  /** Bytes of all sources of the pipeline as UTF-8. */
  source: number;
  /** Milliseconds after which a stop becomes a kill. */
  grace: number;
}

/** One row of the table. Both ends are allowed values. */
export interface LimitRange {
  readonly default: number;
  readonly minimum: number;
  readonly maximum: number;
  readonly unit: "bytes" | "ms" | "count";
}

const KiB = 1_024;
const MiB = 1_024 * KiB;

/** A page of WebAssembly memory in bytes. */
const page = 64 * KiB;

/** Every limit. The docs page is made from this table. */
export const limitTable: Readonly<Record<keyof Limits, LimitRange>> = {
  // The engine wants 256 pages at the start.
  memory: { default: 32 * MiB, minimum: 16 * MiB, maximum: 1_024 * MiB, unit: "bytes" },
  cpu: { default: 2_000, minimum: 1, maximum: 3_600_000, unit: "ms" },
  // A device flow waits for a person. A day still fits a timer.
  wall: { default: 60_000, minimum: 1, maximum: 86_400_000, unit: "ms" },
  // Guest calls use the thread's own stack as well, and that one must not overflow first.
  stack: { default: 192 * KiB, minimum: 32 * KiB, maximum: 256 * KiB, unit: "bytes" },
  pendingCalls: { default: 1_000, minimum: 1, maximum: 100_000, unit: "count" },
  callbackTimeout: { default: 10_000, minimum: 1, maximum: 3_600_000, unit: "ms" },
  result: { default: MiB, minimum: 1, maximum: 64 * MiB, unit: "bytes" },
  log: { default: MiB, minimum: 0, maximum: 64 * MiB, unit: "bytes" },
  source: { default: MiB, minimum: 1, maximum: 16 * MiB, unit: "bytes" },
  grace: { default: 50, minimum: 0, maximum: 10_000, unit: "ms" },
};

/**
 * The limits of a run: the defaults with what was given in their place. An undefined member means its default.
 * @throws RunError HARN-RUN-015 naming the limit, when it is unknown, not a whole number, or out of its range.
 */
export function resolveLimits(given: Partial<Limits> = {}): Limits {
  const names = Object.keys(limitTable) as (keyof Limits)[];
  for (const name of Object.keys(given)) {
    if (Object.hasOwn(limitTable, name)) continue;
    const meant = nearest(name, names);
    throw new RunError("HARN-RUN-015", `limits: there is no limit "${name}"`, {
      hint: meant ? `Did you mean ${meant}?` : `The limits are ${names.join(", ")}.`,
    });
  }
  const resolved: Partial<Limits> = {};
  for (const name of names) {
    const range = limitTable[name];
    const value = given[name] ?? range.default;
    if (!Number.isSafeInteger(value) || value < range.minimum || value > range.maximum) {
      throw new RunError("HARN-RUN-015", `limits: ${name} is out of its range`, {
        hint: `Give a whole number from ${range.minimum} to ${range.maximum}${range.unit === "count" ? "" : ` ${range.unit}`}.`,
      });
    }
    resolved[name] = name === "memory" ? Math.ceil(value / page) * page : value;
  }
  return resolved as Limits;
}
