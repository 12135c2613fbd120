/**
 * JSON Web Tokens: dot-separated base64url segments (RFC 7515 §3.1, RFC 7516 §3.1).
 *
 * @module
 */

import { charClass } from "./char-class.ts";
import { isLeftBoundary } from "./left-guard.ts";
import { type Match, type Reading, type Rule, runClass, undecided } from "./reading.ts";
import { runTail } from "./run-tail.ts";

/** How a header begins: `{"`, `{` and a space, a line end or a tab, in base64url. */
export const jwtLiterals: readonly string[] = ["eyJ", "eyAi", "ewog", "ewoi", "ewoJ", "ewkJ", "ew0K"];

const base64url = "A-Za-z0-9_-";
/** A longer segment is no header: no header needs it, and a stream has to keep the segment until its dot comes. */
const longestSegment = 16_384;
const shortestHeader = 7;
/** `{"alg":"none"}` has 14 bytes. */
const jsonBytes = 14;

const segment = charClass(base64url);
// One memory for each segment: tokens that share their later segments are measured once.
const header = runClass(segment);
const payload = runClass(segment);
const vector = runClass(segment);
const tail = runTail(runClass(charClass(`.${base64url}`)), true);

/** The rule. A JWS may be without a signature (`h.p.`, or cut off), a JWE without an encrypted key (`h..iv.`). */
export function jwtRule(name: string, rank: number): Rule {
  const judge = (reading: Reading, start: number): Match | typeof undecided | null => {
    const isJson = isJsonObject(reading.text, start);
    // Inside a word: no word reads as JSON by chance.
    if (!isJson && !isLeftBoundary(reading, start)) {
      return reading.isOver(start + jsonCharacters) ? undecided : null;
    }
    const end = endOfSegments(reading, start, isJson);
    if (end === null || end === undecided) return end;
    return { start, end, name, rank, tail };
  };
  return { judge };
}

/** Behind what makes the token certain: two JSON objects, or its second dot. */
function endOfSegments(reading: Reading, start: number, isJson: boolean): number | typeof undecided | null {
  const { text } = reading;
  const headerEnd = reading.runEnd(header, start);
  if (headerEnd - start > longestSegment) return null;
  if (reading.isOver(headerEnd)) return undecided;
  if (headerEnd - start < shortestHeader || text[headerEnd] !== ".") return null;
  // A token that was cut off, or that says that it is none.
  if (isJson && isJsonObject(text, headerEnd + 1)) return headerEnd + 1 + jsonCharacters;
  const payloadEnd = reading.runEnd(payload, headerEnd + 1);
  if (payloadEnd - headerEnd > longestSegment) return headerEnd + longestSegment;
  if (reading.isOver(payloadEnd)) return undecided;
  if (text[payloadEnd] !== ".") return null;
  if (payloadEnd > headerEnd + 1) return payloadEnd + 1;
  const vectorEnd = reading.runEnd(vector, payloadEnd + 1);
  if (vectorEnd - payloadEnd > longestSegment) return payloadEnd + longestSegment;
  if (reading.isOver(vectorEnd)) return undecided;
  return vectorEnd > payloadEnd + 1 && text[vectorEnd] === "." ? vectorEnd + 1 : null;
}

const jsonCharacters = Math.ceil((jsonBytes * 8) / 6);
const sextetCharacters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const sextets = new Uint8Array(128).fill(64);
for (let value = 0; value < 64; value++) sextets[sextetCharacters.charCodeAt(value)] = value;

/** True when the base64url text at `start` begins like a JSON object: `{"`, printable characters and white space. */
function isJsonObject(text: string, start: number): boolean {
  let bits = 0;
  let held = 0;
  let seen = 0;
  for (let at = start; seen < jsonBytes; at++) {
    const value = sextets[text.charCodeAt(at)] ?? 64;
    if (value === 64) return false;
    bits = ((bits << 6) | value) & 0xffff;
    held += 6;
    if (held < 8) continue;
    held -= 8;
    const byte = (bits >> held) & 0xff;
    const isSpace = byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
    if ((byte < 0x20 && !isSpace) || byte > 0x7e) return false;
    if ((seen === 0 && byte !== 0x7b) || (seen === 1 && byte !== 0x22)) return false;
    seen += 1;
  }
  return true;
}
