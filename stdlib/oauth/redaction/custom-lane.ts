/**
 * Runs custom patterns over what the text lane leaves: the texts between placeholders, each on its own.
 *
 * The pattern that matches first wins, and what follows its match is a new text. A match that ends in a repetition goes on as far as
 * any of the pattern's last repetitions does.
 *
 * @module
 */

import { contains } from "./code-point-set.ts";
import type { CustomPattern } from "./custom-patterns.ts";
import { placeholder } from "./placeholder.ts";
import type { Tally } from "./tally.ts";

/** Where the text lane puts its pieces, in order. */
export interface Output {
  text(piece: string): void;
  token(name: string, bytes: number): void;
  /** A placeholder that stands already. */
  kept(piece: string): void;
  /** What is decided. */
  finish(isFinal: boolean): string;
}

/** The lane, for one text. */
export class CustomLane {
  readonly #patterns: readonly CustomPattern[];
  readonly #measure: (text: string) => number;
  /** Characters that a match needs at most to be certain. */
  readonly #head: number;
  /** Text since the last placeholder that is not decided; one character before it may be looked at. */
  #gap = "";
  #from = 0;
  #passed = 0;
  #begun: { readonly pattern: CustomPattern; readonly bytes: number } | null = null;

  constructor(patterns: readonly CustomPattern[], measure: (text: string) => number) {
    this.#patterns = patterns;
    this.#measure = measure;
    this.#head = Math.max(0, ...patterns.map(({ head }) => head));
  }

  /** Bytes of the text that came out, as they were or as placeholders. */
  get passed(): number {
    return this.#passed;
  }

  /** Where the pieces of one part go. */
  output(tally: Tally): Output {
    const parts: string[] = [];
    const show = (piece: string): void => {
      this.#passed += this.#measure(piece);
      parts.push(piece);
    };
    const token = (name: string, bytes: number): void => {
      this.#passed += bytes;
      tally.add(name, bytes);
      parts.push(placeholder(name, bytes));
    };
    const boundary = (): void => this.#run(true, show, token);
    const patterned = this.#patterns.length > 0;
    return {
      text: (piece) => {
        if (patterned) this.#gap += piece;
        else show(piece);
      },
      token(name, bytes) {
        boundary();
        token(name, bytes);
      },
      kept(piece) {
        boundary();
        show(piece);
      },
      finish: (isFinal) => {
        this.#run(isFinal, show, token);
        return parts.join("");
      },
    };
  }

  #run(isWhole: boolean, show: (piece: string) => void, token: (name: string, bytes: number) => void): void {
    if (this.#patterns.length === 0) return;
    const gap = this.#gap;
    let from = this.#from;
    /** Where the present text began, in the gap. */
    let fresh = from === 0 ? 0 : -1;
    if (this.#begun !== null) {
      from = this.#goOn(gap, 0, isWhole, token);
      if (this.#begun !== null) return;
      fresh = from;
    }
    const next = new Map<CustomPattern, number>();
    for (;;) {
      const match = this.#first(gap, from, fresh, next);
      const certain = isWhole ? gap.length : gap.length - this.#head;
      if (match === null || match.start > certain) {
        let end = isWhole ? gap.length : Math.max(from, certain);
        if (!isWhole && end > from && isHalf(gap, end - 1)) end -= 1;
        show(gap.slice(from, end));
        // The character before tells where a word begins.
        const isFresh = end === fresh;
        this.#gap = isWhole ? "" : gap.slice(isFresh ? end : end - 1);
        this.#from = isWhole || isFresh ? 0 : 1;
        return;
      }
      show(gap.slice(from, match.start));
      this.#begun = { pattern: match.pattern, bytes: this.#measure(gap.slice(match.start, match.end)) };
      from = this.#goOn(gap, match.end, isWhole, token);
      if (this.#begun !== null) return;
      fresh = from;
    }
  }

  /** The end of the match that has begun, from `at` on; while it goes on beyond the gap it stays begun. */
  #goOn(gap: string, at: number, isWhole: boolean, token: (name: string, bytes: number) => void): number {
    const begun = this.#begun;
    if (begun === null) return at;
    const { run, name } = begun.pattern;
    let end = at;
    for (
      let point = gap.codePointAt(end);
      run !== null && point !== undefined;
      point = gap.codePointAt(end)
    ) {
      const width = point > 0xffff ? 2 : 1;
      // Half a pair may be completed by what comes.
      if (!isWhole && end === gap.length - 1 && isHalf(gap, end)) break;
      if (!contains(run, point)) break;
      end += width;
    }
    const bytes = begun.bytes + this.#measure(gap.slice(at, end));
    const isCut = end < gap.length && !isWhole && end === gap.length - 1 && isHalf(gap, end);
    if (run === null || isWhole || (end < gap.length && !isCut)) {
      this.#begun = null;
      token(name, bytes);
      return end;
    }
    this.#begun = { pattern: begun.pattern, bytes };
    this.#gap = gap.slice(end);
    this.#from = 0;
    return end;
  }

  /** The match that begins first at or behind `from`; of two that begin together, that of the earlier pattern. */
  #first(
    gap: string,
    from: number,
    fresh: number,
    next: Map<CustomPattern, number>,
  ): { start: number; end: number; pattern: CustomPattern } | null {
    let first: { start: number; pattern: CustomPattern } | null = null;
    for (const pattern of this.#patterns) {
      const start = startOf(pattern, gap, from, fresh, next);
      if (start !== -1 && (first === null || start < first.start)) first = { start, pattern };
    }
    if (first === null) return null;
    const { start, pattern } = first;
    const end = start + (matchAt(pattern, gap, start, fresh)?.length ?? 0);
    return { start, end, pattern };
  }
}

/** Where a pattern matches next. What was found before the last match holds behind it, but for its very first place. */
function startOf(
  pattern: CustomPattern,
  gap: string,
  from: number,
  fresh: number,
  next: Map<CustomPattern, number>,
): number {
  if (fresh === from && matchAt(pattern, gap, from, fresh) !== null) return from;
  const known = next.get(pattern);
  if (known !== undefined && (known === -1 || known >= from)) return known;
  // At a new text's first place it has been asked above.
  pattern.regex.lastIndex = fresh === from ? from + ((gap.codePointAt(from) ?? 0) > 0xffff ? 2 : 1) : from;
  const found = pattern.regex.exec(gap)?.index ?? -1;
  next.set(pattern, found);
  return found;
}

/** The match at one place. At the beginning of a new text nothing stands before it. */
function matchAt({ sticky }: CustomPattern, gap: string, at: number, fresh: number): string | null {
  if (at === fresh && at > 0) {
    const rest = gap.slice(at);
    sticky.lastIndex = 0;
    return sticky.exec(rest)?.[0] ?? null;
  }
  sticky.lastIndex = at;
  return sticky.exec(gap)?.[0] ?? null;
}

function isHalf(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  return code >= 0xd800 && code < 0xdc00;
}
