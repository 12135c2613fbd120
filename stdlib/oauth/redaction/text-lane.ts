/**
 * The text lane: one pass that finds every secret in a text, by rule and by value.
 *
 * First the literals of all rules are looked for at once (anchor-scan.ts); then rules are asked where their literals stand (pass.ts).
 *
 * @module
 */

import { type AnchorLane, anchorLane, findInWindow, findLiterals } from "./anchor-scan.ts";
import type { AnchorTable, Literal } from "./anchor-table.ts";
import { type CharClass, isIn } from "./char-class.ts";
import { IntList } from "./int-list.ts";
import { tableFor } from "./packed-table.ts";
import {
  type Anchored,
  type BegunSpan,
  type Candidates,
  type Carried,
  type Found,
  type KnownSpans,
  lookBehind,
  Pass,
} from "./pass.ts";
import { Reading } from "./reading.ts";

/** What rules look at before their literals. */
export interface BeforeLiterals {
  readonly of: CharClass;
  readonly max: number;
}

/** The rules, ready to run. */
export class TextLane {
  readonly #anchored: readonly Anchored[];
  readonly #table: AnchorTable;
  readonly #lane: AnchorLane;
  /** What literals begin with. Only texts that come in parts need it. */
  #parts: Parts | null = null;
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
    this.#table = tableFor(literals);
    this.#lane = lane(this.#table);
    this.#before = before.of;
    this.#longestBefore = before.max;
  }

  /** Which scan is used. */
  get lane(): "wasm" | "js" {
    return this.#lane.name;
  }

  /**
   * How far no rule matches in a whole text: its length, or a place before the first that does. While nothing is found, rules
   * can be asked in any order. Without a literal that could match, nothing is allocated.
   */
  cleanUpTo(text: string, trust: Reading["trust"]): number {
    const { found } = this.#candidates;
    let reading: Reading | null = null;
    try {
      for (let at = 0; at < text.length; ) {
        at = findInWindow(this.#table, this.#lane, text, 0, at, found);
        for (let i = 0; i < found.length; i += 2) {
          const anchored = this.#anchored[found.values[i + 1] ?? 0];
          if (anchored === undefined) continue;
          const place = found.values[i] ?? 0;
          const { rule, literal } = anchored;
          const end = place + literal.text.length;
          if (rule.couldMatch?.(text, end) === false) continue;
          reading ??= new Reading(text, true, 0, true, trust, false);
          const start = rule.startOf?.(text, place, reading.wall) ?? place;
          if (rule.judge(reading, start, place, end) !== null) return Math.max(0, place - 2 * lookBehind);
        }
        found.clear();
      }
      return text.length;
    } finally {
      found.clear();
    }
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
    const { all, longest } = (this.#parts ??= partsOf(this.#table.literals));
    let start = text.length;
    for (let length = Math.min(longest, text.length - from); length > 0; length--) {
      if (!all.has(text.slice(-length).toLowerCase())) continue;
      start -= length;
      break;
    }
    const first = Math.max(from, start - this.#longestBefore);
    while (start > first && isIn(this.#before, text, start - 1)) start--;
    return start;
  }
}

/** Beginnings of literals, without the last character, in lower case. */
interface Parts {
  readonly all: ReadonlySet<string>;
  readonly longest: number;
}

function partsOf(literals: readonly Literal[]): Parts {
  const parts = literals.flatMap(({ text }) =>
    Array.from({ length: text.length - 1 }, (_, i) => text.slice(0, i + 1)),
  );
  return {
    all: new Set(parts.map((part) => part.toLowerCase())),
    longest: Math.max(0, ...parts.map((part) => part.length)),
  };
}
