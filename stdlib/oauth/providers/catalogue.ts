/**
 * The provider catalogue: the data files of `catalogue/`, read when first asked for and frozen.
 *
 * @module
 */

import { createRequire } from "node:module";
import type { ProviderRecord } from "./record.ts";

/** Providers whose endpoints are fixed. The first ten are the reference's, in its order. */
export const catalogueNames = [
  "github",
  "slack",
  "linear",
  "notion",
  "google",
  "microsoft",
  "atlassian",
  "discord",
  "gitlab",
  "bitbucket",
  "sentry",
  "figma",
  "stripe",
  "vercel",
  "supabase",
  "cloudflare",
  "neon",
  "webex",
  "pagerduty",
] as const;

export type CatalogueName = (typeof catalogueNames)[number];

/** Entries whose endpoints depend on an address that the caller gives. */
export const templateNames = ["github_enterprise", "okta", "auth0"] as const;

export type TemplateName = (typeof templateNames)[number];

/** The fields of a record that hold endpoints. */
const endpointFields = [
  "auth_url",
  "token_url",
  "device_code_url",
  "revoke_url",
  "userinfo_url",
  "par_url",
  "introspection_url",
  "registration_url",
  "jwks_url",
] as const satisfies readonly (keyof ProviderRecord)[];

const require = createRequire(import.meta.url);
const loaded = new Map<string, ProviderRecord>();

/** The catalogue's own record of a provider with fixed endpoints, deeply frozen, or null when there is none. */
export function catalogueRecord(id: string): ProviderRecord | null {
  const name = catalogueNames.find((known) => known === id);
  return name === undefined ? null : load(name);
}

/** A template's record with its `{name}` marks filled in from `values`; `{client_id}` stays. */
export function filledTemplate(
  name: TemplateName,
  values: Readonly<Record<string, string>>,
): Readonly<Record<string, unknown>> {
  return fill(load(name), values) as Readonly<Record<string, unknown>>;
}

/**
 * True when `url` is exactly one of the endpoint URLs of that catalogue entry; where the entry has a `{client_id}`,
 * any one path segment takes its place. Records made from templates are no catalogue entries.
 */
export function isCatalogueUrl(providerId: string, url: string): boolean {
  const record = catalogueRecord(providerId);
  if (record === null) return false;
  return endpointFields.some((field) => {
    const endpoint = record[field];
    return endpoint !== null && matchesEndpoint(endpoint, url);
  });
}

/** True when `origin` is one of that catalogue entry's resource origins. */
export function isCatalogueOrigin(providerId: string, origin: string): boolean {
  return catalogueRecord(providerId)?.resource_origins.includes(origin) ?? false;
}

function matchesEndpoint(endpoint: string, url: string): boolean {
  const mark = endpoint.indexOf("{client_id}");
  if (mark === -1) return endpoint === url;
  const before = endpoint.slice(0, mark);
  const after = endpoint.slice(mark + "{client_id}".length);
  if (url.length <= before.length + after.length || !url.startsWith(before) || !url.endsWith(after))
    return false;
  const segment = url.slice(before.length, url.length - after.length);
  // Dot segments, plain or encoded, would leave the path.
  return /^(?:[A-Za-z0-9._~-]|%[0-9A-Fa-f]{2})+$/.test(segment) && !/^(?:\.|%2e){1,2}$/i.test(segment);
}

function load(name: CatalogueName | TemplateName): ProviderRecord {
  const known = loaded.get(name);
  if (known !== undefined) return known;
  const record = deepFreeze(require(`./catalogue/${name}.json`) as ProviderRecord);
  loaded.set(name, record);
  return record;
}

function fill(value: unknown, values: Readonly<Record<string, string>>): unknown {
  if (typeof value === "string") {
    return value.replace(/\{([a-z_]+)\}/g, (mark, name: string) => values[name] ?? mark);
  }
  if (Array.isArray(value)) return value.map((item: unknown) => fill(item, values));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, fill(item, values)]));
}

/** Freezes a tree of plain data and returns it. */
export function deepFreeze<T>(value: T): T {
  if (typeof value !== "object" || value === null || Object.isFrozen(value)) return value;
  for (const item of Object.values(value)) deepFreeze(item);
  return Object.freeze(value);
}
