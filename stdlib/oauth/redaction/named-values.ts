/**
 * Credentials that are known by their name: in URLs, forms, JSON, header lines and assignments. What the value looks
 * like does not matter, but for assignments.
 *
 * @module
 */

import { charClass, isIn } from "./char-class.ts";
import { credentialField, credentialParameter, fieldWords, queryOnlyWords } from "./field-names.ts";
import { keptAt } from "./kept-placeholder.ts";
import type { Literal } from "./anchor-table.ts";
import {
  type Match,
  type Reading,
  type Rule,
  type RunClass,
  runClass,
  type Tail,
  undecided,
} from "./reading.ts";
import { runTail } from "./run-tail.ts";

const longestName = 64;
const mostSpaces = 8;
const mostBackslashes = 7;
/** Quotes, backslashes and spaces before it, and the sign. */
const longestSign = 18;
const nameCharacters = charClass("A-Za-z0-9_.-");
const upperName = /^[A-Z][A-Z0-9_]*$/;

/** A rule and the texts that it is asked at. */
export interface NamedRule {
  readonly literals: readonly Literal[];
  readonly rule: Rule;
}

/** The rules; `assignment` is the name in placeholders of what is only likely a credential. */
export function namedValueRules(rank: number, assignment: string | null): readonly NamedRule[] {
  const parameter = parameterJudge("=", rank);
  const encoded = parameterJudge("%3d", rank);
  const member = memberJudge(rank);
  const header = headerJudge(rank);
  const assigned = assignment === null ? () => null : assignmentJudge(assignment, rank + 1);
  /** What stands behind a name says what it may be. */
  const judge = (reading: Reading, end: number): Match | typeof undecided | null => {
    switch (reading.text[end]) {
      case '"':
      case "'":
      case "\\":
        return member(reading, end);
      case "=":
        return parameter(reading, end) ?? assigned(reading, end);
      case "%":
        return isEncodedEquals(reading, end);
      case ":":
        return headerOr(reading, end);
      case " ":
      case "\t":
        return assigned(reading, end);
      case undefined:
        return reading.isFinal ? null : undecided;
      default:
        return null;
    }
  };
  const headerOr = (reading: Reading, end: number): Match | typeof undecided | null => {
    const found = header(reading, end);
    // A header line without a value that counts is no assignment either.
    return found === "no header" ? assigned(reading, end) : found;
  };
  const isEncodedEquals = (reading: Reading, end: number): Match | typeof undecided | null => {
    const sign = reading.text.slice(end, end + 3).toLowerCase();
    if (sign === "%3d") return encoded(reading, end);
    return reading.isOver(end + 2) && "%3d".startsWith(sign) ? undecided : null;
  };
  const inQuery = (reading: Reading, end: number): Match | typeof undecided | null =>
    reading.text[end] === "%" ? isEncodedEquals(reading, end) : parameter(reading, end);
  const named = (words: readonly string[], sign: string, one: NameJudge): NamedRule => ({
    literals: words.map((word) => ({ text: word + sign, ignoreCase: true })),
    rule: {
      isNamed: true,
      judge: (reading, _, __, end) => one(reading, end - sign.length),
      ...(sign === "" ? { couldMatch: isAssigned } : {}),
    },
  });
  return [
    named(fieldWords, "", judge),
    named(queryOnlyWords, "=", inQuery),
    named(queryOnlyWords, "%3d", inQuery),
  ];
}

/** True when a sign of assignment follows a name, behind quotes and blanks if need be. */
function isAssigned(text: string, end: number): boolean {
  for (let at = end; at < end + longestSign; at++) {
    const code = text.charCodeAt(at);
    if (code === 0x3a || code === 0x3d || code === 0x25) return true;
    if (code !== 0x22 && code !== 0x27 && code !== 0x5c && !isSpace(code)) return false;
  }
  return false;
}

type NameJudge = (reading: Reading, nameEnd: number) => Match | typeof undecided | null;

/** Where the name begins that ends at `end`; the run may be longer than a name. */
function startOfName({ text, boundary }: Reading, end: number): number {
  const first = Math.max(boundary, end - longestName - 1);
  let start = end;
  while (start > first && isIn(nameCharacters, text, start - 1)) start--;
  return start;
}

const escapeLetters = /^(?:u[0-9A-Fa-f]{4}|x[0-9A-Fa-f]{2}|[nrt])/;

/** The name in `[start, end)` without what belongs to an escape before it: `\n`, `%3D`, a terminal colour. */
function nameWithin(reading: Reading, start: number, end: number): string {
  const name = reading.text.slice(start, end);
  switch (before(reading, start)) {
    case "\\":
      return name.replace(escapeLetters, "");
    case "%":
      return name.replace(/^(?:25)?[0-9A-Fa-f]{2}/, "");
    case "[":
    case ";":
      return name.replace(/^[0-9]*[A-Za-z]/, "");
    default:
      return name;
  }
}

/** The character before `at`; a line end when nothing stands there. */
function before({ text, boundary, isOpen }: Reading, at: number): string {
  if (at > boundary) return text[at - 1] ?? "\n";
  return isOpen ? "\n" : "";
}

function allBut(characters: string): RunClass {
  const members = new Uint8Array(65_536).fill(1);
  for (const char of characters) members[char.charCodeAt(0)] = 0;
  return runClass(members);
}

// ── parameters ──

const punctuation = ".,;:!?)";
const mostPunctuation = 8;
const parameterValue = allBut(" \t\r\n\v\f\"'<>\\`{}|^&#");
const encodedValue = runClass(charClass("A-Za-z0-9._~%+!*()-"));

/** `name=value` after `?`, `&` or `#`, at the start of a line, or in capitals after a space; or the same percent-encoded. */
function parameterJudge(equals: "=" | "%3d", rank: number): NameJudge {
  const tail = equals === "=" ? parameterTail : encodedTail;
  return (reading, nameEnd) => {
    const name = parameterName(reading, nameEnd);
    const field = name === null ? null : credentialParameter(name);
    if (field === null) return null;
    const start = nameEnd + equals.length;
    const { text } = reading;
    // An error code of ours, not an authorization code.
    if (field === "code") {
      if (text.startsWith("HARN-", start)) return null;
      if (!reading.isFinal && "HARN-".startsWith(text.slice(start))) return undecided;
    }
    // Punctuation alone is no value.
    for (let at = start; at <= start + mostPunctuation; at++) {
      if (reading.isOver(at + 3)) return undecided;
      if (tail.endFrom(reading, at) === at) return null;
      if (!punctuation.includes(text.charAt(at))) break;
    }
    return { start, end: start, name: field, rank, tail };
  };
}

function parameterName(reading: Reading, end: number): string | null {
  const { text } = reading;
  const start = startOfName(reading, end);
  const name = text.slice(start, end);
  const char = before(reading, start);
  if (char === "\n" || char === "?" || char === "&" || char === "#") return name;
  if ((char === " " || char === "'" || char === '"') && upperName.test(name)) return name;
  if (char === ";" && text.slice(Math.max(reading.boundary, start - 5), start) === "&amp;") return name;
  // An encoded delimiter looks like the beginning of the name.
  if (char === "%" && /^(?:3F|26|23)/i.test(name)) return name.slice(2);
  if (char === "\\" && /^u00(?:3f|26|23)/i.test(name)) return name.slice(5);
  if (char === "\\" && /^[nrt]/.test(name)) return name.slice(1);
  return null;
}

const parameterTail: Tail = {
  endFrom(reading, at) {
    const end = reading.runEnd(parameterValue, at);
    const trimmed = withoutPunctuation(reading.text, at, end);
    return reading.isOver(end) ? ~trimmed : trimmed;
  },
};

/** The value ends where an encoded delimiter stands: `%26`, `%23`, `%22`, `%20`, `%3C`, `%3E`. */
const encodedTail: Tail = {
  endFrom(reading, at) {
    const stop = reading.runEnd(encodedValue, at);
    const end = reading.searchEnd(encodedValue.slot, at, stop, /%(?:2[0236]|3[CEce])/g);
    const trimmed = withoutPunctuation(reading.text, at, end);
    if (!reading.isOver(end)) return trimmed;
    const escape = reading.text.lastIndexOf("%");
    // The escape may end the value, and then what stands before it counts.
    return ~(escape >= end - 2 ? withoutPunctuation(reading.text, at, Math.max(at, escape)) : trimmed);
  },
};

function withoutPunctuation(text: string, from: number, end: number): number {
  let trimmed = end;
  while (trimmed > from && end - trimmed < mostPunctuation && punctuation.includes(text.charAt(trimmed - 1)))
    trimmed--;
  return trimmed;
}

// ── members ──

/** `"name": "value"` in JSON, also where the JSON stands in a string of other JSON, and in Python's notation. */
function memberJudge(rank: number): NameJudge {
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
    if (text[colon] !== ":") return null;
    const open = afterSpaces(text, colon + 1);
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

function isSpace(code: number): boolean {
  return code === 0x20 || code === 0x09 || code === 0x0a || code === 0x0d;
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

function backslashesBefore(text: string, from: number, at: number): number {
  let count = 0;
  while (at - count > from && text[at - 1 - count] === "\\") count++;
  return count;
}

// ── header lines ──

/** The registered schemes, and some that are common. Another word before the value may be the secret itself. */
const scheme =
  /(?:basic|bearer|digest|dpop|gnap|hoba|mutual|negotiate|oauth|privatetoken|vapid|hawk|ntlm|token|apikey|signature|aws4-hmac-sha256|scram-sha-(?:1|256)) {1,8}/iy;
const longestScheme = 48;
const mostIndented = 16;
const quotedHeaderTail = runTail(allBut("\r\n\"'`\\<"), false);
const headerLineTail = runTail(allBut("\r\n"), false);
const inQuotes: Readonly<Record<string, Tail>> = { '"': headerInQuotes('"'), "'": headerInQuotes("'") };

/** A header in a string goes on to the quote that ends it, or to the escape of a line end. */
function headerInQuotes(quote: string): Tail {
  const ends = quote === '"' ? /["\r\n]|\\+[nr]/g : /['"\r\n]|\\+[nr]/g;
  return {
    endFrom({ text, isFinal }, from) {
      ends.lastIndex = from;
      for (let found = ends.exec(text); found !== null; found = ends.exec(text)) {
        const [end] = found;
        if (!end.startsWith("\\")) return found.index - backslashesBefore(text, from, found.index);
        // Of an even number of backslashes none is left for the letter.
        if (end.length % 2 === 0) return found.index + end.length - 2;
      }
      const open = text.length - Math.min(backslashesBefore(text, from, text.length), longestName);
      return isFinal ? text.length : ~open;
    },
  };
}

/** `Name: value` as a line of its own, or as a string (`curl -H`). An authentication scheme before the value stays. */
function headerJudge(
  rank: number,
): (reading: Reading, nameEnd: number) => Match | typeof undecided | null | "no header" {
  return (reading, nameEnd) => {
    const { text } = reading;
    const nameStart = startOfName(reading, nameEnd);
    const char = before(reading, nameStart);
    const raw = text.slice(nameStart, nameEnd);
    const name = char === "\\" && /^[nr]/.test(raw) ? raw.slice(1) : raw;
    const isQuoted = name !== raw || char === '"' || char === "'";
    if (!isQuoted && !isLineStart(reading, nameStart)) return "no header";
    const headerTail = (isQuoted ? (inQuotes[char] ?? quotedHeaderTail) : undefined) ?? headerLineTail;
    if (!name.includes("-") && !/^(?:authorization|cookie|dpop)$/i.test(name)) return "no header";
    const field = credentialField(name);
    if (field === null) return "no header";
    const value = afterBlanks(text, nameEnd + 1);
    if (reading.isOver(value + longestScheme) && headerTail.endFrom(reading, value) < 0) return undecided;
    scheme.lastIndex = value;
    const isAuthorization = field.endsWith("authorization");
    const start =
      isAuthorization && scheme.test(text) && scheme.lastIndex < text.length ? scheme.lastIndex : value;
    if (headerTail.endFrom(reading, start) === start) return null;
    if (text[start] === "<") {
      const kept = keptAt(reading, start);
      if (kept !== null) return kept === undecided ? undecided : null;
    }
    return { start, end: start, name: field, rank, tail: headerTail };
  };
}

function afterBlanks(text: string, at: number): number {
  let next = at;
  while (next < at + mostSpaces && text[next] === " ") next++;
  return next;
}

/** True when only blanks stand before in the line, and perhaps the sign that curl shows there. */
function isLineStart(reading: Reading, at: number): boolean {
  const { text, boundary } = reading;
  let start = at;
  while (start > Math.max(boundary, at - mostIndented) && /[ \t]/.test(text.charAt(start - 1))) start--;
  if (start < at && start > boundary && /[<>*]/.test(text.charAt(start - 1))) start--;
  // Not behind a placeholder: only a real line goes on to its end.
  return start === 0 || /[\n\r]/.test(text.charAt(start - 1));
}

// ── assignments ──

const mostBlanks = 4;
const digitsWithin = 64;
const quotedValue = runClass(charClass("A-Za-z0-9_.+/=~$!@%^&*-"));
const quotedValueTail = runTail(quotedValue, false);
const bareValue = runClass(charClass("A-Za-z0-9_+/=~-"));
const bareValueTail = runTail(bareValue, false);

/**
 * `password = "…"`, `api_key: …`: eight characters and a digit in quotes, twelve and three digits without; names and types
 * in source text rarely have them.
 */
function assignmentJudge(name: string, rank: number): NameJudge {
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
    for (let i = at; i < end && i < at + digitsWithin; i++) {
      const code = text.charCodeAt(i);
      if (code >= 0x30 && code <= 0x39) found += 1;
      if (found >= digits && i + 1 - at >= length) return { start: at, end: i + 1, name, rank, tail };
    }
    return reading.isOver(end) && end - at < digitsWithin ? undecided : null;
  };
}

function blanks(text: string, at: number): number {
  let next = at;
  while (next < at + mostBlanks && (text[next] === " " || text[next] === "\t")) next++;
  return next;
}
