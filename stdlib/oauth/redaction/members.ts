/**
 * Members of JSON and of what looks like it, of which the name is a credential.
 *
 * @module
 */

import { credentialField } from "./field-names.ts";
import { keptAt } from "./kept-placeholder.ts";
import { type Reading, type Tail, undecided } from "./reading.ts";
import { backslashesBefore, before, isSpace, type NameJudge, startOfName } from "./value-name.ts";

const mostSpaces = 8;
const mostBackslashes = 7;
const memberSign = [":", "=>"];

/**
 * `"name": "value"` in JSON, also where the JSON stands in a string of other JSON, in Python's notation, and with the `=>` of
 * Ruby and PHP.
 */
export function memberJudge(rank: number): NameJudge {
  return (reading, nameEnd) => {
    const { text } = reading;
    let backslashes = 0;
    while (backslashes < mostBackslashes && text[nameEnd + backslashes] === "\\") backslashes++;
    const quoteAt = nameEnd + backslashes;
    if (reading.isOver(quoteAt)) return undecided;
    const quote = text[quoteAt];
    if (quote !== '"' && quote !== "'") return null;
    const nameStart = startOfName(reading, nameEnd);
    if (before(reading, nameStart) !== quote) return null;
    const field = credentialField(text.slice(nameStart, nameEnd));
    if (field === null || isChoice(reading, nameStart - 1 - backslashes)) return null;
    const colon = afterSpaces(text, quoteAt + 1);
    if (reading.isOver(colon)) return undecided;
    const sign = memberSign.find((one) => text.startsWith(one, colon));
    if (sign === undefined) return text[colon] === "=" && reading.isOver(colon + 1) ? undecided : null;
    const open = afterSpaces(text, colon + sign.length);
    const mark = "\\".repeat(backslashes) + quote;
    const start = open + mark.length;
    if (reading.isOver(start + backslashes)) {
      return mark.startsWith(text.slice(open, start)) ? undecided : null;
    }
    if (!text.startsWith(mark, open) || text.startsWith(mark, start)) return null;
    const first = text[start];
    if (first === undefined || first === "\n" || first === "\r") return null;
    // Redacted already, perhaps over a line end that is no more.
    if (first === "<") {
      const kept = keptAt(reading, start);
      if (kept !== null) return kept === undecided ? undecided : null;
    }
    const tail = (quote === '"' ? doubleQuoted : singleQuoted)[backslashes];
    return tail === undefined ? null : { start, end: start, name: field, rank, tail };
  };
}

/** True when a question mark stands before the quote at `at`: then the colon is that of a choice in source text. */
function isChoice({ text, boundary }: Reading, at: number): boolean {
  let mark = at - 1;
  while (mark > at - mostSpaces && isSpace(text.charCodeAt(mark))) mark--;
  return mark >= boundary && text[mark] === "?";
}

function afterSpaces(text: string, at: number): number {
  let next = at;
  while (next < at + mostSpaces && isSpace(text.charCodeAt(next))) next++;
  return next;
}

const levels = [...Array(mostBackslashes + 1).keys()];
const doubleQuoted = levels.map((backslashes) => quotedTail('"', backslashes));
const singleQuoted = levels.map((backslashes) => quotedTail("'", backslashes));

/**
 * A string goes on to its closing quote, or with the line when it was cut off. `backslashes` stand before each of its quotes: 0,
 * 1, 3, 7 for JSON in JSON. Where the string around it ends, it ends as well.
 */
function quotedTail(quote: string, backslashes: number): Tail {
  const period = 2 * (backslashes + 1);
  const ends = quote === '"' ? /["\r\n]/g : /['"\r\n]/g;
  return {
    endFrom({ text, isFinal }, from) {
      ends.lastIndex = from;
      for (let found = ends.exec(text); found !== null; found = ends.exec(text)) {
        const { index } = found;
        if (found[0] === "\n" || found[0] === "\r") return index;
        const count = backslashesBefore(text, from, index);
        if (found[0] !== quote) {
          // A double quote inside single ones; but with what follows a string in JSON, it ends the string around them.
          if (!isFinal && index + 1 === text.length) return ~(index - count);
          if (/[,:}\]]/.test(text.charAt(index + 1))) return index - count;
        } else if (count % period !== period - 1) {
          // Its own closing quote, or one of a string around it; the rest is an escaped quote inside.
          return index - (count % (backslashes + 1));
        }
      }
      if (isFinal) return text.length;
      // A quote may follow: how many backslashes stand before it counts, in periods of at most 16.
      const count = backslashesBefore(text, from, text.length);
      return ~(text.length - (count < 32 ? count : 16 + (count % 16)));
    },
  };
}
