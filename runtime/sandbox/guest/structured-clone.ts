/**
 * `structuredClone` (HTML standard, 2.7.3), without transfer.
 *
 * @module
 */

import { isBuffer } from "./buffer-source.ts";
import { DOMException } from "./dom-exception.ts";
import { type Bag, list, ownData, put } from "./own-members.ts";
import {
  ArrayClass,
  BufferClass,
  bufferSize,
  BytesClass,
  create,
  dataViewBuffer,
  DataViewClass,
  dataViewOffset,
  dataViewSize,
  DateClass,
  dateTime,
  enumerableKeys,
  ErrorClass,
  errorPrototype,
  getOwnPropertyDescriptor,
  getPrototypeOf,
  hasBrand,
  isArray,
  isPrototypeOf,
  isView,
  MapClass,
  mapEach,
  mapGet,
  mapHas,
  mapSet,
  mapSize,
  ObjectFunction,
  objectPrototype,
  RegExpClass,
  regExpSource,
  setAdd,
  SetClass,
  setEach,
  setSize,
  valueOfBigInt,
  valueOfBoolean,
  valueOfNumber,
  valueOfString,
  viewBuffer,
  viewLength,
  viewOffset,
  viewSet,
  viewTag,
} from "./primordials.ts";
import { flagsOf } from "./regexp-flags.ts";
import { viewClasses } from "./typed-arrays.ts";
import { hrefOf } from "./url.ts";
import { pairsOf } from "./url-search-params.ts";
import { bag, domText, needs } from "./webidl.ts";

const errorClasses = create(null) as Record<string, ErrorConstructor>;
for (const one of [Error, EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError]) {
  errorClasses[one.name] = one;
}

const scope = globalThis as unknown as Record<string, unknown>;
const uncloneable = list<object>();
for (const name of [
  "Promise",
  "WeakMap",
  "WeakSet",
  "WeakRef",
  "FinalizationRegistry",
  "SharedArrayBuffer",
]) {
  const found = scope[name];
  if (typeof found === "function") uncloneable[uncloneable.length] = found.prototype as object;
}

function notCloneable(what: string): DOMException {
  return new DOMException("structuredClone: " + what + " could not be cloned", "DataCloneError");
}

type Seen = Map<unknown, unknown>;

function clone(value: unknown, seen: Seen): unknown {
  if (typeof value === "function") throw notCloneable("a function");
  if (typeof value === "symbol") throw notCloneable("a symbol");
  if (typeof value !== "object" || value === null) return value;
  if (mapHas(seen, value)) return mapGet(seen, value);
  if (isArray(value)) {
    const copy = new ArrayClass<unknown>(value.length);
    mapSet(seen, value, copy);
    return cloneMembers(value, copy, seen);
  }
  const prototype = getPrototypeOf(value) as unknown;
  if (prototype !== objectPrototype && prototype !== null) {
    const special = cloneSpecial(value, seen);
    if (special !== null) return special;
  }
  const copy = {};
  mapSet(seen, value, copy);
  return cloneMembers(value, copy, seen);
}

function cloneMembers(from: object, to: object, seen: Seen): object {
  const names = enumerableKeys(from);
  for (let i = 0; i < names.length; i++) {
    const name = names[i] as string;
    // A getter may have removed a later member.
    if (getOwnPropertyDescriptor(from, name) !== undefined)
      put(to, name, clone((from as Bag)[name], seen), true);
  }
  return to;
}

/** A clone of an object with an inner value; null for one without. */
function cloneSpecial(value: object, seen: Seen): object | null {
  const done = <T extends object>(copy: T): T => {
    mapSet(seen, value, copy);
    return copy;
  };
  if (isView(value)) return done(cloneView(value, seen));
  if (isBuffer(value)) {
    const copy = new BufferClass(bufferSize(value));
    viewSet(new BytesClass(copy), new BytesClass(value));
    return done(copy);
  }
  if (hasBrand(mapSize, value)) return cloneMap(value, done(new MapClass()), seen);
  if (hasBrand(setSize, value)) return cloneSet(value, done(new SetClass()), seen);
  if (hasBrand(dateTime, value)) return done(new DateClass(dateTime(value)));
  if (isPrototypeOf(errorPrototype, value)) return cloneError(value as Error, seen);
  // The getter of `source` accepts RegExp.prototype itself, which is no regular expression but harmless.
  if (hasBrand(regExpSource, value)) return done(new RegExpClass(regExpSource(value), flagsOf(value)));
  if (hasBrand(valueOfBoolean, value)) return done(ObjectFunction(valueOfBoolean(value)) as object);
  if (hasBrand(valueOfNumber, value)) return done(ObjectFunction(valueOfNumber(value)) as object);
  if (hasBrand(valueOfString, value)) return done(ObjectFunction(valueOfString(value)) as object);
  if (hasBrand(valueOfBigInt, value)) return done(ObjectFunction(valueOfBigInt(value)) as object);
  for (let i = 0; i < uncloneable.length; i++) {
    if (isPrototypeOf(uncloneable[i] as object, value)) throw notCloneable("this kind of object");
  }
  if (hrefOf(value) !== null || pairsOf(value) !== null) throw notCloneable("this kind of object");
  return null;
}

function cloneView(value: ArrayBufferView, seen: Seen): ArrayBufferView {
  const tag = viewTag(value);
  if (tag === undefined) {
    const buffer = clone(dataViewBuffer(value), seen) as ArrayBuffer;
    return new DataViewClass(buffer, dataViewOffset(value), dataViewSize(value));
  }
  const ViewOf = viewClasses[tag];
  if (ViewOf === undefined) throw notCloneable("this kind of array");
  return new ViewOf(clone(viewBuffer(value), seen) as ArrayBuffer, viewOffset(value), viewLength(value));
}

function cloneMap(from: object, to: Map<unknown, unknown>, seen: Seen): object {
  const entries = list<{ key: unknown; value: unknown }>();
  mapEach(from, (value, key) => {
    entries[entries.length] = { key, value };
  });
  for (let i = 0; i < entries.length; i++) {
    const { key, value } = entries[i] as { key: unknown; value: unknown };
    mapSet(to, clone(key, seen), clone(value, seen));
  }
  return to;
}

function cloneSet(from: object, to: Set<unknown>, seen: Seen): object {
  const members = list<unknown>();
  setEach(from, (value) => {
    members[members.length] = value;
  });
  for (let i = 0; i < members.length; i++) setAdd(to, clone(members[i], seen));
  return to;
}

function cloneError(from: Error, seen: Seen): object {
  const name = from.name;
  const Class = (typeof name === "string" ? errorClasses[name] : undefined) ?? ErrorClass;
  const message = ownData(from, "message");
  const stack = from.stack;
  const cause = ownData(from, "cause");
  const copy = new Class();
  mapSet(seen, from, copy);
  if (message !== undefined) put(copy, "message", domText(message), false);
  if (typeof stack === "string") put(copy, "stack", stack, false);
  if (cause !== undefined) put(copy, "cause", clone(cause, seen), false);
  return copy;
}

/** A deep copy. @throws DOMException DataCloneError for functions, symbols, other uncloneable objects and any transfer. */
export function structuredClone<T>(value: T, options?: unknown): T {
  needs(arguments.length, 1, "structuredClone");
  const transfer = bag(options)["transfer"];
  if (transfer !== undefined && !(isArray(transfer) && transfer.length === 0)) {
    throw new DOMException("structuredClone: transfer is not supported here", "DataCloneError");
  }
  return clone(value, new MapClass()) as T;
}
