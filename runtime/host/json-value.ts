/**
 * A strict copy of what a caller says is JSON.
 *
 * @module
 */

import type { Json } from "../ports.ts";

const deepest = 64;

/**
 * A deeply frozen copy of a JSON value, or `undefined` when it is none: a function, a class instance, a number that
 * is not finite, a cycle, more than 64 levels. Members that are `undefined` are left out, as JSON does.
 */
export function copyJson(value: unknown, depth = 0): Json | undefined {
  if (value === null || typeof value === "string" || typeof value === "boolean") return value;
  if (typeof value === "number") return Number.isFinite(value) ? value : undefined;
  if (typeof value !== "object" || depth >= deepest) return undefined;
  if (Array.isArray(value)) return copyList(value, depth);
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return undefined;
  const copy: Record<string, Json> = {};
  for (const [name, member] of Object.entries(value)) {
    if (member === undefined) continue;
    const copied = copyJson(member, depth + 1);
    if (copied === undefined) return undefined;
    if (name === "__proto__") defineMember(copy, name, copied);
    else copy[name] = copied;
  }
  return Object.freeze(copy);
}

/** Assigning would run the setter of `__proto__`. */
function defineMember(copy: object, name: string, value: Json): void {
  Object.defineProperty(copy, name, { value, enumerable: true, configurable: true, writable: true });
}

function copyList(list: readonly unknown[], depth: number): Json | undefined {
  const copy: Json[] = [];
  for (const item of list) {
    const copied = copyJson(item, depth + 1);
    if (copied === undefined) return undefined;
    copy.push(copied);
  }
  return Object.freeze(copy);
}
