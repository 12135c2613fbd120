/**
 * One pass of the rules over the places where their literals stand.
 *
 * The places are asked in order. A match reaches as far as its tail; overlapping matches become one, under the name of the
 * one that begins first. Behind it lies a boundary: the rules look at what follows as at a new text, as they will when a
 * placeholder stands there.
 *
 * @module
 */

import type { Literal } from "./anchor-table.ts";
import type { IntList } from "./int-list.ts";
import { type Kept, type Match, type Reading, type Rule, type Tail, undecided } from "./reading.ts";
import { knownRank, type Span } from "./spans.ts";

/** What is looked for. */
export interface Anchored {
  readonly literal: Literal;
  readonly rule: Rule;
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
export interface Candidates {
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

/** One pass; it may be run once. */
export class Pass {
  readonly #reading: Reading;
  readonly #from: number;
  readonly #anchored: readonly Anchored[];
  readonly #known: KnownSpans;
  #knownAt = 0;
  readonly #spans: RuledSpan[] = [];
  /** The one of them that reaches furthest. */
  #furthest: RuledSpan | null = null;
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
    const start = rule.startOf?.(this.#reading.text, at, this.#reading.wall) ?? at;
    if (
      rule.tail !== undefined &&
      rule.tail === this.#coveredBy &&
      end + longestLeast < this.#covered &&
      start >= (this.#furthest?.start ?? start)
    )
      return;
    if (this.#covered <= at) this.#setBoundary(this.#covered, true);
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
    // Inside another, it adds nothing.
    const furthest = this.#furthest;
    if (furthest !== null && isAfter(span, furthest) && span.end <= furthest.end && span.tails.length === 0)
      return;
    if (furthest === null || span.end >= furthest.end) this.#furthest = span;
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

/** True when the other span begins first, or gives the name. */
function isAfter(span: BegunSpan, other: BegunSpan): boolean {
  return span.start > other.start || (span.start === other.start && span.rank >= other.rank);
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
