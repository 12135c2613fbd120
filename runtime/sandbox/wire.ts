/**
 * The host's half of the encoding that crosses the wall; the guest's half is `guest/door.ts`.
 *
 * JSON, with tagged objects for what JSON lacks: `{$: "undefined"}`, `{$: "number", v}` (not finite), `{$: "bytes", v}`
 * (base64url), `{$: "host", id, data, methods}`, `{$: "function", id}` for a guest's function and `{$: "call", id}` for one of
 * the host's, and `{$: "object", v}` for an object that itself has a member `$`.
 *
 * @module
 */

import { isPlain, type StdFunction } from "../plugin.ts";

/** What a decoder does with what is not data. */
export interface Receiver {
  /** The host object of a number; throws when the run has none. */
  hostObject(id: number): unknown;
  /** A guest function as an async host function. */
  guestFunction(id: number): (...args: unknown[]) => Promise<unknown>;
}

const maxDepth = 200;

/**
 * Guest to host: JSON text's value to host values. Objects get a null prototype; `__proto__` members are dropped, and functions
 * named `then`: an `await` of the host would call one, and wait for as long as the script likes.
 * @throws TypeError when the tree is not of this encoding (only a broken guest sends such).
 */
export function decode(wire: unknown, receiver: Receiver, depth = 0): unknown {
  if (depth > maxDepth) throw new TypeError("nested too deep");
  if (typeof wire !== "object" || wire === null) return wire;
  if (Array.isArray(wire)) return wire.map((item) => decode(item, receiver, depth + 1));
  const members = wire as Record<string, unknown>;
  if (!Object.hasOwn(members, "$")) return decodeMembers(members, receiver, depth);
  switch (members["$"]) {
    case "undefined":
      return undefined;
    case "number":
      return Number(members["v"]);
    case "bytes":
      return new Uint8Array(Buffer.from(String(members["v"]), "base64url"));
    case "host":
      return receiver.hostObject(Number(members["id"]));
    case "function":
      return receiver.guestFunction(Number(members["id"]));
    case "object":
      return decodeMembers(members["v"] as Record<string, unknown>, receiver, depth);
    default:
      throw new TypeError("unknown tag");
  }
}

function decodeMembers(members: Record<string, unknown>, receiver: Receiver, depth: number): unknown {
  const object: Record<string, unknown> = Object.create(null);
  for (const name of Object.keys(members)) {
    if (name === "__proto__") continue;
    const member = decode(members[name], receiver, depth + 1);
    if (name !== "then" || typeof member !== "function") object[name] = member;
  }
  return object;
}

/** Host to guest. `register` gives a host object (one that has function members) its number for this run. */
export function encode(value: unknown, register: (object: object) => number, depth = 0): unknown {
  if (depth > maxDepth) throw new TypeError("nested too deep");
  switch (typeof value) {
    case "string":
    case "boolean":
      return value;
    case "number":
      return Number.isFinite(value) ? value : { $: "number", v: String(value) };
    case "undefined":
      return { $: "undefined" };
    case "function":
      // An argument of a guest function, such as the body of a lock; for the guest it is always async.
      return { $: "call", id: register({ call: value }) };
    case "object":
      break;
    default:
      throw new TypeError(`a ${typeof value} cannot cross to the guest`);
  }
  if (value === null) return null;
  if (Array.isArray(value)) return value.map((item) => encode(item, register, depth + 1));
  if (value instanceof Uint8Array) return { $: "bytes", v: Buffer.from(value).toString("base64url") };
  const data: Record<string, unknown> = Object.create(null);
  const methods: Record<string, boolean> = Object.create(null);
  let isHostObject = false;
  for (const [name, member] of Object.entries(value)) {
    if (typeof member === "function") {
      isHostObject = true;
      methods[name] = isPlain(member as StdFunction);
    } else if (member !== undefined) {
      data[name] = encode(member, register, depth + 1);
    }
  }
  if (isHostObject) return { $: "host", id: register(value), data, methods };
  return "$" in data ? { $: "object", v: data } : data;
}
