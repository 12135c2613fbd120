/**
 * The live values of this process: tokens, codes, secrets that were issued, loaded or sent. They are found without
 * any shape.
 *
 * @module
 */

import { knownForms, shortestKnown } from "./known-forms.ts";
import { type Hit, type Needle, NeedleIndex } from "./needle-index.ts";
import { placeholderName } from "./placeholder.ts";
import { knownRank, type Span } from "./spans.ts";

interface KnownValue {
  readonly value: string;
  readonly names: Map<string, number>;
  /** Null: it waits for a text that is long enough to hold it. */
  needles: readonly Needle<KnownValue>[] | null;
}

const fallbackName = "secret";
/** Long needles are found with long windows, and so with long leaps. From twice the length on, two of them fit. */
const longWindow = 16;
/** Values that may wait: tokens come and go, and most go before such a text comes. Together they take some milliseconds. */
const mostWaiting = 1_024;
const none: readonly Span[] = [];

/** Counted values: one is known until everyone who registered it has released it. */
export class KnownValues {
  readonly #values = new Map<string, KnownValue>();
  /** The oldest first. */
  readonly #waiting = new Set<KnownValue>();
  /** No form of a value that waits is shorter. */
  #shortestWaiting = Number.POSITIVE_INFINITY;
  readonly #short = new NeedleIndex<KnownValue>(shortestKnown);
  readonly #long = new NeedleIndex<KnownValue>(longWindow);
  /** Used anew by each scan. */
  readonly #hits: Hit<KnownValue>[] = [];
  readonly #namesUsed: Set<string>;

  /** `namesUsed` may be shared: what several sets put in their placeholders is then known to each. */
  constructor(namesUsed: Set<string> = new Set()) {
    this.#namesUsed = namesUsed;
  }

  /** Makes a value known; returns what releases it (once). Values under 8 characters are ignored. */
  register(value: string, name: string): () => void {
    if (typeof value !== "string" || value.length < shortestKnown) return () => {};
    const shown = placeholderName.test(name) ? name : fallbackName;
    this.#namesUsed.add(shown);
    let known = this.#values.get(value);
    if (known === undefined) {
      known = { value, names: new Map(), needles: null };
      this.#values.set(value, known);
      this.#waiting.add(known);
      this.#shortestWaiting = Math.min(this.#shortestWaiting, value.length);
      if (this.#waiting.size > mostWaiting) this.#admit(this.#waiting.values().next().value);
    }
    known.names.set(shown, (known.names.get(shown) ?? 0) + 1);
    let held = true;
    return () => {
      if (held) this.#release(value, shown);
      held = false;
    };
  }

  /** Every occurrence, at or behind `from`, of a known value in any of its forms. Without any, nothing is allocated. */
  scan(text: string, from = 0): readonly Span[] {
    const hits = this.#hits;
    if (text.length - from >= this.#shortestWaiting) this.#admitAll();
    try {
      this.#short.find(text, from, hits);
      this.#long.find(text, from, hits);
      if (hits.length === 0) return none;
      return hits.map(({ start, end, owner }) => {
        const name = owner.names.keys().next().value ?? fallbackName;
        return { start, end, name, rank: knownRank };
      });
    } finally {
      hits.length = 0;
    }
  }

  /** True when no known value occurs. False when that would take too long to tell. */
  isAbsent(text: string): boolean {
    if (this.#values.size === 0) return true;
    try {
      return this.scan(text).length === 0;
    } catch {
      return false;
    }
  }

  /** The first place from `from` on where a known value may begin whose end the text does not hold; else the text's length. */
  firstPart(text: string, from: number): number {
    this.#admitAll();
    return Math.min(this.#short.firstPart(text, from), this.#long.firstPart(text, from));
  }

  /** True for a name that known values have or had: it may stand in a placeholder of ours. */
  hasName(name: string): boolean {
    return this.#namesUsed.has(name);
  }

  has(value: string): boolean {
    return this.#values.has(value);
  }

  /** How many distinct values are known. */
  get size(): number {
    return this.#values.size;
  }

  #admitAll(): void {
    for (const known of this.#waiting) this.#admit(known);
    this.#shortestWaiting = Number.POSITIVE_INFINITY;
  }

  /** From now on it is looked for. */
  #admit(known: KnownValue | undefined): void {
    if (known === undefined) return;
    this.#waiting.delete(known);
    known.needles = knownForms(known.value).map((text) => ({ text, owner: known }));
    for (const needle of known.needles) this.#indexOf(needle).add(needle);
  }

  #indexOf({ text }: Needle<KnownValue>): NeedleIndex<KnownValue> {
    return text.length < longWindow ? this.#short : this.#long;
  }

  #release(value: string, name: string): void {
    const known = this.#values.get(value);
    if (known === undefined) return;
    const left = (known.names.get(name) ?? 0) - 1;
    if (left > 0) known.names.set(name, left);
    else known.names.delete(name);
    if (known.names.size > 0) return;
    this.#values.delete(value);
    this.#waiting.delete(known);
    for (const needle of known.needles ?? []) this.#indexOf(needle).remove(needle);
  }
}
