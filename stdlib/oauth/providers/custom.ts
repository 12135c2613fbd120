/**
 * Records that are made at run time: overrides on a catalogue record, templates, and `custom`.
 *
 * @module
 */

import { endpointUrl } from "../endpoint-url.ts";
import { deepFreeze, filledTemplate } from "./catalogue.ts";
import type { ProviderRecord } from "./record.ts";
import { checkedRecord, dataCopy, refused, refuseMisspelt } from "./record-check.ts";

type Fields = Readonly<Record<string, unknown>>;

/** Fields of a record as a caller writes them. */
export type RecordFields = {
  readonly [F in keyof ProviderRecord]?: F extends "refresh_handling" | "response"
    ? Partial<ProviderRecord[F]>
    : ProviderRecord[F];
};

/** Any fields of a record; what is not a field of {@link ProviderRecord} lands in the record as it is. */
export type ProviderOverrides = RecordFields & Readonly<Record<string, unknown>>;

/** What `custom` takes: the fields of a record, most of them optional. `name` stands in for `id`. */
export type CustomConfig = RecordFields &
  Pick<ProviderRecord, "auth_url" | "token_url"> & { readonly name?: string };

/** The plain fields of an object that a caller handed over. @throws OAuthError HARN-OAU-011 naming `what`. */
export function fieldsOf(what: string, given: unknown): Fields {
  if (given === undefined || given === null) return {};
  if (typeof given !== "object" || Array.isArray(given)) throw refused(what, "must be an object");
  return dataCopy(what, given) as Fields;
}

/**
 * A record with overrides merged shallowly over it, judged and frozen. Without overrides it is the record itself.
 *
 * @throws OAuthError HARN-OAU-011 naming the first field that is wrong.
 */
export function overridden(base: ProviderRecord, given: unknown): ProviderRecord {
  const overrides = fieldsOf("overrides", given);
  return Object.keys(overrides).length === 0 ? base : merged(base as unknown as Fields, overrides);
}

function merged(base: Fields, overrides: Fields): ProviderRecord {
  const fields: Record<string, unknown> = { ...base, last_verified: null, ...overrides };
  if (!Object.hasOwn(overrides, "revocation") && Object.hasOwn(overrides, "revoke_url")) {
    // A vendor's own call stays what it is at another address; without one, RFC 7009 is the only standard call.
    fields.revocation = overrides.revoke_url === null ? null : (base.revocation ?? { kind: "rfc7009" });
  }
  return deepFreeze(checkedRecord(fields));
}

/**
 * GitHub Enterprise Server: web endpoints hang off `base_url`, REST endpoints off `overrides.api_url` or
 * `base_url` + `/api/v3`.
 *
 * @throws OAuthError HARN-OAU-011 when an address is not an endpoint URL or an override is wrong.
 */
export function githubEnterprise(base_url: unknown, given: unknown): ProviderRecord {
  const overrides = fieldsOf("overrides", given);
  const base = address("base_url", base_url);
  const api_url = overrides.api_url ?? null;
  const api = api_url === null ? `${base}/api/v3` : address("api_url", api_url);
  const values = { base, api, base_origin: new URL(base).origin, api_origin: new URL(api).origin };
  return merged(filledTemplate("github_enterprise", values), overrides);
}

/**
 * A provider whose endpoints all live on one domain (`example.okta.com`, also with `https://` and a trailing slash).
 *
 * @throws OAuthError HARN-OAU-011 when the domain is not one host name, or an override is wrong.
 */
export function onDomain(template: "okta" | "auth0", domain: unknown, given: unknown): ProviderRecord {
  const text = typeof domain === "string" ? domain.trim() : "";
  const url = endpointUrl(
    "providers",
    "domain",
    text === "" || /^https?:/i.test(text) ? text : `https://${text}`,
  );
  if (url.protocol !== "https:") throw refused("domain", "must be reached by https");
  if (url.pathname !== "/" || url.search !== "" || text.includes("?")) {
    throw refused("domain", "must be a host name", "Write only the host, for example example.okta.com.");
  }
  return merged(filledTemplate(template, { domain: url.host }), fieldsOf("overrides", given));
}

/**
 * A record from the caller's own configuration. `auth_url` and `token_url` are required; unknown fields are dropped
 * (overrides keep them), but one that is nearly a known field is refused. Without `resource_origins` the record names only `userinfo_url`'s origin; a client
 * of a record that names none takes the token endpoint's.
 *
 * @throws OAuthError HARN-OAU-011 naming the field that is missing or wrong.
 */
export function customProvider(config: unknown, overrides: unknown): ProviderRecord {
  if (typeof config !== "object" || config === null) throw refused("config", "must be an object");
  const given = fieldsOf("config", config);
  refuseMisspelt(given, ["name"]);
  const id = trimmed("id", given.id ?? given.name ?? "custom");
  const revoke_url = optionalUrl("revoke_url", given.revoke_url);
  const userinfo_url = optionalUrl("userinfo_url", given.userinfo_url);
  const origins = given.resource_origins ?? [];
  const record = merged(
    {},
    {
      id,
      label: given.label ?? id,
      auth_url: trimmed("auth_url", given.auth_url),
      token_url: trimmed("token_url", given.token_url),
      device_code_url: optionalUrl("device_code_url", given.device_code_url),
      revoke_url,
      userinfo_url,
      par_url: optionalUrl("par_url", given.par_url),
      par_required: given.par_required ?? false,
      introspection_url: optionalUrl("introspection_url", given.introspection_url),
      registration_url: optionalUrl("registration_url", given.registration_url),
      jwks_url: optionalUrl("jwks_url", given.jwks_url),
      default_scopes: given.default_scopes ?? [],
      pkce_required: given.pkce_required ?? false,
      refresh_handling: given.refresh_handling ?? {
        strategy: "custom",
        expires_in_field: "expires_in",
        expires_at_field: null,
        refresh_grant: "custom",
        rotates_refresh_token: false,
        notes: [],
      },
      documented_quirks: given.documented_quirks ?? [],
      documentation_url: given.documentation_url ?? null,
      token_exchange: given.token_exchange ?? null,
      scope_separator: given.scope_separator ?? " ",
      token_auth_method: given.token_auth_method ?? null,
      token_body_format: given.token_body_format ?? "form",
      auth_params: given.auth_params ?? {},
      response: given.response ?? {
        format: "json",
        success_statuses: [200],
        ok_member: null,
        nested_member: null,
        scope_separator: " ",
        token_types: {},
      },
      resource_origins:
        userinfo_url === null || !Array.isArray(origins)
          ? origins
          : [...(origins as unknown[]), endpointUrl("providers", "userinfo_url", userinfo_url).origin],
      revocation: given.revocation ?? (revoke_url === null ? null : { kind: "rfc7009" }),
      issuer: given.issuer ?? null,
      iss_parameter: given.iss_parameter ?? false,
      last_verified: null,
      ...(given.discovered_hosts === undefined ? {} : { discovered_hosts: given.discovered_hosts }),
    },
  );
  return overridden(record, overrides);
}

function trimmed(field: string, value: unknown): string {
  const text = typeof value === "string" ? value.trim() : "";
  if (text === "") throw refused(field, "must be a non-empty string");
  return text;
}

function optionalUrl(field: string, value: unknown): string | null {
  return value === undefined || value === null ? null : trimmed(field, value);
}

/** An address that paths are appended to: trimmed, without trailing slashes and without a query. */
function address(field: string, value: unknown): string {
  let text = trimmed(field, value);
  while (text.endsWith("/")) text = text.slice(0, -1);
  if (endpointUrl("providers", field, text).search !== "" || text.includes("?")) {
    throw refused(field, "must not have a query");
  }
  return text;
}
