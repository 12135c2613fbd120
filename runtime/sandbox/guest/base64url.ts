/**
 * Bytes as base64url text without padding (RFC 4648, section 5), as they cross the wall.
 *
 * @module
 */

import { BytesClass, create, viewLength } from "./primordials.ts";

const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const sextets: Record<string, number> = create(null);
for (let i = 0; i < 64; i++) sextets[alphabet[i] as string] = i;

/** The text of bytes. */
export function textFromBytes(bytes: Uint8Array): string {
  const size = viewLength(bytes);
  let text = "";
  for (let i = 0; i < size; i += 3) {
    const a = bytes[i] as number;
    const b = i + 1 < size ? (bytes[i + 1] as number) : 0;
    const c = i + 2 < size ? (bytes[i + 2] as number) : 0;
    text += (alphabet[a >> 2] as string) + (alphabet[((a & 3) << 4) | (b >> 4)] as string);
    if (i + 1 < size) text += alphabet[((b & 15) << 2) | (c >> 6)] as string;
    if (i + 2 < size) text += alphabet[c & 63] as string;
  }
  return text;
}

/** The bytes of text that the host wrote, which is always valid. */
export function bytesFromText(text: string): Uint8Array {
  const bytes = new BytesClass((text.length * 3) >> 2);
  let held = 0;
  let bits = 0;
  let at = 0;
  for (let i = 0; i < text.length; i++) {
    held = ((held << 6) | (sextets[text[i] as string] as number)) & 0xffffff;
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      bytes[at++] = (held >> bits) & 255;
    }
  }
  return bytes;
}
