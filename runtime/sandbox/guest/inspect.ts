/**
 * How values are shown in the log.
 *
 * @module
 */

import { isBuffer } from "./buffer-source.ts";
import type { Pair } from "./form-encoding.ts";
import { list, ownData } from "./own-members.ts";
import {
  bufferSize,
  dateText,
  dateTime,
  errorPrototype,
  getOwnPropertyDescriptor,
  getPrototypeOf,
  hasBrand,
  hasOwn,
  indexOf,
  is,
  isArray,
  isPrototypeOf,
  isView,
  mapEach,
  mapSize,
  matches,
  objectPrototype,
  ownKeys,
  RegExpClass,
  regExpSource,
  setEach,
  setSize,
  slice,
  sourceOfFunction,
  stringify,
  textOf,
  viewLength,
  viewTag,
} from "./primordials.ts";
import { flagsOf } from "./regexp-flags.ts";
import { hrefOf } from "./url.ts";
import { pairsOf } from "./url-search-params.ts";

const maxShownDepth = 4;
const maxShownMembers = 100;
const maxShownValues = 2_000;
/** The length of a line of the log, in UTF-16 units; what is over is cut. */
export const maxLine = 16_384;

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
  if (isPrototypeOf(errorPrototype, value)) return showError(value as Error, state);
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
  const frames = ownFrames(stack);
  // Some engines begin the stack with the title, some do not.
  const text = indexOf(frames, title) === 0 ? frames : title + "\n" + frames;
  return (text[text.length - 1] === "\n" ? slice(text, 0, -1) : text) + rest;
}

/** A stack without the lines of the sandbox's own functions, which tell an author nothing. */
function ownFrames(stack: string): string {
  let own = "";
  let from = 0;
  while (from < stack.length) {
    const end = indexOf(stack, "\n", from);
    const next = end === -1 ? stack.length : end + 1;
    const line = slice(stack, from, next);
    if (indexOf(line, "(holdfast:") === -1) own += line;
    from = next;
  }
  return own;
}

/** One line for a value, however large, circular or hostile. Runs no code of the script but for the name, message and stack of errors. */
export function inspect(value: unknown): string {
  return show(value, { around: list(), left: maxShownValues });
}
