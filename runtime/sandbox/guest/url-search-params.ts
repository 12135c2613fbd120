/**
 * `URLSearchParams` (URL standard, 6.2).
 *
 * @module
 */

import { formText, type Pair, parseForm } from "./form-encoding.ts";
import { type Bag, list, ownData, put } from "./own-members.ts";
import {
  apply,
  arrayPrototype,
  create,
  getOwnPropertyDescriptor,
  iteratorPrototype,
  iteratorSymbol,
  ObjectFunction,
  ownKeys,
  setPrototypeOf,
  slice,
  sort,
  tagSymbol,
  TypeErrorClass,
} from "./primordials.ts";
import { needs, scalarText } from "./webidl.ts";

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
export let paramsOfUrl: (changed: (query: string) => void) => URLSearchParams;
export let replacePairs: (params: URLSearchParams, pairs: Pair[]) => void;
export let pairsOf: (value: object) => readonly Pair[] | null;

/** The pairs of a query, in their order. */
export class URLSearchParams {
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

  declare readonly [Symbol.iterator]: URLSearchParams["entries"];
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
