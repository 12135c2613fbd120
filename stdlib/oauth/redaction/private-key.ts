/**
 * Private keys in PEM form (RFC 7468), in PGP armour, and what is left of them.
 *
 * @module
 */

import { charClass, isIn } from "./char-class.ts";
import { type Match, type Reading, type Rule, runClass, type Tail, undecided } from "./reading.ts";

/** How a block begins. */
export const privateKeyLiterals: readonly string[] = ["-----BEGIN"];

const end = "-----END";
const dashes = "-----";
const longestLabel = 72;
const label = charClass("A-Z0-9a-z +%_\\");
/** How far behind the label the key itself must have begun: headers may stand before it. */
const longestPreamble = 400;
const shortestKey = 24;
const mostBackslashes = 16;
/** {@link shortestKey} characters of base64. */
const keyLine = /[A-Za-z0-9+/=]{24}/;
/** What a block is made of: base64, headers, line ends and their escapes. A quote ends a string, so it ends a block. */
const body = runClass(charClass("A-Za-z0-9+/=_ \t\r\n\\:,.%*|>#()-"));

/**
 * The rule. The block ends behind its END line. Without one it goes as far as the text can be a key: what was cut off is
 * no reason to show the rest.
 */
export function privateKeyRule(name: string, rank: number): Rule {
  const judge = (
    reading: Reading,
    start: number,
    _: number,
    after: number,
  ): Match | typeof undecided | null => {
    const labelEnd = endOfLabel(reading, after);
    if (labelEnd === null || labelEnd === undecided) return labelEnd;
    if (!/PRIVATE(?: |\+|%20)KEY/.test(reading.text.slice(after, labelEnd))) return null;
    const certain = endOfPreamble(reading, labelEnd);
    if (certain === null || certain === undecided) return certain;
    return { start, end: certain, name, rank, tail };
  };
  return { judge, tail };
}

/** Behind the dashes that close a BEGIN or END line whose label begins at `at`. */
function endOfLabel(reading: Reading, at: number): number | typeof undecided | null {
  const { text } = reading;
  let i = at;
  while (i < at + longestLabel && isIn(label, text, i)) i++;
  if (text.startsWith(dashes, i)) return i + dashes.length;
  return !reading.isFinal && dashes.startsWith(text.slice(i, i + dashes.length)) ? undecided : null;
}

/** Behind the first characters of the key, or behind the END line of an empty one. */
function endOfPreamble(reading: Reading, at: number): number | typeof undecided | null {
  const last = at + longestPreamble;
  const stop = reading.runEnd(body, at);
  const found = reading.searchEnd(body.slot, at, stop, keyLine) + shortestKey;
  if (found <= Math.min(stop, last)) return found;
  return stop < last && reading.isOver(stop) ? undecided : null;
}

const tail: Tail = {
  endFrom(reading: Reading, at: number): number {
    const { text } = reading;
    for (let from = at; ; ) {
      const stop = reading.runEnd(body, from);
      // In the block only: to look further for each block would not be linear.
      const found = from + text.slice(from, stop).indexOf(end);
      if (found < from) {
        return reading.isOver(stop)
          ? ~Math.min(Math.max(at, startOfPart(text, at, end)), withoutBackslashes(text, at, stop))
          : withoutBackslashes(text, at, stop);
      }
      const after = endOfLabel(reading, found + end.length);
      if (after === undecided) return ~found;
      if (after !== null) return after;
      from = found + end.length;
    }
  },
};

/** Backslashes at the end stand before a quote, and belong to it. */
function withoutBackslashes(text: string, from: number, end: number): number {
  let start = end;
  while (start > from && end - start < mostBackslashes && text[start - 1] === "\\") start--;
  return start;
}

/** Where the text ends with the beginning of a word, or its end. */
function startOfPart(text: string, from: number, word: string): number {
  for (let start = Math.max(from, text.length - word.length + 1); start < text.length; start++) {
    if (word.startsWith(text.slice(start))) return start;
  }
  return text.length;
}
