/**
 * Patterns that a script or an embedder registers, as regular expressions.
 *
 * @module
 */

import { OAuthError } from "../errors.ts";
import { charClass } from "./char-class.ts";
import { shortestKnown } from "./known-forms.ts";
import { type LinearRegex, linearRegex } from "./linear-regex.ts";
import { placeholderName } from "./placeholder.ts";

/** A pattern that was judged and compiled. */
export interface CustomPattern extends LinearRegex {
  readonly name: string;
  /** As `regex`, with the flag `y` in place of `g`. */
  readonly sticky: RegExp;
}

/** A secret by its beginning and its characters: what most patterns say, without an expression. */
export interface PatternSpec {
  /** What it begins with: 1 to 64 texts of 3 to 64 printable ASCII characters. */
  readonly prefixes: readonly string[];
  /** What follows, as in a character class: `A-Za-z0-9_-`. A dash last stands for itself. */
  readonly characters: string;
  /** How many of them there are at least, 8 to 1,000. All that stand there are taken. */
  readonly min_length: number;
}

/** How many patterns one redactor takes. */
export const mostCustomPatterns = 100;
const mostLeast = 1_000;

/**
 * Judges a pattern and compiles it (see {@link linearRegex} for what is read otherwise than usual).
 *
 * @throws OAuthError HARN-OAU-011 when the name cannot stand in a placeholder, or when the expression is invalid, can
 * match the empty text, or cannot be run in linear time; the message says which.
 */
export function customPattern(name: unknown, regex: unknown): CustomPattern {
  if (typeof name !== "string" || name.trim() === "") throw refusedName("must be a non-empty string");
  if (!placeholderName.test(name)) throw refusedName("may hold letters, digits, _ . - only, at most 64");
  const source = typeof regex === "object" && regex !== null ? sourceOf(regex as PatternSpec) : regex;
  if (typeof source !== "string")
    throw refusedRegex("it must be a string, or prefixes, characters and min_length");
  const judged = linearRegex(source);
  if ("refusal" in judged) throw refusedRegex(judged.refusal);
  return { name, ...judged, sticky: new RegExp(judged.regex.source, "uy") };
}

const mostPrefixes = 64;
const printable = /^[!-~]{3,64}$/;
const set = /^[!-~]{1,128}$/;

/** The expression of a specification. */
function sourceOf({ prefixes, characters, min_length }: PatternSpec): string {
  if (!Array.isArray(prefixes) || prefixes.length === 0 || prefixes.length > mostPrefixes)
    throw refusedRegex("prefixes must be 1 to 64 texts");
  if (!prefixes.every((prefix) => typeof prefix === "string" && printable.test(prefix)))
    throw refusedRegex("each of the prefixes must be 3 to 64 printable ASCII characters");
  if (typeof characters !== "string" || !set.test(characters))
    throw refusedRegex("characters must be a set of printable ASCII characters, like A-Za-z0-9_-");
  if (!Number.isInteger(min_length) || min_length < shortestKnown || min_length > mostLeast)
    throw refusedRegex("min_length must be a whole number from 8 to 1000");
  const members = Array.from(charClass(characters), (member, code) => (member === 1 ? hexEscape(code) : ""));
  const starts = prefixes.map((prefix: string) =>
    prefix.replace(/./g, (char) => hexEscape(char.charCodeAt(0))),
  );
  return `(?:${starts.join("|")})[${members.join("")}]{${min_length},}`;
}

function hexEscape(code: number): string {
  return `\\x${code.toString(16).padStart(2, "0")}`;
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
