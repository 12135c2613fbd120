/**
 * What each field of client metadata may hold (RFC 7591 §2), and which fields must agree (§2.1).
 *
 * @module
 */

import { inconsistencies } from "./agreement.ts";
import { type MetadataCopy, metadataLimits } from "./metadata-copy.ts";
import { longestText, redirectUriProblems } from "./redirect-uri.ts";

export const grantTypes: readonly string[] = [
  "authorization_code",
  "refresh_token",
  "client_credentials",
  "urn:ietf:params:oauth:grant-type:device_code",
  "urn:ietf:params:oauth:grant-type:jwt-bearer",
];
export const responseTypes: readonly string[] = ["code", "token", "id_token", "code id_token", "none"];
export const authMethods: readonly string[] = [
  "client_secret_basic",
  "client_secret_post",
  "client_secret_jwt",
  "private_key_jwt",
  "none",
];
const urlFields = ["client_uri", "logo_uri", "tos_uri", "policy_uri", "jwks_uri"] as const;
const maxRedirectUris = 16;
const longestName = 256;

/** Members of a JWK that belong to a private or symmetric key (RFC 7518 §6). */
const privateMembers = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];
/** Schemes that run or hold code where a person's browser shows the URL. */
const activeSchemes = /^(javascript|data|vbscript):/i;

/**
 * All problems of the metadata, in the order of the fields in RFC 7591 §2 and then of the rules between fields. Each
 * starts with the name of its field. `redact` passes over a caller's word before it is quoted.
 */
export function metadataProblems(copy: MetadataCopy, redact: (text: string) => string): readonly string[] {
  const { members } = copy;
  const problems: string[] = [];
  const report = (field: string, rule: string): void => void problems.push(`${field} ${rule}`);
  const quoted = (word: string): string =>
    /^[A-Za-z0-9][\w .:+/-]{0,63}$/.test(word) ? ` "${redact(word)}"` : "";

  /** The values of a field and of its language variants (`client_name#fr`, RFC 7591 §2.2). */
  const given = (field: string): readonly unknown[] =>
    Object.entries(members).flatMap(([name, value]) =>
      name === field || name.startsWith(`${field}#`) ? [value] : [],
    );
  const text = (field: string, value: unknown, longest: number): value is string => {
    if (typeof value !== "string") report(field, "must be a string");
    else if (Buffer.byteLength(value) > longest) report(field, `must not be longer than ${longest} bytes`);
    return typeof value === "string";
  };
  const list = (field: string): readonly unknown[] => {
    const value = members[field];
    if (value === undefined) return [];
    if (Array.isArray(value)) return value as readonly unknown[];
    report(field, "must be a list");
    return [];
  };
  const listOf = (field: string, allowed: readonly string[]): void => {
    for (const [index, item] of list(field).entries()) {
      if (typeof item !== "string") report(`${field}[${index}]`, "must be a string");
      else if (!allowed.includes(item)) report(`${field}[${index}]${quoted(item)}`, "is not supported");
    }
  };

  if (members.redirect_uris === undefined) report("redirect_uris", "is required");
  else {
    const uris = list("redirect_uris");
    if (Array.isArray(members.redirect_uris) && uris.length === 0) {
      report("redirect_uris", "must hold at least one entry");
    }
    if (uris.length > maxRedirectUris)
      report("redirect_uris", `must hold at most ${maxRedirectUris} entries`);
    for (const [index, uri] of uris.slice(0, maxRedirectUris).entries()) {
      for (const rule of redirectUriProblems(uri, quoted)) report(`redirect_uris[${index}]`, rule);
    }
  }
  listOf("grant_types", grantTypes);
  listOf("response_types", responseTypes);
  const method = members.token_endpoint_auth_method;
  if (method !== undefined) {
    if (typeof method !== "string") report("token_endpoint_auth_method", "must be a string");
    else if (!authMethods.includes(method)) {
      report(`token_endpoint_auth_method${quoted(method)}`, "is not supported");
    }
  }
  if (members.scope !== undefined) text("scope", members.scope, longestText);
  for (const name of given("client_name")) text("client_name", name, longestName);
  for (const field of urlFields) {
    for (const url of given(field)) {
      if (!text(field, url, longestText)) continue;
      if (!URL.canParse(url)) report(field, "must be an absolute URL");
      else if (activeSchemes.test(new URL(url).protocol)) report(field, "has a scheme that is not allowed");
    }
  }
  for (const field of ["software_id", "software_version"]) {
    if (members[field] !== undefined) text(field, members[field], longestText);
  }
  for (const [index, contact] of list("contacts").entries()) {
    text(`contacts[${index}]`, contact, longestText);
  }
  const type = members.application_type;
  if (type !== undefined && type !== "native" && type !== "web") {
    report("application_type", "must be native or web");
  }
  if (members.jwks !== undefined) for (const rule of keySetProblems(members.jwks)) report("jwks", rule);

  for (const problem of inconsistencies(members)) problems.push(problem);
  for (const name of copy.flawed) {
    // Known fields were reported above for what they are.
    if (problems.some((problem) => problem.startsWith(name))) continue;
    report(/^[\w#-]{1,64}$/.test(name) ? redact(name) : "metadata", "must be JSON data");
  }
  if (copy.bytes > metadataLimits.maxBytes) {
    report("metadata", `must not be larger than ${metadataLimits.maxBytes} bytes`);
  }
  return problems;
}

/** RFC 7591 §2: `jwks` is a JWK Set of public keys. */
function keySetProblems(jwks: unknown): readonly string[] {
  const keys = typeof jwks === "object" && jwks !== null ? (jwks as Record<string, unknown>)["keys"] : null;
  if (!Array.isArray(keys)) return ["must be an object with a list of keys"];
  if (!keys.every((key) => typeof key === "object" && key !== null && !Array.isArray(key))) {
    return ["must hold objects as keys"];
  }
  return holdsPrivateKey(jwks) ? ["must hold public keys only"] : [];
}

/** True for a key set in which a key has a member of private or symmetric keys (RFC 7518 §6). */
export function holdsPrivateKey(jwks: unknown): boolean {
  const keys = typeof jwks === "object" && jwks !== null ? (jwks as Record<string, unknown>)["keys"] : null;
  if (!Array.isArray(keys)) return false;
  return keys.some(
    (key: unknown) =>
      typeof key === "object" && key !== null && privateMembers.some((member) => member in key),
  );
}
