/**
 * What may stand directly before a token whose prefix is too weak to be trusted inside a word.
 *
 * @module
 */

import { charClass, isIn } from "./char-class.ts";
import type { Reading } from "./reading.ts";

const alphanumeric = charClass("A-Za-z0-9");
const letters = charClass("A-Za-z");
const hex = charClass("0-9A-Fa-f");
const upperHex = charClass("0-9A-F");
const octal = charClass("0-7");
const parameters = charClass("0-9:;<=>?");
const longestSequence = 32;

/**
 * True when a token may begin at `at`: the character before is no ASCII letter or digit, or it is one that ends an
 * escape (`\n`, `\x1b`, `\u0022`, `%3D`, `%253D`, `=3D`, an ANSI control sequence). Looks back 40 characters at most.
 */
export function isLeftBoundary(reading: Reading, at: number): boolean {
  const { text, boundary, isOpen, wall, isWallOpen } = reading;
  if (at === boundary) return isOpen;
  if (at <= wall) return isWallOpen;
  return !isIn(alphanumeric, text, at - 1) || endsEscape(reading, at, at > boundary ? boundary : wall);
}

function endsEscape(reading: Reading, at: number, first: number): boolean {
  const { text } = reading;
  const back = (count: number): string | undefined => (at - count < first ? undefined : text[at - count]);
  const hexBefore = (count: number): boolean => {
    for (let i = 1; i <= count; i++) if (!isIn(hex, text, at - i)) return false;
    return at - count >= first;
  };
  // One letter or digit after a backslash: \n, \t, \0, \e.
  if (back(2) === "\\") return true;
  if (hexBefore(2)) {
    if (back(3) === "%") return true;
    if (back(5) === "%" && back(4) === "2" && back(3) === "5") return true;
    if (back(3) === "=" && isIn(upperHex, text, at - 1) && isIn(upperHex, text, at - 2)) return true;
    if ((back(3) === "x" || back(3) === "X") && back(4) === "\\") return true;
  }
  if (hexBefore(4) && (back(5) === "u" || back(5) === "U") && back(6) === "\\") return true;
  if (at - 2 >= first && isIn(octal, text, at - 1) && isIn(octal, text, at - 2)) {
    if (back(3) === "\\" || (isIn(octal, text, at - 3) && back(4) === "\\")) return true;
  }
  return endsControlSequence(reading, at, first);
}

/** ECMA-48: ESC `[`, parameters, one final letter. The escape character may itself be written as an escape. */
function endsControlSequence({ text, isBytes }: Reading, at: number, boundary: number): boolean {
  if (!isIn(letters, text, at - 1)) return false;
  let i = at - 2;
  const first = Math.max(boundary, at - longestSequence);
  while (i >= first && isIn(parameters, text, i)) i--;
  if (i < first) return false;
  if (text[i] === "\u009b") return !isBytes || text[i - 1] === "\u00c2";
  if (text[i] !== "[") return false;
  const escape = text.slice(Math.max(boundary, i - 8), i);
  return escape.endsWith("\u001b") || /\\(?:u001b|u\{1b\}|x1b|033|e)$/i.test(escape);
}
