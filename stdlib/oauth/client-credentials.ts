/**
 * The client credentials grant (RFC 6749 §4.4): the client acts for itself.
 *
 * @module
 */

import { answerError } from "./answer-error.ts";
import { type ClientContext, emitEvent, nowSeconds } from "./client-context.ts";
import { newDpopKey } from "./dpop-key.ts";
import { OAuthError } from "./errors.ts";
import { storeLogin } from "./login.ts";
import { judgeTokenResponse } from "./token-response.ts";
import type { TokenSet } from "./token-set.ts";
import { tokenShape } from "./token-set-of.ts";
import { callEndpoint, endpointTimeoutMs } from "./transport.ts";

/**
 * Gets a token for the client itself, stores it under the client's key and answers the token set. Call it again when
 * `token` says that consent is needed: this grant has no refresh token.
 *
 * Throws HARN-OAU-011 for a public client, then as every token request: 012, 008, 006, 003, 009, 004, 010.
 */
export async function clientCredentials(context: ClientContext): Promise<TokenSet> {
  if (context.credentials.method === "none") {
    throw new OAuthError(
      "HARN-OAU-011",
      "std/oauth/client: client_credentials needs a client that can authenticate",
      "Give the client its client_secret.",
    );
  }
  const { provider, scopes, resource, audience } = context;
  const issuedAt = nowSeconds(context.ports);
  const dpopKey = context.dpop ? newDpopKey(context.ports) : null;
  try {
    const result = await callEndpoint(context, {
      endpoint: "token_url",
      url: provider.token_url,
      parameters: [
        ["grant_type", "client_credentials"],
        ["scope", scopes.length === 0 ? null : scopes.join(provider.scope_separator)],
        ["audience", audience],
        ...resource.map((item) => ["resource", item] as const),
      ],
      authenticate: true,
      format: provider.token_body_format,
      dpopKey,
      timeoutMs: context.timeoutMs ?? endpointTimeoutMs,
      untilSent: context.ports.run.signal,
    });
    if (!result.ok) throw result.error;
    const response = judgeTokenResponse(result.answer, provider.response, dpopKey !== null);
    if (response.kind !== "granted") throw answerError(context, response);
    const { shown, stored } = await storeLogin(context, response.members, issuedAt, dpopKey);
    emitEvent(context, "token_exchanged", { grant_type: "client_credentials", next: tokenShape(stored) });
    return shown;
  } catch (error) {
    emitEvent(context, "exchange_failed", {
      grant_type: "client_credentials",
      code: error instanceof OAuthError ? error.code : null,
    });
    throw error;
  }
}
