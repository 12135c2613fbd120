/**
 * The refresh grant on the wire (RFC 6749 §6): one POST, its answer or how it was lost, and the repeats that a provider allows.
 *
 * @module
 */

import { answerError } from "./answer-error.ts";
import type { ClientContext } from "./client-context.ts";
import { type DpopKey, dpopKeyOf, newDpopKey } from "./dpop-key.ts";
import type { OAuthError } from "./errors.ts";
import { lockLimits } from "./lock-limits.ts";
import type { RefreshHandling } from "./providers/record.ts";
import { outcomeUnknown } from "./refresh-errors.ts";
import { repeatRule } from "./refresh-profile.ts";
import { judgeTokenResponse, type TokenResponse } from "./token-response.ts";
import type { TokenSet } from "./token-set.ts";
import { callEndpoint } from "./transport.ts";

export type RefreshAnswer =
  | TokenResponse
  /** `not_sent`: nothing happened. `answered`: the answer could not be read. `unknown`: the server may have rotated. */
  | {
      readonly kind: "unreachable";
      readonly outcome: "not_sent" | "answered" | "unknown";
      readonly error: OAuthError;
    };

export interface Presented {
  readonly answer: RefreshAnswer;
  /** True when the server may have acted on this or an earlier request of the same refresh, and the answer does not tell. */
  readonly inDoubt: boolean;
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
 * Presents a refresh token, with a proof when there is a key. A lost answer is asked for again at once as often as the
 * provider's rule allows (`refresh-profile.ts`), because waiting would only use up its grace.
 * Throws HARN-OAU-004 and 011 before anything is sent (see `callEndpoint`).
 */
export async function presentRefreshToken(
  context: ClientContext,
  set: TokenSet,
  refresh_token: string,
  dpopKey: DpopKey | null,
): Promise<Presented> {
  const { clock } = context.ports;
  const handling = context.provider.refresh_handling;
  const { windowSeconds, repeats } = repeatRule(handling);
  const start = clock.monotonic();
  const repeatUntil = start + Math.min(windowSeconds * 1000, lockLimits.refreshMs);
  const presentOnce = (): Promise<RefreshAnswer> =>
    post(context, set, refresh_token, dpopKey, start + lockLimits.refreshMs - clock.monotonic());

  let answer = await presentOnce();
  let acted = mayHaveActed(answer);
  for (let left = repeats; left > 0 && isLost(answer, handling); left -= 1) {
    if (clock.monotonic() >= repeatUntil) break;
    answer = await presentOnce();
    acted ||= mayHaveActed(answer);
  }
  return { answer, inDoubt: acted && answer.kind !== "granted" };
}

/** The error for an answer that brought no tokens and is no verdict on the refresh token. */
export function failureOf(
  context: ClientContext,
  answer: Exclude<RefreshAnswer, { kind: "granted" }>,
  inDoubt: boolean,
): OAuthError {
  if (answer.kind !== "unreachable") return answerError(context, answer);
  return inDoubt && answer.outcome !== "answered" ? outcomeUnknown() : answer.error;
}

/** Whether a repeat can bring the answer. One that was not readable is lost only where the repeat brings the same tokens. */
function isLost(answer: RefreshAnswer, handling: RefreshHandling): boolean {
  if (answer.kind === "unreachable" && answer.outcome === "unknown") return true;
  return handling.reuse === "grace" && mayHaveActed(answer);
}

/** Whether the server may have rotated although no tokens came. A gateway (RFC 9110 §15.6.3, §15.6.5) does not know either. */
function mayHaveActed(answer: RefreshAnswer): boolean {
  switch (answer.kind) {
    case "granted":
    case "refused":
      return false;
    case "unavailable":
      return answer.answer.status === 502 || answer.answer.status === 504;
    case "invalid":
      return answer.status < 300;
    case "unreachable":
      return answer.outcome !== "not_sent";
  }
}

async function post(
  context: ClientContext,
  set: TokenSet,
  refresh_token: string,
  dpopKey: DpopKey | null,
  timeoutMs: number,
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
    timeoutMs,
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
