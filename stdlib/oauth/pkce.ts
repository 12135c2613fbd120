/**
 * Proof Key for Code Exchange (RFC 7636). S256 only: the plain method does not exist here.
 *
 * @module
 */

import { hash } from "node:crypto";
import type { Random } from "../../runtime/ports.ts";

/** Bytes as base64url without padding. */
export function base64url(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("base64url");
}

/** A new code verifier: 64 random bytes, 86 characters (RFC 7636 §4.1). */
export function codeVerifier(random: Random): string {
  return base64url(random.bytes(64));
}

/** The S256 challenge of a verifier (RFC 7636 §4.2). */
export function codeChallenge(verifier: string): string {
  return sha256(verifier);
}

/** A new `state`: 16 random bytes, 22 characters. */
export function newState(random: Random): string {
  return base64url(random.bytes(16));
}

/** SHA-256 of a text's UTF-8 bytes, base64url without padding. */
export function sha256(text: string): string {
  return hash("sha256", text, "base64url");
}
