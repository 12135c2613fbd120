/**
 * Introspection (RFC 7662): what the authorization server says of the stored token.
 *
 * @module
 */

import { storedEntry } from "./stored-entry.ts";
import { registerTokens } from "./bound-entry.ts";
import { destinationRefused } from "./bound-entry.ts";
import type { ClientContext } from "./client-context.ts";
import { errorAnswer } from "./error-answer.ts";
import { refusedError } from "./answer-error.ts";
import { OAuthError } from "./errors.ts";
import { isJsonObject, type JsonObject, readJson } from "./strict-json.ts";
import { mediaType } from "./token-response.ts";
import { callEndpoint, endpointTimeoutMs } from "./transport.ts";
import { withoutTokens } from "./without-tokens.ts";

/** The members of RFC 7662 §2.2 that we take; others are dropped. Times are Unix seconds. */
export interface Introspection {
  readonly active: boolean;
  readonly scope?: string;
  readonly client_id?: string;
  readonly username?: string;
  readonly token_type?: string;
  readonly exp?: number;
  readonly iat?: number;
  readonly nbf?: number;
  readonly sub?: string;
  readonly aud?: string | readonly string[];
  readonly iss?: string;
  readonly jti?: string;
}

const texts = ["scope", "client_id", "username", "token_type", "sub", "iss", "jti"] as const;
const numbers = ["exp", "iat", "nbf"] as const;

/**
 * Asks about the stored access token. Nothing is refreshed first.
 *
 * Throws HARN-OAU-002 for nothing stored, 011 when the provider has no introspection endpoint, 004 when the token is not
 * bound to it, 012 when the provider refuses, 006 for an answer that is none, 003 and 009 from the transport.
 */
export async function introspect(context: ClientContext): Promise<Introspection> {
  const { introspection_url } = context.provider;
  if (introspection_url === null) {
    throw new OAuthError(
      "HARN-OAU-011",
      "std/oauth/client: the provider has no introspection_url",
      "Use a provider record that names one, for example from discover(issuer).",
    );
  }
  const bound = await storedEntry(context);
  const { origin } = new URL(introspection_url);
  const isHome = bound.refreshable && origin === context.binding.token_origin;
  if (!isHome && !bound.origins.includes(origin)) {
    throw destinationRefused(context, "the stored token is not bound to this introspection_url");
  }
  registerTokens(context, bound.entry.token_set);
  const result = await callEndpoint(context, {
    endpoint: "introspection_url",
    url: introspection_url,
    parameters: [
      ["token", bound.entry.token_set.access_token],
      ["token_type_hint", "access_token"],
    ],
    authenticate: true,
    format: "form",
    timeoutMs: context.timeoutMs ?? endpointTimeoutMs,
  });
  if (!result.ok) throw result.error;
  const { status, headers, body } = result.answer;
  const parsed = readJson(body);
  if (status !== 200) throw refusedError(context, errorAnswer(status, parsed.ok ? parsed.value : undefined));
  if (
    !parsed.ok ||
    !isJsonObject(parsed.value) ||
    mediaType(headers["content-type"]) !== "application/json"
  ) {
    throw unusable(status);
  }
  const answer = judgeIntrospection(
    withoutTokens(context.ports, parsed.value, {
      value: bound.entry.token_set.access_token,
      name: "access_token",
    }),
  );
  if (answer === null) throw unusable(status);
  return answer;
}

/** Takes the members that are of their type; null without a boolean `active` or with a member of another type. */
export function judgeIntrospection(given: JsonObject): Introspection | null {
  const { active, aud } = given;
  if (typeof active !== "boolean") return null;
  const answer: Record<string, unknown> = { active };
  for (const name of texts) {
    const value = given[name];
    if (value === undefined) continue;
    if (typeof value !== "string") return null;
    answer[name] = value;
  }
  for (const name of numbers) {
    const value = given[name];
    if (value === undefined) continue;
    if (typeof value !== "number") return null;
    answer[name] = value;
  }
  if (aud !== undefined) {
    const listed = Array.isArray(aud) && aud.every((item) => typeof item === "string");
    if (typeof aud !== "string" && !listed) return null;
    answer["aud"] = aud;
  }
  return answer as unknown as Introspection;
}

function unusable(status: number): OAuthError {
  return new OAuthError(
    "HARN-OAU-006",
    "std/oauth/client: the introspection response is not a JSON object with a boolean active and members of their types",
    "Check that introspection_url is this provider's introspection endpoint.",
    { details: { status } },
  );
}
