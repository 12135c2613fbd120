/**
 * Patterns that a script or an embedder registers, as regular expressions.
 *
 * @module
 */

import { OAuthError } from "../errors.ts";
import { linearRegex } from "./linear-regex.ts";
import { placeholderName } from "./placeholder.ts";
import type { Span } from "./spans.ts";

/** A pattern that was judged and compiled. */
export interface CustomPattern {
  readonly name: string;
  readonly regex: RegExp;
}

/** How many patterns one redactor takes. */
export const mostCustomPatterns = 100;

/**
 * Judges a pattern and compiles it with the flag `u`.
 *
 * @throws OAuthError HARN-OAU-011 when the name cannot stand in a placeholder, or when the expression is invalid, can
 * match the empty text, or cannot be run in linear time; the message says which.
 */
export function customPattern(name: unknown, regex: unknown): CustomPattern {
  if (typeof name !== "string" || name.trim() === "") throw refusedName("must be a non-empty string");
  if (!placeholderName.test(name)) throw refusedName("may hold letters, digits, _ . - only, at most 64");
  if (typeof regex !== "string") throw refusedRegex("it must be a string");
  const judged = linearRegex(regex);
  if ("refusal" in judged) throw refusedRegex(judged.refusal);
  return { name, regex: judged.regex };
}

/** The refusal of a name. */
export function refusedName(rule: string): OAuthError {
  return new OAuthError(
    "HARN-OAU-011",
    `std/oauth/redaction: register_pattern: the name ${rule}`,
    "Name the kind of secret, for example acme_token.",
  );
}

function refusedRegex(reason: string): OAuthError {
  return new OAuthError(
    "HARN-OAU-011",
    `std/oauth/redaction: register_pattern: the regular expression is refused: ${reason}`,
    "Begin with the literal prefix of the secret and end with one repetition, for example acme_[a-z0-9]{20,}.",
  );
}

/** Every match of a pattern, one after the other. */
export function customSpans(pattern: CustomPattern, text: string): Span[] {
  const spans: Span[] = [];
  let from = 0;
  for (;;) {
    // What follows a match is looked at on its own, as it will be after the match has become a placeholder.
    const match = pattern.regex.exec(text.slice(from));
    if (match === null) return spans;
    const start = from + match.index;
    from = start + match[0].length;
    spans.push({ start, end: from, name: pattern.name, rank: 0 });
  }
}
