/**
 * Redacted stand-ins that `util.inspect` shows as it would show the values themselves.
 *
 * @module
 */

import { inspect } from "node:util";
import { type Redacts, unscannable } from "./fail-closed.ts";

/** Members of this name mark what redaction by field name does not know: an error, and what is shown by a text without quotes. */
const errorMark = "\0error";
const textMark = "\0text";
/** The redactor cuts off what lies deeper than 64 levels; here more are kept, so that it is the one that does. */
const deepest = 100;

/**
 * A redacted copy to be shown. Errors keep stack, cause and own members; Maps, Sets, dates, lists and plain objects stay what they
 * are; class instances become plain objects, headers and search parameters lists of pairs, and what has no members a text.
 * Getters and a value's own inspect function do not run. Never throws.
 */
export function inspectable(value: unknown, redactor: Redacts): unknown {
  try {
    return revived(redactor.redactValue(prepared(value, new Map(), 0)), new Map());
  } catch {
    return asText(unscannable(0));
  }
}

/** The value with errors, functions and symbols as plain members, since the redactor leaves them out or cuts them short. */
function prepared(value: unknown, done: Map<object, unknown>, depth: number): unknown {
  if (typeof value === "function") return { [textMark]: `[Function: ${value.name || "(anonymous)"}]` };
  if (typeof value === "symbol") return { [textMark]: String(value) };
  if (typeof value !== "object" || value === null || depth > deepest) return value;
  const known = done.get(value);
  if (known !== undefined) return known;
  const below = (item: unknown): unknown => prepared(item, done, depth + 1);
  if (Array.isArray(value)) {
    const list: unknown[] = [];
    done.set(value, list);
    for (const item of value as unknown[]) list.push(below(item));
    return list;
  }
  if (value instanceof Map) {
    const map = new Map<unknown, unknown>();
    done.set(value, map);
    for (const [key, item] of value) map.set(below(key), below(item));
    return map;
  }
  if (value instanceof Set) {
    const set = new Set<unknown>();
    done.set(value, set);
    for (const item of value) set.add(below(item));
    return set;
  }
  if (
    value instanceof Date ||
    value instanceof URL ||
    value instanceof ArrayBuffer ||
    ArrayBuffer.isView(value)
  )
    return value;
  if (value instanceof Headers || value instanceof URLSearchParams || value instanceof FormData)
    return Array.from(value);
  const members: Record<string, unknown> = {};
  done.set(value, members);
  if (value instanceof Error) {
    members[errorMark] = typeof value.stack === "string" ? value.stack : `${value.name}: ${value.message}`;
    if (Object.hasOwn(value, "cause")) members.cause = below(value.cause);
    if (value instanceof AggregateError) members.errors = below(value.errors);
    members.own = ownMembers(value, {}, below);
    return members;
  }
  ownMembers(value, members, below);
  const prototype: unknown = Object.getPrototypeOf(value);
  if (Object.keys(members).length === 0 && prototype !== Object.prototype && prototype !== null) {
    members[textMark] = inspect(value, { depth: -1, customInspect: false });
  }
  return members;
}

function ownMembers(
  value: object,
  into: Record<string, unknown>,
  below: (item: unknown) => unknown,
): Record<string, unknown> {
  for (const [name, member] of Object.entries(Object.getOwnPropertyDescriptors(value))) {
    if (!member.enumerable) continue;
    const item = "value" in member ? below(member.value) : { [textMark]: "[Getter]" };
    setMember(into, name, item, true);
  }
  return into;
}

/** Not an assignment: a member named __proto__ would set the prototype. */
function setMember(target: object, name: string, value: unknown, enumerable: boolean): void {
  Object.defineProperty(target, name, { value, enumerable, configurable: true, writable: true });
}

/** Puts errors and texts back in the redacted copy, which is ours to change. */
function revived(value: unknown, done: Map<object, unknown>): unknown {
  if (typeof value !== "object" || value === null) return value;
  const known = done.get(value);
  if (known !== undefined) return known;
  done.set(value, value);
  if (value instanceof Map) {
    const entries = [...value];
    value.clear();
    for (const [key, item] of entries) value.set(revived(key, done), revived(item, done));
  } else if (value instanceof Set) {
    const items = [...value];
    value.clear();
    for (const item of items) value.add(revived(item, done));
  } else if (Array.isArray(value)) {
    for (const [at, item] of value.entries()) value[at] = revived(item, done);
  } else if (!ArrayBuffer.isView(value)) {
    const members = value as Record<string, unknown>;
    for (const name of Object.keys(members)) setMember(members, name, revived(members[name], done), true);
    const { [errorMark]: stack, [textMark]: text } = members;
    if (typeof stack === "string") return rememberedAs(shownError(stack, members), value, done);
    if (typeof text === "string") return rememberedAs(asText(text), value, done);
  }
  return value;
}

function rememberedAs(shown: unknown, value: object, done: Map<object, unknown>): unknown {
  done.set(value, shown);
  return shown;
}

function shownError(stack: string, members: Readonly<Record<string, unknown>>): Error {
  const error = new Error();
  setMember(error, "stack", stack, false);
  for (const name of ["cause", "errors"]) {
    if (Object.hasOwn(members, name)) setMember(error, name, members[name], false);
  }
  const { own } = members;
  if (typeof own === "object" && own !== null) {
    for (const [name, item] of Object.entries(own)) if (name !== "stack") setMember(error, name, item, true);
  }
  return error;
}

/** Shown as it stands. */
function asText(text: string): object {
  return { [inspect.custom]: () => text, toString: () => text, toJSON: () => text };
}
