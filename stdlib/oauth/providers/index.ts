/**
 * `std/oauth/providers`: provider records, from the catalogue or the caller's own.
 *
 * Every function is plain, sends nothing, and throws OAuthError HARN-OAU-011 naming the field that is wrong.
 * Records are frozen.
 *
 * @module
 */

import { plain } from "../../../runtime/plugin.ts";
import type { Ports } from "../../../runtime/ports.ts";
import { OAuthError } from "../errors.ts";
import { nearest } from "../../../runtime/nearest.ts";
import {
  type DiscoverOptions,
  type DiscoverResourceOptions,
  discover,
  discoverResource,
  type ResourceRecord,
} from "../discovery/discover.ts";
import { type CatalogueName, catalogueNames, catalogueRecord } from "./catalogue.ts";
import {
  type CustomConfig,
  customProvider,
  fieldsOf,
  githubEnterprise,
  onDomain,
  overridden,
  type ProviderOverrides,
} from "./custom.ts";
import type { ProviderRecord } from "./record.ts";

/** The record, with any fields overridden; sub-records are replaced whole. */
export type ProviderFactory = (overrides?: ProviderOverrides | null) => ProviderRecord;

type OnDomain = (domain: string, overrides?: ProviderOverrides | null) => ProviderRecord;
type GithubEnterprise = (base_url: string, overrides?: ProviderOverrides | null) => ProviderRecord;
type Custom = (config: CustomConfig, overrides?: ProviderOverrides | null) => ProviderRecord;
type OverridesByName = Readonly<Partial<Record<CatalogueName, ProviderOverrides>>>;
type Catalogue = { readonly [Name in CatalogueName]: ProviderRecord };

/** The functions of `std/oauth/providers`. */
export type ProvidersModule = { readonly [Name in CatalogueName]: ProviderFactory } & {
  /** GitHub Enterprise Server at `base_url`; `overrides.api_url` moves its REST endpoints. */
  readonly github_enterprise: GithubEnterprise;
  /** The org authorization server of an Okta domain. */
  readonly okta: OnDomain;
  /** An Auth0 tenant by its domain. */
  readonly auth0: OnDomain;
  /** A provider that is not in the catalogue: `auth_url` and `token_url` are required. */
  readonly custom: Custom;
  /**
   * A record from an issuer's own metadata (RFC 8414, OpenID Connect Discovery). The issuer must match exactly.
   * Throws HARN-OAU-006 when the metadata is refused, 003 when it cannot be had now, 009 without the net grant.
   */
  readonly discover: (issuer: string, opts?: DiscoverOptions | null) => Promise<ProviderRecord>;
  /** A record from a protected resource's metadata (RFC 9728) and the authorization server that it names. Throws as `discover`. */
  readonly discover_resource: (url: string, opts?: DiscoverResourceOptions | null) => Promise<ResourceRecord>;
  /** An OpenID provider by its issuer, discovered, with overrides like every other factory. Throws as `discover`. */
  readonly oidc: (issuer: string, overrides?: ProviderOverrides | null) => Promise<ProviderRecord>;
  /** A catalogue record by name; case and surrounding spaces do not count. */
  readonly provider: (name: string, overrides?: ProviderOverrides | null) => ProviderRecord;
  /** The names that `provider` takes; the reference's ten come first, in its order. */
  readonly provider_names: () => readonly string[];
  /** Every catalogue record by name; overrides are keyed by name too. */
  readonly provider_catalog: (overrides?: OverridesByName | null) => Catalogue;
  /** The catalogue with the factories that need an address. */
  readonly providers: (overrides?: OverridesByName | null) => Catalogue & {
    readonly github_enterprise: GithubEnterprise;
    readonly okta: OnDomain;
    readonly auth0: OnDomain;
    readonly custom: Custom;
  };
};

/** Makes the module. Only discovery asks something of its ports. */
export function providersModule(ports: Ports): ProvidersModule {
  const factories = Object.fromEntries(
    catalogueNames.map((name) => [name, plain((overrides?: unknown) => overridden(named(name), overrides))]),
  ) as { [Name in CatalogueName]: ProviderFactory };

  const addressed = {
    github_enterprise: plain((base_url: string, overrides?: ProviderOverrides | null) =>
      githubEnterprise(base_url, overrides),
    ),
    okta: plain((domain: string, overrides?: ProviderOverrides | null) =>
      onDomain("okta", domain, overrides),
    ),
    auth0: plain((domain: string, overrides?: ProviderOverrides | null) =>
      onDomain("auth0", domain, overrides),
    ),
    custom: plain((config: CustomConfig, overrides?: ProviderOverrides | null) =>
      customProvider(config, overrides),
    ),
  };

  const catalogue = (overrides?: unknown): Catalogue => {
    const byName = fieldsOf("overrides", overrides);
    for (const name of Object.keys(byName)) named(name);
    return Object.fromEntries(
      catalogueNames.map((name) => [name, overridden(named(name), byName[name])]),
    ) as Catalogue;
  };

  return {
    ...factories,
    ...addressed,
    discover: async (issuer, opts) => await discover(ports, issuer, opts),
    discover_resource: async (url, opts) => await discoverResource(ports, url, opts),
    oidc: async (issuer, overrides) => overridden(await discover(ports, issuer, null), overrides),
    provider: plain((name: string, overrides?: ProviderOverrides | null) =>
      overridden(named(typeof name === "string" ? name.trim().toLowerCase() : name), overrides),
    ),
    provider_names: plain(() => [...catalogueNames]),
    provider_catalog: plain((overrides?: OverridesByName | null) => catalogue(overrides)),
    providers: plain((overrides?: OverridesByName | null) => ({ ...catalogue(overrides), ...addressed })),
  };
}

function named(name: unknown): ProviderRecord {
  const record = typeof name === "string" ? catalogueRecord(name) : null;
  if (record !== null) return record;
  const near = typeof name === "string" ? nearest(name, catalogueNames) : null;
  throw new OAuthError(
    "HARN-OAU-011",
    `std/oauth/providers: unknown provider${near === null ? "" : `; did you mean "${near}"?`}`,
    `The catalogue has: ${catalogueNames.join(", ")}. For others use custom, github_enterprise, okta or auth0.`,
  );
}
