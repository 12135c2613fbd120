/**
 * Finds credentials in a text by their name: in URLs, forms and JSON. What the value looks like does not matter.
 *
 * @module
 */

import { charClass, isIn } from "./char-class.ts";
import { credentialField, credentialParameter } from "./field-names.ts";
import type { Span } from "./spans.ts";

/** Ranks behind every shape, so that a token of a known shape keeps the shape's name. */
const rank = 1_000;
const longestName = 64;
const mostSpaces = 8;
const mostBackslashes = 7;
const nameCharacters = charClass("A-Za-z0-9_.-");
const authorityEnd = /[\s/?#"'<>\\`]/g;
const valueEnd = /[\s"'<>\\`{}|^&#]/g;
const encodedValueEnd = /[^A-Za-z0-9._~%+!*()-]|%(?:26|23|22|20|3[CEce])/g;
const doubleQuoteOrLineEnd = /["\r\n]/g;
const singleQuoteOrLineEnd = /['\r\n]/g;

/** The name in place of user information in a URL. */
export const userinfoName = "userinfo";

/** Every named credential in the text. */
export function namedValues(text: string): Span[] {
  const spans: Span[] = [];
  if (text.includes("://")) userinfo(text, spans);
  if (text.includes("=")) parameters(text, "=", spans);
  if (text.includes("%3D")) parameters(text, "%3D", spans);
  if (text.includes("%3d")) parameters(text, "%3d", spans);
  if (text.includes(":")) members(text, spans);
  return spans;
}

/** `scheme://user:password@host` (RFC 3986 §3.2.1). A lone user name counts only for http, where it may be a token. */
function userinfo(text: string, spans: Span[]): void {
  for (let at = text.indexOf("://"); at !== -1; at = text.indexOf("://", at + 3)) {
    const start = at + 3;
    const authority = text.slice(start, nextOf(authorityEnd, text, start));
    const end = authority.lastIndexOf("@");
    if (end < 1) continue;
    const http = /https?$/i.test(text.slice(Math.max(0, at - 5), at));
    if (!http && !authority.slice(0, end).includes(":")) continue;
    spans.push({ start, end: start + end, name: userinfoName, rank });
  }
}

/** `name=value` after `?`, `&` or `#`, or at the start of a line; `equals` is `=` or its percent-encoded form. */
function parameters(text: string, equals: string, spans: Span[]): void {
  let free = 0;
  for (let at = text.indexOf(equals); at !== -1; at = text.indexOf(equals, at + 1)) {
    if (at < free) continue;
    const name = parameterName(text, at);
    const field = name === null ? null : credentialParameter(name);
    const start = at + equals.length;
    // An error code of ours, not an authorization code.
    if (field === null || (field === "code" && text.startsWith("HARN-", start))) continue;
    let end = nextOf(equals === "=" ? valueEnd : encodedValueEnd, text, start);
    while (end > start && ".,;:!?)".includes(text[end - 1] ?? "")) end--;
    if (end === start) continue;
    spans.push({ start, end, name: field, rank });
    free = end;
  }
}

function parameterName(text: string, end: number): string | null {
  let start = end;
  const first = Math.max(0, end - longestName);
  while (start > first && isIn(nameCharacters, text, start - 1)) start--;
  const name = text.slice(start, end);
  const before = text[start - 1];
  if (before === undefined || before === "\n" || before === "?" || before === "&" || before === "#")
    return name;
  if (before === ";" && text.startsWith("&amp", start - 5)) return name;
  // An encoded delimiter looks like the beginning of the name.
  if (before === "%" && /^(?:3F|26|23)/i.test(name)) return name.slice(2);
  if (before === "\\" && /^u00(?:3f|26|23)/i.test(name)) return name.slice(5);
  if (before === "\\" && /^[nrt]/.test(name)) return name.slice(1);
  return null;
}

/** `"name": "value"` in JSON, also where the JSON stands in a string of other JSON, and in Python's notation. */
function members(text: string, spans: Span[]): void {
  let free = 0;
  for (let at = text.indexOf(":"); at !== -1; at = text.indexOf(":", at + 1)) {
    if (at < free) continue;
    const member = memberAround(text, at);
    const field = member === null ? null : credentialField(member.name);
    if (member === null || field === null) continue;
    const end = closingQuote(text, member.start, member.quote, member.backslashes);
    if (end === member.start) continue;
    spans.push({ start: member.start, end, name: field, rank });
    free = end;
  }
}

interface Member {
  readonly name: string;
  readonly quote: string;
  /** Backslashes before each quote: 0, 1, 3, 7 for JSON in JSON. */
  readonly backslashes: number;
  readonly start: number;
}

function memberAround(text: string, colon: number): Member | null {
  let i = colon - 1;
  while (i > colon - mostSpaces && isSpace(text, i)) i--;
  const quote = text[i];
  if (quote !== '"' && quote !== "'") return null;
  let backslashes = 0;
  while (backslashes < mostBackslashes && text[i - 1 - backslashes] === "\\") backslashes++;
  const nameEnd = i - backslashes;
  let nameStart = nameEnd;
  while (nameStart > nameEnd - longestName && isIn(nameCharacters, text, nameStart - 1)) nameStart--;
  if (text[nameStart - 1] !== quote) return null;
  i = colon + 1;
  while (i < colon + mostSpaces && isSpace(text, i)) i++;
  if (!text.startsWith("\\".repeat(backslashes) + quote, i)) return null;
  return { name: text.slice(nameStart, nameEnd), quote, backslashes, start: i + backslashes + 1 };
}

/** Where the value ends: at its closing quote, or with the line when it was cut off. */
function closingQuote(text: string, start: number, quote: string, backslashes: number): number {
  const ends = quote === '"' ? doubleQuoteOrLineEnd : singleQuoteOrLineEnd;
  for (let at = nextOf(ends, text, start); ; at = nextOf(ends, text, at + 1)) {
    if (text[at] !== quote) return at;
    let before = 0;
    while (at - 1 - before >= start && text[at - 1 - before] === "\\") before++;
    if (before % (2 * (backslashes + 1)) === backslashes) return at - backslashes;
  }
}

function isSpace(text: string, at: number): boolean {
  const char = text[at];
  return char === " " || char === "\t" || char === "\n" || char === "\r";
}

function nextOf(pattern: RegExp, text: string, from: number): number {
  pattern.lastIndex = from;
  return pattern.exec(text)?.index ?? text.length;
}
