/**
 * How an access token stands on a request: as Bearer (RFC 6750 §2.1), or as DPoP with a proof of its key (RFC 9449 §7.1).
 * The stored `token_type` decides, never the server's challenge.
 *
 * @module
 */

import type { HttpResponse } from "../../runtime/ports.ts";
import type { ClientContext } from "./client-context.ts";
import { type DpopKey, dpopKeyOf } from "./dpop-key.ts";
import { dpopNonce, withDpopNonce } from "./dpop-nonces.ts";
import { dpopProof } from "./dpop-proof.ts";
import { OAuthError } from "./errors.ts";
import type { TokenSet } from "./token-set.ts";
import { challenges } from "./www-authenticate.ts";

/** True for a token that works only with a proof of its key. */
export function isKeyBound(set: TokenSet): boolean {
  return set.token_type?.toLowerCase() === "dpop";
}

/**
 * The key of a key-bound set; null for any other set.
 *
 * Throws HARN-OAU-002 when the key is missing or is none: without it nobody can use the token.
 */
export function boundKey(context: ClientContext, set: TokenSet): DpopKey | null {
  if (!isKeyBound(set)) return null;
  const key = set.dpop_key === undefined ? null : dpopKeyOf(set.dpop_key);
  if (key !== null) return key;
  throw new OAuthError(
    "HARN-OAU-002",
    `std/oauth/${context.module}: the stored DPoP token has lost its key; re-run authorization`,
    "Store token sets as they are, with their dpop_key.",
  );
}

/** The headers that present a token. Throws HARN-OAU-002 as {@link boundKey}. */
export function tokenHeaders(
  context: ClientContext,
  set: TokenSet,
  method: string,
  url: URL,
  nonce: string | null = dpopNonce(context.ports, url.origin),
): Readonly<Record<string, string>> {
  const { access_token } = set;
  const key = boundKey(context, set);
  if (key === null) return { authorization: `Bearer ${access_token}` };
  return {
    authorization: `DPoP ${access_token}`,
    dpop: dpopProof(context.ports, key, { method, url, nonce, access_token }),
  };
}

/**
 * Sends a request that presents a token: once, or once more when the resource server asks for a nonce of its own in the
 * proof (RFC 9449 §9). Throws HARN-OAU-002 as {@link boundKey}, and what `send` throws.
 */
export async function sendWithToken(
  context: ClientContext,
  set: TokenSet,
  method: string,
  url: URL,
  send: (headers: Readonly<Record<string, string>>) => Promise<HttpResponse>,
): Promise<HttpResponse> {
  if (!isKeyBound(set)) return await send(tokenHeaders(context, set, method, url));
  return await withDpopNonce(
    context.ports,
    url.origin,
    async (nonce) => await send(tokenHeaders(context, set, method, url, nonce)),
    (answer) => answer,
    (answer) => asksForNonce(set, answer),
  );
}

/** True for a 401 that says nothing against the token, only that the proof needs a nonce. */
export function asksForNonce(set: TokenSet, { status, headers }: HttpResponse): boolean {
  return (
    isKeyBound(set) &&
    status === 401 &&
    challenges(headers["www-authenticate"]).some(
      ({ scheme, parameters }) => scheme === "dpop" && parameters.get("error") === "use_dpop_nonce",
    )
  );
}
