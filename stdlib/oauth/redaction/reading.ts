/**
 * One pass over a text: what the rules see, and what they answer.
 *
 * A rule is asked at one place. It may look back to the last boundary, and ahead as far as it says: it never searches. So the time is
 * linear, and a stream needs to keep only the text behind the first place that is not decided.
 *
 * @module
 */

import type { CharClass } from "./char-class.ts";

/** The rest of a match that is certain already. Holds no state of one text. */
export interface Tail {
  /**
   * Where the match ends, looking on from `at`. Negative when it goes on beyond a text that is not final: then `~result` is
   * the place from which the text must be kept, and all before it belongs to the match.
   */
  readonly endFrom: (reading: Reading, at: number) => number;
}

/** A secret that was found. */
export interface Match {
  readonly start: number;
  /** All up to here is certain. */
  readonly end: number;
  readonly name: string;
  /** Where two matches begin together, the lower rank gives the name. */
  readonly rank: number;
  /** How the match goes on behind `end`; null when it does not. */
  readonly tail: Tail | null;
}

/** A rule needs more text than there is. */
export const undecided: unique symbol = Symbol("undecided");

/** A placeholder that stands already. */
export interface Kept {
  readonly start: number;
  readonly end: number;
  /** False: what stands before it counts as a letter, see {@link Reading.isOpen}. */
  readonly isOpen: boolean;
}

/** Judges the place of a literal. */
export interface Rule {
  /** True: the literal is the end of a name. A name inside what is redacted already says nothing. */
  readonly isNamed?: true;
  /** False: whatever stands around it, there is no match for a literal that ends at `end` of a whole text. Allocates nothing. */
  readonly couldMatch?: (text: string, end: number) => boolean;
  /** How its matches go on. A literal inside a match that goes on the same way adds nothing. */
  readonly tail?: Tail;
  /** Where the match would begin that has its literal at `at`, not before `first`. Absent: there. */
  readonly startOf?: (text: string, at: number, first: number) => number;
  /** The match, or why there is none. `start` as `startOf` said; the literal stands in `[at, end)`. */
  readonly judge: (
    reading: Reading,
    start: number,
    at: number,
    end: number,
  ) => Match | Kept | typeof undecided | null;
}

/** A set of characters whose runs are measured. */
export interface RunClass {
  readonly members: CharClass;
  /** Where a reading remembers its latest run. */
  readonly slot: number;
}

let slots = 0;

/** Gives a set a memory of its own in each reading. */
export function runClass(members: CharClass): RunClass {
  slots += 1;
  return { members, slot: slots };
}

/** A text that is being read. */
export class Reading {
  readonly text: string;
  /** True: nothing comes after the text. */
  readonly isFinal: boolean;
  /** No rule looks at what stands before. */
  boundary: number;
  /**
   * True: a weak shape may begin at the boundary, as at the start of a text or behind a token. False behind what a custom
   * pattern replaced: had the text before the token been open, the token would have been found with it.
   */
  isOpen: boolean;
  /** Likewise the end of the last placeholder, or the start of the text. No match reaches over it. */
  wall: number;
  isWallOpen: boolean;
  /** What a placeholder with this name was made by; null when it is ordinary text. */
  readonly trust: (name: string) => "rule" | "pattern" | null;
  /** True when each character stands for a byte of UTF-8. */
  readonly isBytes: boolean;
  readonly #runs: number[] = [];
  #searched: { slot: number; from: number; end: number; stop: number } | null = null;

  constructor(
    text: string,
    isFinal: boolean,
    boundary: number,
    isOpen: boolean,
    trust: (name: string) => "rule" | "pattern" | null,
    isBytes: boolean,
  ) {
    this.text = text;
    this.isFinal = isFinal;
    this.boundary = boundary;
    this.isOpen = isOpen;
    this.wall = boundary;
    this.isWallOpen = isOpen;
    this.trust = trust;
    this.isBytes = isBytes;
  }

  /** True when no more text is there at `at`, although some may come. */
  isOver(at: number): boolean {
    return !this.isFinal && at >= this.text.length;
  }

  /** The first match of `ends` in the run [at, stop) of a set, or `stop`; likewise remembered. */
  searchEnd(slot: number, at: number, stop: number, ends: RegExp): number {
    const known = this.#searched;
    if (known !== null && known.slot === slot && at >= known.from && at <= known.end && stop === known.stop)
      return known.end;
    // Not beyond the run: to search the whole text for each run would not be linear.
    const found = this.text.slice(at, stop).search(ends);
    const end = found === -1 ? stop : at + found;
    this.#searched = { slot, from: at, end, stop };
    return end;
  }

  /** Where the run of a set that begins at `at` ends; asked again from inside the run, it costs nothing. */
  runEnd({ members, slot }: RunClass, at: number): number {
    const from = this.#runs[2 * slot] ?? -1;
    const to = this.#runs[2 * slot + 1] ?? -1;
    if (at >= from && at < to) return to;
    const { text } = this;
    let end = at;
    while (members[text.charCodeAt(end)] === 1) {
      end++;
      if (end === from) end = to;
    }
    this.#runs[2 * slot] = at;
    this.#runs[2 * slot + 1] = end;
    return end;
  }
}
