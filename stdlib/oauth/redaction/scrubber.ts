/**
 * Replaces what the text lane finds, in a text that comes whole or in parts. How it is cut makes no difference.
 *
 * @module
 */

import { CustomLane, type Output } from "./custom-lane.ts";
import type { CustomPattern } from "./custom-patterns.ts";
import { utf8Length } from "./placeholder.ts";
import { type Kept, Reading } from "./reading.ts";
import type { Tally } from "./tally.ts";
import { type BegunSpan, type KnownSpans, lookBehind, type OpenTail } from "./pass.ts";
import type { TextLane } from "./text-lane.ts";

/** Parts shorter than this are always looked at when they come. */
const shortPart = 512;

/** What a scrubber works with. */
export interface ScrubberParts {
  readonly lane: TextLane;
  readonly known: (text: string, from: number, isFinal: boolean) => KnownSpans;
  readonly trust: (name: string) => "rule" | "pattern" | null;
  readonly patterns: readonly CustomPattern[];
  /** True when each character stands for a byte of UTF-8. */
  readonly isBytes: boolean;
}

/** A secret whose end has not come yet. */
interface Begun {
  readonly name: string;
  readonly bytes: number;
  readonly tails: readonly OpenTail[];
  readonly end: number;
}

/** One text on its way through. */
export class Scrubber {
  readonly #parts: ScrubberParts;
  /** Length of a text in bytes. */
  readonly #measure: (text: string) => number;
  readonly #custom: CustomLane;
  /** What rules may look back at, and behind it what is not decided. */
  #held = "";
  #from = 0;
  #boundary = 0;
  #isOpen = true;
  #begun: Begun | null = null;
  #later: readonly BegunSpan[] = [];
  #waiting = "";
  #cleanUpTo: number;

  /** Up to `cleanUpTo` the first part, which must be the whole text, holds nothing for any rule. */
  constructor(parts: ScrubberParts, cleanUpTo = 0) {
    this.#parts = parts;
    this.#cleanUpTo = cleanUpTo;
    this.#measure = parts.isBytes ? (text) => text.length : utf8Length;
    this.#custom = new CustomLane(parts.patterns, this.#measure);
  }

  /** Bytes of the text that came out, as they were or as placeholders. */
  get passed(): number {
    return this.#custom.passed;
  }

  /** The next part of the text; answers what is decided, redacted. */
  write(part: string, isFinal: boolean, tally: Tally): string {
    this.#waiting += part;
    // Looking at a long undecided text again for each small part would not be linear.
    const undecidedLength = this.#held.length - this.#from;
    if (!isFinal && undecidedLength > shortPart && this.#waiting.length < undecidedLength / 2) return "";
    const text = this.#held + this.#waiting;
    this.#waiting = "";
    const { lane, known, trust, isBytes } = this.#parts;
    const from = Math.max(this.#from, this.#cleanUpTo);
    const reading = new Reading(text, isFinal, this.#boundary, this.#isOpen, trust, isBytes);
    const found = lane.read(reading, from, this.#begun, this.#later, known(text, from, isFinal));
    if (isFinal && this.#from === 0 && found.spans.length === 0 && this.#parts.patterns.length === 0)
      return text;
    const output = this.#custom.output(tally);
    this.#emit(text, found.spans, found.kept, found.keepFrom, output);
    this.#cleanUpTo = 0;
    const cut = Math.max(0, found.keepFrom - lookBehind);
    if (this.#begun !== null) this.#begun = { ...this.#begun, ...shifted(this.#begun, cut) };
    this.#later = found.later.map((span) => ({ ...span, ...shifted(span, cut), start: span.start - cut }));
    // A copy: a slice would keep the whole text.
    this.#held = ` ${text.slice(cut)}`.slice(1);
    this.#from = found.keepFrom - cut;
    this.#boundary = found.boundary - cut;
    this.#isOpen = found.isOpen;
    return output.finish(isFinal);
  }

  #emit(
    text: string,
    spans: readonly BegunSpan[],
    kept: readonly Kept[],
    keepFrom: number,
    output: Output,
  ): void {
    let at = this.#from;
    let nextKept = 0;
    let begun = this.#begun;
    /** Passes on what stands before `end`: text, or part of a secret. */
    const upTo = (end: number, name: string | null): void => {
      for (let range = kept[nextKept]; range !== undefined && range.start < end; range = kept[nextKept]) {
        nextKept += 1;
        if (range.end <= at) continue;
        take(range.start, name);
        close(output);
        output.kept(text.slice(range.start, range.end));
        at = range.end;
      }
      take(end, name);
    };
    const take = (end: number, name: string | null): void => {
      if (end <= at) return;
      const piece = text.slice(at, end);
      at = end;
      if (name === null) output.text(piece);
      else begun = { name, bytes: (begun?.bytes ?? 0) + this.#measure(piece), tails: [], end: 0 };
    };
    const close = (to: Output): void => {
      if (begun !== null && begun.bytes > 0) to.token(begun.name, begun.bytes);
      begun = null;
    };
    for (const span of spans) {
      const name = span.name === "" ? (this.#begun?.name ?? "") : span.name;
      upTo(Math.max(at, span.start), null);
      upTo(Math.min(span.end, keepFrom), name);
      if (span.tails.length > 0 || span.end > keepFrom) {
        this.#begun = { name, bytes: begun?.bytes ?? 0, tails: span.tails, end: span.end };
        return;
      }
      close(output);
    }
    upTo(keepFrom, null);
    this.#begun = null;
  }
}

/** The places of what goes on, in a text that begins `cut` characters later. */
function shifted(
  { tails, end }: Pick<BegunSpan, "tails" | "end">,
  cut: number,
): Pick<BegunSpan, "tails" | "end"> {
  return { tails: tails.map(({ tail, at }) => ({ tail, at: at - cut })), end: end - cut };
}
