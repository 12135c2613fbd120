/**
 * `application/x-www-form-urlencoded` (URL standard, 5).
 *
 * @module
 */

import { list } from "./own-members.ts";
import { BytesClass, fromCharCode, indexOf, matches, slice, viewBuffer, viewLength } from "./primordials.ts";
import { readUtf8, utf8, utf8State } from "./utf8.ts";

/** One field of a form, decoded. */
export interface Pair {
  readonly name: string;
  readonly value: string;
}

/** How each byte is written in a form. */
const formBytes = list<string>();
for (let i = 0; i < 256; i++) {
  const one = fromCharCode(i);
  const hex = "0123456789ABCDEF";
  if (matches(/^[A-Za-z0-9*._-]$/, one) !== null) formBytes[i] = one;
  else formBytes[i] = i === 0x20 ? "+" : "%" + (hex[i >> 4] as string) + (hex[i & 15] as string);
}

function formEncode(text: string): string {
  const bytes = utf8(text);
  const size = viewLength(bytes);
  let out = "";
  for (let i = 0; i < size; i++) out += formBytes[bytes[i] as number] as string;
  return out;
}

function hexDigit(byte: number | undefined): number {
  if (byte === undefined) return -1;
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const letter = byte | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1;
}

function formDecode(text: string): string {
  if (indexOf(text, "%") === -1 && indexOf(text, "+") === -1) return text;
  const bytes = utf8(text);
  const size = viewLength(bytes);
  let used = 0;
  for (let i = 0; i < size; i++) {
    let byte = bytes[i] as number;
    const high = byte === 0x25 ? hexDigit(bytes[i + 1]) : -1;
    const low = high === -1 ? -1 : hexDigit(bytes[i + 2]);
    if (low !== -1) {
      byte = high * 16 + low;
      i += 2;
    } else if (byte === 0x2b) {
      byte = 0x20;
    }
    bytes[used++] = byte;
  }
  return readUtf8(new BytesClass(viewBuffer(bytes), 0, used), utf8State(false), false, false);
}

/** The fields of a form text. No text is refused: what is malformed stands for itself. */
export function parseForm(text: string): Pair[] {
  const pairs = list<Pair>();
  for (let from = 0; from <= text.length; ) {
    const found = indexOf(text, "&", from);
    const end = found === -1 ? text.length : found;
    if (end > from) {
      const part = slice(text, from, end);
      const equals = indexOf(part, "=");
      pairs[pairs.length] = {
        name: formDecode(equals === -1 ? part : slice(part, 0, equals)),
        value: equals === -1 ? "" : formDecode(slice(part, equals + 1)),
      };
    }
    from = end + 1;
  }
  return pairs;
}

/** The form text of fields. */
export function formText(pairs: readonly Pair[]): string {
  let out = "";
  for (let i = 0; i < pairs.length; i++) {
    const { name, value } = pairs[i] as Pair;
    out += (i === 0 ? "" : "&") + formEncode(name) + "=" + formEncode(value);
  }
  return out;
}
