/**
 * Who the account is: the verified claims of the ID token, and the UserInfo endpoint (OpenID Connect Core §5.3).
 *
 * @module
 */

import { refusedError } from "./answer-error.ts";
import { registerTokens } from "./bound-entry.ts";
import type { ClientContext } from "./client-context.ts";
import { errorAnswer } from "./error-answer.ts";
import { OAuthError } from "./errors.ts";
import { type IdTokenClaims, readIdToken } from "./id-token.ts";
import { checkedClaims } from "./id-token-validation.ts";
import type { KeySets } from "./jwks.ts";
import { storedEntry } from "./stored-entry.ts";
import { reachOf } from "./reach.ts";
import { authorizedRequest } from "./request.ts";
import { isJsonObject, type JsonObject, readJson } from "./strict-json.ts";
import { mediaType } from "./token-response.ts";
import { withoutTokens } from "./without-tokens.ts";

/**
 * The claims of the stored ID token, verified: signature by the issuer's keys, issuer, audience, times. Its nonce was
 * compared at the login.
 *
 * Throws HARN-OAU-002 for nothing stored, 011 when there is no ID token or the provider has no `jwks_url`, 006 when it is
 * refused, 003, 004 and 009 from the transport.
 */
export async function idTokenClaims(context: ClientContext, keySets: KeySets): Promise<IdTokenClaims> {
  const { entry } = await storedEntry(context);
  registerTokens(context, entry.token_set);
  const { id_token, access_token } = entry.token_set;
  if (id_token === undefined) {
    throw new OAuthError(
      "HARN-OAU-011",
      `std/oauth/${context.module}: no ID token is stored`,
      "Ask for the scope openid at the login.",
    );
  }
  // Judged first: a signature says nothing about what is no ID token, or is too long to look at.
  const claims = checkedClaims(context, id_token, null);
  await keySets.verify(context, id_token);
  // Of all tokens the access token is the one that an issuer has at hand when it signs.
  const carried = { value: access_token, name: "access_token" };
  return withoutTokens(context.ports, claims, carried) as IdTokenClaims;
}

/**
 * What the provider's UserInfo endpoint says, with a valid token. When an ID token is stored, both must name the same
 * subject.
 *
 * Throws what `request` throws, HARN-OAU-011 when the provider has no `userinfo_url`, 012 when it refuses, 003 when it cannot
 * answer now, 006 for an answer that is no JSON object or names another subject.
 */
export async function userinfo(context: ClientContext): Promise<JsonObject> {
  const { userinfo_url } = context.provider;
  if (userinfo_url === null) {
    throw new OAuthError(
      "HARN-OAU-011",
      `std/oauth/${context.module}: the provider has no userinfo_url`,
      "Use a provider record that names one.",
    );
  }
  // `request` judges the URL; one that it refuses reaches nothing.
  const reach = URL.canParse(userinfo_url) ? reachOf(context.provider, userinfo_url) : "granted";
  const { status, headers, body } = await authorizedRequest(
    context,
    "GET",
    userinfo_url,
    { headers: { accept: "application/json" } },
    reach,
  );
  const parsed = readJson(typeof body === "string" ? new TextEncoder().encode(body) : body);
  if (status !== 200) {
    if (status >= 500 || status === 429) {
      throw new OAuthError(
        "HARN-OAU-003",
        `std/oauth/${context.module}: the userinfo endpoint cannot answer now`,
        "Try again later.",
        { details: { status } },
      );
    }
    throw refusedError(context, errorAnswer(status, parsed.ok ? parsed.value : undefined));
  }
  const json =
    mediaType(headers["content-type"]) === "application/json" && parsed.ok ? parsed.value : undefined;
  if (!isJsonObject(json)) throw unusable(context, "is not a JSON object");
  const { entry } = await storedEntry(context);
  const { id_token } = entry.token_set;
  const subject = id_token === undefined ? undefined : readIdToken(id_token)?.claims.sub;
  if (subject !== undefined && json.sub !== subject)
    throw unusable(context, "names another subject than the ID token");
  return json;
}

function unusable(context: ClientContext, why: string): OAuthError {
  return new OAuthError(
    "HARN-OAU-006",
    `std/oauth/${context.module}: the userinfo response ${why}`,
    "Check that userinfo_url is this provider's userinfo endpoint.",
  );
}
