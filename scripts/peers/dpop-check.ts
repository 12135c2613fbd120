/**
 * What a server checks in a DPoP proof (RFC 9449 §4.3), with a library that is not ours.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { calculateJwkThumbprint, decodeProtectedHeader, EmbeddedJWK, jwtVerify } from "jose";

/** The request that the proof came with. */
export interface ProvenRequest {
  readonly method: string;
  readonly url: string;
  /** At a resource. */
  readonly access_token?: string | undefined;
  /** What the key must be; left out: any. */
  readonly thumbprint?: string | undefined;
  /** What the proof must show; null or left out: nothing. */
  readonly nonce?: string | null;
}

/** Checks proofs; takes each `jti` once. */
export class ProofChecker {
  readonly #seen = new Set<unknown>();

  /** The name of what is wrong with a proof, or null. */
  async fault(proof: unknown, expected: ProvenRequest): Promise<string | null> {
    if (typeof proof !== "string") return "missing";
    let verified: Awaited<ReturnType<typeof jwtVerify>>;
    try {
      verified = await jwtVerify(proof, EmbeddedJWK, { typ: "dpop+jwt", algorithms: ["ES256"] });
    } catch {
      return "signature";
    }
    const { payload } = verified;
    const { jwk } = decodeProtectedHeader(proof);
    if (jwk === undefined || "d" in jwk) return "jwk";
    if (typeof payload.jti !== "string" || payload.jti.length < 16 || this.#seen.has(payload.jti))
      return "jti";
    this.#seen.add(payload.jti);
    if (payload["htm"] !== expected.method) return "htm";
    if (payload["htu"] !== expected.url.replace(/[?#].*$/, "")) return "htu";
    if (typeof payload.iat !== "number") return "iat";
    const { access_token, thumbprint, nonce } = expected;
    const hash = access_token && createHash("sha256").update(access_token).digest("base64url");
    if (payload["ath"] !== hash) return "ath";
    if (thumbprint !== undefined && (await calculateJwkThumbprint(jwk)) !== thumbprint) return "key";
    if ((nonce ?? null) !== null && payload["nonce"] !== nonce) return "nonce";
    return null;
  }
}

/** The thumbprint of a proof's key. */
export async function proofKey(proof: unknown): Promise<string> {
  const { jwk } = decodeProtectedHeader(String(proof));
  return await calculateJwkThumbprint(jwk ?? {});
}
