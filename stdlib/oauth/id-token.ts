/**
 * ID tokens (OpenID Connect Core §2, §3.1.3.7): reading them strictly, and judging their header and claims. Pure; signatures are
 * `jwks.ts`.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { isJsonObject, type JsonObject, type JsonValue, readJson } from "./strict-json.ts";
import { tokenResponseLimits } from "./token-response.ts";

/** The claims of an ID token. Members of RFC 7519 and OpenID Connect, as the provider wrote them. */
export type IdTokenClaims = JsonObject & {
  readonly iss: string;
  readonly sub: string;
  readonly aud: string | string[];
  readonly exp: number;
  readonly iat: number;
};

/** What an ID token came with, which it must fit. */
export interface IdTokenArrival {
  /** What the authorization request sent; null: not compared. */
  readonly nonce: string | null;
  /** When the login began, in Unix seconds; null: not compared. */
  readonly since: number | null;
  readonly access_token: string;
  /** The authorization code; null: there was none. */
  readonly code: string | null;
}

export interface IdTokenExpectation {
  /** Null: the provider states none, and any `iss` passes. */
  readonly issuer: string | null;
  readonly clientId: string;
  /** Unix seconds. */
  readonly now: number;
  /** Null: it did not come now. */
  readonly arrival: IdTokenArrival | null;
}

/** An ID token in its parts. */
export interface IdTokenParts {
  readonly header: JsonObject;
  readonly claims: JsonObject;
}

/** Clocks may differ by this much, in seconds. */
const skew = 60;
/** How long before the login an ID token may say that it was issued, in seconds. Microsoft dates them back by five minutes. */
const mostBackdating = 600;

export const idTokenRefusals = {
  form: "it is not a signed JWT",
  alg: "its header names no signature algorithm that is known",
  typ: "its header says that it is another kind of token",
  crit: "its header demands an extension",
  iss: "it names another issuer",
  sub: "it has no usable subject",
  aud: "it is not meant for this client",
  azp: "it was issued to another client",
  exp: "it has expired, or its end is unusable",
  iat: "its time of issue is missing, too early or in the future",
  nbf: "it is not valid yet",
  nonce: "its nonce is not the one that was sent",
  at_hash: "it belongs to another access token",
  c_hash: "it belongs to another code",
} as const;

export type IdTokenRefusal = keyof typeof idTokenRefusals;

/** Reads header and claims without verifying anything; null for what is no compact JWS with JSON objects in it. */
export function readIdToken(token: string): IdTokenParts | null {
  const parts = token.split(".", 4);
  if (parts.length !== 3) return null;
  const [header, claims] = parts.slice(0, 2).map(jsonPart);
  return header && claims && decoded(parts[2] ?? "") !== null ? { header, claims } : null;
}

/** Judges header and claims; null when nothing is wrong. */
export function judgeIdToken(
  { header, claims }: IdTokenParts,
  expected: IdTokenExpectation,
): IdTokenRefusal | null {
  return (
    judgeHeader(header) ?? judgeClaims(claims, expected) ?? judgeArrival(header, claims, expected.arrival)
  );
}

/** Judges the header alone, as {@link judgeIdToken} does. */
export function judgeHeader({ alg, typ, crit }: JsonObject): IdTokenRefusal | null {
  if (hashOf(alg) === null) return "alg";
  // RFC 8725 §3.11: an access token (at+jwt) or a logout token is no ID token, whoever signed it.
  if (typ !== undefined && !(typeof typ === "string" && /^(?:application\/)?jwt$/i.test(typ))) return "typ";
  // RFC 7515 §4.1.11: none is understood here; RFC 7797 §7 forbids b64 in a JWT.
  return crit === undefined ? null : "crit";
}

function judgeClaims(claims: JsonObject, expected: IdTokenExpectation): IdTokenRefusal | null {
  const { iss, sub, aud, azp, exp, iat, nbf } = claims;
  const { now, clientId, issuer } = expected;
  if (typeof iss !== "string" || (issuer !== null && iss !== issuer)) return "iss";
  // OpenID Connect Core §2: at most 255 ASCII characters.
  if (typeof sub !== "string" || !/^[ -~]{1,255}$/.test(sub)) return "sub";
  const audiences: readonly unknown[] = Array.isArray(aud) ? aud : [aud];
  if (!audiences.includes(clientId)) return "aud";
  if (azp !== undefined ? azp !== clientId : audiences.length > 1) return "azp";
  if (!isTime(exp) || exp <= now - skew || exp > now + tokenResponseLimits.maxLifetime) return "exp";
  if (!isTime(iat) || iat > now + skew) return "iat";
  return nbf === undefined || (isTime(nbf) && nbf <= now + skew) ? null : "nbf";
}

function judgeArrival(
  { alg }: JsonObject,
  { iat, nonce, at_hash, c_hash }: JsonObject,
  arrival: IdTokenArrival | null,
): IdTokenRefusal | null {
  if (arrival === null) return null;
  const { since, code, access_token } = arrival;
  if (since !== null && Number(iat) < since - mostBackdating) return "iat";
  if (arrival.nonce !== null && nonce !== arrival.nonce) return "nonce";
  // OpenID Connect Core §3.1.3.8, §3.3.2.11: where they are, they must fit.
  if (at_hash !== undefined && at_hash !== leftHalf(alg, access_token)) return "at_hash";
  return c_hash === undefined || code === null || c_hash === leftHalf(alg, code) ? null : "c_hash";
}

/**
 * A refreshed ID token must be of the same person, and of the same login where both have a nonce (OpenID Connect Core §12.2);
 * one of the two missing is fine.
 */
export function isSameSubject(before: string | undefined, after: string | undefined): boolean {
  if (before === undefined || after === undefined || before === after) return true;
  const one = readIdToken(before)?.claims;
  const other = readIdToken(after)?.claims;
  if (one === undefined) return true;
  const isOtherLogin = one.nonce !== undefined && other?.nonce !== undefined && one.nonce !== other.nonce;
  return one.sub === other?.sub && one.iss === other?.iss && !isOtherLogin;
}

/** Seconds since the epoch; RFC 7519 §2 allows fractions. */
function isTime(value: JsonValue | undefined): value is number {
  return typeof value === "number" && value >= 0;
}

/** The hash of a signature algorithm (RFC 7518 §3.1, RFC 8037 §3.1 with Ed25519); null for `none` and what is unknown. */
function hashOf(alg: JsonValue | undefined): string | null {
  if (alg === "EdDSA") return "sha512";
  const [, bits] = /^(?:RS|PS|ES|HS)(256|384|512)$/.exec(typeof alg === "string" ? alg : "") ?? [];
  return bits === undefined ? null : `sha${bits}`;
}

/** The left half of the hash, in base64url. */
function leftHalf(alg: JsonValue | undefined, text: string): string | null {
  const hash = hashOf(alg);
  if (hash === null) return null;
  const digest = createHash(hash).update(text).digest();
  return digest.subarray(0, digest.length / 2).toString("base64url");
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
