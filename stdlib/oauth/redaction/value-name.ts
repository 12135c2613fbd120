/**
 * The name before a value, and what stands before the name.
 *
 * @module
 */

import { charClass, isIn } from "./char-class.ts";
import { type Match, type Reading, type RunClass, runClass, type undecided } from "./reading.ts";

/** Judges what stands behind a name that ends at `nameEnd`. */
export type NameJudge = (reading: Reading, nameEnd: number) => Match | typeof undecided | null;

const nameCharacters = charClass("A-Za-z0-9_.-");
/** Longer runs are no names. */
export const longestName = 64;

/** Where the name begins that ends at `end`; the run may be longer than a name. */
export function startOfName({ text, boundary }: Reading, end: number): number {
  const first = Math.max(boundary, end - longestName - 1);
  let start = end;
  while (start > first && isIn(nameCharacters, text, start - 1)) start--;
  return start;
}

const escapeLetters = /^(?:u[0-9A-Fa-f]{4}|x[0-9A-Fa-f]{2}|[nrt])/;

/** The name in `[start, end)` without what belongs to an escape before it: `\n`, `%3D`, a terminal colour. */
export function nameWithin(reading: Reading, start: number, end: number): string {
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
export function before({ text, boundary, isOpen }: Reading, at: number): string {
  if (at > boundary) return text[at - 1] ?? "\n";
  return isOpen ? "\n" : "";
}

/** The set of all characters but these. */
export function allBut(characters: string): RunClass {
  const members = new Uint8Array(65_536).fill(1);
  for (const char of characters) members[char.charCodeAt(0)] = 0;
  return runClass(members);
}

/** True for what may stand between the parts of JSON (RFC 8259 §2). */
export function isSpace(code: number): boolean {
  return code === 0x20 || code === 0x09 || code === 0x0a || code === 0x0d;
}

/** How many backslashes stand directly before `at`, not before `from`. */
export function backslashesBefore(text: string, from: number, at: number): number {
  let count = 0;
  while (at - count > from && text[at - 1 - count] === "\\") count++;
  return count;
}
