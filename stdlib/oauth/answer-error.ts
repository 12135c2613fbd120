/**
 * From a judged token response to the error that a caller sees.
 *
 * @module
 */

import type { ClientContext } from "./client-context.ts";
import { redactedAnswer } from "./error-answer.ts";
import { OAuthError, type ProviderAnswer } from "./errors.ts";
import { type TokenResponse, tokenResponseRefusals } from "./token-response.ts";

/** `error` values that mean: the person or the provider said no. */
const denials: ReadonlySet<string> = new Set(["access_denied", "authorization_declined", "expired_token"]);

/**
 * The error for an answer that granted nothing: HARN-OAU-008 denied, 012 refused, 003 unavailable, 006 refused by us.
 */
export function answerError(
  context: ClientContext,
  response: Exclude<TokenResponse, { kind: "granted" }>,
): OAuthError {
  switch (response.kind) {
    case "refused":
      return refusedError(context, response.answer);
    case "unavailable":
      return new OAuthError(
        "HARN-OAU-003",
        `std/oauth/${context.module}: token request failed: the provider cannot answer now`,
        "Try again later.",
        { details: redactedAnswer(response.answer, context.ports.redactor) },
      );
    case "invalid":
      return new OAuthError(
        "HARN-OAU-006",
        `std/oauth/${context.module}: token response invalid: ${tokenResponseRefusals[response.reason]}`,
        "Check that the endpoints in the provider record are this provider's OAuth endpoints.",
        { details: { status: response.status } },
      );
  }
}

/** The error for a provider's own refusal, at whichever endpoint. */
export function refusedError(context: ClientContext, answer: ProviderAnswer): OAuthError {
  const details = redactedAnswer(answer, context.ports.redactor);
  if (answer.error !== undefined && denials.has(answer.error)) {
    const expired = answer.error === "expired_token";
    return new OAuthError(
      "HARN-OAU-008",
      `std/oauth/${context.module}: ${expired ? "the request expired" : "the request was denied"}`,
      "Start again when the person is ready to agree.",
      { details },
    );
  }
  return new OAuthError(
    "HARN-OAU-012",
    `std/oauth/${context.module}: token request failed: the provider refused it`,
    "Compare client id, secret, scopes and redirect URI with the provider's registration.",
    { details },
  );
}
