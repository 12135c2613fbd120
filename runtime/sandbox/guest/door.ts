/**
 * The guest's side of the wall. Compiled to JavaScript, loaded as text into the sandbox before any user code.
 *
 * Everything that leaves the guest passes `send`, as JSON text. What it needs later is captured here at load, so a
 * script that overwrites a built-in harms only itself. Values that JSON cannot hold travel as objects with the
 * member `$`; the host's half of this encoding is `wire.ts`.
 *
 * @module
 */

declare const globalThis: Record<string, unknown>;

const raw = globalThis["__holdfast_door"] as (text: string) => string;
delete globalThis["__holdfast_door"];

const { parse, stringify } = JSON;
const { isArray } = Array;
const { create, defineProperty, freeze, getPrototypeOf, keys: ownKeys, prototype: objectPrototype } = Object;
const hasOwn = Object.hasOwn;
const GuestError = Error;
const GuestTypeError = TypeError;
const GuestPromise = Promise;
const Bytes = Uint8Array;
const Buffer = ArrayBuffer;
const GuestDate = Date;
const MapClass = Map;
const SetClass = Set;
const toText = String;
const { toISOString } = Date.prototype;
const apply = Reflect.apply;
const asyncIterator: typeof Symbol.asyncIterator = Symbol.asyncIterator;
const slice = String.prototype.slice;
const isView = ArrayBuffer.isView;

const maxDepth = 100;
const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

type Wire = unknown;
interface Pending {
  resolve(value: unknown): void;
  reject(error: unknown): void;
  readonly fn: string;
  readonly site: string;
}
interface HostError {
  name: string;
  message: string;
  code?: string;
  retryable?: boolean;
  hint?: string;
  details?: Wire;
}

const pending: Record<number, Pending> = create(null);
const callbacks: Record<number, (...args: unknown[]) => unknown> = create(null);
const hostObjects: Record<number, object> = create(null);
const hostNumbers = new WeakMap<object, number>();
const numberOf = hostNumbers.get.bind(hostNumbers);
const remember = hostNumbers.set.bind(hostNumbers);
let lastCall = 0;
let lastCallback = 0;
/** The callback that is running right now, so that a call made inside it can be told from any other. */
let inside = 0;

function send(message: unknown): string {
  return raw(stringify(message));
}

function encodeBytes(bytes: Uint8Array): string {
  let text = "";
  for (let i = 0; i < bytes.length; i += 3) {
    const a = bytes[i] as number;
    const b = i + 1 < bytes.length ? (bytes[i + 1] as number) : 0;
    const c = i + 2 < bytes.length ? (bytes[i + 2] as number) : 0;
    text += (alphabet[a >> 2] as string) + (alphabet[((a & 3) << 4) | (b >> 4)] as string);
    if (i + 1 < bytes.length) text += alphabet[((b & 15) << 2) | (c >> 6)] as string;
    if (i + 2 < bytes.length) text += alphabet[c & 63] as string;
  }
  return text;
}

const values: Record<string, number> = create(null);
for (let i = 0; i < 64; i++) values[alphabet[i] as string] = i;

function decodeBytes(text: string): Uint8Array {
  const bytes = new Bytes(Math.floor((text.length * 3) / 4));
  let held = 0;
  let bits = 0;
  let at = 0;
  for (let i = 0; i < text.length; i++) {
    held = ((held << 6) | (values[text[i] as string] as number)) & 0xffffff;
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      bytes[at++] = (held >> bits) & 255;
    }
  }
  return bytes;
}

function encode(value: unknown, depth: number): Wire {
  if (depth > maxDepth)
    throw new GuestTypeError("a value nested deeper than 100 levels, or in a circle, cannot cross");
  switch (typeof value) {
    case "string":
    case "boolean":
      return value;
    case "number":
      return value - value === 0 ? value : { $: "number", v: toText(value) };
    case "undefined":
      return { $: "undefined" };
    case "function": {
      const id = ++lastCallback;
      callbacks[id] = value as (...args: unknown[]) => unknown;
      return { $: "function", id };
    }
    case "object":
      return value === null ? null : encodeObject(value, depth);
    default:
      throw new GuestTypeError(`a ${typeof value} cannot cross to the host`);
  }
}

function encodeObject(value: object, depth: number): Wire {
  const number = numberOf(value);
  if (number !== undefined) return { $: "host", id: number };
  if (isArray(value)) {
    const list: Wire[] = [];
    for (let i = 0; i < value.length; i++) list[i] = encode(value[i], depth + 1);
    return list;
  }
  if (value instanceof Bytes) return { $: "bytes", v: encodeBytes(value) };
  if (value instanceof Buffer) return { $: "bytes", v: encodeBytes(new Bytes(value)) };
  if (isView(value)) {
    return { $: "bytes", v: encodeBytes(new Bytes(value.buffer, value.byteOffset, value.byteLength)) };
  }
  if (value instanceof GuestDate) return apply(toISOString, value, []);
  if (value instanceof MapClass || value instanceof SetClass || value instanceof GuestPromise) {
    throw new GuestTypeError(
      "a Map, Set or Promise cannot cross to the host; give a plain object, a list, or await it",
    );
  }
  const members: Record<string, Wire> = create(null);
  const names = ownKeys(value);
  for (let i = 0; i < names.length; i++) {
    const name = names[i] as string;
    const member = (value as Record<string, unknown>)[name];
    if (member !== undefined) members[name] = encode(member, depth + 1);
  }
  if (value instanceof GuestError) {
    members["name"] = toText(value.name);
    members["message"] = toText(value.message);
  }
  return "$" in members ? { $: "object", v: members } : members;
}

function decode(wire: Wire): unknown {
  if (typeof wire !== "object" || wire === null) return wire;
  if (isArray(wire)) {
    const list: unknown[] = [];
    for (let i = 0; i < wire.length; i++) list[i] = decode(wire[i]);
    return list;
  }
  const tagged = wire as { $?: string; v?: unknown; id?: number };
  if (!hasOwn(tagged, "$")) return decodeMembers(wire as Record<string, Wire>);
  switch (tagged.$) {
    case "number":
      return +(tagged.v as string);
    case "bytes":
      return decodeBytes(tagged.v as string);
    case "host":
      return hostObject(wire as HostObject);
    case "object":
      return decodeMembers(tagged.v as Record<string, Wire>);
    default:
      return undefined;
  }
}

function decodeMembers(members: Record<string, Wire>): Record<string, unknown> {
  const object: Record<string, unknown> = {};
  const names = ownKeys(members);
  for (let i = 0; i < names.length; i++) {
    const name = names[i] as string;
    defineProperty(object, name, {
      value: decode(members[name]),
      writable: true,
      enumerable: true,
      configurable: true,
    });
  }
  return object;
}

interface HostObject {
  readonly id: number;
  readonly data: Record<string, Wire>;
  /** Method names; true for a plain one. */
  readonly methods: Record<string, boolean>;
}

/** A frozen object whose methods call the door with the host object's number. */
function hostObject(wire: HostObject): object {
  const known = hostObjects[wire.id];
  if (known) return known;
  const object = decodeMembers(wire.data);
  const names = ownKeys(wire.methods);
  for (let i = 0; i < names.length; i++) {
    const name = names[i] as string;
    const fn = `#${wire.id}.${name}`;
    const method = wire.methods[name]
      ? (...args: unknown[]) => callPlain(fn, args)
      : (...args: unknown[]) => call(fn, args);
    defineProperty(object, name, { value: freeze(method), enumerable: true });
  }
  if (hasOwn(wire.methods, "next")) {
    defineProperty(object, asyncIterator, { value: () => object });
  }
  freeze(object);
  hostObjects[wire.id] = object;
  remember(object, wire.id);
  return object;
}

/** An error of the host as a guest error whose stack is the script's own. */
function guestError(from: HostError, site: string): Error {
  const error = new GuestError(from.message) as Error & Record<string, unknown>;
  const fields: Record<string, unknown> = { name: from.name, stack: site };
  if (from.code !== undefined) fields["toString"] = () => `${from.code}: ${from.message}`;
  const names = ownKeys(fields);
  for (let i = 0; i < names.length; i++) {
    const name = names[i] as string;
    defineProperty(error, name, { value: fields[name], writable: true, configurable: true });
  }
  if (from.code !== undefined) error["code"] = from.code;
  if (from.retryable !== undefined) error["retryable"] = from.retryable;
  if (from.hint !== undefined) error["hint"] = from.hint;
  if (from.details !== undefined) error["details"] = decode(from.details);
  return error;
}

/** Calls an async host function: `module#function`, or `#object.method`. */
export function call(fn: string, args: readonly unknown[]): Promise<unknown> {
  const site = toText(new GuestError().stack);
  return new GuestPromise((resolve, reject) => {
    const id = ++lastCall;
    const refused = send({ k: "call", id, fn, inside, args: encode(args, 0) });
    if (refused !== "") {
      reject(guestError(parse(refused) as HostError, site));
      return;
    }
    pending[id] = { resolve, reject, fn, site };
  });
}

/** Calls a plain host function and waits for its value. */
export function callPlain(fn: string, args: readonly unknown[]): unknown {
  const answer = parse(send({ k: "plain", fn, inside, args: encode(args, 0) })) as {
    v?: Wire;
    e?: HostError;
  };
  if (answer.e) throw guestError(answer.e, toText(new GuestError().stack));
  return decode(answer.v);
}

function limited(text: unknown, length: number): string {
  try {
    return apply(slice, toText(text), [0, length]);
  } catch {
    return "";
  }
}

/** What a thrown value says about itself. Getters and `toString` of the script run here, inside its limits. */
function describe(thrown: unknown): Record<string, unknown> {
  const about: Record<string, unknown> = create(null);
  if (typeof thrown !== "object" || thrown === null) {
    about["name"] = "Error";
    about["message"] = limited(thrown, 4000);
    return about;
  }
  const error = thrown as Record<string, unknown>;
  const read = (name: string): unknown => {
    try {
      return error[name];
    } catch {
      return undefined;
    }
  };
  about["name"] = limited(read("name") ?? "Error", 200);
  const message = read("message");
  about["message"] = limited(
    message === undefined && !(thrown instanceof GuestError) ? summary(thrown) : message,
    4000,
  );
  about["stack"] = limited(read("stack") ?? "", 10_000);
  const code = read("code");
  if (typeof code === "string") about["code"] = limited(code, 200);
  const hint = read("hint");
  if (typeof hint === "string") about["hint"] = limited(hint, 1000);
  if (read("retryable") === true) about["retryable"] = true;
  try {
    const details = read("details");
    if (details !== undefined) about["details"] = encode(details, 90);
  } catch {
    // details that cannot cross are left out
  }
  return about;
}

function summary(thrown: object): string {
  try {
    return limited(stringify(thrown) ?? toText(thrown), 1000);
  } catch {
    return getPrototypeOf(thrown) === objectPrototype ? "an object" : "a value";
  }
}

/** Reports the end of the run by an error. */
export function fail(thrown: unknown): void {
  send({ k: "failed", e: describe(thrown) });
}

/** Reports a module that failed while it was being loaded or run; a promise is followed. */
export function watch(value: unknown): void {
  if (value instanceof GuestPromise) value.then(undefined, fail);
}

/** Runs the pipeline's default function, or takes its `result`, and reports the outcome. */
export function finish(pipeline: Record<string, unknown>): void {
  const settle = (value: unknown): void => {
    const left: unknown[] = [];
    const ids = ownKeys(pending);
    for (let i = 0; i < ids.length && i < 20; i++) {
      const open = pending[ids[i] as unknown as number] as Pending;
      if (open.fn !== "std/time#sleep") left[left.length] = { fn: open.fn, site: open.site };
    }
    try {
      send({ k: "result", v: encode(value, 0), left });
    } catch (thrown) {
      fail(thrown);
    }
  };
  const main = pipeline["default"];
  if (typeof main !== "function") {
    settle(pipeline["result"]);
    return;
  }
  const args = decode(parse(send({ k: "args" })) as Wire);
  (async () => await (main as (args: unknown) => unknown)(args))().then(settle, fail);
}

interface Delivery {
  readonly k: "ok" | "err" | "invoke";
  readonly id: number;
  readonly v?: Wire;
  readonly e?: HostError;
  readonly fn?: number;
  readonly args?: Wire;
}

/** Takes a list of answers and callback invocations from the host, as JSON text. */
export function deliver(text: string): void {
  const list = parse(text) as Delivery[];
  for (let i = 0; i < list.length; i++) {
    const item = list[i] as Delivery;
    if (item.k === "invoke") {
      invoke(item);
      continue;
    }
    const open = pending[item.id];
    if (!open) continue;
    delete pending[item.id];
    if (item.k === "ok") open.resolve(decode(item.v));
    else open.reject(guestError(item.e as HostError, open.site));
  }
}

function invoke(item: Delivery): void {
  const answer = (value: unknown): void => {
    try {
      send({ k: "answer", id: item.id, v: encode(value, 0) });
    } catch (thrown) {
      send({ k: "answer", id: item.id, e: describe(thrown) });
    }
  };
  const refuse = (thrown: unknown): void => {
    send({ k: "answer", id: item.id, e: describe(thrown) });
  };
  const callback = callbacks[item.fn as number];
  if (!callback) {
    refuse(new GuestError("this function is no longer there"));
    return;
  }
  inside = item.id;
  try {
    const value = apply(callback, undefined, decode(item.args) as unknown[]);
    if (value instanceof GuestPromise) value.then(answer, refuse);
    else answer(value);
  } catch (thrown) {
    refuse(thrown);
  } finally {
    inside = 0;
  }
}

/** The prelude's last act: what could run text as code, or watch the garbage collector, goes. */
export function harden(): void {
  const functionKinds = [
    function () {},
    async () => {},
    // biome-ignore lint: the generator is only asked for its constructor
    function* () {},
    async function* () {},
  ];
  for (let i = 0; i < functionKinds.length; i++) {
    delete (getPrototypeOf(functionKinds[i]) as Record<string, unknown>)["constructor"];
  }
  const gone = ["eval", "Function", "SharedArrayBuffer", "WeakRef", "FinalizationRegistry"];
  for (let i = 0; i < gone.length; i++) delete globalThis[gone[i] as string];
}
