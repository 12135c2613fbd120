/**
 * Judges authorization server metadata (RFC 8414 §2, OpenID Connect Discovery §3). Pure.
 *
 * @module
 */

import { isJsonObject, type JsonObject, type JsonValue, readJson } from "../strict-json.ts";
import { type RawAnswer, mediaType } from "../token-response.ts";
import { metadataUrl, opensInside } from "./metadata-url.ts";

/** What we take from the metadata. Everything else is dropped. */
export interface IssuerMetadata {
  readonly issuer: string;
  readonly authorization_endpoint: string;
  readonly token_endpoint: string;
  readonly device_authorization_endpoint: string | null;
  readonly revocation_endpoint: string | null;
  readonly introspection_endpoint: string | null;
  readonly userinfo_endpoint: string | null;
  readonly registration_endpoint: string | null;
  readonly pushed_authorization_request_endpoint: string | null;
  readonly require_pushed_authorization_requests: boolean;
  readonly jwks_uri: string | null;
  readonly authorization_response_iss_parameter_supported: boolean;
  readonly token_endpoint_auth_methods_supported: readonly string[] | null;
  readonly code_challenge_methods_supported: readonly string[] | null;
}

export type MetadataRefusal =
  | "status"
  | "content_type"
  | "not_json"
  | "not_an_object"
  | "issuer"
  | "endpoint"
  | "member_type"
  | "pkce";

export type MetadataVerdict =
  | { readonly ok: true; readonly metadata: IssuerMetadata }
  | { readonly ok: false; readonly reason: MetadataRefusal };

/** In bytes. Real documents have a few thousand. */
export const metadataMaxBytes: number = 256 * 1024;

/**
 * Judges an answer to a metadata request. The issuer must equal the one that was asked for, character by character
 * (RFC 8414 §3.3). For its endpoints the rules of `metadata-url.ts` hold. Metadata that names PKCE methods without S256
 * is refused: S256 is the only one this client speaks.
 */
export function judgeIssuerMetadata(answer: RawAnswer, expectedIssuer: string): MetadataVerdict {
  if (answer.status !== 200) return refused("status");
  if (mediaType(answer.headers["content-type"]) !== "application/json") return refused("content_type");
  const json = readJson(answer.body);
  if (!json.ok) return refused("not_json");
  if (!isJsonObject(json.value)) return refused("not_an_object");
  const given = json.value;
  if (given.issuer !== expectedIssuer) return refused("issuer");
  try {
    const methods = texts(given, "code_challenge_methods_supported");
    if (methods !== null && !methods.includes("S256")) return refused("pkce");
    const endpoint = (name: string): string | null => endpointOf(given, name, expectedIssuer);
    const authorization_endpoint = endpoint("authorization_endpoint");
    const token_endpoint = endpoint("token_endpoint");
    if (authorization_endpoint === null || token_endpoint === null) return refused("endpoint");
    if (opensInside(new URL(authorization_endpoint), new URL(expectedIssuer))) return refused("endpoint");
    return {
      ok: true,
      metadata: {
        issuer: expectedIssuer,
        authorization_endpoint,
        token_endpoint,
        device_authorization_endpoint: endpoint("device_authorization_endpoint"),
        revocation_endpoint: endpoint("revocation_endpoint"),
        introspection_endpoint: endpoint("introspection_endpoint"),
        userinfo_endpoint: endpoint("userinfo_endpoint"),
        registration_endpoint: endpoint("registration_endpoint"),
        pushed_authorization_request_endpoint: endpoint("pushed_authorization_request_endpoint"),
        require_pushed_authorization_requests: truth(given, "require_pushed_authorization_requests"),
        jwks_uri: endpoint("jwks_uri"),
        authorization_response_iss_parameter_supported: truth(
          given,
          "authorization_response_iss_parameter_supported",
        ),
        token_endpoint_auth_methods_supported: texts(given, "token_endpoint_auth_methods_supported"),
        code_challenge_methods_supported: methods,
      },
    };
  } catch (error) {
    if (error instanceof Unsuitable) return refused(error.reason);
    throw error;
  }
}

/** Ends the judging of one document; never leaves this file. */
class Unsuitable extends Error {
  readonly reason: MetadataRefusal;
  constructor(reason: MetadataRefusal) {
    super(reason);
    this.reason = reason;
  }
}

function refused(reason: MetadataRefusal): MetadataVerdict {
  return { ok: false, reason };
}

function member(given: JsonObject, name: string): JsonValue | undefined {
  return Object.hasOwn(given, name) ? given[name] : undefined;
}

/** An endpoint as it was written, if it is one that we would call. */
function endpointOf(given: JsonObject, name: string, issuer: string): string | null {
  const value = member(given, name);
  if (value === undefined || value === null) return null;
  if (typeof value !== "string") throw new Unsuitable("member_type");
  if (metadataUrl(value, new URL(issuer)) === null) throw new Unsuitable("endpoint");
  return value;
}

function truth(given: JsonObject, name: string): boolean {
  const value = member(given, name) ?? false;
  if (typeof value !== "boolean") throw new Unsuitable("member_type");
  return value;
}

function texts(given: JsonObject, name: string): readonly string[] | null {
  const value = member(given, name);
  if (value === undefined || value === null) return null;
  if (!Array.isArray(value)) throw new Unsuitable("member_type");
  return value.map((item) => {
    if (typeof item !== "string") throw new Unsuitable("member_type");
    return item;
  });
}
