/**
 * The globals that a script finds beside those of the language. Compiled to JavaScript, loaded as text into the
 * sandbox before any user code.
 *
 * Every built-in that is used after load is captured here, and lists have no prototype, so that a script which
 * overwrites prototypes or globals can neither break these functions nor watch them. Hence also: no `for…of`, no
 * spread, no array methods and no array destructuring in what runs later, except where a standard asks to iterate
 * the script's own value; and no template literals, which the engine turns into calls of `String.prototype.concat`.
 *
 * @module
 */

import { call, callPlain } from "./door.ts";

/* What is captured. */

type Bag = Record<PropertyKey, unknown>;

const { apply, ownKeys } = Reflect;
const {
  create,
  defineProperty,
  getOwnPropertyDescriptor,
  getPrototypeOf,
  hasOwn,
  is,
  keys: enumerableKeys,
  setPrototypeOf,
} = Object;
const { isArray } = Array;
const { isView } = ArrayBuffer;
const { stringify } = JSON;
const { fromCharCode } = String;
const ArrayClass = Array;
const BufferClass = ArrayBuffer;
const BytesClass = Uint8Array;
const DataViewClass = DataView;
const DateClass = Date;
const ErrorClass = Error;
const MapClass = Map;
const NumberFunction = Number;
const ObjectFunction = Object;
const PromiseClass = Promise;
const RangeErrorClass = RangeError;
const RegExpClass = RegExp;
const SetClass = Set;
const TypeErrorClass = TypeError;
const parseFloatOf = parseFloat;
const parseIntOf = parseInt;
const textOf = String;
const iteratorSymbol: typeof Symbol.iterator = Symbol.iterator;
const tagSymbol: typeof Symbol.toStringTag = Symbol.toStringTag;
const objectPrototype: object = Object.prototype;
const arrayPrototype: object = Array.prototype;
const viewPrototype = getPrototypeOf(Uint8Array.prototype) as object;
const iteratorPrototype = getPrototypeOf(getPrototypeOf([][iteratorSymbol]())) as object;

const uncurry = (Function.prototype.bind as unknown as Function).call(
  Function.prototype.bind,
  Function.prototype.call,
) as (fn: unknown) => unknown;

/** A method or getter of a built-in prototype as a function that takes `this` first. */
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- only the caller knows what it asks for
function method<F>(prototype: object, name: PropertyKey): F {
  const found = getOwnPropertyDescriptor(prototype, name);
  return uncurry(found?.get ?? found?.value) as F;
}

type Getter<T, V> = (self: T) => V;

const charCodeAt = method<(self: string, at: number) => number>(String.prototype, "charCodeAt");
const indexOf = method<(self: string, part: string, from?: number) => number>(String.prototype, "indexOf");
const slice = method<(self: string, from: number, to?: number) => string>(String.prototype, "slice");
const toLowerCase = method<(self: string) => string>(String.prototype, "toLowerCase");
const toWellFormed = method<(self: string) => string>(String.prototype, "toWellFormed");
const sort = method<<T>(self: T[], compare: (a: T, b: T) => number) => T[]>(Array.prototype, "sort");
const isPrototypeOf = method<(self: object, value: object) => boolean>(Object.prototype, "isPrototypeOf");
const sourceOfFunction = method<(self: unknown) => string>(Function.prototype, "toString");
const matches = method<(self: RegExp, text: string) => unknown>(RegExp.prototype, "exec");
const thenOf = method<
  (self: Promise<unknown>, ok: (value: unknown) => void, no?: (reason: unknown) => void) => void
>(Promise.prototype, "then");
const mapGet = method<(self: Map<unknown, unknown>, key: unknown) => unknown>(Map.prototype, "get");
const mapHas = method<(self: Map<unknown, unknown>, key: unknown) => boolean>(Map.prototype, "has");
const mapSet = method<(self: Map<unknown, unknown>, key: unknown, value: unknown) => void>(
  Map.prototype,
  "set",
);
const mapEach = method<(self: unknown, each: (value: unknown, key: unknown) => void) => void>(
  Map.prototype,
  "forEach",
);
const mapSize = method<Getter<unknown, number>>(Map.prototype, "size");
const setAdd = method<(self: Set<unknown>, value: unknown) => void>(Set.prototype, "add");
const setEach = method<(self: unknown, each: (value: unknown) => void) => void>(Set.prototype, "forEach");
const setSize = method<Getter<unknown, number>>(Set.prototype, "size");
const dateTime = method<Getter<unknown, number>>(Date.prototype, "getTime");
const dateText = method<Getter<unknown, string>>(Date.prototype, "toISOString");
const regExpSource = method<Getter<unknown, string>>(RegExp.prototype, "source");
const bufferSize = method<Getter<unknown, number>>(ArrayBuffer.prototype, "byteLength");
const dataViewBuffer = method<Getter<unknown, ArrayBuffer>>(DataView.prototype, "buffer");
const dataViewOffset = method<Getter<unknown, number>>(DataView.prototype, "byteOffset");
const dataViewSize = method<Getter<unknown, number>>(DataView.prototype, "byteLength");
const viewTag = method<Getter<unknown, string | undefined>>(viewPrototype, Symbol.toStringTag);
const viewBuffer = method<Getter<unknown, ArrayBuffer>>(viewPrototype, "buffer");
const viewOffset = method<Getter<unknown, number>>(viewPrototype, "byteOffset");
const viewSize = method<Getter<unknown, number>>(viewPrototype, "byteLength");
const viewLength = method<Getter<unknown, number>>(viewPrototype, "length");
const viewSet = method<(self: unknown, from: Uint8Array, at?: number) => void>(viewPrototype, "set");
const valueOfBoolean = method<Getter<unknown, boolean>>(Boolean.prototype, "valueOf");
const valueOfNumber = method<Getter<unknown, number>>(Number.prototype, "valueOf");
const valueOfString = method<Getter<unknown, string>>(String.prototype, "valueOf");
const valueOfBigInt = method<Getter<unknown, bigint>>(BigInt.prototype, "valueOf");

/** A list without a prototype: reading and writing it runs no code of the script. It has no methods. */
function list<T>(): T[] {
  return setPrototypeOf([], null) as T[];
}

function put(target: object, name: PropertyKey, value: unknown, enumerable: boolean): void {
  defineProperty(target, name, {
    __proto__: null,
    value,
    writable: true,
    enumerable,
    configurable: true,
  } as PropertyDescriptor);
}

/** Runs the function after the promise, whatever the script made of `Promise`. */
function after(
  promise: Promise<unknown>,
  ok: (value: unknown) => void,
  no?: (reason: unknown) => void,
): void {
  // Without a `constructor` the derived promise is of the built-in class (SpeciesConstructor, step 3).
  put(promise, "constructor", undefined, false);
  thenOf(promise, ok, no);
}

/** The value of an own data member; undefined for an accessor, which is the script's code. */
function ownData(target: object, name: PropertyKey): unknown {
  const own = getOwnPropertyDescriptor(target, name);
  return own !== undefined && hasOwn(own, "value") ? own.value : undefined;
}

/** A WebIDL `DOMString`. */
function domText(value: unknown): string {
  if (typeof value === "symbol") throw new TypeErrorClass("a symbol cannot become a string");
  return textOf(value);
}

/** A WebIDL `USVString`: text with lone surrogates replaced. */
function scalarText(value: unknown): string {
  return toWellFormed(domText(value));
}

function needs(given: number, wanted: number, what: string): void {
  if (given < wanted) {
    throw new TypeErrorClass(
      what + ": " + wanted + " argument" + (wanted === 1 ? " is" : "s are") + " required",
    );
  }
}

/* DOMException. */

const legacyCodes: Record<string, number> = {
  __proto__: null,
  InvalidCharacterError: 5,
  TypeMismatchError: 17,
  QuotaExceededError: 22,
  DataCloneError: 25,
} as unknown as Record<string, number>;

class DOMException extends ErrorClass {
  constructor(message: unknown = "", name: unknown = "Error") {
    super(domText(message));
    const own = domText(name);
    put(this, "name", own, false);
    put(this, "code", legacyCodes[own] ?? 0, false);
  }
}
put(DOMException.prototype, tagSymbol, "DOMException", false);

/* UTF-8. */

const asciiCodes = create(null) as Record<string, number>;
for (let i = 0; i < 0x80; i++) asciiCodes[fromCharCode(i)] = i;

/** Writes text as UTF-8 as far as whole characters fit; lone surrogates become U+FFFD. */
function writeUtf8(text: string, into: Uint8Array, room: number): { read: number; written: number } {
  let read = 0;
  let written = 0;
  while (read < text.length) {
    // A look-up costs the engine half of a call.
    const ascii = asciiCodes[text[read] as string];
    if (ascii !== undefined) {
      if (written === room) break;
      into[written++] = ascii;
      read += 1;
      continue;
    }
    let code = charCodeAt(text, read);
    let units = 1;
    if (code >= 0xd800 && code <= 0xdfff) {
      const low = code < 0xdc00 && read + 1 < text.length ? charCodeAt(text, read + 1) : 0;
      if (low >= 0xdc00 && low <= 0xdfff) {
        code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
        units = 2;
      } else {
        code = 0xfffd;
      }
    }
    const size = code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    if (written + size > room) break;
    into[written] = (0xf00 >> size) | (code >> (6 * (size - 1)));
    for (let i = 1; i < size; i++) into[written + i] = 0x80 | ((code >> (6 * (size - 1 - i))) & 0x3f);
    read += units;
    written += size;
  }
  return { read, written };
}

function utf8(text: string): Uint8Array<ArrayBuffer> {
  const roomy = new BytesClass(text.length * 3);
  const { written } = writeUtf8(text, roomy, text.length * 3);
  const exact = new BytesClass(written);
  viewSet(exact, new BytesClass(viewBuffer(roomy), 0, written));
  return exact;
}

/** Where a UTF-8 decoder stands between two pieces (Encoding standard, 8.1.1). */
interface Utf8State {
  point: number;
  seen: number;
  needed: number;
  lower: number;
  upper: number;
  /** True until the first character, which is dropped when it is a byte order mark. */
  atStart: boolean;
}

function utf8State(dropMark: boolean): Utf8State {
  return { point: 0, seen: 0, needed: 0, lower: 0x80, upper: 0xbf, atStart: dropMark };
}

function readUtf8(bytes: Uint8Array, state: Utf8State, more: boolean, fatal: boolean): string {
  const size = viewLength(bytes);
  let text = "";
  let units = list<number>();
  const push = (point: number): void => {
    if (state.atStart) {
      state.atStart = false;
      if (point === 0xfeff) return;
    }
    if (point > 0xffff) {
      units[units.length] = 0xd7c0 + (point >> 10);
      units[units.length] = 0xdc00 | (point & 0x3ff);
    } else {
      units[units.length] = point;
    }
    if (units.length < 1_000) return;
    text += apply(fromCharCode, undefined, units);
    units = list();
  };
  const broken = (): void => {
    if (fatal) throw new TypeErrorClass("The encoded data was not valid for encoding utf-8");
    push(0xfffd);
  };
  const reset = (): void => {
    state.point = state.seen = state.needed = 0;
    state.lower = 0x80;
    state.upper = 0xbf;
  };
  for (let i = 0; i < size; i++) {
    const byte = bytes[i] as number;
    if (state.needed === 0) {
      if (byte < 0x80) {
        push(byte);
      } else if (byte >= 0xc2 && byte <= 0xf4) {
        state.needed = byte < 0xe0 ? 1 : byte < 0xf0 ? 2 : 3;
        state.point = byte & (0x3f >> state.needed);
        if (byte === 0xe0) state.lower = 0xa0;
        if (byte === 0xed) state.upper = 0x9f;
        if (byte === 0xf0) state.lower = 0x90;
        if (byte === 0xf4) state.upper = 0x8f;
      } else {
        broken();
      }
    } else if (byte < state.lower || byte > state.upper) {
      reset();
      i -= 1;
      broken();
    } else {
      state.lower = 0x80;
      state.upper = 0xbf;
      state.point = (state.point << 6) | (byte & 0x3f);
      state.seen += 1;
      if (state.seen === state.needed) {
        const { point } = state;
        reset();
        push(point);
      }
    }
  }
  if (!more && state.needed !== 0) {
    reset();
    broken();
  }
  return text + apply(fromCharCode, undefined, units);
}

/** The bytes that an ArrayBuffer, typed array or DataView covers; null for anything else. */
function bytesOf(source: unknown): Uint8Array | null {
  if (isView(source)) {
    return viewTag(source) === undefined
      ? new BytesClass(dataViewBuffer(source), dataViewOffset(source), dataViewSize(source))
      : new BytesClass(viewBuffer(source), viewOffset(source), viewSize(source));
  }
  return isBuffer(source) ? new BytesClass(source) : null;
}

/** True when the brand check of a captured getter or method passes. */
function hasBrand(check: (self: unknown) => unknown, value: unknown): boolean {
  try {
    check(value);
    return true;
  } catch {
    return false;
  }
}

function isBuffer(value: unknown): value is ArrayBuffer {
  return hasBrand(bufferSize, value);
}

class TextEncoder {
  get encoding(): string {
    return "utf-8";
  }
  encode(input: unknown = ""): Uint8Array {
    return utf8(domText(input));
  }
  encodeInto(source: unknown, destination: unknown): { read: number; written: number } {
    needs(arguments.length, 2, "encodeInto");
    if (!isView(destination) || viewTag(destination) !== "Uint8Array") {
      throw new TypeErrorClass("encodeInto: the destination must be a Uint8Array");
    }
    return writeUtf8(domText(source), destination as Uint8Array, viewLength(destination));
  }
}
put(TextEncoder.prototype, tagSymbol, "TextEncoder", false);

const utf8Labels =
  /^[\t\n\f\r ]*(?:unicode-1-1-utf-8|unicode11utf8|unicode20utf8|utf-?8|x-unicode20utf8)[\t\n\f\r ]*$/;

/** The members of an options bag, of which null and undefined count as empty. */
function bag(options: unknown): Bag {
  if (options === undefined || options === null) return create(null) as Bag;
  if (typeof options === "object" || typeof options === "function") return options as Bag;
  throw new TypeErrorClass("options must be an object");
}

class TextDecoder {
  readonly #fatal: boolean;
  readonly #ignoreBOM: boolean;
  #state: Utf8State;
  #streaming = false;

  constructor(label: unknown = "utf-8", options?: unknown) {
    const name = domText(label);
    if (matches(utf8Labels, toLowerCase(name)) === null) {
      throw new RangeErrorClass(`The encoding label is not supported here, only utf-8`);
    }
    const given = bag(options);
    this.#fatal = !!given["fatal"];
    this.#ignoreBOM = !!given["ignoreBOM"];
    this.#state = utf8State(!this.#ignoreBOM);
  }
  get encoding(): string {
    return "utf-8";
  }
  get fatal(): boolean {
    return this.#fatal;
  }
  get ignoreBOM(): boolean {
    return this.#ignoreBOM;
  }
  decode(input?: unknown, options?: unknown): string {
    const bytes = input === undefined ? new BytesClass(0) : bytesOf(input);
    if (bytes === null) throw new TypeErrorClass("decode: the input must be an ArrayBuffer or a view of one");
    if (!this.#streaming) this.#state = utf8State(!this.#ignoreBOM);
    this.#streaming = !!bag(options)["stream"];
    return readUtf8(bytes, this.#state, this.#streaming, this.#fatal);
  }
}
put(TextDecoder.prototype, tagSymbol, "TextDecoder", false);

/* Base64 (HTML standard, 8.3). */

const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const sextets = create(null) as Record<string, number>;
for (let i = 0; i < 64; i++) sextets[alphabet[i] as string] = i;

function btoa(data: unknown): string {
  needs(arguments.length, 1, "btoa");
  const text = domText(data);
  let out = "";
  for (let i = 0; i < text.length; i += 3) {
    const a = charCodeAt(text, i);
    const b = i + 1 < text.length ? charCodeAt(text, i + 1) : 0;
    const c = i + 2 < text.length ? charCodeAt(text, i + 2) : 0;
    if ((a | b | c) > 0xff) {
      throw new DOMException("btoa: the text has characters outside of Latin-1", "InvalidCharacterError");
    }
    out += (alphabet[a >> 2] as string) + (alphabet[((a & 3) << 4) | (b >> 4)] as string);
    out += i + 1 < text.length ? (alphabet[((b & 15) << 2) | (c >> 6)] as string) : "=";
    out += i + 2 < text.length ? (alphabet[c & 63] as string) : "=";
  }
  return out;
}

function atob(data: unknown): string {
  needs(arguments.length, 1, "atob");
  const given = domText(data);
  let text = "";
  for (let i = 0; i < given.length; i++) {
    const one = given[i] as string;
    if (one !== " " && one !== "\t" && one !== "\n" && one !== "\f" && one !== "\r") text += one;
  }
  let end = text.length;
  if (end % 4 === 0 && text[end - 1] === "=") end -= text[end - 2] === "=" ? 2 : 1;
  let valid = end % 4 !== 1;
  let held = 0;
  let bits = 0;
  let out = "";
  for (let i = 0; valid && i < end; i++) {
    const sextet = sextets[text[i] as string];
    valid = sextet !== undefined;
    held = ((held << 6) | (sextet ?? 0)) & 0xfff;
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      out += fromCharCode((held >> bits) & 0xff);
    }
  }
  if (!valid) throw new DOMException("atob: the text is not correct base64", "InvalidCharacterError");
  return out;
}

/* URLSearchParams (URL standard, 5 and 6.2). */

interface Pair {
  readonly name: string;
  readonly value: string;
}

/** How each byte is written in a form. */
const formBytes = list<string>();
for (let i = 0; i < 256; i++) {
  const one = fromCharCode(i);
  const hex = "0123456789ABCDEF";
  if (matches(/^[A-Za-z0-9*._-]$/, one) !== null) formBytes[i] = one;
  else formBytes[i] = i === 0x20 ? "+" : "%" + (hex[i >> 4] as string) + (hex[i & 15] as string);
}

function formEncode(text: string): string {
  const bytes = utf8(text);
  const size = viewLength(bytes);
  let out = "";
  for (let i = 0; i < size; i++) out += formBytes[bytes[i] as number] as string;
  return out;
}

function hexDigit(byte: number | undefined): number {
  if (byte === undefined) return -1;
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const letter = byte | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1;
}

function formDecode(text: string): string {
  if (indexOf(text, "%") === -1 && indexOf(text, "+") === -1) return text;
  const bytes = utf8(text);
  const size = viewLength(bytes);
  let used = 0;
  for (let i = 0; i < size; i++) {
    let byte = bytes[i] as number;
    const high = byte === 0x25 ? hexDigit(bytes[i + 1]) : -1;
    const low = high === -1 ? -1 : hexDigit(bytes[i + 2]);
    if (low !== -1) {
      byte = high * 16 + low;
      i += 2;
    } else if (byte === 0x2b) {
      byte = 0x20;
    }
    bytes[used++] = byte;
  }
  return readUtf8(new BytesClass(viewBuffer(bytes), 0, used), utf8State(false), false, false);
}

function parseForm(text: string): Pair[] {
  const pairs = list<Pair>();
  for (let from = 0; from <= text.length; ) {
    const found = indexOf(text, "&", from);
    const end = found === -1 ? text.length : found;
    if (end > from) {
      const part = slice(text, from, end);
      const equals = indexOf(part, "=");
      pairs[pairs.length] = {
        name: formDecode(equals === -1 ? part : slice(part, 0, equals)),
        value: equals === -1 ? "" : formDecode(slice(part, equals + 1)),
      };
    }
    from = end + 1;
  }
  return pairs;
}

function formText(pairs: readonly Pair[]): string {
  let out = "";
  for (let i = 0; i < pairs.length; i++) {
    const { name, value } = pairs[i] as Pair;
    out += (i === 0 ? "" : "&") + formEncode(name) + "=" + formEncode(value);
  }
  return out;
}

/** Pairs from a list of pairs or from an object (WebIDL sequence and record). */
function pairsFrom(init: object): Pair[] {
  const pairs = list<Pair>();
  const iterate = (init as Bag)[iteratorSymbol];
  if (iterate !== undefined && iterate !== null) {
    for (const item of init as Iterable<unknown>) {
      const both = list<string>();
      const isPair = (typeof item === "object" && item !== null) || typeof item === "function";
      if (!isPair || typeof (item as unknown as Bag)[iteratorSymbol] !== "function") {
        throw new TypeErrorClass("URLSearchParams: each item must be a pair of name and value");
      }
      for (const member of item as unknown as Iterable<unknown>) both[both.length] = scalarText(member);
      if (both.length !== 2) {
        throw new TypeErrorClass("URLSearchParams: each item must be a pair of name and value");
      }
      pairs[pairs.length] = { name: both[0] as string, value: both[1] as string };
    }
    return pairs;
  }
  const at = create(null) as Record<string, number>;
  const names = ownKeys(init);
  for (let i = 0; i < names.length; i++) {
    const key = names[i] as string;
    if (getOwnPropertyDescriptor(init, key)?.enumerable !== true) continue;
    const name = scalarText(key);
    const value = scalarText((init as Bag)[key]);
    const known = at[name];
    at[name] = known ?? pairs.length;
    pairs[known ?? pairs.length] = { name, value };
  }
  return pairs;
}

/** Makes the params of a URL, and gives them a new query. Set by the class, which alone sees its fields. */
let paramsOfUrl: (changed: (query: string) => void) => URLSearchParams;
let replacePairs: (params: URLSearchParams, pairs: Pair[]) => void;
let pairsOf: (value: object) => readonly Pair[] | null;

class URLSearchParams {
  static {
    paramsOfUrl = (changed) => {
      const params = new URLSearchParams();
      params.#changed = changed;
      return params;
    };
    replacePairs = (params, pairs) => {
      params.#pairs = pairs;
    };
    pairsOf = (value) => (#pairs in value ? value.#pairs : null);
  }

  #pairs: Pair[];
  #changed: ((query: string) => void) | null = null;

  constructor(init: unknown = "") {
    if ((typeof init === "object" && init !== null) || typeof init === "function") {
      this.#pairs = pairsFrom(init);
    } else {
      const text = scalarText(init);
      this.#pairs = parseForm(text[0] === "?" ? slice(text, 1) : text);
    }
  }

  /** Keeps what the test accepts. */
  #keep(test: (pair: Pair) => boolean): void {
    const kept = list<Pair>();
    for (let i = 0; i < this.#pairs.length; i++) {
      const pair = this.#pairs[i] as Pair;
      if (test(pair)) kept[kept.length] = pair;
    }
    this.#pairs = kept;
  }

  #told(): void {
    if (this.#changed !== null) this.#changed(formText(this.#pairs));
  }

  get size(): number {
    return this.#pairs.length;
  }
  append(name: unknown, value: unknown): void {
    needs(arguments.length, 2, "append");
    this.#pairs[this.#pairs.length] = { name: scalarText(name), value: scalarText(value) };
    this.#told();
  }
  delete(name: unknown, value?: unknown): void {
    needs(arguments.length, 1, "delete");
    const gone = scalarText(name);
    const only = value === undefined ? null : scalarText(value);
    this.#keep((pair) => pair.name !== gone || (only !== null && pair.value !== only));
    this.#told();
  }
  get(name: unknown): string | null {
    needs(arguments.length, 1, "get");
    const wanted = scalarText(name);
    for (let i = 0; i < this.#pairs.length; i++) {
      const pair = this.#pairs[i] as Pair;
      if (pair.name === wanted) return pair.value;
    }
    return null;
  }
  getAll(name: unknown): string[] {
    needs(arguments.length, 1, "getAll");
    const wanted = scalarText(name);
    const found = list<string>();
    for (let i = 0; i < this.#pairs.length; i++) {
      const pair = this.#pairs[i] as Pair;
      if (pair.name === wanted) found[found.length] = pair.value;
    }
    return setPrototypeOf(found, arrayPrototype) as string[];
  }
  has(name: unknown, value?: unknown): boolean {
    needs(arguments.length, 1, "has");
    const wanted = scalarText(name);
    const only = value === undefined ? null : scalarText(value);
    for (let i = 0; i < this.#pairs.length; i++) {
      const pair = this.#pairs[i] as Pair;
      if (pair.name === wanted && (only === null || pair.value === only)) return true;
    }
    return false;
  }
  set(name: unknown, value: unknown): void {
    needs(arguments.length, 2, "set");
    const pair: Pair = { name: scalarText(name), value: scalarText(value) };
    let done = false;
    for (let i = 0; i < this.#pairs.length && !done; i++) {
      done = (this.#pairs[i] as Pair).name === pair.name;
      if (done) this.#pairs[i] = pair;
    }
    if (done) this.#keep((one) => one === pair || one.name !== pair.name);
    else this.#pairs[this.#pairs.length] = pair;
    this.#told();
  }
  sort(): void {
    sort(this.#pairs, (a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
    this.#told();
  }
  forEach(callback: unknown, self?: unknown): void {
    needs(arguments.length, 1, "forEach");
    if (typeof callback !== "function") throw new TypeErrorClass("forEach: the callback must be a function");
    for (let i = 0; i < this.#pairs.length; i++) {
      const { name, value } = this.#pairs[i] as Pair;
      apply(callback, self, [value, name, this]);
    }
  }
  entries(): IterableIterator<[string, string]> {
    return pairIterator(
      () => this.#pairs,
      ({ name, value }) => [name, value],
    );
  }
  keys(): IterableIterator<string> {
    return pairIterator(
      () => this.#pairs,
      ({ name }) => name,
    );
  }
  values(): IterableIterator<string> {
    return pairIterator(
      () => this.#pairs,
      ({ value }) => value,
    );
  }
  toString(): string {
    return formText(this.#pairs);
  }
}
put(URLSearchParams.prototype, tagSymbol, "URLSearchParams", false);
// The standard has one function under both names.
put(URLSearchParams.prototype, iteratorSymbol, ownData(URLSearchParams.prototype, "entries"), false);

/** Iterates pairs as they are at each step, so that a change during the iteration is seen. */
class PairIterator<T> {
  readonly #pairs: () => readonly Pair[];
  readonly #item: (pair: Pair) => T;
  #at = 0;

  constructor(pairs: () => readonly Pair[], item: (pair: Pair) => T) {
    this.#pairs = pairs;
    this.#item = item;
  }
  next(): IteratorResult<T, undefined> {
    const pair = this.#pairs()[this.#at];
    if (pair === undefined) return { value: undefined, done: true };
    this.#at += 1;
    return { value: this.#item(pair), done: false };
  }
}
put(PairIterator.prototype, tagSymbol, "URLSearchParams Iterator", false);
put(PairIterator.prototype, "constructor", ObjectFunction, false);
setPrototypeOf(PairIterator.prototype, iteratorPrototype);

function pairIterator<T>(pairs: () => readonly Pair[], item: (pair: Pair) => T): IterableIterator<T> {
  return new PairIterator(pairs, item) as unknown as IterableIterator<T>;
}

/* URL: parsed and changed on the host, which has the standard's algorithm. */

type UrlPart =
  | "href"
  | "protocol"
  | "username"
  | "password"
  | "host"
  | "hostname"
  | "port"
  | "pathname"
  | "search"
  | "hash";
type UrlRecord = Readonly<Record<UrlPart | "origin", string>>;

/** The host's answer; its refusal of the text is the standard's TypeError. */
function urlRecord(fn: "url_parse" | "url_update", args: readonly unknown[]): UrlRecord {
  try {
    return callPlain("std/url#" + fn, args) as UrlRecord;
  } catch (error) {
    if ((error as Bag)["code"] !== "HARN-RUN-015") throw error;
    const invalid = new TypeErrorClass("Invalid URL");
    put(invalid, "code", "ERR_INVALID_URL", true);
    throw invalid;
  }
}

function parseUrl(url: unknown, base: unknown): UrlRecord {
  const text = scalarText(url);
  return urlRecord("url_parse", base === undefined ? [text] : [text, scalarText(base)]);
}

let hrefOf: (value: object) => string | null;

class URL {
  static {
    hrefOf = (value) => (#record in value ? value.#record.href : null);
  }
  static canParse(url: unknown, base?: unknown): boolean {
    needs(arguments.length, 1, "URL.canParse");
    return URL.#tryParse(url, base) !== null;
  }
  static parse(url: unknown, base?: unknown): URL | null {
    needs(arguments.length, 1, "URL.parse");
    const record = URL.#tryParse(url, base);
    return record === null ? null : new URL(record.href);
  }
  static #tryParse(url: unknown, base: unknown): UrlRecord | null {
    try {
      return parseUrl(url, base);
    } catch (error) {
      if ((error as Bag)["code"] === "ERR_INVALID_URL") return null;
      throw error;
    }
  }

  #record: UrlRecord;
  #params: URLSearchParams | null = null;

  constructor(url: unknown, base?: unknown) {
    needs(arguments.length, 1, "URL");
    this.#record = parseUrl(url, base);
  }

  #update(part: UrlPart, value: unknown): void {
    this.#record = urlRecord("url_update", [this.#record.href, part, scalarText(value)]);
    if (this.#params !== null && (part === "search" || part === "href")) {
      replacePairs(this.#params, parseForm(slice(this.#record.search, 1)));
    }
  }

  get href(): string {
    return this.#record.href;
  }
  set href(value: unknown) {
    this.#update("href", value);
  }
  get origin(): string {
    return this.#record.origin;
  }
  get protocol(): string {
    return this.#record.protocol;
  }
  set protocol(value: unknown) {
    this.#update("protocol", value);
  }
  get username(): string {
    return this.#record.username;
  }
  set username(value: unknown) {
    this.#update("username", value);
  }
  get password(): string {
    return this.#record.password;
  }
  set password(value: unknown) {
    this.#update("password", value);
  }
  get host(): string {
    return this.#record.host;
  }
  set host(value: unknown) {
    this.#update("host", value);
  }
  get hostname(): string {
    return this.#record.hostname;
  }
  set hostname(value: unknown) {
    this.#update("hostname", value);
  }
  get port(): string {
    return this.#record.port;
  }
  set port(value: unknown) {
    this.#update("port", value);
  }
  get pathname(): string {
    return this.#record.pathname;
  }
  set pathname(value: unknown) {
    this.#update("pathname", value);
  }
  get search(): string {
    return this.#record.search;
  }
  set search(value: unknown) {
    this.#update("search", value);
  }
  get hash(): string {
    return this.#record.hash;
  }
  set hash(value: unknown) {
    this.#update("hash", value);
  }
  get searchParams(): URLSearchParams {
    if (this.#params === null) {
      this.#params = paramsOfUrl((query) => {
        this.#record = urlRecord("url_update", [this.#record.href, "search", query]);
      });
      replacePairs(this.#params, parseForm(slice(this.#record.search, 1)));
    }
    return this.#params;
  }
  toString(): string {
    return this.#record.href;
  }
  toJSON(): string {
    return this.#record.href;
  }
}
put(URL.prototype, tagSymbol, "URL", false);

/* structuredClone (HTML standard, 2.7.3). */

type ViewClass = new (buffer: ArrayBuffer, at: number, length: number) => ArrayBufferView;

const viewClasses = create(null) as Record<string, ViewClass>;
const integerViews = create(null) as Record<string, true>;
const scope = globalThis as unknown as Record<string, unknown>;
for (const name of [
  "Int8Array",
  "Uint8Array",
  "Uint8ClampedArray",
  "Int16Array",
  "Uint16Array",
  "Int32Array",
  "Uint32Array",
  "BigInt64Array",
  "BigUint64Array",
  "Float16Array",
  "Float32Array",
  "Float64Array",
]) {
  if (typeof scope[name] !== "function") continue;
  viewClasses[name] = scope[name] as ViewClass;
  if (indexOf(name, "Float") === -1) integerViews[name] = true;
}

const errorClasses = create(null) as Record<string, ErrorConstructor>;
for (const one of [Error, EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError]) {
  errorClasses[one.name] = one;
}
const errorPrototype: object = Error.prototype;

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

const regExpFlags = list<{ letter: string; isSet: Getter<unknown, boolean> }>();
for (const [letter, name] of [
  ["d", "hasIndices"],
  ["g", "global"],
  ["i", "ignoreCase"],
  ["m", "multiline"],
  ["s", "dotAll"],
  ["u", "unicode"],
  ["v", "unicodeSets"],
  ["y", "sticky"],
] as const) {
  if (getOwnPropertyDescriptor(RegExp.prototype, name) === undefined) continue;
  regExpFlags[regExpFlags.length] = { letter, isSet: method(RegExp.prototype, name) };
}

function flagsOf(value: object): string {
  let flags = "";
  for (let i = 0; i < regExpFlags.length; i++) {
    const flag = regExpFlags[i] as (typeof regExpFlags)[number];
    if (flag.isSet(value)) flags += flag.letter;
  }
  return flags;
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
  if (prototypeHas(errorPrototype, value)) return cloneError(value as Error, seen);
  // The getter of `source` accepts RegExp.prototype itself, which is no regular expression but harmless.
  if (hasBrand(regExpSource, value)) return done(new RegExpClass(regExpSource(value), flagsOf(value)));
  if (hasBrand(valueOfBoolean, value)) return done(ObjectFunction(valueOfBoolean(value)) as object);
  if (hasBrand(valueOfNumber, value)) return done(ObjectFunction(valueOfNumber(value)) as object);
  if (hasBrand(valueOfString, value)) return done(ObjectFunction(valueOfString(value)) as object);
  if (hasBrand(valueOfBigInt, value)) return done(ObjectFunction(valueOfBigInt(value)) as object);
  for (let i = 0; i < uncloneable.length; i++) {
    if (prototypeHas(uncloneable[i] as object, value)) throw notCloneable("this kind of object");
  }
  if (hrefOf(value) !== null || pairsOf(value) !== null) throw notCloneable("this kind of object");
  return null;
}

function prototypeHas(prototype: object, value: object): boolean {
  return isPrototypeOf(prototype, value);
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

function structuredClone(value: unknown, options?: unknown): unknown {
  needs(arguments.length, 1, "structuredClone");
  const transfer = bag(options)["transfer"];
  if (transfer !== undefined && !(isArray(transfer) && transfer.length === 0)) {
    throw new DOMException("structuredClone: transfer is not supported here", "DataCloneError");
  }
  return clone(value, new MapClass());
}

/* How values are shown in the log. */

const maxShownDepth = 4;
const maxShownMembers = 100;
const maxShownValues = 2_000;
const maxLine = 16_384;

interface Showing {
  /** The objects around the one being shown. */
  readonly around: object[];
  left: number;
}

function quoted(text: string): string {
  return stringify(text.length > maxLine ? slice(text, 0, maxLine) : text);
}

function show(value: unknown, state: Showing): string {
  switch (typeof value) {
    case "string":
      return quoted(value);
    case "bigint":
      return value + "n";
    case "number":
      return is(value, -0) ? "-0" : textOf(value);
    case "function":
      return showFunction(value);
    case "object":
      break;
    default:
      return textOf(value);
  }
  if (value === null) return "null";
  const { around } = state;
  for (let i = 0; i < around.length; i++) if (around[i] === value) return "[Circular]";
  state.left -= 1;
  if (state.left < 0) return "…";
  around[around.length] = value;
  try {
    return showObject(value, state);
  } catch {
    return "[unreadable]";
  } finally {
    around.length -= 1;
  }
}

function showFunction(value: object): string {
  const name = ownData(value, "name");
  const named = typeof name === "string" && name !== "";
  if (slice(sourceOfFunction(value), 0, 5) === "class")
    return named ? "[class " + name + "]" : "[class (anonymous)]";
  return named ? "[Function: " + name + "]" : "[Function (anonymous)]";
}

function className(value: object): string {
  let prototype = getPrototypeOf(value) as object | null;
  if (prototype === null) return "[null prototype]";
  for (let i = 0; i < 20 && prototype !== null; i++) {
    const made = ownData(prototype, "constructor");
    const name = typeof made === "function" ? ownData(made, "name") : "";
    if (typeof name === "string" && name !== "") return name;
    prototype = getPrototypeOf(prototype) as object | null;
  }
  return "Object";
}

function showObject(value: object, state: Showing): string {
  const name = className(value);
  const prototype = getPrototypeOf(value) as object | null;
  const ordinary = prototype === objectPrototype || prototype === null;
  const leaf = ordinary ? null : showLeaf(value, state);
  if (leaf !== null) return leaf;
  const isTyped = !ordinary && isView(value) && viewTag(value) !== undefined;
  if (state.around.length > maxShownDepth) return isArray(value) ? "[Array]" : "[" + name + "]";
  const parts = list<string>();
  if (isArray(value) || isTyped) {
    const size = isArray(value) ? value.length : viewLength(value);
    showItems(value as ArrayLike<unknown>, size, parts, state);
    return wrapped(name === "Array" ? "" : name + "(" + size + ") ", "[", parts, "]");
  }
  const size = ordinary ? null : showCollection(value, parts, state);
  showMembers(value, parts, state);
  return wrapped(
    size !== null ? name + "(" + size + ") " : name === "Object" ? "" : name + " ",
    "{",
    parts,
    "}",
  );
}

/** Objects that are shown as one word; null for others. */
function showLeaf(value: object, state: Showing): string | null {
  const href = hrefOf(value);
  if (href !== null) return "URL { href: " + quoted(href) + " }";
  if (prototypeHas(errorPrototype, value)) return showError(value as Error, state);
  if (hasBrand(dateTime, value)) return is(dateTime(value), NaN) ? "Invalid Date" : dateText(value);
  if (isBuffer(value)) return "ArrayBuffer { byteLength: " + bufferSize(value) + " }";
  const isRegExp = value !== RegExpClass.prototype && hasBrand(regExpSource, value);
  return isRegExp ? "/" + regExpSource(value) + "/" + flagsOf(value) : null;
}

/** Adds what a Map, Set or URLSearchParams holds and answers its size; null for others. */
function showCollection(value: object, parts: string[], state: Showing): number | null {
  const pairs = pairsOf(value);
  let size: number;
  if (pairs !== null) {
    size = pairs.length;
    for (let i = 0; i < size && i < maxShownMembers; i++) {
      const pair = pairs[i] as Pair;
      parts[i] = quoted(pair.name) + " => " + quoted(pair.value);
    }
  } else if (hasBrand(mapSize, value)) {
    size = mapSize(value);
    mapEach(value, (member, key) => {
      if (parts.length < maxShownMembers)
        parts[parts.length] = show(key, state) + " => " + show(member, state);
    });
  } else if (hasBrand(setSize, value)) {
    size = setSize(value);
    setEach(value, (member) => {
      if (parts.length < maxShownMembers) parts[parts.length] = show(member, state);
    });
  } else {
    return null;
  }
  more(parts, size);
  return size;
}

function wrapped(label: string, open: string, parts: readonly string[], close: string): string {
  if (parts.length === 0) return label + open + close;
  let inner = "";
  for (let i = 0; i < parts.length; i++) inner += (i === 0 ? "" : ", ") + (parts[i] as string);
  return label + open + " " + inner + " " + close;
}

function more(parts: string[], total: number): void {
  if (total > maxShownMembers) parts[parts.length] = "… " + (total - maxShownMembers) + " more";
}

function showOwn(own: PropertyDescriptor, state: Showing): string {
  return hasOwn(own, "value") ? show(own.value, state) : "[Getter]";
}

function showItems(items: ArrayLike<unknown>, size: number, parts: string[], state: Showing): void {
  for (let i = 0; i < size && i < maxShownMembers; i++) {
    const own = getOwnPropertyDescriptor(items, i);
    parts[i] = own === undefined ? "<empty>" : showOwn(own, state);
  }
  more(parts, size);
}

function showMembers(value: object, parts: string[], state: Showing, hidden?: Record<string, true>): void {
  const names = ownKeys(value);
  let shown = 0;
  for (let i = 0; i < names.length; i++) {
    const name = names[i] as string | symbol;
    const own = getOwnPropertyDescriptor(value, name);
    if (own?.enumerable !== true || (typeof name === "string" && hidden?.[name] === true)) continue;
    shown += 1;
    if (shown > maxShownMembers) continue;
    const plainName = typeof name === "string" && matches(/^[A-Za-z_$][\w$]*$/, name) !== null;
    const label = typeof name === "symbol" ? "[" + textOf(name) + "]" : plainName ? name : quoted(name);
    parts[parts.length] = label + ": " + showOwn(own, state);
  }
  more(parts, shown);
}

const errorOwn = {
  __proto__: null,
  name: true,
  message: true,
  stack: true,
  cause: true,
} as unknown as Record<string, true>;

function showError(error: Error, state: Showing): string {
  const { name, message, stack } = error;
  const title = message === "" ? textOf(name) : textOf(name) + ": " + textOf(message);
  const parts = list<string>();
  if (getOwnPropertyDescriptor(error, "cause") !== undefined) {
    parts[0] = "[cause]: " + show(ownData(error, "cause"), state);
  }
  showMembers(error, parts, state, errorOwn);
  const rest = parts.length === 0 ? "" : wrapped(" ", "{", parts, "}");
  if (typeof stack !== "string" || stack === "" || state.around.length > 2) return "[" + title + "]" + rest;
  // Some engines begin the stack with the title, some do not.
  const text = indexOf(stack, title) === 0 ? stack : title + "\n" + stack;
  return (text[text.length - 1] === "\n" ? slice(text, 0, -1) : text) + rest;
}

function inspect(value: unknown): string {
  return show(value, { around: list(), left: maxShownValues });
}

/** One argument for a letter of a format. */
function formatted(letter: string, value: unknown): string | null {
  switch (letter) {
    case "s":
      return typeof value === "string" ? value : inspect(value);
    case "d":
      return typeof value === "bigint"
        ? value + "n"
        : textOf(typeof value === "object" ? NaN : toNumber(value));
    case "i":
      return typeof value === "object" || typeof value === "symbol"
        ? "NaN"
        : textOf(parseIntOf(textOf(value), 10));
    case "f":
      return typeof value === "symbol"
        ? "NaN"
        : textOf(parseFloatOf(typeof value === "object" ? "" : textOf(value)));
    case "j":
    case "o":
    case "O":
      return inspect(value);
    case "c":
      return "";
    default:
      return null;
  }
}

function toNumber(value: unknown): number {
  return typeof value === "symbol" || typeof value === "function" ? NaN : NumberFunction(value);
}

/** The line for the arguments of `console.log`: the format's letters first, then the rest side by side. */
function line(args: readonly unknown[]): string {
  let out = "";
  let used = 0;
  const pattern = args[0];
  if (typeof pattern === "string" && args.length > 1) {
    used = 1;
    let from = 0;
    for (
      let at = indexOf(pattern, "%");
      at !== -1 && at + 1 < pattern.length;
      at = indexOf(pattern, "%", at + 2)
    ) {
      const letter = pattern[at + 1] as string;
      const text = letter === "%" ? "%" : used < args.length ? formatted(letter, args[used]) : null;
      if (text === null) continue;
      if (letter !== "%") used += 1;
      out += slice(pattern, from, at) + text;
      from = at + 2;
    }
    out += slice(pattern, from);
  }
  for (let i = used; i < args.length; i++) {
    const value = args[i];
    out += (i === 0 ? "" : " ") + (typeof value === "string" ? value : inspect(value));
  }
  const over = out.length - maxLine;
  return over > 0 ? slice(out, 0, maxLine) + "… " + over + " more characters" : out;
}

/** Writes a line to the run's log. */
function write(level: string, text: string, fields?: unknown): void {
  callPlain("std/log#" + level, fields === undefined ? [text] : [text, fields]);
}

const consoleObject = {
  log(...args: unknown[]): void {
    write("info", line(args));
  },
  info(...args: unknown[]): void {
    write("info", line(args));
  },
  debug(...args: unknown[]): void {
    write("debug", line(args));
  },
  warn(...args: unknown[]): void {
    write("warn", line(args));
  },
  error(...args: unknown[]): void {
    write("error", line(args));
  },
  trace(...args: unknown[]): void {
    const { stack } = new ErrorClass();
    const text = line(args);
    write(
      "debug",
      "Trace" + (text === "" ? "" : ": " + text) + "\n" + (typeof stack === "string" ? stack : ""),
    );
  },
};
put(consoleObject, tagSymbol, "console", false);

/* Timers and microtasks. */

const running = create(null) as Record<number, true>;
let lastTimer = 0;

/** Calls a function of the script that has no caller; what it throws goes to the log. */
function callAlone(callback: unknown, args: readonly unknown[], where: string): void {
  try {
    apply(callback as () => unknown, undefined, args);
  } catch (error) {
    report(where, error);
  }
}

function report(where: string, error: unknown): void {
  write("error", "Uncaught in " + where + ": " + inspect(error));
}

function tick(id: number, ms: number, callback: unknown, args: readonly unknown[], repeats: boolean): void {
  after(
    call("std/time#sleep", [ms]),
    () => {
      if (running[id] !== true) return;
      if (repeats) tick(id, ms, callback, args, true);
      else delete running[id];
      callAlone(callback, args, repeats ? "setInterval" : "setTimeout");
    },
    (error) => {
      if (running[id] !== true) return;
      delete running[id];
      report(repeats ? "setInterval" : "setTimeout", error);
    },
  );
}

function startTimer(callback: unknown, delay: unknown, args: readonly unknown[], repeats: boolean): number {
  if (typeof callback !== "function") {
    throw new TypeErrorClass((repeats ? "setInterval" : "setTimeout") + ": the callback must be a function");
  }
  // As in browsers, a delay is a 32-bit number; a repeating one is at least 1 ms.
  const whole = NumberFunction(delay) | 0;
  const least = repeats ? 1 : 0;
  const id = ++lastTimer;
  running[id] = true;
  tick(id, whole > least ? whole : least, callback, args, repeats);
  return id;
}

function setTimeout(callback: unknown, delay?: unknown, ...args: unknown[]): number {
  return startTimer(callback, delay, args, false);
}

function setInterval(callback: unknown, delay?: unknown, ...args: unknown[]): number {
  return startTimer(callback, delay, args, true);
}

function clearTimeout(id?: unknown): void {
  if (typeof id === "number") delete running[id];
}

function clearInterval(id?: unknown): void {
  clearTimeout(id);
}

const settled = new PromiseClass<unknown>((resolve) => resolve(undefined));

function queueMicrotask(callback: unknown): void {
  if (typeof callback !== "function") {
    throw new TypeErrorClass("queueMicrotask: the callback must be a function");
  }
  after(settled, () => callAlone(callback, [], "queueMicrotask"));
}

/* crypto. */

const cryptoObject = {
  getRandomValues<T>(array: T): T {
    const tag = isView(array) ? viewTag(array) : undefined;
    if (tag === undefined || integerViews[tag] !== true) {
      throw new DOMException(
        "getRandomValues: the argument must be a typed array of integers",
        "TypeMismatchError",
      );
    }
    const size = viewSize(array);
    if (size > 65_536) {
      throw new DOMException("getRandomValues: at most 65536 bytes at a time", "QuotaExceededError");
    }
    const random = callPlain("std/crypto#random_bytes", [size]) as Uint8Array;
    viewSet(new BytesClass(viewBuffer(array), viewOffset(array), size), random);
    return array;
  },
  randomUUID(): string {
    return callPlain("std/crypto#random_uuid", []) as string;
  },
};
put(cryptoObject, tagSymbol, "Crypto", false);

/* The language's own globals. */

function env(...args: unknown[]): unknown {
  return callPlain("std/env#env", args);
}

function log(message?: unknown, fields?: unknown): void {
  write("log", line([message]), fields);
}

function http_get(...args: unknown[]): Promise<unknown> {
  return call("std/http#http_get", args);
}

function http_post(...args: unknown[]): Promise<unknown> {
  return call("std/http#http_post", args);
}

function http_request(...args: unknown[]): Promise<unknown> {
  return call("std/http#http_request", args);
}

function json_stringify(...args: unknown[]): unknown {
  return callPlain("std/json#json_stringify", args);
}

function json_parse(...args: unknown[]): unknown {
  return callPlain("std/json#json_parse", args);
}

/** Defines the globals: writable, configurable and not enumerable, as in other hosts. */
export function installGlobals(): void {
  const globals: Record<string, unknown> = {
    DOMException,
    TextDecoder,
    TextEncoder,
    URL,
    URLSearchParams,
    atob,
    btoa,
    clearInterval,
    clearTimeout,
    console: consoleObject,
    crypto: cryptoObject,
    env,
    http_get,
    http_post,
    http_request,
    json_parse,
    json_stringify,
    log,
    queueMicrotask,
    setInterval,
    setTimeout,
    structuredClone,
  };
  const names = enumerableKeys(globals);
  for (let i = 0; i < names.length; i++) {
    const name = names[i] as string;
    put(globalThis, name, globals[name], false);
  }
}
