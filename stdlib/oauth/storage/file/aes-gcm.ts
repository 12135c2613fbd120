/**
 * AES-256-GCM (NIST SP 800-38D) with the tag behind the ciphertext. Of node:crypto, because a file has a message for each entry: one takes a
 * fifth of the time that JavaScript needs, and leaves no tables behind.
 *
 * @module
 */

import { createCipheriv, createDecipheriv } from "node:crypto";

const algorithm = "aes-256-gcm";
const tagBytes = 16;

/** `key`: 32 bytes; `nonce`: 12 bytes, never twice under one key; `data`: what is authenticated beside the plaintext. */
export function encryptGcm(
  key: Uint8Array,
  nonce: Uint8Array,
  data: Uint8Array,
  plaintext: Uint8Array,
): Uint8Array {
  const cipher = createCipheriv(algorithm, key, nonce, { authTagLength: tagBytes }).setAAD(data);
  return new Uint8Array(Buffer.concat([cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]));
}

/** Null: it was not encrypted under this key, nonce and data. */
export function decryptGcm(
  key: Uint8Array,
  nonce: Uint8Array,
  data: Uint8Array,
  ciphertext: Uint8Array,
): Uint8Array | null {
  if (ciphertext.length < tagBytes) return null;
  const decipher = createDecipheriv(algorithm, key, nonce, { authTagLength: tagBytes })
    .setAAD(data)
    .setAuthTag(ciphertext.subarray(-tagBytes));
  try {
    return new Uint8Array(
      Buffer.concat([decipher.update(ciphertext.subarray(0, -tagBytes)), decipher.final()]),
    );
  } catch {
    return null;
  }
}
