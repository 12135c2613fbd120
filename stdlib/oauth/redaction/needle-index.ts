/**
 * Looks for many texts at once. A window of each text is indexed by all its grams (runs of characters half as long), so
 * that a haystack needs to be read only once in a stride: of a window that stands in it, one gram stands there.
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

/** Characters of a needle's head, by which the end of a part of a stream is looked at. */
const headLength = 3;
const headBits = 18;
const offsetsTried = 64;
/** Line ends inside a needle are followed when they stand so far apart; the first one may stand anywhere. */
const shortestLine = 32;
/** Comparisons allowed per character of the haystack, so that no choice of needles makes a scan slow. */
const workPerCharacter = 32;
const workAtLeast = 1_000_000;

/** Characters of the haystack that are copied at once, one byte each; places before and behind may be read too. */
const chunk = 65_536;
const margin = 32;
/** Used by every scan, and cleared by it: what it reads may hold secrets. */
const copy = Buffer.alloc(margin + chunk + margin) as Buffer & {
  latin1Write(text: string, offset: number): number;
};
const copied = new DataView(copy.buffer, copy.byteOffset, copy.length);

/** A set of needles, each at least `window` characters long; a window is 8 or 16. */
export class NeedleIndex<Owner> {
  readonly #window: number;
  readonly #gram: number;
  readonly #stride: number;
  readonly #windows = new Map<string, Windowed<Owner>[]>();
  /** The grams of all windows; and those that windows begin with. */
  #grams = new HashSet(0);
  #starts = new HashSet(0);
  /** By their first characters, also as a bitmap; made when a stream asks. */
  #heads: { readonly byHead: Map<string, Needle<Owner>[]>; readonly firsts: Uint8Array } | null = null;
  /** Each with the offsets of its windows. */
  readonly #needles = new Map<Needle<Owner>, readonly number[]>();
  #longest = 0;
  #removed = 0;

  constructor(window: 8 | 16) {
    this.#window = window;
    this.#gram = window / 2;
    this.#stride = window - this.#gram + 1;
  }

  get size(): number {
    return this.#needles.size;
  }

  add(needle: Needle<Owner>): void {
    const { text } = needle;
    const offset = this.#bestOffset(text, text.length - this.#window);
    // A line end inside one of two windows leaves the other whole.
    const other = offset >= this.#window ? offset - this.#window : offset + this.#window;
    const hasOther = other + this.#window <= text.length && this.#sharing(text, other) < 2;
    const offsets = hasOther ? [offset, other] : [offset];
    for (const each of offsets) this.#addWindow(needle, each);
    this.#needles.set(needle, offsets);
    this.#longest = Math.max(this.#longest, text.length);
    this.#heads = null;
  }

  remove(needle: Needle<Owner>): void {
    const offsets = this.#needles.get(needle);
    if (offsets === undefined) return;
    this.#needles.delete(needle);
    for (const offset of offsets) {
      const key = needle.text.slice(offset, offset + this.#window);
      const sharing = this.#windows.get(key);
      const at = sharing?.findIndex((windowed) => windowed.needle === needle) ?? -1;
      if (sharing === undefined || at === -1) continue;
      sharing.splice(at, 1);
      if (sharing.length === 0) this.#windows.delete(key);
    }
    this.#removed += 1;
    this.#heads = null;
    // Old entries only make the scan look where nothing is; now and then the sets are made anew.
    if (this.#removed > 256 && this.#removed > this.#needles.size) {
      this.#indexAnew();
      this.#longest = Math.max(0, ...Array.from(this.#needles.keys(), ({ text }) => text.length));
      this.#removed = 0;
    }
  }

  /**
   * Appends every occurrence of every needle at or behind `from`, overlapping ones too.
   *
   * @throws RangeError when the needles repeat themselves so much that the scan would not be linear.
   */
  find(text: string, from: number, hits: Hit<Owner>[]): void {
    if (this.#needles.size === 0 || text.length - from < this.#window) return;
    const budget: Budget = { left: workAtLeast + workPerCharacter * text.length };
    try {
      for (let at = from; at + this.#window <= text.length; )
        at = this.#findInChunk(text, from, at, budget, hits);
    } finally {
      copy.fill(0, 0, 2 * margin + Math.min(chunk, text.length));
    }
  }

  /** Reads once in a stride from `at` on. Answers where to go on. */
  #findInChunk(text: string, from: number, at: number, budget: Budget, hits: Hit<Owner>[]): number {
    const before = Math.min(at, margin);
    const isWhole = at === 0 && text.length <= chunk;
    copy.latin1Write(isWhole ? text : text.slice(at - before, at + chunk + margin), margin - before);
    const { bits, shift } = this.#grams;
    const isLong = this.#gram === 8;
    const stride = this.#stride;
    const end = margin + Math.min(chunk, text.length - at - this.#gram + 1);
    let here = margin;
    for (; here < end; here += stride) {
      const hash = hashOf(copied.getUint32(here, true), isLong ? copied.getUint32(here + 4, true) : 0);
      const bit = hash >>> shift;
      if (((bits[bit >>> 5] ?? 0) & (1 << (bit & 31))) !== 0)
        this.#windowsAround(text, from, at, here, budget, hits);
    }
    return at + here - margin;
  }

  /** Asks for each window that may hold the gram at `here` of the copy, which begins at `at` of the text. */
  #windowsAround(
    text: string,
    from: number,
    at: number,
    here: number,
    budget: Budget,
    hits: Hit<Owner>[],
  ): void {
    const starts = this.#starts;
    const isLong = this.#gram === 8;
    for (let back = 0; back < this.#stride; back++) {
      const first = here - back;
      const windowAt = at + first - margin;
      if (windowAt < from) return;
      if (!starts.has(hashOf(copied.getUint32(first, true), isLong ? copied.getUint32(first + 4, true) : 0)))
        continue;
      const windowed = this.#windows.get(text.slice(windowAt, windowAt + this.#window));
      if (windowed === undefined) continue;
      for (const { needle, offset } of windowed)
        this.#confirm(text, from, windowAt, needle, offset, budget, hits);
    }
  }

  /** The first place from `from` on where a needle may begin whose end the text does not hold; else the text's length. */
  firstPart(text: string, from: number): number {
    if (this.#needles.size === 0) return text.length;
    const { byHead, firsts } = this.#headIndex();
    // Each wrap adds a line end and its indentation; twice the length covers any that are followed.
    const first = Math.max(from, text.length - 2 * this.#longest);
    for (let at = first; at < text.length; at++) {
      if (at + headLength <= text.length ? firsts[headHash(text, at)] === 0 : isSpace(text, at)) continue;
      if (at + headLength > text.length) return at;
      const head = text.slice(at, at + headLength);
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
    // A value that repeats itself occurs everywhere: one hit for all that overlap, and no look at what it covers.
    const last = hits.at(-1);
    const isCovered =
      last?.owner === needle.owner &&
      windowAt - offset >= last.start &&
      windowAt - offset + needle.text.length <= last.end;
    if (isCovered) return;
    const start = startBefore(text, windowAt, needle.text, offset, budget);
    if (start < from) return;
    const end = reaches(text, start, needle.text, budget);
    if (typeof end !== "number") return;
    if (last?.owner === needle.owner && start >= last.start && start < last.end)
      hits[hits.length - 1] = { ...last, end: Math.max(last.end, end) };
    else hits.push({ start, end, owner: needle.owner });
  }

  #headIndex(): { readonly byHead: Map<string, Needle<Owner>[]>; readonly firsts: Uint8Array } {
    if (this.#heads !== null) return this.#heads;
    const byHead = new Map<string, Needle<Owner>[]>();
    const firsts = new Uint8Array(1 << headBits);
    for (const needle of this.#needles.keys()) {
      const head = needle.text.slice(0, headLength);
      const sharing = byHead.get(head);
      if (sharing === undefined) byHead.set(head, [needle]);
      else sharing.push(needle);
      firsts[headHash(head, 0)] = 1;
    }
    this.#heads = { byHead, firsts };
    return this.#heads;
  }

  #addWindow(needle: Needle<Owner>, offset: number): void {
    const key = needle.text.slice(offset, offset + this.#window);
    const sharing = this.#windows.get(key);
    if (sharing === undefined) this.#windows.set(key, [{ needle, offset }]);
    else sharing.push({ needle, offset });
    this.#index(key);
    if (this.#grams.isFull || this.#starts.isFull) this.#indexAnew();
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

  /** Bytes of the copy count, so the low ones of characters too. The words of a gram roll along the window. */
  #index(key: string): void {
    const isLong = this.#gram === 8;
    let [low, high] = [wordAt(key, 0), isLong ? wordAt(key, 4) : 0];
    for (let at = 0; at < this.#stride; at++) {
      if (at === 0) this.#starts.add(hashOf(low, high));
      this.#grams.add(hashOf(low, high));
      const next = key.charCodeAt(at + this.#gram) << 24;
      low = (low >>> 8) | (isLong ? high << 24 : next);
      if (isLong) high = (high >>> 8) | next;
    }
  }

  #indexAnew(): void {
    this.#grams = new HashSet(2 * this.#stride * this.#windows.size);
    this.#starts = new HashSet(2 * this.#windows.size);
    for (const key of this.#windows.keys()) this.#index(key);
  }
}

/** A set of hashes that may say yes for one that was not added. */
class HashSet {
  readonly bits: Int32Array;
  /** The bits of a hash that do not count. */
  readonly shift: number;
  readonly #room: number;
  #added = 0;

  constructor(room: number) {
    // Of 32 bits one is set: so many places are looked at for nothing.
    const log = Math.min(26, Math.max(12, Math.ceil(Math.log2(32 * (room + 1)))));
    this.bits = new Int32Array(2 ** (log - 5));
    this.shift = 32 - log;
    this.#room = log === 26 ? Number.POSITIVE_INFINITY : 2 ** (log - 5);
  }

  get isFull(): boolean {
    return this.#added > this.#room;
  }

  add(hash: number): void {
    const bit = hash >>> this.shift;
    this.bits[bit >>> 5] = (this.bits[bit >>> 5] ?? 0) | (1 << (bit & 31));
    this.#added += 1;
  }

  has(hash: number): boolean {
    const bit = hash >>> this.shift;
    return ((this.bits[bit >>> 5] ?? 0) & (1 << (bit & 31))) !== 0;
  }
}

/** The high bits are the good ones. */
function hashOf(low: number, high: number): number {
  return Math.imul(low ^ Math.imul(high, 0x85ebca6b), 0x9e3779b1);
}

/** Four characters' low bytes, the first lowest. */
function wordAt(text: string, at: number): number {
  return (
    (text.charCodeAt(at) & 0xff) |
    ((text.charCodeAt(at + 1) & 0xff) << 8) |
    ((text.charCodeAt(at + 2) & 0xff) << 16) |
    (text.charCodeAt(at + 3) << 24)
  );
}

function headHash(text: string, at: number): number {
  return (
    ((text.charCodeAt(at) << 11) ^ (text.charCodeAt(at + 1) << 5) ^ text.charCodeAt(at + 2)) &
    ((1 << headBits) - 1)
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
