/**
 * The form of a sealed token: `hfs1.` and the base64url of
 *
 *     version (1 byte) | key id (4) | nonce (12) | binding length (u16, big endian) | binding | ciphertext and tag
 *
 * Everything before the ciphertext is authenticated but readable. Exactly one text stands for each capsule.
 *
 * @module
 */

import type { SealBinding, SecretKind } from "../ports.ts";

export const capsulePrefix = "hfs1.";
const version = 1;
const fixedBytes = 1 + 4 + 12 + 2;
const tagBytes = 16;
/** The longest secret in bytes. */
export const longestSecret: number = 128 * 1024;
/** Characters of the longest capsule, with room; it bounds the work that a forged one can cause. */
const longestCapsule = 300_000;

export interface Capsule {
  /** All that precedes the ciphertext: the authenticated data. */
  readonly head: Uint8Array;
  readonly keyId: Uint8Array;
  readonly nonce: Uint8Array;
  readonly bindingBytes: Uint8Array;
  /** With the tag at its end. */
  readonly ciphertext: Uint8Array;
}

const secretKinds: Readonly<Record<SecretKind, true>> = {
  access_token: true,
  refresh_token: true,
  id_token: true,
  client_secret: true,
  device_code: true,
  code_verifier: true,
  dpop_key: true,
  env: true,
};

/** The binding as JSON with its members in one fixed order. */
export function encodeBinding(binding: SealBinding): string {
  const { kind, provider, issuer, key, origins } = binding;
  return JSON.stringify({ kind, provider, issuer, key, origins: [...origins] });
}

/** The binding of a capsule, or null when the bytes are not exactly what {@link encodeBinding} writes. */
export function decodeBinding(bytes: Uint8Array): SealBinding | null {
  let value: unknown;
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    value = JSON.parse(text);
  } catch {
    return null;
  }
  if (typeof value !== "object" || value === null) return null;
  const { kind, provider, issuer, key, origins } = value as Record<string, unknown>;
  if (typeof kind !== "string" || !Object.hasOwn(secretKinds, kind)) return null;
  if (typeof provider !== "string" || typeof key !== "string") return null;
  if (issuer !== null && typeof issuer !== "string") return null;
  if (!Array.isArray(origins) || !origins.every((origin) => typeof origin === "string")) return null;
  const binding: SealBinding = { kind: kind as SecretKind, provider, issuer, key, origins };
  return encodeBinding(binding) === text ? binding : null;
}

/** The head of a capsule; the binding may take up to 65,535 bytes, which the caller checks. */
export function encodeHead(keyId: Uint8Array, nonce: Uint8Array, bindingBytes: Uint8Array): Uint8Array {
  const head = new Uint8Array(fixedBytes + bindingBytes.length);
  head[0] = version;
  head.set(keyId, 1);
  head.set(nonce, 5);
  new DataView(head.buffer).setUint16(17, bindingBytes.length);
  head.set(bindingBytes, fixedBytes);
  return head;
}

/** The text of a capsule. */
export function encodeCapsule(head: Uint8Array, ciphertext: Uint8Array): string {
  return capsulePrefix + Buffer.concat([head, ciphertext]).toString("base64url");
}

/** Takes a capsule apart, or answers null for any text that {@link encodeCapsule} does not write. */
export function parseCapsule(text: string): Capsule | null {
  if (!text.startsWith(capsulePrefix) || text.length > longestCapsule) return null;
  const body = text.slice(capsulePrefix.length);
  const bytes = new Uint8Array(Buffer.from(body, "base64url"));
  // The decoder forgives padding, foreign characters and stray bits; the round trip does not.
  if (Buffer.from(bytes).toString("base64url") !== body) return null;
  if (bytes.length < fixedBytes + tagBytes || bytes[0] !== version) return null;
  const headLength = fixedBytes + new DataView(bytes.buffer).getUint16(17);
  if (bytes.length < headLength + tagBytes) return null;
  return {
    head: bytes.subarray(0, headLength),
    keyId: bytes.subarray(1, 5),
    nonce: bytes.subarray(5, 17),
    bindingBytes: bytes.subarray(fixedBytes, headLength),
    ciphertext: bytes.subarray(headLength),
  };
}

/** True when something that looks like a capsule stands anywhere in the text or bytes. */
export function mentionsCapsule(content: string | Uint8Array): boolean {
  const text = typeof content === "string" ? content : capsuleNeighbourhood(content);
  return /hfs1(?:\.|%2e)[A-Za-z0-9_-]{8}/i.test(text);
}

/** Finding the prefix in bytes first spares turning a large body into text. */
function capsuleNeighbourhood(content: Uint8Array): string {
  const bytes = Buffer.from(content.buffer, content.byteOffset, content.byteLength);
  const at = bytes.indexOf("hfs1");
  return at < 0 ? "" : bytes.toString("latin1", at);
}
