/**
 * The refresh grant on the wire (RFC 6749 §6): one POST, its answer or how it was lost.
 *
 * @module
 */

import type { ClientContext } from "./client-context.ts";
import { type DpopKey, dpopKeyOf, newDpopKey } from "./dpop-key.ts";
import type { OAuthError } from "./errors.ts";
import type { RefreshHandling } from "./providers/record.ts";
import { judgeTokenResponse, type TokenResponse } from "./token-response.ts";
import type { TokenSet } from "./token-set.ts";
import { callEndpoint } from "./transport.ts";

/**
 * The limit of the POST in ms. Callers may be impatient, the flight is not: at a strict server every answer that is
 * given up on is a lost login.
 */
export const refreshRequestMs = 30_000;

export type RefreshAnswer =
  | TokenResponse
  /** `not_sent`: nothing happened. `answered`: the answer could not be read. `unknown`: the server may have rotated. */
  | {
      readonly kind: "unreachable";
      readonly outcome: "not_sent" | "answered" | "unknown";
      readonly error: OAuthError;
    };

/** Whether presenting a refresh token a second time is harmless at this provider. */
export function mayPresentAgain(handling: RefreshHandling): boolean {
  return handling.reuse === "grace" || (handling.reuse !== "strict" && !handling.rotates_refresh_token);
}

/**
 * The key that a refresh proves: that of the set, to which its refresh token may be bound (RFC 9449 §5). A set without one
 * gets its first when the client wants its tokens bound. Null: no proof.
 */
export function refreshKey(context: ClientContext, { dpop_key }: TokenSet): DpopKey | null {
  const kept = dpop_key === undefined ? null : dpopKeyOf(dpop_key);
  return kept ?? (context.dpop ? newDpopKey(context.ports) : null);
}

/**
 * Presents a refresh token, with a proof when there is a key. When the answer is lost and the provider allows it, presents it once more at once.
 * Throws HARN-OAU-004 and 011 before anything is sent (see `callEndpoint`).
 */
export async function presentRefreshToken(
  context: ClientContext,
  set: TokenSet,
  refresh_token: string,
  dpopKey: DpopKey | null,
): Promise<RefreshAnswer> {
  const first = await post(context, set, refresh_token, dpopKey);
  if (first.kind !== "unreachable" || first.outcome !== "unknown") return first;
  if (!mayPresentAgain(context.provider.refresh_handling)) return first;
  const second = await post(context, set, refresh_token, dpopKey);
  // The first one may still have arrived.
  return second.kind === "unreachable" ? { ...second, outcome: "unknown" } : second;
}

async function post(
  context: ClientContext,
  set: TokenSet,
  refresh_token: string,
  dpopKey: DpopKey | null,
): Promise<RefreshAnswer> {
  const { provider, resource } = context;
  const result = await callEndpoint(context, {
    endpoint: "token_url",
    url: provider.token_url,
    parameters: [
      ["grant_type", "refresh_token"],
      ["refresh_token", refresh_token],
      ...resource.map((item) => ["resource", item] as const),
      ["scope", narrowerScope(context, set)],
    ],
    authenticate: true,
    format: provider.token_body_format,
    dpopKey,
    timeoutMs: refreshRequestMs,
  });
  if (!result.ok) return { kind: "unreachable", outcome: result.outcome, error: result.error };
  return judgeTokenResponse(result.answer, provider.response, dpopKey !== null, refresh_token);
}

/** The caller's scopes when they are fewer than the granted ones; else null, so that the grant stays as it is. */
function narrowerScope(context: ClientContext, set: TokenSet): string | null {
  const granted = set.scopes ?? [];
  const { scopes, scopesGiven, provider } = context;
  if (!scopesGiven || scopes.length === 0 || scopes.length >= granted.length) return null;
  return scopes.every((scope) => granted.includes(scope)) ? scopes.join(provider.scope_separator) : null;
}
