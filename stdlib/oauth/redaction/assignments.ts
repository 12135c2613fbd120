/**
 * Assignments and settings, of which the name is a credential and the value looks like one.
 *
 * @module
 */

import { charClass } from "./char-class.ts";
import { credentialField } from "./field-names.ts";
import { runClass, undecided } from "./reading.ts";
import { runTail } from "./run-tail.ts";
import { before, type NameJudge, nameWithin, startOfName } from "./value-name.ts";

const mostBlanks = 4;
const longestLook = 64;
const lettersAlone = 12;
const capitalsAlone = 2;
const quotedValue = runClass(charClass("A-Za-z0-9_.+/=~$!@%^&*-"));
const quotedValueTail = runTail(quotedValue, false);
const bareValue = runClass(charClass("A-Za-z0-9_+/=~-"));
const bareValueTail = runTail(bareValue, false);

/**
 * `password = "…"`, `api_key: …`: eight characters and a digit in quotes, or twelve letters of both cases; twelve and three
 * digits without quotes. Names and types in source text rarely have them.
 */
export function assignmentJudge(name: string, rank: number): NameJudge {
  return (reading, nameEnd) => {
    const { text } = reading;
    const nameStart = startOfName(reading, nameEnd);
    // Behind what a pattern replaced, only the end of a name is left.
    if (before(reading, nameStart) === "") return null;
    const field = text.slice(nameStart, nameEnd);
    if (credentialField(field) === null && credentialField(nameWithin(reading, nameStart, nameEnd)) === null)
      return null;
    let at = blanks(text, nameEnd);
    if (reading.isOver(at + mostBlanks + 4)) return undecided;
    const sign = /^(?::=|=>|=|:)/.exec(text.slice(at, at + 2))?.[0];
    if (sign === undefined) return null;
    at = blanks(text, at + sign.length);
    const isQuoted = text[at] !== undefined && "\"'`".includes(text.charAt(at));
    if (isQuoted) at += 1;
    const [value, tail, length, digits] = isQuoted
      ? [quotedValue, quotedValueTail, 8, 1]
      : [bareValue, bareValueTail, 12, 3];
    const end = reading.runEnd(value, at);
    let found = 0;
    for (let i = at; i < end && i < at + longestLook; i++) {
      const code = text.charCodeAt(i);
      if (code >= 0x30 && code <= 0x39) found += 1;
      if (found >= digits && i + 1 - at >= length) return { start: at, end: i + 1, name, rank, tail };
    }
    if (end - at >= longestLook) return null;
    if (reading.isOver(end)) return undecided;
    const isWhole = isQuoted && text[end] === text[at - 1];
    return isWhole && isMixedLetters(text.slice(at, end)) ? { start: at, end, name, rank, tail } : null;
  };
}

/** True for letters in both cases: what a generator makes when it happens to take no digit. */
function isMixedLetters(value: string): boolean {
  if (value.length < lettersAlone || !/^[A-Za-z]+$/.test(value)) return false;
  const capitals = value.replace(/[a-z]/g, "").length;
  return capitals >= capitalsAlone && capitals < value.length;
}

function blanks(text: string, at: number): number {
  let next = at;
  while (next < at + mostBlanks && (text[next] === " " || text[next] === "\t")) next++;
  return next;
}
