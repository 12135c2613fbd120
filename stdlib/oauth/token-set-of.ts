/**
 * Turns a judged token response into the token set that is stored.
 *
 * @module
 */

import type { DpopKey } from "./dpop-key.ts";
import type { GrantedMembers } from "./token-response.ts";
import type { TokenSet } from "./token-set.ts";

/**
 * Builds the set. `issuedAt` (Unix seconds) is the moment before the request was sent, so that a slow answer never
 * lengthens a life. On a refresh, `previous` gives what the answer left out: the refresh token, the ID token, the
 * scopes and the metadata. Without any of these the scopes are `requested` (RFC 6749 §5.1). `dpopKey` is the key that the
 * request proved; each answer to a proven request is bound to it.
 */
export function tokenSetOf(
  members: GrantedMembers,
  issuedAt: number,
  requested: readonly string[],
  previous: TokenSet | null,
  dpopKey: DpopKey | null = null,
): TokenSet {
  const refresh_token = members.refresh_token ?? previous?.refresh_token;
  const id_token = members.id_token ?? previous?.id_token;
  const scopes = members.scopes ?? previous?.scopes ?? (requested.length > 0 ? requested : undefined);
  return {
    access_token: members.access_token,
    token_type: members.token_type,
    issued_at_unix: issuedAt,
    ...(members.expires_in === undefined
      ? {}
      : { expires_in: members.expires_in, expires_at_unix: issuedAt + members.expires_in }),
    ...(refresh_token === undefined ? {} : { refresh_token }),
    ...(id_token === undefined ? {} : { id_token }),
    ...(scopes === undefined ? {} : { scopes: [...scopes] }),
    ...(previous?.metadata === undefined ? {} : { metadata: previous.metadata }),
    ...(dpopKey === null ? {} : { dpop_key: dpopKey.text }),
  };
}

/** What an event may say about a token set: which members it has, never their values. */
export function tokenShape(set: TokenSet | null): Readonly<Record<string, unknown>> | null {
  if (set === null) return null;
  return {
    has_access_token: Boolean(set.access_token),
    has_refresh_token: Boolean(set.refresh_token),
    expires_at_unix: set.expires_at_unix ?? null,
    issued_at_unix: set.issued_at_unix ?? null,
    scopes: set.scopes ?? null,
    token_type: set.token_type ?? null,
  };
}
