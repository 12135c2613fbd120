/**
 * Judges the redirect that ends an authorization (RFC 6749 §4.1.2, RFC 9207). Pure.
 *
 * @module
 */

import { sameState } from "./authorization.ts";

export interface ExpectedResponse {
  readonly state: string;
  readonly redirect_uri: string | null;
  /** Null: the provider states none, so an `iss` must be of one of its own origins. */
  readonly issuer: string | null;
  /** Where the provider's endpoints for logins are; default nowhere. */
  readonly origins?: readonly string[];
  /** Whether the provider's answers always carry `iss`. */
  readonly issRequired: boolean;
}

export const authorizationRefusals = {
  not_a_url: "the callback is not a URL",
  redirect_uri: "the callback is not at this attempt's redirect_uri",
  repeated: "the callback has a parameter twice",
  token: "the callback carries a token, which no authorization code response does",
  state: "state mismatch: the answer does not belong to this attempt",
  iss_missing: "the callback has no iss, although this provider always sends it",
  iss: "the callback comes from another issuer",
  code: "the callback has no usable code",
} as const;

export type AuthorizationRefusal = keyof typeof authorizationRefusals;

export type AuthorizationResponse =
  | { readonly kind: "code"; readonly code: string }
  /** The provider itself said no: state and issuer were right. */
  | { readonly kind: "error"; readonly error: string; readonly error_description: string | null }
  | { readonly kind: "refused"; readonly reason: AuthorizationRefusal };

const known = ["state", "code", "iss", "error", "error_description"] as const;
const tokens = ["access_token", "id_token", "refresh_token"] as const;

/**
 * Judges the whole redirect URL; one relative to the redirect URI is taken too. State is looked at before anything
 * else, then `iss` by simple string comparison (RFC 9207 §2.4), and only then an `error`, which wins over a `code`.
 */
export function judgeAuthorizationResponse(url: unknown, expected: ExpectedResponse): AuthorizationResponse {
  const refused = (reason: AuthorizationRefusal): AuthorizationResponse => ({ kind: "refused", reason });
  const base = expected.redirect_uri ?? undefined;
  if (typeof url !== "string" || url.length > 16_384 || !URL.canParse(url, base)) return refused("not_a_url");
  const callback = new URL(url, base);
  if (base !== undefined && !isAt(callback, base)) return refused("redirect_uri");
  const query = callback.searchParams;
  const fragment = new URLSearchParams(callback.hash.slice(1));
  if (tokens.some((name) => query.has(name) || fragment.has(name))) return refused("token");
  if (known.some((name) => query.getAll(name).length > 1)) return refused("repeated");
  if (!sameState(expected.state, query.get("state"))) return refused("state");
  const iss = query.get("iss");
  if (iss === null && expected.issRequired) return refused("iss_missing");
  if (iss !== null && !isIssuer(iss, expected)) return refused("iss");
  const error = query.get("error");
  if (error !== null) return { kind: "error", error, error_description: query.get("error_description") };
  const code = query.get("code");
  return code !== null && isUsableCode(code) ? { kind: "code", code } : refused("code");
}

/** A code of 1 to 4,096 printable characters (RFC 6749 appendix A.11). */
export function isUsableCode(code: unknown): code is string {
  return typeof code === "string" && /^[ -~]{1,4096}$/.test(code);
}

/** Without a known issuer a foreign one is still seen: a mix-up would begin at a provider that states none (RFC 9700 §4.4). */
function isIssuer(iss: string, { issuer, origins = [] }: ExpectedResponse): boolean {
  if (issuer !== null) return iss === issuer;
  return URL.canParse(iss) && origins.includes(new URL(iss).origin);
}

/** The place, and the redirect URI's own query, by which some toolkits tell connections apart (RFC 9700 §4.4.2.2). */
function isAt(callback: URL, redirect_uri: string): boolean {
  const expected = new URL(redirect_uri);
  const given = (name: string): string => JSON.stringify(callback.searchParams.getAll(name));
  const wanted = (name: string): string => JSON.stringify(expected.searchParams.getAll(name));
  return (
    [...expected.searchParams.keys()].every((name) => given(name) === wanted(name)) &&
    callback.protocol === expected.protocol &&
    callback.host === expected.host &&
    callback.pathname === expected.pathname &&
    callback.username === "" &&
    callback.password === ""
  );
}
