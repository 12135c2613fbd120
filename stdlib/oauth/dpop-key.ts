/**
 * The key that a token set is bound to (RFC 9449 §1): P-256, one for each login.
 *
 * It is kept and sealed as text, the `d` of its JWK (RFC 7518 §6.2.2.1); everything else follows from that.
 *
 * @module
 */

import { createECDH, createPrivateKey, type KeyObject } from "node:crypto";
import type { Ports } from "../../runtime/ports.ts";
import { jwkThumbprint } from "./jwk-thumbprint.ts";

/** The public half as a JWK. */
export interface DpopPublicKey {
  readonly kty: "EC";
  readonly crv: "P-256";
  readonly x: string;
  readonly y: string;
}

export interface DpopKey {
  /** The private key as a token set keeps it. */
  readonly text: string;
  readonly signingKey: KeyObject;
  readonly publicKey: DpopPublicKey;
  /** RFC 7638; what `dpop_jkt` (RFC 9449 §10) and `cnf.jkt` hold. */
  readonly thumbprint: string;
}

/** A new key, known to the redactor. */
export function newDpopKey({ random, redactor }: Pick<Ports, "random" | "redactor">): DpopKey {
  for (;;) {
    const key = keyOf(Buffer.from(random.bytes(32)));
    // One number in 2³² is none of the curve's.
    if (key === null) continue;
    redactor.register(key.text, "dpop_key");
    return key;
  }
}

/** The key of a text that a token set keeps; null when it is none. */
export function dpopKeyOf(text: string): DpopKey | null {
  const key = /^[A-Za-z0-9_-]{43}$/.test(text) ? keyOf(Buffer.from(text, "base64url")) : null;
  // One text for each key: the decoder forgives stray bits at the end.
  return key?.text === text ? key : null;
}

function keyOf(d: Buffer): DpopKey | null {
  const curve = createECDH("prime256v1");
  try {
    curve.setPrivateKey(d);
  } catch {
    return null;
  }
  // 0x04, x, y: the uncompressed point (SEC 1 §2.3.3).
  const point = curve.getPublicKey();
  const publicKey: DpopPublicKey = {
    kty: "EC",
    crv: "P-256",
    x: point.subarray(1, 33).toString("base64url"),
    y: point.subarray(33).toString("base64url"),
  };
  const text = d.toString("base64url");
  return {
    text,
    signingKey: createPrivateKey({ key: { ...publicKey, d: text }, format: "jwk" }),
    publicKey,
    thumbprint: jwkThumbprint({ ...publicKey }),
  };
}
