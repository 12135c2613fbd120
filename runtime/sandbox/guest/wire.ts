/**
 * The guest's half of the encoding that crosses the wall; the host's half, `wire.ts` one folder up, lists the tags.
 *
 * Values are written as JSON text piece by piece. `JSON.stringify` gets single strings only: with whole objects it would
 * ask for the script's `toJSON`, and in this engine fail when the script put a setter on `Array.prototype`.
 *
 * @module
 */

import { bytesFromText, textFromBytes } from "./base64url.ts";
import { bytesOf } from "./buffer-source.ts";
import { type Bag, put } from "./own-members.ts";
import {
  asyncIteratorSymbol,
  create,
  datePrototype,
  dateText,
  enumerableKeys,
  errorPrototype,
  freeze,
  getPrototypeOf,
  hasOwn,
  isArray,
  isPrototypeOf,
  mapPrototype,
  objectPrototype,
  promisePrototype,
  setPrototype,
  stringify,
  textOf,
  TypeErrorClass,
  weakMapGet,
  weakMapSet,
} from "./primordials.ts";

const maxDepth = 100;

/** The two ways to call the host, for the methods of host objects. */
export interface Calls {
  call(fn: string, args: readonly unknown[]): Promise<unknown>;
  callPlain(fn: string, args: readonly unknown[]): unknown;
}

/** A function of the script. */
export type Callback = (...args: unknown[]) => unknown;

const callbacks: Record<number, Callback> = create(null);
let lastCallback = 0;
const hostObjects: Record<number, object> = create(null);
const hostNumbers = new WeakMap<object, number>();

/** The function that crossed with this number. */
export function callbackOf(id: number): Callback | undefined {
  return callbacks[id];
}

/**
 * The JSON text of a value. Functions are kept and cross as numbers; getters of the script run here.
 * @throws TypeError for what cannot cross, and below `depth` 100.
 */
export function encode(value: unknown, depth: number): string {
  if (depth > maxDepth)
    throw new TypeErrorClass("a value nested deeper than 100 levels, or in a circle, cannot cross");
  switch (typeof value) {
    case "string":
      return stringify(value);
    case "boolean":
      return value ? "true" : "false";
    case "number":
      return value - value === 0 ? textOf(value) : '{"$":"number","v":"' + value + '"}';
    case "undefined":
      return '{"$":"undefined"}';
    case "function": {
      const id = ++lastCallback;
      callbacks[id] = value as Callback;
      return '{"$":"function","id":' + id + "}";
    }
    case "object":
      return value === null ? "null" : encodeObject(value, depth);
    default:
      throw new TypeErrorClass("a " + typeof value + " cannot cross to the host");
  }
}

function encodeObject(value: object, depth: number): string {
  const number = weakMapGet(hostNumbers, value);
  if (number !== undefined) return '{"$":"host","id":' + (number as number) + "}";
  if (isArray(value)) {
    let items = "";
    for (let i = 0; i < value.length; i++) items += (i === 0 ? "" : ",") + encode(value[i], depth + 1);
    return "[" + items + "]";
  }
  const prototype: unknown = getPrototypeOf(value);
  const ordinary = prototype === objectPrototype || prototype === null;
  return (ordinary ? null : encodeSpecial(value)) ?? encodeMembers(value, depth);
}

/** The text of an object with an inner value; null for one without. */
function encodeSpecial(value: object): string | null {
  const bytes = bytesOf(value);
  if (bytes !== null) return '{"$":"bytes","v":"' + textFromBytes(bytes) + '"}';
  if (isPrototypeOf(datePrototype, value)) return '"' + dateText(value) + '"';
  if (
    isPrototypeOf(mapPrototype, value) ||
    isPrototypeOf(setPrototype, value) ||
    isPrototypeOf(promisePrototype, value)
  ) {
    throw new TypeErrorClass(
      "a Map, Set or Promise cannot cross to the host; give a plain object, a list, or await it",
    );
  }
  return null;
}

function encodeMembers(value: object, depth: number): string {
  const isError = isPrototypeOf(errorPrototype, value);
  let text = "";
  let tagged = false;
  const names = enumerableKeys(value);
  for (let i = 0; i < names.length; i++) {
    const name = names[i] as string;
    if (isError && (name === "name" || name === "message")) continue;
    const member = (value as Bag)[name];
    if (member === undefined) continue;
    if (name === "$") tagged = true;
    text += (text === "" ? "" : ",") + stringify(name) + ":" + encode(member, depth + 1);
  }
  if (isError) {
    const { name, message } = value as Error;
    text += (text === "" ? "" : ",") + '"name":' + stringify(textOf(name));
    text += ',"message":' + stringify(textOf(message));
  }
  return tagged ? '{"$":"object","v":{' + text + "}}" : "{" + text + "}";
}

/** A value out of what the host's JSON text was parsed to, which becomes part of it: members are replaced in place. */
export function decode(wire: unknown, calls: Calls): unknown {
  if (typeof wire !== "object" || wire === null) return wire;
  if (isArray(wire)) {
    for (let i = 0; i < wire.length; i++) wire[i] = decode(wire[i], calls);
    return wire;
  }
  if (!hasOwn(wire, "$")) return decodeMembers(wire, calls);
  const tagged = wire as { readonly $: string; readonly v?: unknown; readonly id?: number };
  switch (tagged.$) {
    case "number":
      return +(tagged.v as string);
    case "bytes":
      return bytesFromText(tagged.v as string);
    case "host":
      return hostObject(wire as HostObject, calls);
    case "call":
      return hostMethod(tagged.id as number, "call", false, calls);
    case "object":
      return decodeMembers(tagged.v as object, calls);
    default:
      return undefined;
  }
}

function decodeMembers(members: object, calls: Calls): object {
  const names = enumerableKeys(members);
  for (let i = 0; i < names.length; i++) {
    const name = names[i] as string;
    (members as Bag)[name] = decode((members as Bag)[name], calls);
  }
  return members;
}

interface HostObject {
  readonly id: number;
  readonly data: object;
  /** Method names; true for a plain one. */
  readonly methods: Readonly<Record<string, boolean>>;
}

/** A frozen object whose methods call the door with the host object's number. */
function hostObject(wire: HostObject, calls: Calls): object {
  const { id, data, methods } = wire;
  const known = hostObjects[id];
  if (known) return known;
  const object = decodeMembers(data, calls);
  const names = enumerableKeys(methods);
  for (let i = 0; i < names.length; i++) {
    const name = names[i] as string;
    put(object, name, hostMethod(id, name, methods[name] === true, calls), true);
  }
  if (hasOwn(methods, "next")) put(object, asyncIteratorSymbol, () => object, false);
  freeze(object);
  hostObjects[id] = object;
  weakMapSet(hostNumbers, object, id);
  return object;
}

function hostMethod(id: number, name: string, plain: boolean, calls: Calls): Callback {
  const fn = "#" + id + "." + name;
  return freeze(
    plain ? (...args: unknown[]) => calls.callPlain(fn, args) : (...args: unknown[]) => calls.call(fn, args),
  );
}
