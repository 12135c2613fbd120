/**
 * Parameters of URLs and forms, of which the name is a credential: `name=value`.
 *
 * @module
 */

import { charClass } from "./char-class.ts";
import { credentialParameter } from "./field-names.ts";
import { type Reading, runClass, type Tail, undecided } from "./reading.ts";
import { allBut, before, type NameJudge, startOfName } from "./value-name.ts";

const upperName = /^[A-Z][A-Z0-9_]*$/;
const punctuation = ".,;:!?)";
const mostPunctuation = 8;
const parameterValue = allBut(" \t\r\n\v\f\"'<>\\`{}|^&#");
const encodedValue = runClass(charClass("A-Za-z0-9._~%+!*()-"));

/** `name=value` after `?`, `&` or `#`, at the start of a line, or in capitals after a space; or the same percent-encoded. */
export function parameterJudge(equals: "=" | "%3d", rank: number): NameJudge {
  const tail = equals === "=" ? parameterTail : encodedTail;
  return (reading, nameEnd) => {
    const name = parameterName(reading, nameEnd);
    const field = name === null ? null : credentialParameter(name);
    if (field === null) return null;
    const start = nameEnd + equals.length;
    const { text } = reading;
    // The name of a variable, for a shell to fill in.
    if (text.startsWith("${", start)) return null;
    // An error code of ours, not an authorization code.
    if (field === "code") {
      if (text.startsWith("HARN-", start)) return null;
      if (!reading.isFinal && "HARN-".startsWith(text.slice(start))) return undecided;
    }
    // Punctuation alone is no value.
    for (let at = start; at <= start + mostPunctuation; at++) {
      if (reading.isOver(at + 3)) return undecided;
      const end = tail.endFrom(reading, at);
      if (end === at) return null;
      if (end === ~at) return undecided;
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
  // A line of npm's configuration: `//host/:_authToken=…`.
  if (char === ":" && text.slice(Math.max(reading.boundary, start - 2), start) === "/:") return name;
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
    const end = reading.searchEnd(encodedValue.slot, at, stop, /%(?:2[0236]|3[CEce])/);
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
