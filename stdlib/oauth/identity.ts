/**
 * Who the account is: the verified claims of the ID token, and the UserInfo endpoint (OpenID Connect Core §5.3).
 *
 * @module
 */

import { refusedError } from "./answer-error.ts";
import { registerTokens } from "./bound-entry.ts";
import { type ClientContext, nowSeconds } from "./client-context.ts";
import { errorAnswer } from "./error-answer.ts";
import { OAuthError } from "./errors.ts";
import { type IdTokenClaims, idTokenRefusals, judgeIdToken, readIdToken } from "./id-token.ts";
import { type KeySets, refused } from "./jwks.ts";
import { storedEntry } from "./refresh.ts";
import { authorizedRequest } from "./request.ts";
import { isJsonObject, type JsonObject, readJson } from "./strict-json.ts";
import { mediaType } from "./token-response.ts";

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
  const { id_token } = entry.token_set;
  if (id_token === undefined) {
    throw new OAuthError(
      "HARN-OAU-011",
      `std/oauth/${context.module}: no ID token is stored`,
      "Ask for the scope openid at the login.",
    );
  }
  await keySets.verify(context, id_token);
  return checkedClaims(context, id_token, null, true);
}

/**
 * Judges the claims of an ID token that came straight from the token endpoint; its signature is not looked at (OpenID
 * Connect Core §3.1.3.7, item 6). Throws HARN-OAU-006.
 */
export function checkedClaims(
  context: ClientContext,
  id_token: string,
  nonce: string | null,
  mustLive: boolean,
): IdTokenClaims {
  const read = readIdToken(id_token);
  const { provider, credentials, ports } = context;
  const reason =
    read === null
      ? "form"
      : judgeIdToken(read.claims, {
          issuer: provider.issuer,
          clientId: credentials.client_id,
          nonce,
          now: nowSeconds(ports),
          mustLive,
        });
  if (reason !== null) throw refused(context, idTokenRefusals[reason]);
  return read?.claims as IdTokenClaims;
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
  const { status, headers, body } = await authorizedRequest(context, "GET", userinfo_url, {
    headers: { accept: "application/json" },
  });
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
