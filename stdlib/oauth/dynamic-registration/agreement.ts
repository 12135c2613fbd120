/**
 * Fields of client metadata that must agree (RFC 7591 §2.1), and the values of those that are left out.
 *
 * @module
 */

import { applicationTypeProblem } from "./redirect-uri.ts";

type Members = Readonly<Record<string, unknown>>;

/** The fields that always have a value. */
export interface Defaults {
  readonly grant_types: readonly string[];
  readonly response_types: readonly string[];
  readonly token_endpoint_auth_method: string;
}

/**
 * The given values, or RFC 7591 §2's defaults. A default never contradicts the other field: without the authorization
 * code grant the default is no response type, and with `none` as the only response type it is no grant type.
 */
export function withDefaults(members: Members): Defaults {
  const grants = texts(members.grant_types);
  const responses = texts(members.response_types);
  const grant_types =
    grants ?? (responses === null || responses.some(isIssuing) ? ["authorization_code"] : []);
  return {
    grant_types,
    response_types: responses ?? (grant_types.includes("authorization_code") ? ["code"] : []),
    token_endpoint_auth_method:
      typeof members.token_endpoint_auth_method === "string"
        ? members.token_endpoint_auth_method
        : "client_secret_basic",
  };
}

/**
 * The problems between fields, each starting with a field's name. Of the grant types only the authorization code grant
 * uses the authorization endpoint, so it needs a response type with `code`, and any response type but `none` needs it.
 */
export function inconsistencies(members: Members): readonly string[] {
  const problems: string[] = [];
  const { grant_types, response_types, token_endpoint_auth_method } = withDefaults(members);
  const codeGrant = grant_types.includes("authorization_code");
  if (codeGrant && !response_types.some((type) => type.split(" ").includes("code"))) {
    problems.push("response_types must hold one with code, as grant_types holds authorization_code");
  }
  if (!codeGrant && response_types.some(isIssuing)) {
    problems.push("grant_types must hold authorization_code for response_types other than none");
  }
  // RFC 6749 §4.4: only confidential clients.
  if (token_endpoint_auth_method === "none" && grant_types.includes("client_credentials")) {
    problems.push("token_endpoint_auth_method must not be none, as grant_types holds client_credentials");
  }
  const type = members.application_type;
  if ((type === "native" || type === "web") && Array.isArray(members.redirect_uris)) {
    for (const [index, uri] of (members.redirect_uris as readonly unknown[]).entries()) {
      const rule = applicationTypeProblem(uri, type);
      if (rule !== null) problems.push(`redirect_uris[${index}] ${rule}`);
    }
  }
  // RFC 7591 §2.
  if (members.jwks !== undefined && members.jwks_uri !== undefined) {
    problems.push("jwks must not be given together with jwks_uri");
  }
  return problems;
}

function isIssuing(responseType: string): boolean {
  return responseType !== "none";
}

/** The texts of a list; null for anything else. Entries of other types have been reported already. */
function texts(value: unknown): readonly string[] | null {
  if (!Array.isArray(value)) return null;
  return value.filter((item): item is string => typeof item === "string");
}
