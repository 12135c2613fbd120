/**
 * Checks of what a script passes to a std function. Each throws HARN-RUN-015 with one sentence that names the
 * function and the argument; a caller's values never become part of it.
 *
 * @module
 */

import { RunError } from "../host/run-error.ts";
import { nearest } from "../nearest.ts";

/** Whose argument it is, as errors begin: `std/http: http_get`. */
export type Place = `std/${string}: ${string}`;

/** How deep lists and objects may be nested in data that a std function takes or gives; no more crosses the wall. */
export const maxDepth = 100;

/** The error for a wrong argument (HARN-RUN-015). */
export function invalid(place: Place, sentence: string, hint?: string): RunError {
  return new RunError("HARN-RUN-015", `${place}: ${sentence}`, { hint });
}

/** The value, which must be a string. */
export function text(place: Place, name: string, value: unknown): string {
  if (typeof value !== "string") throw invalid(place, `${name} must be a string`);
  return value;
}

/** The value, which must be a finite number in the range, bounds included. */
export function numberWithin(place: Place, name: string, value: unknown, min: number, max: number): number {
  if (typeof value !== "number" || !(value >= min && value <= max)) {
    throw invalid(place, `${name} must be a number from ${min} to ${max}`);
  }
  return value;
}

/** The value, which must be a whole number in the range, bounds included. */
export function integerWithin(place: Place, name: string, value: unknown, min: number, max: number): number {
  if (typeof value !== "number" || !Number.isInteger(value) || value < min || value > max) {
    throw invalid(place, `${name} must be a whole number from ${min} to ${max}`);
  }
  return value;
}

/** The value, which must be true or false. */
export function flag(place: Place, name: string, value: unknown): boolean {
  if (typeof value !== "boolean") throw invalid(place, `${name} must be true or false`);
  return value;
}

/** The value, which must be one of the words. */
export function oneOf<const W extends string>(
  place: Place,
  name: string,
  value: unknown,
  words: readonly W[],
): W {
  const found = words.find((word) => word === value);
  if (found === undefined) {
    throw invalid(place, `${name} must be one of ${words.map((word) => `"${word}"`).join(", ")}`);
  }
  return found;
}

/** The value as bytes: a `Uint8Array` as it is, a string in UTF-8. */
export function bytes(place: Place, name: string, value: unknown): Uint8Array {
  if (value instanceof Uint8Array) return value;
  if (typeof value === "string") return new TextEncoder().encode(value);
  throw invalid(place, `${name} must be a string or a Uint8Array`);
}

/** True for `{…}` and null-prototype objects: not lists, bytes, or a host object such as an OAuth client. */
export function isPlainObject(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/** The value, which must be a plain object. */
export function record(place: Place, name: string, value: unknown): Readonly<Record<string, unknown>> {
  if (!isPlainObject(value)) throw invalid(place, `${name} must be an object`);
  return value;
}

/** A null-prototype copy of the value, which must be a plain object that holds only strings. */
export function textRecord(place: Place, name: string, value: unknown): Record<string, string> {
  const copy: Record<string, string> = Object.create(null);
  for (const [key, member] of Object.entries(record(place, name, value))) {
    if (typeof member !== "string") throw invalid(place, `every value of ${name} must be a string`);
    copy[key] = member;
  }
  return copy;
}

/**
 * A null-prototype copy of an options object, which may be left out. It is closed: an unknown name is refused,
 * naming the nearest known one. Members that are undefined count as absent.
 */
export function options<const N extends string>(
  place: Place,
  value: unknown,
  names: readonly N[],
): Partial<Record<N, unknown>> {
  const copy: Partial<Record<N, unknown>> = Object.create(null);
  if (value === undefined || value === null) return copy;
  for (const [key, member] of Object.entries(record(place, "opts", value))) {
    const name = names.find((known) => known === key);
    if (name === undefined) throw unknownOption(place, key, names);
    if (member !== undefined) copy[name] = member;
  }
  return copy;
}

/**
 * The value, which must be data that JSON can hold, {@link maxDepth} levels at most. Functions, bytes and host
 * objects are refused rather than serialised: what such an object keeps inside must not cross to a script.
 */
export function json(place: Place, name: string, value: unknown): unknown {
  const problem = jsonProblem(value, maxDepth);
  if (problem !== null) throw invalid(place, `${name} ${problem}`);
  return value;
}

function jsonProblem(value: unknown, depth: number): string | null {
  if (value === null || ["string", "number", "boolean", "undefined"].includes(typeof value)) return null;
  if (typeof value !== "object") return "holds a function or another value that JSON cannot hold";
  if (depth === 0) return `is nested deeper than ${maxDepth} levels`;
  if (!Array.isArray(value) && !isPlainObject(value)) {
    return value instanceof Uint8Array ? "holds bytes, which JSON cannot hold" : "holds a host object";
  }
  for (const member of Object.values(value)) {
    const problem = jsonProblem(member, depth - 1);
    if (problem !== null) return problem;
  }
  return null;
}

function unknownOption(place: Place, key: string, names: readonly string[]): RunError {
  const shown = /^[A-Za-z_][A-Za-z0-9_-]{0,39}$/.test(key) ? ` "${key}"` : "";
  const meant = nearest(key, names);
  const suggestion = meant === null ? "" : `; the nearest known one is "${meant}"`;
  return invalid(place, `unknown option${shown}${suggestion}`, `Known options: ${names.join(", ")}.`);
}
