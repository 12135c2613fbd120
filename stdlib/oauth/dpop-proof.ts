/**
 * DPoP proofs (RFC 9449 §4.2): that a request was made by who holds the key.
 *
 * @module
 */

import type { Ports } from "../../runtime/ports.ts";
import type { DpopKey } from "./dpop-key.ts";
import { signJws } from "./jws.ts";
import { sha256 } from "./pkce.ts";

/** The request that a proof is for. */
export interface ProvenRequest {
  readonly method: string;
  readonly url: URL;
  /** What the server asked to be shown (§8), or null. */
  readonly nonce: string | null;
  /** At a resource: the token on the request. */
  readonly access_token?: string;
}

/** Makes a proof, never the same twice. It names the method, the URL without query and fragment, and the token's hash. */
export function dpopProof(
  { clock, random }: Pick<Ports, "clock" | "random">,
  key: DpopKey,
  { method, url, nonce, access_token }: ProvenRequest,
): string {
  return signJws(
    { alg: "ES256", typ: "dpop+jwt", jwk: key.publicKey },
    {
      jti: Buffer.from(random.bytes(16)).toString("base64url"),
      htm: method,
      htu: url.origin + url.pathname,
      iat: Math.floor(clock.now() / 1000),
      ...(access_token === undefined ? {} : { ath: sha256(access_token) }),
      ...(nonce === null ? {} : { nonce }),
    },
    key.signingKey,
  );
}
