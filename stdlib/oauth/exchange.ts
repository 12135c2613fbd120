/**
 * The code grant: from the answer of an authorization to stored tokens (RFC 6749 §4.1.3, RFC 7636 §4.5).
 *
 * @module
 */

import { answerError, refusedError } from "./answer-error.ts";
import {
  type Attempt,
  type Attempts,
  attemptOf,
  refused,
  sameState,
  stateMismatch,
} from "./authorization.ts";
import { authorizationRefusals, isUsableCode, judgeAuthorizationResponse } from "./authorization-response.ts";
import { type ClientContext, emitEvent, nowSeconds } from "./client-context.ts";
import { errorAnswer } from "./error-answer.ts";
import { OAuthError } from "./errors.ts";
import { checkedClaims } from "./id-token-validation.ts";
import { storeLogin } from "./login.ts";
import { objectOf } from "./provider-of.ts";
import { judgeTokenResponse } from "./token-response.ts";
import type { TokenSet } from "./token-set.ts";
import { tokenShape } from "./token-set-of.ts";
import { callEndpoint, endpointTimeoutMs } from "./transport.ts";

/**
 * Exchanges a code for tokens, stores them and answers the token set.
 *
 * Throws, before anything is sent, HARN-OAU-007 for a state that differs and for a used or expired attempt, and
 * HARN-OAU-011 for arguments that are none; then 012 (refused), 008 (denied), 006 (answer refused by us), 003 (not
 * now), 009 and 004 (host), 010 (storage). Every failure after that leaves an `exchange_failed` event.
 */
export async function exchangeCode(
  context: ClientContext,
  attempts: Attempts,
  pkce: unknown,
  code: unknown,
  state: unknown,
): Promise<TokenSet> {
  return await withFailureEvent(context, async () => {
    const record = objectOf(pkce);
    if (record !== null && !(typeof record.state === "string" && sameState(record.state, state))) {
      throw stateMismatch(context.module);
    }
    const attempt = attemptOf(context, attempts, pkce);
    if (!isUsableCode(code)) {
      throw new OAuthError(
        "HARN-OAU-011",
        `std/oauth/${context.module}: the code must be 1 to 4,096 printable characters`,
        "Pass the code parameter of the redirect, or the whole URL to exchange_callback.",
      );
    }
    return await exchange(context, attempts, attempt, code);
  });
}

/**
 * Like {@link exchangeCode}, from the whole redirect URL: `state`, `iss` (RFC 9207) and `error` are judged together.
 * Besides, throws HARN-OAU-007 for any answer that is not this attempt's; such an answer leaves the attempt open.
 */
export async function exchangeCallback(
  context: ClientContext,
  attempts: Attempts,
  pkce: unknown,
  url: unknown,
): Promise<TokenSet> {
  return await withFailureEvent(context, async () => {
    const attempt = attemptOf(context, attempts, pkce);
    const { auth_url, token_url, iss_parameter } = context.provider;
    const response = judgeAuthorizationResponse(url, {
      state: attempt.state,
      redirect_uri: attempt.redirect_uri,
      issuer: attempt.issuer,
      origins: [auth_url, token_url].filter((one) => URL.canParse(one)).map((one) => new URL(one).origin),
      issRequired: iss_parameter,
    });
    switch (response.kind) {
      case "refused":
        throw refused(context.module, authorizationRefusals[response.reason]);
      case "error":
        attempts.use(attempt.state, nowSeconds(context.ports));
        throw authorizationError(context, response.error, response.error_description);
      case "code":
        return await exchange(context, attempts, attempt, response.code);
    }
  });
}

async function exchange(
  context: ClientContext,
  attempts: Attempts,
  attempt: Attempt,
  code: string,
): Promise<TokenSet> {
  const { ports, provider } = context;
  ports.redactor.register(code, "code", { own: true });
  const issuedAt = nowSeconds(ports);
  // Before the request, so that two calls with one record send one code once.
  attempts.use(attempt.state, issuedAt);
  const result = await callEndpoint(context, {
    endpoint: "token_url",
    url: provider.token_url,
    parameters: [
      ["grant_type", "authorization_code"],
      ["code", code],
      ["redirect_uri", attempt.redirect_uri],
      ["code_verifier", attempt.verifier],
      ...context.resource.map((item) => ["resource", item] as const),
    ],
    authenticate: true,
    format: provider.token_body_format,
    dpopKey: attempt.dpopKey,
    timeoutMs: context.timeoutMs ?? endpointTimeoutMs,
    untilSent: ports.run.signal,
  });
  if (!result.ok) {
    if (result.outcome === "not_sent") attempts.reopen(attempt);
    throw result.error;
  }
  const response = judgeTokenResponse(result.answer, provider.response, attempt.dpopKey !== null);
  if (response.kind !== "granted") throw answerError(context, response);
  const { id_token, access_token } = response.members;
  if (id_token !== undefined && attempt.nonce !== null) {
    const { nonce, issuedAt: since } = attempt;
    checkedClaims(context, id_token, { nonce, since, access_token, code });
  }
  const { shown, stored } = await storeLogin(context, response.members, issuedAt, attempt.dpopKey);
  emitEvent(context, "token_exchanged", { next: tokenShape(stored) });
  return shown;
}

async function withFailureEvent<T>(context: ClientContext, body: () => Promise<T>): Promise<T> {
  try {
    return await body();
  } catch (error) {
    emitEvent(context, "exchange_failed", { code: error instanceof OAuthError ? error.code : null });
    throw error;
  }
}

/** `details.status` is 0: a redirect through the browser has no status that we saw. */
function authorizationError(context: ClientContext, error: string, description: string | null): OAuthError {
  const answer = errorAnswer(0, {
    error,
    ...(description === null ? {} : { error_description: description }),
  });
  if (answer.error === "temporarily_unavailable" || answer.error === "server_error") {
    return answerError(context, { kind: "unavailable", answer, retryAfter: null });
  }
  return refusedError(context, answer);
}
