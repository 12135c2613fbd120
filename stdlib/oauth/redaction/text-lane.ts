/**
 * The text lane: one pass that finds every secret in a text, by rule and by value.
 *
 * The places where a literal stands are asked in order. A match reaches as far as its tail; overlapping matches become one, under
 * the name of the one that begins first. Behind it lies a boundary: the rules look at what follows as at a new text,
 * as they will when a placeholder stands there.
 *
 * @module
 */

import { type AnchorLane, anchorLane, findInWindow, findLiterals } from "./anchor-scan.ts";
import { type AnchorTable, anchorTable, type Literal } from "./anchor-table.ts";
import { type CharClass, isIn } from "./char-class.ts";
import { IntList } from "./int-list.ts";
import { type Kept, type Match, type Reading, type Rule, type Tail, undecided } from "./reading.ts";
import { knownRank, type Span } from "./spans.ts";

/** What is looked for. */
export interface Anchored {
  readonly literal: Literal;
  readonly rule: Rule;
}

/** What rules look at before their literals. */
export interface BeforeLiterals {
  readonly of: CharClass;
  readonly max: number;
}

/** A tail that the text does not end. */
export interface OpenTail {
  readonly tail: Tail;
  /** All before is certain: from here it is looked at again. */
  readonly at: number;
}

/** A secret's place in a text, or its beginning. */
export interface BegunSpan extends Span {
  /** How it goes on behind the end of the text; empty when its end is known. */
  readonly tails: readonly OpenTail[];
}

/** Occurrences of known values, by start, and from where on the text does not decide. */
export interface KnownSpans {
  readonly spans: readonly Span[];
  readonly undecidedFrom: number;
}

/** Literals that stand in a text. */
interface Candidates {
  /** The place of each and its index, by turns. */
  readonly found: IntList;
  /** Where each stands in `found`, in order of the places. */
  readonly places: IntList;
}

/** What one pass found. */
export interface Found {
  /** By start; none overlap. The last one may go on behind `keepFrom`. */
  readonly spans: readonly BegunSpan[];
  readonly kept: readonly Kept[];
  /** All before is decided. The text from here on is needed again, with what comes. */
  readonly keepFrom: number;
  /** Values behind `keepFrom` whose names stand before. */
  readonly later: readonly BegunSpan[];
  /** The boundary before `keepFrom`, and whether it is open. */
  readonly boundary: number;
  readonly isOpen: boolean;
}

/** No shape looks further ahead: inside a longer rest of a run, it ends with the run. */
const longestLeast = 512;
/** Characters before `keepFrom` that rules may look at: a name, a part before the literal, and an escape before that. */
export const lookBehind = 256;

/** The rules, ready to run. */
export class TextLane {
  readonly #anchored: readonly Anchored[];
  readonly #table: AnchorTable;
  readonly #lane: AnchorLane;
  /** What literals begin with, without the last character, in lower case. */
  readonly #parts: ReadonlySet<string>;
  readonly #longestPart: number;
  readonly #before: CharClass;
  readonly #longestBefore: number;
  /** Used anew by each scan. */
  readonly #candidates: Candidates = { found: new IntList(), places: new IntList() };

  /** `before` says what shapes look at before their literals, and how far. */
  constructor(
    anchored: readonly Anchored[],
    before: BeforeLiterals,
    lane: (table: AnchorTable) => AnchorLane = anchorLane,
  ) {
    const literals = anchored.map(({ literal }) => literal);
    this.#anchored = anchored;
    this.#table = anchorTable(literals);
    this.#lane = lane(this.#table);
    const parts = literals.flatMap(({ text }) =>
      Array.from({ length: text.length - 1 }, (_, i) => text.slice(0, i + 1)),
    );
    this.#parts = new Set(parts.map((part) => part.toLowerCase()));
    this.#longestPart = Math.max(0, ...parts.map((part) => part.length));
    this.#before = before.of;
    this.#longestBefore = before.max;
  }

  /** Which scan is used. */
  get lane(): "wasm" | "js" {
    return this.#lane.name;
  }

  /** How far no rule can match in a whole text: its length, or a place before the first that could. Allocates nothing. */
  cleanUpTo(text: string): number {
    const { found } = this.#candidates;
    found.clear();
    for (let at = 0; at < text.length; ) {
      const next = findInWindow(this.#table, this.#lane, text, 0, at, found);
      for (let i = 0; i < found.length; i += 2) {
        const anchored = this.#anchored[found.values[i + 1] ?? 0];
        const end = (found.values[i] ?? 0) + (anchored?.literal.text.length ?? 0);
        if (anchored?.rule.couldMatch?.(text, end) === false) continue;
        found.clear();
        return Math.max(0, at - lookBehind);
      }
      found.clear();
      at = next;
    }
    return text.length;
  }

  /**
   * Reads a text from `from` on. `carried` is a match that began before; its tails go on at `from`. `later` are
   * values that it found the names of, `known` the occurrences of known values from `from` on.
   */
  read(
    reading: Reading,
    from: number,
    carried: Carried | null,
    later: readonly BegunSpan[],
    known: KnownSpans,
  ): Found {
    try {
      this.#findCandidates(reading.text, from);
      const pass = new Pass(reading, from, carried, later, known, this.#anchored);
      return pass.run(this.#candidates, this.#undecidedFrom(reading, from));
    } finally {
      for (const list of Object.values(this.#candidates)) list.clear();
    }
  }

  /** Finds the literals of the text, in order of their places and, at one place, of their rules. */
  #findCandidates(text: string, from: number): void {
    const { found, places } = this.#candidates;
    findLiterals(this.#table, this.#lane, text, from, found);
    for (let i = 0; i < found.length; i += 2) {
      const at = found.values[i] ?? 0;
      const index = found.values[i + 1] ?? 0;
      places.push(i);
      // Nearly in order already.
      for (let place = places.length - 1; place > 0; place--) {
        const other = places.values[place - 1] ?? 0;
        const before = found.values[other] ?? 0;
        if (before < at || (before === at && (found.values[other + 1] ?? 0) <= index)) break;
        places.values[place] = other;
        places.values[place - 1] = i;
      }
    }
  }

  /** Where a literal, or what stands before one, may have begun at the end of the text. */
  #undecidedFrom({ text, isFinal }: Reading, from: number): number {
    if (isFinal) return text.length;
    let start = text.length;
    for (let length = Math.min(this.#longestPart, text.length - from); length > 0; length--) {
      if (!this.#parts.has(text.slice(-length).toLowerCase())) continue;
      start -= length;
      break;
    }
    const first = Math.max(from, start - this.#longestBefore);
    while (start > first && isIn(this.#before, text, start - 1)) start--;
    return start;
  }
}

/** A match that goes on from an earlier part of a stream; places are those of the text that is read now. */
export interface Carried {
  readonly tails: readonly OpenTail[];
  /** It reaches so far at least. */
  readonly end: number;
}

/** Holds the name and the place of what an earlier part of the stream began. */
const carriedRank = -1;
/** Before any place: the rule of a span that an earlier part found. */
const laterRule = -1;

interface RuledSpan extends BegunSpan {
  /** Where the rule stands that found it. */
  readonly ruleStart: number;
}

class Pass {
  readonly #reading: Reading;
  readonly #from: number;
  readonly #anchored: readonly Anchored[];
  readonly #known: KnownSpans;
  #knownAt = 0;
  readonly #spans: RuledSpan[] = [];
  readonly #kept: Kept[] = [];
  /** The end of what is covered so far. */
  #covered: number;
  /** How the match goes on that reaches so far. */
  #coveredBy: Tail | null = null;
  /** From here on the text does not decide. */
  #keepFrom = 0;
  /** Boundaries before are those of an earlier part. */
  readonly #floor: number;
  readonly #first: { readonly boundary: number; readonly isOpen: boolean };

  constructor(
    reading: Reading,
    from: number,
    carried: Carried | null,
    later: readonly BegunSpan[],
    known: KnownSpans,
    anchored: readonly Anchored[],
  ) {
    this.#reading = reading;
    this.#from = from;
    this.#anchored = anchored;
    this.#known = known;
    this.#covered = from;
    this.#floor = carried === null ? from + 1 : from;
    this.#first = { boundary: reading.boundary, isOpen: reading.isOpen };
    if (carried !== null) {
      const { end, tails } = this.#follow(carried.tails, carried.end);
      this.#spans.push({ start: from, end, name: "", rank: carriedRank, tails, ruleStart: laterRule });
      this.#covered = end;
    }
    for (const span of later)
      this.#cover({ ...span, ...this.#follow(span.tails, span.end), ruleStart: laterRule });
  }

  run({ places, found }: Candidates, partFrom: number): Found {
    this.#keepFrom = Math.min(partFrom, this.#known.undecidedFrom);
    for (let i = 0; i < places.length; i++) {
      const place = places.values[i] ?? 0;
      const anchored = this.#anchored[found.values[place + 1] ?? 0];
      if (anchored !== undefined) this.#judge(anchored, found.values[place] ?? 0);
    }
    this.#knownUpTo(this.#keepFrom);
    return this.#settled(this.#keepFrom);
  }

  #judge({ rule, literal }: Anchored, at: number): void {
    if (rule.startOf === undefined && at >= this.#keepFrom) return;
    if (this.#known.spans.length > 0) this.#knownUpTo(at + 1);
    const end = at + literal.text.length;
    // A name inside what is covered says nothing more.
    if (rule.isNamed === true && end < this.#covered) return;
    if (rule.tail !== undefined && rule.tail === this.#coveredBy && end + longestLeast < this.#covered)
      return;
    if (this.#covered <= at) this.#setBoundary(this.#covered, true);
    if (rule.startOf === undefined) {
      this.#accept(rule.judge(this.#reading, at, at, end), at);
      return;
    }
    const start = rule.startOf(this.#reading.text, at, this.#reading.wall);
    const result = rule.judge(this.#reading, start, at, end);
    // What began before was decided before.
    if (result !== undecided && result !== null && result.start < this.#from) return;
    this.#accept(result, Math.max(start, this.#from));
  }

  #accept(result: Match | Kept | typeof undecided | null, start: number): void {
    if (result === null) return;
    if (result === undecided) this.#keepFrom = Math.min(this.#keepFrom, start);
    else if ("isOpen" in result) this.#keep(result);
    else this.#add(result, start);
  }

  #keep(kept: Kept): void {
    this.#kept.push(kept);
    this.#reading.wall = kept.end;
    this.#reading.isWallOpen = kept.isOpen;
    if (kept.start >= this.#covered) this.#covered = kept.end;
    this.#setBoundary(kept.end, kept.isOpen);
  }

  #add({ start, end, name, rank, tail }: Match, ruleStart: number): void {
    const followed = tail === null ? { end, tails: [] } : this.#follow([{ tail, at: end }], end);
    if (followed.end === start && followed.tails.length === 0) return;
    if (followed.end >= this.#covered) this.#coveredBy = tail;
    this.#cover({ start, end: followed.end, name, rank, tails: followed.tails, ruleStart });
  }

  #cover(span: RuledSpan): void {
    if (span.start >= this.#covered) this.#setBoundary(this.#covered, true);
    this.#covered = Math.max(this.#covered, span.end);
    this.#spans.push(span);
  }

  #setBoundary(at: number, isOpen: boolean): void {
    const reading = this.#reading;
    if (at <= reading.boundary || at < this.#floor) return;
    reading.boundary = at;
    reading.isOpen = isOpen;
  }

  /** Takes the known values that begin before `end`. */
  #knownUpTo(end: number): void {
    const { spans } = this.#known;
    for (
      let span = spans[this.#knownAt];
      span !== undefined && span.start < end;
      span = spans[this.#knownAt]
    ) {
      this.#knownAt += 1;
      this.#cover({ ...span, tails: [], ruleStart: span.start });
    }
  }

  /** The furthest of the tails; those that go on beyond the text are answered. */
  #follow(tails: readonly OpenTail[], atLeast: number): { end: number; tails: readonly OpenTail[] } {
    let end = atLeast;
    const open: OpenTail[] = [];
    for (const { tail, at } of tails) {
      const reached = tail.endFrom(this.#reading, at);
      if (reached < 0) open.push({ tail, at: ~reached });
      end = Math.max(end, reached < 0 ? ~reached : reached);
    }
    return { end, tails: open };
  }

  #settled(undecidedFrom: number): Found {
    const { isFinal } = this.#reading;
    const spans = this.#spans;
    let keepFrom = undecidedFrom;
    // What is open is certain only up to its end here.
    for (let changed = true; changed; ) {
      const before = keepFrom;
      for (const span of spans) {
        for (const { at } of span.tails) keepFrom = Math.min(keepFrom, at);
        // What else overlaps with a known value depends on where it begins.
        if (span.rank === knownRank && span.start < keepFrom && span.end > keepFrom) keepFrom = span.start;
      }
      for (const kept of this.#kept) if (kept.start < keepFrom && kept.end > keepFrom) keepFrom = kept.start;
      if (!isFinal) keepFrom = Math.min(keepFrom, Math.max(this.#from, this.#wholeEscape(keepFrom)));
      changed = keepFrom < before;
    }
    keepFrom = Math.max(keepFrom, this.#from);
    const decided = united(
      spans.filter(
        ({ start, rank }) => start < keepFrom || rank === carriedRank || (isFinal && start === keepFrom),
      ),
    );
    const kept = this.#kept.filter(({ end }) => end <= keepFrom);
    const later = spans.filter(
      ({ start, ruleStart, rank }) => start >= keepFrom && ruleStart < keepFrom && rank !== carriedRank,
    );
    return { spans: decided, kept, keepFrom, later, ...this.#boundaryBefore(decided, kept, keepFrom) };
  }

  /** Not between the halves of a surrogate pair; nor, where a tail counts them, inside an escape. */
  #wholeEscape(at: number): number {
    const { text } = this.#reading;
    let start = isHighSurrogate(text, at - 1) ? at - 1 : at;
    if (!this.#spans.some(({ tails }) => tails.some((tail) => tail.at > at))) return start;
    while (text[start - 1] === "\\") start -= 1;
    if (text[start - 1] === "%") return start - 1;
    return text[start - 2] === "%" ? start - 2 : start;
  }

  #boundaryBefore(
    spans: readonly BegunSpan[],
    kept: readonly Kept[],
    keepFrom: number,
  ): { boundary: number; isOpen: boolean } {
    const span = spans.findLast(({ end, tails }) => end <= keepFrom && tails.length === 0);
    const placeholder = kept.at(-1);
    if (placeholder !== undefined && placeholder.end >= (span?.end ?? -1))
      return { boundary: placeholder.end, isOpen: placeholder.isOpen };
    if (span !== undefined) return { boundary: span.end, isOpen: true };
    return this.#first;
  }
}

function isHighSurrogate(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  return code >= 0xd800 && code < 0xdc00;
}

/** Joins overlapping spans, under the name of the one that begins first. */
function united(spans: readonly BegunSpan[]): readonly BegunSpan[] {
  if (spans.length < 2) return spans;
  const sorted = spans.toSorted((a, b) => a.start - b.start || a.rank - b.rank || b.end - a.end);
  const result: BegunSpan[] = [];
  let open: BegunSpan | undefined;
  for (const span of sorted) {
    if (open === undefined || span.start >= open.end) {
      if (open !== undefined) result.push(open);
      open = span;
    } else if (span.end > open.end || span.tails.length > 0) {
      open = { ...open, end: Math.max(open.end, span.end), tails: joinedTails(open.tails, span.tails) };
    }
  }
  if (open !== undefined) result.push(open);
  return result;
}

/** Each tail once: two matches that go on alike end together. */
function joinedTails(some: readonly OpenTail[], more: readonly OpenTail[]): readonly OpenTail[] {
  const added = more.filter(({ tail }) => !some.some((one) => one.tail === tail));
  return added.length === 0 ? some : [...some, ...added];
}
