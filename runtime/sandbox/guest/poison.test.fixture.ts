/**
 * A script that overwrites what the guest's own code is made of, and one that then uses this code.
 *
 * @module
 */

/** Uses most globals. What they give goes to `out`, or to the log. */
export const use: string = `
  const url = new URL("https://a.example/p?b=2&a=1");
  url.searchParams.append("c", "\\u{1f600} d");
  url.searchParams.sort(); url.searchParams.set("a", "9"); url.searchParams.delete("b"); url.hash = "h";
  out[out.length] = url.href; out[out.length] = url.searchParams.get("c"); out[out.length] = url.searchParams.toString();
  const it = url.searchParams.entries(); out[out.length] = it.next().value[1];
  const bytes = new TextEncoder().encode("h\\u00e9\\ud800");
  out[out.length] = new TextDecoder("UTF-8", { fatal: true }).decode(bytes);
  out[out.length] = new TextEncoder().encodeInto("abc", bytes).read;
  out[out.length] = btoa(atob("aGVsbG8="));
  try { atob("*") } catch (e) { out[out.length] = e.name; }
  const from = { list: [1, , { x: 1n }], map, set, date, re, error, bytes };
  from.self = from;
  const copy = structuredClone(from);
  out[out.length] = copy.self === copy && copy.list[2].x === 1n && copy !== from && copy.map !== map && copy.bytes[1];
  console.log("%s %d %o", "s", 1, from, [copy.error.message], it, { get x() { return 1; } });
  out[out.length] = crypto.getRandomValues(bytes) === bytes && crypto.randomUUID().length;
  queueMicrotask(() => log("microtask"));
  setTimeout((a) => log(a), 1, "timeout");
  const interval = setInterval(() => { log("interval"); clearInterval(interval); }, 2);`;

/** Comes first: what `use` works on, and the lists `out` and `spied`. */
export const setUp: string = `
  const map = new Map([["k", 1]]), set = new Set([1]), date = new Date(0), re = /x/g, error = new TypeError("m");
  error.stack = "stack";
  const spied = Object.setPrototypeOf([], null), out = Object.setPrototypeOf([], null);
  globalThis.spied = spied;`;

/** Replaces all built-ins that can be replaced by functions that note their call in `spied` and throw. */
export const poison: string = `{
  const { getOwnPropertyDescriptor, getPrototypeOf, defineProperty } = Object;
  const { ownKeys } = Reflect;
  const classes = [Array, String, Number, Boolean, BigInt, Symbol, Map, Set, WeakMap, Date, RegExp, Promise, ArrayBuffer,
    DataView, Uint8Array, getPrototypeOf(Uint8Array), Error, TypeError];
  const targets = [JSON, Reflect, Math, Object, getPrototypeOf(getPrototypeOf)];
  for (let i = 0; i < classes.length; i++) { targets[targets.length] = classes[i]; targets[targets.length] = classes[i].prototype; }
  targets[targets.length] = getPrototypeOf(getPrototypeOf([][Symbol.iterator]()));
  targets[targets.length] = getPrototypeOf([][Symbol.iterator]());
  const spy = (what) => function () { spied[spied.length] = what; throw what; };
  const trap = (target, key) => {
    const what = String(key);
    const own = getOwnPropertyDescriptor(target, key);
    if (own && !own.configurable) return;
    if (own && "value" in own && typeof own.value !== "function") return;
    if (key === "constructor" && target !== Promise.prototype) return;
    if (own && "value" in own && key !== "constructor") defineProperty(target, key, { value: spy(what), configurable: true, writable: true });
    else defineProperty(target, key, { get: spy(what), set: spy(what), configurable: true });
  };
  const later = [];
  for (let i = 0; i < targets.length; i++) {
    const keys = ownKeys(targets[i]);
    for (let j = 0; j < keys.length; j++) later[later.length] = { target: targets[i], key: keys[j] };
  }
  const names = ["Map", "Set", "Promise", "Uint8Array", "ArrayBuffer", "DataView", "TypeError", "RangeError", "Error", "RegExp", "Date",
    "String", "Number", "Array", "Object", "Symbol", "Reflect", "JSON", "parseInt", "URLSearchParams", "DOMException"];
  const { hasInstance } = Symbol;
  for (let i = 0; i < classes.length; i++) later[later.length] = { target: classes[i], key: hasInstance };
  for (let i = 0; i < later.length; i++) trap(later[i].target, later[i].key);
  for (let i = 0; i < names.length; i++) globalThis[names[i]] = spy(names[i]);
  const nothing = { __proto__: null, configurable: true };
  for (let i = 0; i < 4; i++) {
    nothing.get = spy("read " + i); nothing.set = spy("write " + i);
    defineProperty(getPrototypeOf([]), "" + i, nothing);
  }
  const object = getPrototypeOf({});
  const inherited = ["get", "set", "value", "writable", "enumerable", "cause", "code", "details", "toJSON", "e"];
  for (let i = 0; i < inherited.length; i++) {
    defineProperty(object, inherited[i], { __proto__: null, configurable: true, writable: true, value: spy(inherited[i]) });
  }
}`;
