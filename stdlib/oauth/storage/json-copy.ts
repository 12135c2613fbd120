/**
 * Structural copies of JSON data, so that nobody holds a reference into a storage.
 *
 * @module
 */

import type { Json } from "../../../runtime/ports.ts";

/** Deepest nesting that is copied. */
export const maxDepth = 64;

/**
 * A copy that shares nothing with the value, deeply frozen when asked. Members that are undefined are left out, as
 * JSON does. Answers undefined for what JSON cannot hold: functions, numbers that are not finite, class instances,
 * cycles, more than 64 levels.
 */
export function copyJson(value: unknown, freeze: boolean, depth = 0): Json | undefined {
  switch (typeof value) {
    case "string":
    case "boolean":
      return value;
    case "number":
      return Number.isFinite(value) ? value : undefined;
    case "object":
      break;
    default:
      return undefined;
  }
  if (value === null) return null;
  if (depth >= maxDepth) return undefined;
  const copy = Array.isArray(value) ? copyList(value, freeze, depth) : copyObject(value, freeze, depth);
  return freeze && copy !== undefined ? Object.freeze(copy) : copy;
}

function copyList(list: readonly unknown[], freeze: boolean, depth: number): Json[] | undefined {
  const copy: Json[] = [];
  for (const item of list) {
    const copied = copyJson(item, freeze, depth + 1);
    if (copied === undefined) return undefined;
    copy.push(copied);
  }
  return copy;
}

function copyObject(object: object, freeze: boolean, depth: number): Record<string, Json> | undefined {
  if (Object.prototype.toString.call(object) !== "[object Object]") return undefined;
  const copy: Record<string, Json> = {};
  for (const [name, member] of Object.entries(object)) {
    if (member === undefined) continue;
    const copied = copyJson(member, freeze, depth + 1);
    if (copied === undefined) return undefined;
    // Plain assignment of `__proto__` would set the prototype.
    if (name === "__proto__") {
      Object.defineProperty(copy, name, {
        value: copied,
        enumerable: true,
        configurable: true,
        writable: true,
      });
    } else copy[name] = copied;
  }
  return copy;
}
