/**
 * A login that brings no refresh token although an earlier one did (Google, when the person agreed before).
 *
 * @module
 */

import { verdictOn } from "./bound-entry.ts";
import type { ClientContext } from "./client-context.ts";
import { readIdToken } from "./id-token.ts";
import type { Entry } from "./storage/entry.ts";
import type { TokenSet } from "./token-set.ts";

/** Whether a login's tokens can be joined by an earlier refresh token at all, so that storage must be read. */
export function mayKeepRefreshToken(context: ClientContext, login: TokenSet): boolean {
  const { rotates_refresh_token } = context.provider.refresh_handling;
  return login.refresh_token === undefined && login.id_token !== undefined && !rotates_refresh_token;
}

/**
 * The stored refresh token when it is still that of this login: bound to this client's provider, and by both ID tokens
 * (OpenID Connect Core §2) of the same person and client. It is not kept when it could bring scopes that the person was not asked for this time, nor
 * when either set is bound to a key (RFC 9449). Otherwise undefined: a refresh would change the account or widen the grant.
 */
export function keptRefreshToken(
  context: ClientContext,
  login: TokenSet,
  stored: Entry | null,
): string | undefined {
  if (stored === null || !mayKeepRefreshToken(context, login)) return undefined;
  const verdict = verdictOn(context, stored);
  if (!verdict.ok || !verdict.refreshable) return undefined;
  const { token_set } = stored;
  if (token_set.dpop_key !== undefined || login.dpop_key !== undefined) return undefined;
  const narrower = token_set.scopes?.every((scope) => login.scopes?.includes(scope)) ?? false;
  return narrower && isSameLogin(token_set.id_token, login.id_token) ? token_set.refresh_token : undefined;
}

function isSameLogin(before: string | undefined, now: string | undefined): boolean {
  const one = before === undefined ? null : readIdToken(before);
  const other = now === undefined ? null : readIdToken(now);
  if (one === null || other === null) return false;
  return (["iss", "sub", "aud"] as const).every((claim) => {
    const value = one.claims[claim];
    return value !== undefined && JSON.stringify(value) === JSON.stringify(other.claims[claim]);
  });
}
