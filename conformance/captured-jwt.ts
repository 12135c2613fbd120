/**
 * What a case keeps of a JWT in a request: its claims, or the thumbprint of the key that it brings along.
 *
 * @module
 */

import { createHash, createPublicKey, type JsonWebKey, verify } from "node:crypto";

type Members = Readonly<Record<string, unknown>>;

/**
 * The claims of a signed JWT; undefined for what is none. Where the header brings its key, as in a DPoP proof (RFC 9449
 * §4.2), the signature must be good for it.
 */
export function claimsOf(token: unknown): unknown {
  const parts = partsOf(token);
  if (parts === null) return undefined;
  const { jwk } = parts.header;
  return jwk === undefined || isSignedBy(jwk as JsonWebKey, parts) ? parts.claims : undefined;
}

/** The thumbprint (RFC 7638) of the key in the header of a JWT that it has signed; undefined without one. */
export function thumbprintOf(token: unknown): unknown {
  const parts = partsOf(token);
  const jwk = parts?.header["jwk"] as JsonWebKey | undefined;
  if (parts === null || jwk === undefined || !isSignedBy(jwk, parts)) return undefined;
  const { crv, kty, x, y } = jwk;
  return createHash("sha256").update(JSON.stringify({ crv, kty, x, y })).digest("base64url");
}

interface Parts {
  readonly header: Members;
  readonly claims: Members;
  readonly signed: string;
  readonly signature: Buffer;
}

function partsOf(token: unknown): Parts | null {
  const [head, body, signature, ...more] = typeof token === "string" ? token.split(".") : [];
  if (!head || !body || !signature || more.length > 0) return null;
  const read = (part: string): Members => JSON.parse(Buffer.from(part, "base64url").toString()) as Members;
  try {
    return {
      header: read(head),
      claims: read(body),
      signed: `${head}.${body}`,
      signature: Buffer.from(signature, "base64url"),
    };
  } catch {
    return null;
  }
}

/** ES256, which is all that the library's own keys make. A private number in the key would be a leak, so it counts as unsigned. */
function isSignedBy(jwk: JsonWebKey, { header, signed, signature }: Parts): boolean {
  if (header["alg"] !== "ES256" || "d" in jwk) return false;
  const key = createPublicKey({ key: jwk, format: "jwk" });
  return verify("sha256", Buffer.from(signed), { key, dsaEncoding: "ieee-p1363" }, signature);
}
