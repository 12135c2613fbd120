/**
 * Token type identifiers (RFC 8693 §3) and their short names.
 *
 * @module
 */

import { OAuthError } from "../errors.ts";
import { nearest } from "../../../runtime/nearest.ts";

/** The grant type of token exchange (RFC 8693 §2.1). */
export const tokenExchangeGrantType = "urn:ietf:params:oauth:grant-type:token-exchange";

const prefix = "urn:ietf:params:oauth:token-type:";

/** Short names by what they stand for behind the prefix. */
const names: Readonly<Record<string, string>> = {
  access_token: "access_token",
  access: "access_token",
  refresh_token: "refresh_token",
  id_token: "id_token",
  jwt: "jwt",
  saml1: "saml1",
  saml2: "saml2",
  "id-jag": "id-jag",
  id_jag: "id-jag",
  txn_token: "txn_token",
  txn: "txn_token",
  self_signed: "self_signed",
  unsigned_json: "unsigned_json",
};

/**
 * The identifier of a token type: a `urn:` as it is, a short name (in any case) in full.
 * @throws OAuthError HARN-OAU-011 naming the nearest short name.
 */
export function tokenType(given: unknown): string {
  const text = typeof given === "string" ? given.trim() : "";
  if (/^urn:[!-~]{1,500}$/.test(text)) return text;
  const known = names[text.toLowerCase()];
  if (known !== undefined && Object.hasOwn(names, text.toLowerCase())) return prefix + known;
  const near = nearest(text, Object.keys(names));
  throw new OAuthError(
    "HARN-OAU-011",
    `std/oauth/token_exchange: unknown token type${near === null ? "" : `; did you mean "${near}"?`}`,
    `Use a urn: or one of ${Object.keys(names).join(", ")}.`,
  );
}
