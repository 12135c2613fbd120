/**
 * Judges a provider record that was made at run time: from `custom`, from a template or by overrides.
 *
 * @module
 */

import { endpointUrl } from "../endpoint-url.ts";
import { OAuthError } from "../errors.ts";
import { nearest } from "../../../runtime/nearest.ts";
import {
  processingBoundSeconds,
  type ProviderRecord,
  type RefreshHandling,
  successStatuses,
} from "./record.ts";

const deepest = 16;
const longestText = 4_096;

type Check = (field: string, value: unknown) => unknown;
type Fields = Readonly<Record<string, unknown>>;

/** The refusal of one field. `rule` is fixed text: what a caller wrote never stands in it. */
export function refused(field: string, rule: string, hint?: string): OAuthError {
  return new OAuthError(
    "HARN-OAU-011",
    `std/oauth/providers: ${field} ${rule}`,
    hint ?? `Correct ${field} and try again.`,
  );
}

/**
 * A deep copy of plain data: own properties only, no accessors, no functions, at most 16 levels. Objects have no
 * prototype.
 *
 * @throws OAuthError HARN-OAU-011 naming `field` when it holds anything else.
 */
export function dataCopy(field: string, value: unknown, depth = 0): unknown {
  if (value === null || typeof value === "string" || typeof value === "boolean") return value;
  if (typeof value === "number" && Number.isFinite(value)) return value;
  if (typeof value !== "object" || depth >= deepest) throw refused(field, "must be plain data");
  if (Array.isArray(value)) return Array.from(value, (item: unknown) => dataCopy(field, item, depth + 1));
  const copy = Object.create(null) as Record<string, unknown>;
  for (const [name, property] of Object.entries(Object.getOwnPropertyDescriptors(value))) {
    if (!property.enumerable) continue;
    if (!("value" in property)) throw refused(field, "must be plain data");
    if (property.value !== undefined) copy[name] = dataCopy(field, property.value, depth + 1);
  }
  return copy;
}

/**
 * The record with every field of {@link ProviderRecord} judged and origins spelt canonically; other fields stay as
 * they are.
 *
 * @throws OAuthError HARN-OAU-011 naming the first field that is wrong.
 */
export function checkedRecord(fields: Fields): ProviderRecord {
  const checked: Record<string, unknown> = { ...fields };
  for (const [field, check] of Object.entries(checks)) checked[field] = check(field, fields[field]);
  if (checked.discovered_hosts !== undefined) texts("discovered_hosts", checked.discovered_hosts);
  return checked as unknown as ProviderRecord;
}

/**
 * Refuses a name that is nearly a field's: it was misspelt.
 *
 * @throws OAuthError HARN-OAU-011 naming both.
 */
export function refuseMisspelt(fields: Fields, alsoKnown: readonly string[]): void {
  const known = [...Object.keys(checks), ...alsoKnown];
  for (const name of Object.keys(fields)) {
    // Among short names too many are near: `kind` is no `id`.
    const near = known.includes(name) || name.length < 5 ? null : nearest(name, known);
    if (near === null) continue;
    throw refused("config", `has an unknown field "${name}"; did you mean "${near}"?`, `Write ${near}.`);
  }
}

function text(field: string, value: unknown): string {
  if (typeof value !== "string" || value.trim() === "") throw refused(field, "must be a non-empty string");
  if (value.length > longestText) throw refused(field, `must not be longer than ${longestText} characters`);
  return value;
}

function texts(field: string, value: unknown): readonly string[] {
  if (!Array.isArray(value)) throw refused(field, "must be a list of strings");
  return value.map((item: unknown) => {
    if (typeof item !== "string") throw refused(field, "must be a list of strings");
    return item;
  });
}

function textsByName(field: string, value: unknown): Readonly<Record<string, string>> {
  const given = object(field, value);
  for (const item of Object.values(given)) {
    if (typeof item !== "string") throw refused(field, "must be an object of strings");
  }
  return given as Readonly<Record<string, string>>;
}

function truth(field: string, value: unknown): boolean {
  if (typeof value !== "boolean") throw refused(field, "must be true or false");
  return value;
}

function seconds(field: string, value: unknown): number {
  if (typeof value !== "number" || !Number.isSafeInteger(value) || value < 0) {
    throw refused(field, "must be a whole number of seconds");
  }
  return value;
}

function statuses(field: string, value: unknown): readonly number[] {
  const known: readonly unknown[] = successStatuses;
  if (!Array.isArray(value) || value.length === 0 || !value.every((item) => known.includes(item))) {
    throw refused(field, `must be a list of ${successStatuses.join(", ")}`);
  }
  return value as readonly number[];
}

function object(field: string, value: unknown): Fields {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw refused(field, "must be an object");
  }
  return value as Fields;
}

function url(field: string, value: unknown): string {
  // `{client_id}` is filled in later; here it stands for any path segment.
  endpointUrl(
    "providers",
    field,
    field === "revoke_url" && typeof value === "string" ? value.replaceAll("{client_id}", "id") : value,
  );
  return value as string;
}

function origins(field: string, value: unknown): readonly string[] {
  const canonical = texts(field, value).map((item) => {
    const parsed = endpointUrl("providers", field, item);
    if (parsed.pathname !== "/" || parsed.search !== "" || item.includes("?")) {
      throw refused(field, "must hold origins, without path and query", "Write https://api.example.com.");
    }
    return parsed.origin;
  });
  return [...new Set(canonical)];
}

function orNull(check: Check): Check {
  return (field, value) => (value === null ? null : check(field, value));
}

function oneOf(...allowed: readonly (string | null)[]): Check {
  return (field, value) => {
    const found = allowed.find((item) => item === value);
    if (found !== undefined) return found;
    throw refused(field, `must be one of ${allowed.map((item) => JSON.stringify(item)).join(", ")}`);
  };
}

/** A whole object: all members present, and no others. `defaults` are for members that may be left out. */
function whole(members: Readonly<Record<string, Check>>, defaults: Fields = {}): Check {
  return (field, value) => {
    const given = object(field, value);
    for (const name of Object.keys(given)) {
      if (Object.hasOwn(members, name)) continue;
      const near = nearest(name, Object.keys(members));
      throw refused(
        field,
        `has an unknown member${near === null ? "" : `; did you mean "${near}"?`}`,
        `The members of ${field} are: ${Object.keys(members).join(", ")}.`,
      );
    }
    const result: Record<string, unknown> = {};
    for (const [name, check] of Object.entries(members)) {
      const member = Object.hasOwn(given, name) ? given[name] : defaults[name];
      if (member === undefined) {
        throw refused(`${field}.${name}`, "is missing", `Give ${field} as a whole, with all its members.`);
      }
      result[name] = check(`${field}.${name}`, member);
    }
    return result;
  };
}

/** What a partial `refresh_handling` leaves unsaid: it replaces the whole sub-record, so nothing of the old one stays. */
const plainRefreshHandling: RefreshHandling = {
  strategy: "custom",
  expires_in_field: "expires_in",
  expires_at_field: null,
  refresh_grant: "custom",
  // Presenting a rotated token again can end the whole grant.
  rotates_refresh_token: true,
  notes: [],
  reuse: "unknown",
  grace_seconds: 0,
  processing_bound_seconds: processingBoundSeconds,
  invalid_grant_errors: [],
};

const refreshHandling: Check = (field, value) => {
  const checked = whole(
    {
      strategy: text,
      expires_in_field: text,
      expires_at_field: orNull(text),
      refresh_grant: text,
      rotates_refresh_token: truth,
      notes: texts,
      reuse: oneOf("strict", "grace", "unknown"),
      grace_seconds: seconds,
      processing_bound_seconds: seconds,
      invalid_grant_errors: texts,
    },
    { ...plainRefreshHandling },
  )(field, value) as RefreshHandling;
  if (checked.reuse !== "grace" && checked.grace_seconds !== 0) {
    throw refused(`${field}.grace_seconds`, 'must be 0 unless reuse is "grace"');
  }
  if (checked.reuse === "grace" && checked.grace_seconds === 0) {
    throw refused(`${field}.grace_seconds`, 'must be 1 or more when reuse is "grace"');
  }
  return checked;
};

const responseRules = whole(
  {
    format: oneOf("json", "json_or_form"),
    success_statuses: statuses,
    ok_member: orNull(text),
    nested_member: orNull(text),
    scope_separator: oneOf(" ", ","),
    token_types: textsByName,
  },
  { success_statuses: [200] },
);

const revocation: Check = (field, value) =>
  object(field, value).kind === "vendor"
    ? whole({
        kind: oneOf("vendor"),
        method: oneOf("DELETE", "POST"),
        auth: oneOf("basic", "bearer"),
        token_member: orNull(text),
        headers: textsByName,
        ok_member: orNull(text),
      })(field, value)
    : whole({ kind: oneOf("rfc7009", "vendor") })(field, value);

const checks: { readonly [F in Exclude<keyof ProviderRecord, "discovered_hosts">]: Check } = {
  id: text,
  label: text,
  auth_url: url,
  token_url: url,
  device_code_url: orNull(url),
  revoke_url: orNull(url),
  userinfo_url: orNull(url),
  par_url: orNull(url),
  par_required: truth,
  introspection_url: orNull(url),
  registration_url: orNull(url),
  jwks_url: orNull(url),
  default_scopes: texts,
  pkce_required: truth,
  refresh_handling: refreshHandling,
  documented_quirks: texts,
  documentation_url: orNull(text),
  token_exchange: orNull(object),
  scope_separator: oneOf(" ", ","),
  token_auth_method: oneOf("none", "client_secret_post", "client_secret_basic", "private_key_jwt", null),
  token_body_format: oneOf("form", "json"),
  auth_params: textsByName,
  response: responseRules,
  resource_origins: origins,
  revocation: orNull(revocation),
  issuer: orNull(url),
  iss_parameter: truth,
  last_verified: orNull(text),
};
