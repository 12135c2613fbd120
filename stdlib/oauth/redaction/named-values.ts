/**
 * Credentials that are known by their name: in URLs, forms, JSON, header lines and assignments. What the value looks
 * like does not matter, but for assignments.
 *
 * @module
 */

import type { Literal } from "./anchor-table.ts";
import { assignmentJudge } from "./assignments.ts";
import { fieldWords, queryOnlyWords } from "./field-names.ts";
import { headerJudge } from "./header-lines.ts";
import { memberJudge } from "./members.ts";
import { parameterJudge } from "./parameters.ts";
import { type Match, type Reading, type Rule, undecided } from "./reading.ts";
import { isSpace, type NameJudge } from "./value-name.ts";

/** Quotes, backslashes and spaces before it, and the sign. */
const longestSign = 18;

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
