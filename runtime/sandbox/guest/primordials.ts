/**
 * The built-ins as they were before any user code, for what runs after it.
 *
 * Each is named as what it is, or for its use where the plain name would hide a global. Methods and getters of prototypes
 * take `this` as their first argument.
 *
 * @module
 */

export const apply: typeof Reflect.apply = Reflect.apply;
export const ownKeys: typeof Reflect.ownKeys = Reflect.ownKeys;
export const create: typeof Object.create = Object.create;
export const defineProperty: typeof Object.defineProperty = Object.defineProperty;
export const enumerableKeys: typeof Object.keys = Object.keys;
export const freeze: typeof Object.freeze = Object.freeze;
export const getOwnPropertyDescriptor: typeof Object.getOwnPropertyDescriptor =
  Object.getOwnPropertyDescriptor;
export const getPrototypeOf: typeof Object.getPrototypeOf = Object.getPrototypeOf;
export const hasOwn: typeof Object.hasOwn = Object.hasOwn;
export const is: typeof Object.is = Object.is;
export const setPrototypeOf: typeof Object.setPrototypeOf = Object.setPrototypeOf;
export const isArray: typeof Array.isArray = Array.isArray;
export const isView: typeof ArrayBuffer.isView = ArrayBuffer.isView;
export const parse: typeof JSON.parse = JSON.parse;
export const stringify: typeof JSON.stringify = JSON.stringify;
export const fromCharCode: typeof String.fromCharCode = String.fromCharCode;
export const parseFloatOf: typeof parseFloat = parseFloat;
export const parseIntOf: typeof parseInt = parseInt;

export const ArrayClass: ArrayConstructor = Array;
export const BufferClass: ArrayBufferConstructor = ArrayBuffer;
export const BytesClass: Uint8ArrayConstructor = Uint8Array;
export const DataViewClass: DataViewConstructor = DataView;
export const DateClass: DateConstructor = Date;
export const ErrorClass: ErrorConstructor = Error;
export const MapClass: MapConstructor = Map;
export const NumberFunction: NumberConstructor = Number;
export const ObjectFunction: ObjectConstructor = Object;
export const PromiseClass: PromiseConstructor = Promise;
export const RangeErrorClass: RangeErrorConstructor = RangeError;
export const RegExpClass: RegExpConstructor = RegExp;
export const SetClass: SetConstructor = Set;
export const TypeErrorClass: TypeErrorConstructor = TypeError;
export const textOf: StringConstructor = String;

export const asyncIteratorSymbol: typeof Symbol.asyncIterator = Symbol.asyncIterator;
export const iteratorSymbol: typeof Symbol.iterator = Symbol.iterator;
export const tagSymbol: typeof Symbol.toStringTag = Symbol.toStringTag;

export const arrayPrototype: object = Array.prototype;
export const datePrototype: object = Date.prototype;
export const errorPrototype: object = Error.prototype;
export const iteratorPrototype: object = getPrototypeOf(getPrototypeOf([][iteratorSymbol]())) as object;
export const mapPrototype: object = Map.prototype;
export const objectPrototype: object = Object.prototype;
export const promisePrototype: object = Promise.prototype;
export const setPrototype: object = Set.prototype;
const viewPrototype = getPrototypeOf(Uint8Array.prototype) as object;

const uncurry = (Function.prototype.bind as unknown as Function).call(
  Function.prototype.bind,
  Function.prototype.call,
) as (fn: unknown) => unknown;

/** A method or getter of a built-in prototype as a function that takes `this` first. To be used at load only. */
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- only the caller knows what it asks for
export function method<F>(prototype: object, name: PropertyKey): F {
  const found = getOwnPropertyDescriptor(prototype, name);
  return uncurry(found?.get ?? found?.value) as F;
}

/** What reads one member of an object that must have the right brand, else throws. */
export type Getter<V> = (self: unknown) => V;

/** True when the brand check of a captured getter or method passes. */
export function hasBrand(check: Getter<unknown>, value: unknown): boolean {
  try {
    check(value);
    return true;
  } catch {
    return false;
  }
}

export const charCodeAt: (self: string, at: number) => number = method(String.prototype, "charCodeAt");
export const indexOf: (self: string, part: string, from?: number) => number = method(
  String.prototype,
  "indexOf",
);
export const slice: (self: string, from: number, to?: number) => string = method(String.prototype, "slice");
export const toLowerCase: (self: string) => string = method(String.prototype, "toLowerCase");
export const toWellFormed: (self: string) => string = method(String.prototype, "toWellFormed");
export const sort: <T>(self: T[], compare: (a: T, b: T) => number) => T[] = method(Array.prototype, "sort");
export const isPrototypeOf: (self: object, value: object) => boolean = method(
  Object.prototype,
  "isPrototypeOf",
);
export const sourceOfFunction: (self: unknown) => string = method(Function.prototype, "toString");
export const matches: (self: RegExp, text: string) => unknown = method(RegExp.prototype, "exec");
export const thenOf: (
  self: Promise<unknown>,
  ok: (value: unknown) => void,
  no?: (reason: unknown) => void,
) => void = method(Promise.prototype, "then");
export const mapGet: (self: Map<unknown, unknown>, key: unknown) => unknown = method(Map.prototype, "get");
export const mapHas: (self: Map<unknown, unknown>, key: unknown) => boolean = method(Map.prototype, "has");
export const mapSet: (self: Map<unknown, unknown>, key: unknown, value: unknown) => void = method(
  Map.prototype,
  "set",
);
export const mapEach: (self: unknown, each: (value: unknown, key: unknown) => void) => void = method(
  Map.prototype,
  "forEach",
);
export const mapSize: Getter<number> = method(Map.prototype, "size");
export const setAdd: (self: Set<unknown>, value: unknown) => void = method(Set.prototype, "add");
export const setEach: (self: unknown, each: (value: unknown) => void) => void = method(
  Set.prototype,
  "forEach",
);
export const setSize: Getter<number> = method(Set.prototype, "size");
export const dateTime: Getter<number> = method(Date.prototype, "getTime");
export const dateText: Getter<string> = method(Date.prototype, "toISOString");
export const regExpSource: Getter<string> = method(RegExp.prototype, "source");
export const bufferSize: Getter<number> = method(ArrayBuffer.prototype, "byteLength");
export const dataViewBuffer: Getter<ArrayBuffer> = method(DataView.prototype, "buffer");
export const dataViewOffset: Getter<number> = method(DataView.prototype, "byteOffset");
export const dataViewSize: Getter<number> = method(DataView.prototype, "byteLength");
export const viewTag: Getter<string | undefined> = method(viewPrototype, Symbol.toStringTag);
export const viewBuffer: Getter<ArrayBuffer> = method(viewPrototype, "buffer");
export const viewOffset: Getter<number> = method(viewPrototype, "byteOffset");
export const viewSize: Getter<number> = method(viewPrototype, "byteLength");
export const viewLength: Getter<number> = method(viewPrototype, "length");
export const viewSet: (self: unknown, from: Uint8Array, at?: number) => void = method(viewPrototype, "set");
export const valueOfBoolean: Getter<boolean> = method(Boolean.prototype, "valueOf");
export const valueOfNumber: Getter<number> = method(Number.prototype, "valueOf");
export const valueOfString: Getter<string> = method(String.prototype, "valueOf");
export const valueOfBigInt: Getter<bigint> = method(BigInt.prototype, "valueOf");
export const weakMapGet: (self: WeakMap<object, unknown>, key: object) => unknown = method(
  WeakMap.prototype,
  "get",
);
export const weakMapSet: (self: WeakMap<object, unknown>, key: object, value: unknown) => void = method(
  WeakMap.prototype,
  "set",
);
