/**
 * AES-256-GCM over what a value is and where it stands, so that it cannot be put elsewhere.
 *
 * @module
 */

import { createCipheriv, createDecipheriv, type KeyObject, randomBytes } from "node:crypto";

const nonceBytes = 12;
const tagBytes = 16;

/** Nonce, ciphertext and tag of a value that stands in the place `parts`. At most 2^32 values under one key. */
export function sealAt(key: KeyObject, parts: readonly string[], plaintext: Uint8Array): Buffer {
  const nonce = randomBytes(nonceBytes);
  const cipher = createCipheriv("aes-256-gcm", key, nonce);
  cipher.setAAD(placeOf(parts));
  return Buffer.concat([nonce, cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]);
}

/** The value, or null when it was altered, stands in another place or was sealed with another key. */
export function openAt(key: KeyObject, parts: readonly string[], sealed: Uint8Array): Buffer | null {
  if (sealed.length < nonceBytes + tagBytes) return null;
  const end = sealed.length - tagBytes;
  const decipher = createDecipheriv("aes-256-gcm", key, sealed.subarray(0, nonceBytes), {
    authTagLength: tagBytes,
  });
  decipher.setAAD(placeOf(parts));
  decipher.setAuthTag(sealed.subarray(end));
  try {
    return Buffer.concat([decipher.update(sealed.subarray(nonceBytes, end)), decipher.final()]);
  } catch {
    return null;
  }
}

/** As JSON, in which no two lists read the same. */
function placeOf(parts: readonly string[]): Buffer {
  return Buffer.from(JSON.stringify(parts));
}
