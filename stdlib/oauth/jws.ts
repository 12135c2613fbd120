/**
 * Signs JSON Web Signatures in the compact form (RFC 7515 §3.1). Verifying them is another matter.
 *
 * @module
 */

import { constants, type KeyObject, sign } from "node:crypto";

/** The signature algorithms that this client signs with (RFC 7518 §3.1, RFC 8037 §3.1). */
export type JwsAlgorithm = "ES256" | "RS256" | "PS256" | "EdDSA";

/** Signs a JSON payload. The key must be a private key of the kind that `alg` names; `sign` throws when it is not. */
export function signJws(
  header: Readonly<{ alg: JwsAlgorithm } & Record<string, unknown>>,
  payload: Readonly<Record<string, unknown>>,
  key: KeyObject,
): string {
  const input = `${encoded(header)}.${encoded(payload)}`;
  return `${input}.${signatureOf(header.alg, Buffer.from(input, "ascii"), key).toString("base64url")}`;
}

/** The signature alone, over a signing input. */
export function signatureOf(alg: JwsAlgorithm, input: Buffer, key: KeyObject): Buffer {
  switch (alg) {
    case "ES256":
      // R and S side by side, not in DER (RFC 7518 §3.4).
      return sign("sha256", input, { key, dsaEncoding: "ieee-p1363" });
    case "RS256":
      return sign("sha256", input, { key, padding: constants.RSA_PKCS1_PADDING });
    case "PS256":
      return sign("sha256", input, { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 });
    case "EdDSA":
      return sign(null, input, key);
  }
}

function encoded(value: object): string {
  return Buffer.from(JSON.stringify(value), "utf8").toString("base64url");
}
