/**
 * Secrets that are kept as hashes only.
 *
 * @module
 */

import { createHmac, timingSafeEqual } from "node:crypto";
import type { Ports, Random } from "../../../runtime/ports.ts";
import { base64url } from "../pkce.ts";
import { sealFailureReason } from "../storage/sealed-token-set.ts";

const saltBytes = 16;

/** A new identifier or secret: 32 random bytes, 43 characters. */
export function mint(random: Random): string {
  return base64url(random.bytes(32));
}

/**
 * The salted hash of a secret, `salt.hash`: HMAC-SHA-256 under a salt of its own. A secret of 256 random bits needs
 * no slow hash.
 */
export function hashSecret(random: Random, secret: string): string {
  const salt = random.bytes(saltBytes);
  return `${base64url(salt)}.${base64url(digest(salt, secret))}`;
}

/** Whether this is the secret of the hash, in constant time. */
export function isSecretOf(hash: string, secret: string): boolean {
  const [salt = "", expected = ""] = hash.split(".");
  const found = digest(Buffer.from(salt, "base64url"), secret);
  const wanted = Buffer.from(expected, "base64url");
  return wanted.length === found.length && timingSafeEqual(wanted, found);
}

/** True for a text that {@link hashSecret} makes. */
export function isSecretHash(text: string): boolean {
  return /^[\w-]{22}\.[\w-]{43}$/.test(text);
}

/**
 * The value of a secret that a caller presents, sealed or raw. Null for what is no text, a capsule that does not open,
 * and a capsule of another kind: comparing one would say something about its value.
 */
export function presentedSecret(ports: Ports, presented: unknown): string | null {
  if (typeof presented !== "string") return null;
  try {
    const { value, binding } = ports.seal.open(presented);
    return binding === null || binding.kind === "client_secret" || binding.kind === "env" ? value : null;
  } catch (error) {
    if (sealFailureReason(error) === null) throw error;
    return null;
  }
}

function digest(salt: Uint8Array, secret: string): Buffer {
  return createHmac("sha256", salt).update(secret, "utf8").digest();
}
