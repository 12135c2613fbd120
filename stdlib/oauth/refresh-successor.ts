/**
 * From a granted refresh to the entry that replaces the presented one.
 *
 * @module
 */

import type { ClientContext } from "./client-context.ts";
import { nowSeconds } from "./client-context.ts";
import type { DpopKey } from "./dpop-key.ts";
import { OAuthError } from "./errors.ts";
import { isSameSubject } from "./id-token.ts";
import { checkedClaims } from "./id-token-validation.ts";
import { otherSubject } from "./refresh-errors.ts";
import { pauseAfterFailure } from "./refresh-pace.ts";
import type { Entry } from "./storage/entry.ts";
import type { GrantedMembers } from "./token-response.ts";
import { tokenSetOf } from "./token-set-of.ts";

/**
 * The successor of an entry. `issuedAt`: Unix seconds before the request was sent; `dpopKey`: the key that it proved.
 * Throws HARN-OAU-006 when a new ID token is not the login's (OpenID Connect Core §12.2); the provider is then not asked
 * again for a while, because it will say the same and may spend another refresh token for it.
 */
export function successorOf(
  context: ClientContext,
  entry: Entry,
  members: GrantedMembers,
  issuedAt: number,
  dpopKey: DpopKey | null,
): Entry {
  const { id_token, access_token } = members;
  try {
    if (!isSameSubject(entry.token_set.id_token, id_token)) throw otherSubject();
    if (id_token !== undefined && context.scopes.includes("openid"))
      checkedClaims(context, id_token, { nonce: null, since: null, access_token, code: null });
  } catch (error) {
    if (error instanceof OAuthError) pauseAfterFailure(context, entry.token_set, error);
    throw error;
  }
  return {
    ...entry,
    token_set: tokenSetOf(members, issuedAt, context.scopes, entry.token_set, dpopKey),
    binding: entry.binding ?? context.binding,
    version: entry.version + 1,
    updated_at_unix: nowSeconds(context.ports),
    intent: null,
  };
}
