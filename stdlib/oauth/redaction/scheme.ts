/**
 * Credentials behind the name of an authentication scheme (RFC 9110 §11.4). The scheme itself stays.
 *
 * @module
 */

import { charClass, isIn } from "./char-class.ts";
import { isLeftBoundary } from "./left-guard.ts";
import { type Match, type Reading, type Rule, runClass, type Tail, undecided } from "./reading.ts";
import { runTail } from "./run-tail.ts";

/** Schemes whose credentials are a token (RFC 6750 §2.1, RFC 9449 §7.1). */
export const bearerLiterals: readonly string[] = ["bearer", "dpop"];
/** RFC 7617. */
export const basicLiterals: readonly string[] = ["basic"];

const mostSpaces = 16;
const spaces = charClass(" \t");
const shortestToken = 12;
/** As long as "authentication". */
const longestWord = 14;
const smallLetters = charClass("a-z");
const token68 = charClass("A-Za-z0-9._~+/=-");
const tokenTail = runTail(runClass(token68), true);
const base64 = charClass("A-Za-z0-9+/_-");
const basicTail = runTail(runClass(charClass("A-Za-z0-9+/=_-")), false);
/** User names that are longer are not looked at to their end. */
const longestUser = 128;

/** `Bearer` or `DPoP` and a token. */
export function bearerRule(name: string, rank: number): Rule {
  return schemeRule(name, rank, tokenTail, (reading, at) => {
    for (let i = at; i < at + shortestToken; i++) {
      if (reading.isOver(i)) return undecided;
      if (!isIn(token68, reading.text, i)) return null;
    }
    const isProse = isWord(reading, at);
    if (isProse === undecided) return undecided;
    return isProse ? null : at + shortestToken;
  });
}

/** True for `authentication`, `authorization` and the like, as in a sentence about the scheme. */
function isWord(reading: Reading, at: number): boolean | typeof undecided {
  const { text } = reading;
  let end = at;
  while (end <= at + longestWord && isIn(smallLetters, text, end)) end++;
  if (end > at + longestWord) return false;
  if (text[end] === ".") end += 1;
  return reading.isOver(end) ? undecided : !isIn(token68, text, end);
}

/** `Basic` and base64 that decodes to printable text with a colon: the word is common in prose. */
export function basicRule(name: string, rank: number): Rule {
  return schemeRule(name, rank, basicTail, (reading, at) => {
    let bits = 0;
    let held = 0;
    for (let i = at; i < at + longestUser; i++) {
      if (reading.isOver(i)) return undecided;
      if (!isIn(base64, reading.text, i)) return null;
      bits = ((bits << 6) | sextet(reading.text.charCodeAt(i))) & 0xffff;
      held += 6;
      if (held < 8) continue;
      held -= 8;
      const byte = (bits >> held) & 0xff;
      if (byte === 0x3a) return i + 1;
      // Bytes from 128 on are letters of a name in UTF-8.
      if (byte < 0x20 || byte === 0x7f) return null;
    }
    return at + longestUser;
  });
}

function schemeRule(
  name: string,
  rank: number,
  tail: Tail,
  credentialsEnd: (reading: Reading, at: number) => number | typeof undecided | null,
): Rule {
  const judge = (reading: Reading, at: number, _: number, after: number): Match | typeof undecided | null => {
    if (!isLeftBoundary(reading, at)) return null;
    const start = afterSpace(reading, after);
    if (start === null || start === undecided) return start;
    const end = credentialsEnd(reading, start);
    return end === null || end === undecided ? end : { start, end, name, rank, tail };
  };
  return { judge, couldMatch: (text, end) => " \t%+".includes(text.charAt(end) || "\n") };
}

/** Where the credentials begin, behind spaces, `%20` or one `+`; null when there is none of them. */
function afterSpace(reading: Reading, at: number): number | typeof undecided | null {
  const { text } = reading;
  let start = at;
  for (let count = 0; count < mostSpaces; count++) {
    if (isIn(spaces, text, start)) start += 1;
    else if (text.startsWith("%20", start)) start += 3;
    else break;
  }
  if (start === at && text[at] === "+") start += 1;
  if (reading.isOver(start + 2) && "%20".startsWith(text.slice(start))) return undecided;
  return start === at ? null : start;
}

function sextet(code: number): number {
  if (code >= 0x61) return code - 71;
  if (code === 0x5f) return 63;
  if (code >= 0x41) return code - 65;
  if (code >= 0x30) return code + 4;
  return code === 0x2b || code === 0x2d ? 62 : 63;
}
