/**
 * Reads a provider record that a caller handed over: a catalogue record, an overridden one, or a plain object with
 * two URLs.
 *
 * @module
 */

import {
  type ClientAuthMethod,
  processingBoundSeconds,
  type ProviderRecord,
  type RefreshHandling,
  type ResponseRules,
  type Revocation,
  successStatuses,
} from "./providers/record.ts";

/**
 * Copies a record once, so that nothing the caller does later changes it. What is missing or of another type gets
 * the value of a plain RFC 6749 provider. Null when it is no object or has no `auth_url` or `token_url`.
 */
export function providerOf(given: unknown): ProviderRecord | null {
  const record = objectOf(given);
  if (record === null) return null;
  const auth_url = text(record.auth_url);
  const token_url = text(record.token_url);
  if (auth_url === null || token_url === null) return null;
  const id = text(record.id) ?? "custom";
  const method = record.token_auth_method;
  return {
    id,
    label: text(record.label) ?? id,
    auth_url,
    token_url,
    device_code_url: text(record.device_code_url),
    revoke_url: text(record.revoke_url),
    userinfo_url: text(record.userinfo_url),
    par_url: text(record.par_url),
    par_required: record.par_required === true,
    introspection_url: text(record.introspection_url),
    registration_url: text(record.registration_url),
    jwks_url: text(record.jwks_url),
    default_scopes: texts(record.default_scopes),
    pkce_required: record.pkce_required === true,
    refresh_handling: refreshHandling(objectOf(record.refresh_handling) ?? {}),
    documented_quirks: texts(record.documented_quirks),
    documentation_url: text(record.documentation_url),
    token_exchange: objectOf(record.token_exchange),
    scope_separator: record.scope_separator === "," ? "," : " ",
    token_auth_method: authMethods.find((known) => known === method) ?? null,
    token_body_format: record.token_body_format === "json" ? "json" : "form",
    auth_params: textMembers(record.auth_params),
    response: responseRules(objectOf(record.response) ?? {}),
    resource_origins: texts(record.resource_origins),
    revocation: revocation(objectOf(record.revocation), text(record.revoke_url)),
    issuer: text(record.issuer),
    iss_parameter: record.iss_parameter === true,
    last_verified: text(record.last_verified),
    discovered_hosts: texts(record.discovered_hosts),
  };
}

/** The members of a plain object, or null for anything else. */
export function objectOf(value: unknown): Readonly<Record<string, unknown>> | null {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as Readonly<Record<string, unknown>>)
    : null;
}

const authMethods: readonly ClientAuthMethod[] = [
  "none",
  "client_secret_post",
  "client_secret_basic",
  "private_key_jwt",
];

function refreshHandling(given: Readonly<Record<string, unknown>>): RefreshHandling {
  return {
    strategy: text(given.strategy) ?? "custom",
    expires_in_field: text(given.expires_in_field) ?? "expires_in",
    expires_at_field: text(given.expires_at_field),
    refresh_grant: text(given.refresh_grant) ?? "custom",
    // Assumed unless stated: presenting a rotated token again can end the whole grant.
    rotates_refresh_token: given.rotates_refresh_token !== false,
    notes: texts(given.notes),
    reuse: given.reuse === "strict" || given.reuse === "grace" ? given.reuse : "unknown",
    grace_seconds: seconds(given.grace_seconds) ?? 0,
    processing_bound_seconds: seconds(given.processing_bound_seconds) ?? processingBoundSeconds,
    invalid_grant_errors: texts(given.invalid_grant_errors),
  };
}

function seconds(value: unknown): number | null {
  return typeof value === "number" && Number.isFinite(value) && value >= 0 ? value : null;
}

function responseRules(given: Readonly<Record<string, unknown>>): ResponseRules {
  const statuses = Array.isArray(given.success_statuses)
    ? successStatuses.filter((status) => (given.success_statuses as readonly unknown[]).includes(status))
    : [];
  return {
    format: given.format === "json_or_form" ? "json_or_form" : "json",
    success_statuses: statuses.length === 0 ? [200] : statuses,
    ok_member: text(given.ok_member),
    nested_member: text(given.nested_member),
    scope_separator: given.scope_separator === "," ? "," : " ",
    token_types: Object.fromEntries(
      Object.entries(textMembers(given.token_types)).map(([type, meaning]) => [type.toLowerCase(), meaning]),
    ),
  };
}

function revocation(
  given: Readonly<Record<string, unknown>> | null,
  revoke_url: string | null,
): Revocation | null {
  if (revoke_url === null) return null;
  // A record with a revoke_url and no word on how: RFC 7009, the only standard call.
  if (given?.kind !== "vendor") return { kind: "rfc7009" };
  return {
    kind: "vendor",
    method: given.method === "DELETE" ? "DELETE" : "POST",
    auth: given.auth === "basic" ? "basic" : "bearer",
    token_member: text(given.token_member),
    headers: textMembers(given.headers),
    ok_member: text(given.ok_member),
  };
}

function text(value: unknown): string | null {
  return typeof value === "string" && value.trim() !== "" ? value.trim() : null;
}

function texts(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === "string") : [];
}

function textMembers(value: unknown): Readonly<Record<string, string>> {
  const members: Record<string, string> = Object.create(null);
  for (const [name, item] of Object.entries(objectOf(value) ?? {})) {
    if (typeof item === "string") members[name] = item;
  }
  return members;
}
