/**
 * How format 2 spells bytes and texts.
 *
 * @module
 */

export const magic = "holdfast-token-store";
export const version = 2;
/** Begins everything that is derived or authenticated, so that no other use of a key can be mistaken for this one. */
export const label: string = `${magic} ${version}`;

/** The bytes of a base64url text, of this length when given. Canonical spelling is checked on the whole file. */
export function bytesOf(text: unknown, length?: number): Uint8Array | null {
  if (typeof text !== "string" || !/^[\w-]*$/.test(text)) return null;
  const bytes = new Uint8Array(Buffer.from(text, "base64url"));
  return length === undefined || bytes.length === length ? bytes : null;
}

export function encode(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("base64url");
}

export function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
