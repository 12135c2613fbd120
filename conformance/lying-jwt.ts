/**
 * JWTs that are not quite what they should be (RFC 7515 §3.1): signed, and then sent in a form that a strict reader refuses.
 *
 * @module
 */

import { createHash } from "node:crypto";
import type { Signing } from "./signing-keys.ts";

/** How the parts are sent; `compact` is how they should be. */
export type SentAs =
  | "compact"
  /** The signature is left out. */
  | "unsigned"
  /** The signature is as long as it should be, of zeros. */
  | "zero_signature"
  /** What verifies as RS256 with any key whose exponent is 1: the padded digest itself (RFC 8017 §9.2). */
  | "exponent_one"
  /** Base64url with padding; signed so. */
  | "padded"
  /** The bits of the signature's last character that stand for nothing are set. */
  | "stray_bits"
  /** A line break in the claims; signed so. */
  | "line_break"
  /** The claims are left out. */
  | "detached"
  /** Five parts, as an encrypted one has. */
  | "five_parts"
  /** The whole is the payload of another, which the same key signs. */
  | "nested";

const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/** Signs header and claims, both JSON texts. @throws TypeError for a form that it does not know. */
export function sealedInto(parts: {
  readonly header: string;
  readonly claims: string;
  readonly key: Signing;
  readonly sent: SentAs;
}): string {
  const { header, claims, key, sent } = parts;
  const signed = (encode: (part: Buffer | string) => string, payload: string): string => {
    const input = `${encode(header)}.${payload}`;
    return `${input}.${encode(key(Buffer.from(input, "latin1")))}`;
  };
  const compact = (): string => signed(base64url, base64url(claims));
  const [head = "", body = "", signature = ""] = sent === "padded" ? [] : compact().split(".");
  switch (sent) {
    case "compact":
      return compact();
    case "unsigned":
      return `${head}.${body}.`;
    case "zero_signature":
      return `${head}.${body}.${base64url(Buffer.alloc(Buffer.from(signature, "base64url").length))}`;
    case "exponent_one":
      return `${head}.${body}.${base64url(paddedDigest(`${head}.${body}`, 256))}`;
    case "padded":
      return signed(padded, padded(claims));
    case "stray_bits":
      return `${head}.${body}.${withStrayBits(signature)}`;
    case "line_break":
      return signed(base64url, `${body.slice(0, 8)}\n${body.slice(8)}`);
    case "detached":
      return `${head}..${signature}`;
    case "five_parts":
      return `${head}.${body}.${signature}.${body}.${signature}`;
    case "nested":
      return signed(base64url, base64url(compact()));
    default:
      throw new TypeError(`${String(sent)} is no way to send a JWT`);
  }
}

function base64url(part: Buffer | string): string {
  return Buffer.from(part).toString("base64url");
}

function padded(part: Buffer | string): string {
  const text = base64url(part);
  return text + "=".repeat((4 - (text.length % 4)) % 4);
}

/** EMSA-PKCS1-v1_5 of a SHA-256 digest. */
function paddedDigest(input: string, length: number): Buffer {
  const digest = createHash("sha256").update(input, "latin1").digest();
  const info = Buffer.concat([Buffer.from("3031300d060960864801650304020105000420", "hex"), digest]);
  const filling = Buffer.alloc(length - info.length - 3, 0xff);
  return Buffer.concat([Buffer.of(0, 1), filling, Buffer.of(0), info]);
}

/** A signature of ES256 (64 bytes) or RS256 (256) leaves four bits of its last character unused. */
function withStrayBits(signature: string): string {
  return signature.slice(0, -1) + (alphabet[alphabet.indexOf(signature.slice(-1)) | 1] ?? "");
}
