/**
 * `atob` and `btoa` (HTML standard, 8.3).
 *
 * @module
 */

import { DOMException } from "./dom-exception.ts";
import { charCodeAt, create, fromCharCode } from "./primordials.ts";
import { domText, needs } from "./webidl.ts";

const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const sextets = create(null) as Record<string, number>;
for (let i = 0; i < 64; i++) sextets[alphabet[i] as string] = i;

/** Latin-1 text as base64. @throws DOMException InvalidCharacterError for other text. */
export function btoa(data: unknown): string {
  needs(arguments.length, 1, "btoa");
  const text = domText(data);
  let out = "";
  for (let i = 0; i < text.length; i += 3) {
    const a = charCodeAt(text, i);
    const b = i + 1 < text.length ? charCodeAt(text, i + 1) : 0;
    const c = i + 2 < text.length ? charCodeAt(text, i + 2) : 0;
    if ((a | b | c) > 0xff) {
      throw new DOMException("btoa: the text has characters outside of Latin-1", "InvalidCharacterError");
    }
    out += (alphabet[a >> 2] as string) + (alphabet[((a & 3) << 4) | (b >> 4)] as string);
    out += i + 1 < text.length ? (alphabet[((b & 15) << 2) | (c >> 6)] as string) : "=";
    out += i + 2 < text.length ? (alphabet[c & 63] as string) : "=";
  }
  return out;
}

/** The Latin-1 text of base64, whose padding and white space are optional. @throws DOMException InvalidCharacterError */
export function atob(data: unknown): string {
  needs(arguments.length, 1, "atob");
  const given = domText(data);
  let text = "";
  for (let i = 0; i < given.length; i++) {
    const one = given[i] as string;
    if (one !== " " && one !== "\t" && one !== "\n" && one !== "\f" && one !== "\r") text += one;
  }
  let end = text.length;
  if (end % 4 === 0 && text[end - 1] === "=") end -= text[end - 2] === "=" ? 2 : 1;
  let valid = end % 4 !== 1;
  let held = 0;
  let bits = 0;
  let out = "";
  for (let i = 0; valid && i < end; i++) {
    const sextet = sextets[text[i] as string];
    valid = sextet !== undefined;
    held = ((held << 6) | (sextet ?? 0)) & 0xfff;
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      out += fromCharCode((held >> bits) & 0xff);
    }
  }
  if (!valid) throw new DOMException("atob: the text is not correct base64", "InvalidCharacterError");
  return out;
}
