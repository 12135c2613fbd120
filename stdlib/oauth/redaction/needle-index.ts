/**
 * Looks for many texts at once (Wu and Manber, 1994): a window of each text is indexed, and most places of the haystack
 * are skipped because no window can end there.
 *
 * @module
 */

import { afterWrap, beforeWrap } from "./line-wrap.ts";

/** A text to look for. `owner` says whose it is. */
export interface Needle<Owner> {
  readonly text: string;
  readonly owner: Owner;
}

/** A needle's occurrence. */
export interface Hit<Owner> {
  readonly start: number;
  readonly end: number;
  readonly owner: Owner;
}

interface Windowed<Owner> {
  readonly needle: Needle<Owner>;
  readonly offset: number;
}

const block = 3;
const tableBits = 18;
const tableSize = 1 << tableBits;
const offsetsTried = 64;
/** Line ends inside a needle are followed when they stand so far apart; the first one may stand anywhere. */
const shortestLine = 32;
/** Comparisons allowed per character of the haystack, so that no choice of needles makes a scan slow. */
const workPerCharacter = 32;
const workAtLeast = 1_000_000;

/** A set of needles, each at least `window` characters long. */
export class NeedleIndex<Owner> {
  readonly #window: number;
  readonly #furthest: number;
  readonly #windows = new Map<string, Windowed<Owner>[]>();
  #shifts: Uint8Array;
  /** One at the hash of a window's first characters: most windows that seem to end somewhere do not begin there. */
  #starts: Uint8Array;
  /** By their first characters, also as a bitmap; made when a stream asks. */
  #heads: { readonly byHead: Map<string, Needle<Owner>[]>; readonly firsts: Uint8Array } | null = null;
  readonly #needles = new Set<Needle<Owner>>();
  #longest = 0;
  #removed = 0;

  constructor(window: number) {
    this.#window = window;
    this.#furthest = window - block + 1;
    this.#shifts = new Uint8Array(0);
    this.#starts = new Uint8Array(0);
  }

  get size(): number {
    return this.#needles.size;
  }

  add(needle: Needle<Owner>): void {
    if (this.#shifts.length === 0) {
      this.#shifts = new Uint8Array(tableSize).fill(this.#furthest);
      this.#starts = new Uint8Array(tableSize);
    }
    const { text } = needle;
    const offset = this.#bestOffset(text, text.length - this.#window);
    this.#addWindow(needle, offset);
    // A line end inside one of two windows leaves the other whole.
    const other = offset >= this.#window ? offset - this.#window : offset + this.#window;
    if (other + this.#window <= text.length && this.#sharing(text, other) < 2) this.#addWindow(needle, other);
    this.#needles.add(needle);
    this.#longest = Math.max(this.#longest, text.length);
    this.#heads = null;
  }

  remove(needle: Needle<Owner>): void {
    if (!this.#needles.delete(needle)) return;
    for (let offset = needle.text.length - this.#window; offset >= 0; offset--) {
      const key = needle.text.slice(offset, offset + this.#window);
      const sharing = this.#windows.get(key);
      const at = sharing?.findIndex((windowed) => windowed.needle === needle) ?? -1;
      if (sharing === undefined || at === -1) continue;
      sharing.splice(at, 1);
      if (sharing.length === 0) this.#windows.delete(key);
    }
    this.#removed += 1;
    this.#heads = null;
    // Old entries only make shifts smaller than they could be; now and then the table is made anew.
    if (this.#removed > 256 && this.#removed > this.#needles.size) {
      this.#shifts.fill(this.#furthest);
      this.#starts.fill(0);
      for (const key of this.#windows.keys()) this.#lowerShifts(key);
      this.#longest = Math.max(0, ...Array.from(this.#needles, ({ text }) => text.length));
      this.#removed = 0;
    }
  }

  /**
   * Appends every occurrence of every needle at or behind `from`, overlapping ones too.
   *
   * @throws RangeError when the needles repeat themselves so much that the scan would not be linear.
   */
  find(text: string, from: number, hits: Hit<Owner>[]): void {
    if (this.#needles.size === 0) return;
    const shifts = this.#shifts;
    const starts = this.#starts;
    const window = this.#window;
    const budget: Budget = { left: workAtLeast + workPerCharacter * text.length };
    for (let last = from + window - 1; last < text.length; ) {
      const shift = shifts[hash(text, last)] ?? 0;
      if (shift > 0) {
        last += shift;
        continue;
      }
      const windowAt = last - window + 1;
      if (starts[hash(text, windowAt + block - 1)] === 0) {
        last += 1;
        continue;
      }
      const windowed = this.#windows.get(text.slice(windowAt, last + 1));
      if (windowed !== undefined)
        for (const { needle, offset } of windowed)
          this.#confirm(text, from, windowAt, needle, offset, budget, hits);
      last += 1;
    }
  }

  /** The first place from `from` on where a needle may begin whose end the text does not hold; else the text's length. */
  firstPart(text: string, from: number): number {
    if (this.#needles.size === 0) return text.length;
    const { byHead, firsts } = this.#headIndex();
    // Each wrap adds a line end and its indentation; twice the length covers any that are followed.
    const first = Math.max(from, text.length - 2 * this.#longest);
    for (let at = first; at < text.length; at++) {
      if (at + block <= text.length ? firsts[hash(text, at + block - 1)] === 0 : isSpace(text, at)) continue;
      if (at + block > text.length) return at;
      const head = text.slice(at, at + block);
      const budget: Budget = { left: workAtLeast };
      if (byHead.get(head)?.some((needle) => reaches(text, at, needle.text, budget) === "more")) return at;
    }
    return text.length;
  }

  #confirm(
    text: string,
    from: number,
    windowAt: number,
    needle: Needle<Owner>,
    offset: number,
    budget: Budget,
    hits: Hit<Owner>[],
  ): void {
    // Line ends between only move the start further back.
    if (windowAt - offset < from) return;
    const start = startBefore(text, windowAt, needle.text, offset, budget);
    if (start < from) return;
    const end = reaches(text, start, needle.text, budget);
    if (typeof end !== "number") return;
    // A value that repeats itself occurs everywhere: one hit for all that overlap.
    const last = hits.at(-1);
    if (last?.owner === needle.owner && start >= last.start && start < last.end)
      hits[hits.length - 1] = { ...last, end: Math.max(last.end, end) };
    else hits.push({ start, end, owner: needle.owner });
  }

  #headIndex(): { readonly byHead: Map<string, Needle<Owner>[]>; readonly firsts: Uint8Array } {
    if (this.#heads !== null) return this.#heads;
    const byHead = new Map<string, Needle<Owner>[]>();
    const firsts = new Uint8Array(tableSize);
    for (const needle of this.#needles) {
      const head = needle.text.slice(0, block);
      const sharing = byHead.get(head);
      if (sharing === undefined) byHead.set(head, [needle]);
      else sharing.push(needle);
      firsts[hash(head, block - 1)] = 1;
    }
    this.#heads = { byHead, firsts };
    return this.#heads;
  }

  #addWindow(needle: Needle<Owner>, offset: number): void {
    const key = needle.text.slice(offset, offset + this.#window);
    const sharing = this.#windows.get(key);
    if (sharing === undefined) this.#windows.set(key, [{ needle, offset }]);
    else sharing.push({ needle, offset });
    this.#lowerShifts(key);
  }

  /** The window that fewest needles share: from the end, for tokens of one issuer begin alike; then from the beginning. */
  #bestOffset(text: string, last: number): number {
    let best = last;
    let fewest = Number.POSITIVE_INFINITY;
    const tried = Math.min(last + 1, offsetsTried);
    for (let i = 0; i < 2 * tried; i++) {
      const offset = i < tried ? last - i : i - tried;
      const sharing = this.#sharing(text, offset);
      if (sharing >= fewest) continue;
      best = offset;
      fewest = sharing;
      if (sharing === 0) break;
    }
    return best;
  }

  #sharing(text: string, offset: number): number {
    return this.#windows.get(text.slice(offset, offset + this.#window))?.length ?? 0;
  }

  #lowerShifts(key: string): void {
    this.#starts[hash(key, block - 1)] = 1;
    for (let last = block - 1; last < this.#window; last++) {
      const at = hash(key, last);
      this.#shifts[at] = Math.min(this.#shifts[at] ?? 0, this.#window - 1 - last);
    }
  }
}

function hash(text: string, last: number): number {
  return (
    ((text.charCodeAt(last - 2) << 11) ^ (text.charCodeAt(last - 1) << 5) ^ text.charCodeAt(last)) &
    (tableSize - 1)
  );
}

/** Comparisons that are left. */
interface Budget {
  left: number;
}

function spend(budget: Budget, compared: number): void {
  budget.left -= compared + 1;
  if (budget.left < 0) throw new RangeError("too many comparisons");
}

/** Where the needle would begin whose character `offset` stands at `at`, over line ends between; -1 when it does not. */
function startBefore(text: string, at: number, needle: string, offset: number, budget: Budget): number {
  let start = at;
  let since = shortestLine;
  for (let i = offset - 1; i >= 0; i--) {
    if (text.charCodeAt(start - 1) !== needle.charCodeAt(i)) {
      const over = since < shortestLine ? start : beforeWrap(text, start);
      if (over === start || text.charCodeAt(over - 1) !== needle.charCodeAt(i)) {
        spend(budget, offset - i);
        return -1;
      }
      start = over;
      since = 0;
    }
    start -= 1;
    since += 1;
  }
  spend(budget, offset);
  return start;
}

/** Where the needle ends that begins at `start`, over line ends between; "more" when the text ends first, else null. */
function reaches(text: string, start: number, needle: string, budget: Budget): number | "more" | null {
  let at = start;
  let since = shortestLine;
  for (let i = 0; i < needle.length; i++) {
    if (text.charCodeAt(at) !== needle.charCodeAt(i)) {
      const over = at >= text.length || since < shortestLine ? at : afterWrap(text, at);
      if (over === at || text.charCodeAt(over) !== needle.charCodeAt(i)) {
        spend(budget, i);
        return over >= text.length ? "more" : null;
      }
      at = over;
      since = 0;
    }
    at += 1;
    since += 1;
  }
  spend(budget, needle.length);
  return at;
}

function isSpace(text: string, at: number): boolean {
  return text[at] === "\n" || text[at] === " ";
}
