/**
 * Files of the original library.
 *
 * @module
 */

import { createCipheriv, hkdfSync, randomBytes } from "node:crypto";

const label = "harn-oauth-storage-v1";

/** A version 1 file as the original library writes it, made with node:crypto alone. */
export function version1File(plaintext: string, key: string, nonce: Uint8Array = randomBytes(12)): string {
  const derived = new Uint8Array(hkdfSync("sha256", key, "", label, 32));
  const cipher = createCipheriv("aes-256-gcm", derived, nonce).setAAD(Buffer.from(label));
  const ciphertext = Buffer.concat([cipher.update(plaintext, "utf8"), cipher.final(), cipher.getAuthTag()]);
  const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64").replace(/=+$/, "");
  return JSON.stringify({ version: 1, nonce: base64(nonce), ciphertext: base64(ciphertext) });
}
