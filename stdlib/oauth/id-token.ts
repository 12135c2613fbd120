/**
 * ID tokens (OpenID Connect Core §2, §3.1.3.7): reading, and judging their claims. Pure; signatures are `jwks.ts`.
 *
 * @module
 */

import { isJsonObject, type JsonObject, readJson } from "./strict-json.ts";

/** The claims of an ID token. Members of RFC 7519 and OpenID Connect, as the provider wrote them. */
export type IdTokenClaims = JsonObject & {
  readonly iss: string;
  readonly sub: string;
  readonly aud: string | string[];
  readonly exp: number;
  readonly iat: number;
};

export interface IdTokenExpectation {
  /** Null: the provider states none, and any `iss` passes. */
  readonly issuer: string | null;
  readonly clientId: string;
  /** What the authorization request sent; null: not compared. */
  readonly nonce: string | null;
  /** Unix seconds. */
  readonly now: number;
  /** Whether the token must not have ended. */
  readonly mustLive: boolean;
}

/** Clocks may differ by this much, in seconds. */
const skew = 60;

export const idTokenRefusals = {
  form: "it is not a signed JWT",
  iss: "it names another issuer",
  sub: "it has no usable subject",
  aud: "it is not meant for this client",
  azp: "it was issued to another client",
  exp: "it has expired",
  iat: "its time of issue is missing or lies in the future",
  nbf: "it is not valid yet",
  nonce: "its nonce is not the one that was sent",
} as const;

export type IdTokenRefusal = keyof typeof idTokenRefusals;

/** Reads header and claims without verifying anything; null for what is no compact JWS with JSON objects in it. */
export function readIdToken(
  token: string,
): { readonly header: JsonObject; readonly claims: JsonObject } | null {
  const parts = token.split(".", 4);
  if (parts.length !== 3) return null;
  const [header, claims] = parts.slice(0, 2).map(jsonPart);
  return header && claims && decoded(parts[2] ?? "") !== null ? { header, claims } : null;
}

/** Judges claims; null when nothing is wrong. */
export function judgeIdToken(claims: JsonObject, expected: IdTokenExpectation): IdTokenRefusal | null {
  const { iss, sub, aud, azp, exp, iat, nbf, nonce } = claims;
  if (typeof iss !== "string" || (expected.issuer !== null && iss !== expected.issuer)) return "iss";
  if (typeof sub !== "string" || sub === "" || sub.length > 255) return "sub";
  const audiences: readonly unknown[] = Array.isArray(aud) ? aud : [aud];
  if (!audiences.includes(expected.clientId)) return "aud";
  if (azp !== undefined ? azp !== expected.clientId : audiences.length > 1) return "azp";
  if (typeof exp !== "number" || (expected.mustLive && exp <= expected.now - skew)) return "exp";
  if (typeof iat !== "number" || iat > expected.now + skew) return "iat";
  if (nbf !== undefined && (typeof nbf !== "number" || nbf > expected.now + skew)) return "nbf";
  if (expected.nonce !== null && nonce !== expected.nonce) return "nonce";
  return null;
}

/** A refreshed ID token must be of the same person (OpenID Connect Core §12.2); one of the two missing is fine. */
export function isSameSubject(before: string | undefined, after: string | undefined): boolean {
  if (before === undefined || after === undefined || before === after) return true;
  const one = readIdToken(before)?.claims;
  const other = readIdToken(after)?.claims;
  return one === undefined || (one.sub === other?.sub && one.iss === other?.iss);
}

function jsonPart(text: string): JsonObject | null {
  const bytes = decoded(text);
  const parsed = bytes === null ? null : readJson(bytes);
  return parsed?.ok && isJsonObject(parsed.value) ? parsed.value : null;
}

/** Strict base64url: no padding, no white space, no stray bits at the end. */
function decoded(text: string): Uint8Array | null {
  const bytes = Buffer.from(text, "base64url");
  return bytes.toString("base64url") === text ? bytes : null;
}
