/**
 * Authorization server metadata (RFC 8414 §2) from a provider record.
 *
 * @module
 */

import type { Json } from "../../../runtime/ports.ts";
import { endpointUrl } from "../endpoint-url.ts";
import { OAuthError } from "../errors.ts";
import { providerOf } from "../provider-of.ts";
import { objectArgument } from "./client-metadata.ts";
import { copyMetadata } from "./metadata-copy.ts";

export type ServerMetadata = Readonly<Record<string, Json>>;

const module = "dynamic_registration";
const deviceGrant = "urn:ietf:params:oauth:grant-type:device_code";

/**
 * Metadata for the endpoints of a provider. The issuer is the record's own; a record without one is known by its
 * authorization endpoint without the last segment of the path. `overrides` are merged last and not judged; a null
 * removes a member. Throws HARN-OAU-011 when `auth_url` or `token_url` is missing or no endpoint URL, and for overrides that are
 * no JSON data.
 */
export function serverMetadata(provider: unknown, overrides: unknown): ServerMetadata {
  const record = providerOf(provider);
  if (record === null) {
    throw new OAuthError(
      "HARN-OAU-011",
      `std/oauth/${module}: authorization_server_metadata: the provider must be an object with auth_url and token_url`,
      "Pass a provider record, or an object with both URLs.",
    );
  }
  const authorization = endpointUrl(module, "auth_url", record.auth_url);
  endpointUrl(module, "token_url", record.token_url);
  const changes = dataArgument("authorization_server_metadata", "overrides", overrides ?? {});
  const merged: Record<string, unknown> = {
    issuer: record.issuer ?? issuerOf(authorization),
    authorization_endpoint: record.auth_url,
    token_endpoint: record.token_url,
    device_authorization_endpoint: record.device_code_url,
    // A vendor's own call is no RFC 7009 endpoint.
    revocation_endpoint: record.revocation?.kind === "rfc7009" ? record.revoke_url : null,
    userinfo_endpoint: record.userinfo_url,
    response_types_supported: ["code"],
    token_endpoint_auth_methods_supported: ["client_secret_basic", "client_secret_post", "none"],
    code_challenge_methods_supported: ["S256"],
    scopes_supported: [...record.default_scopes],
    ...changes,
  };
  if (!Object.hasOwn(changes, "grant_types_supported")) {
    const device = merged.device_authorization_endpoint === null ? [] : [deviceGrant];
    merged.grant_types_supported = ["authorization_code", "refresh_token", ...device];
  }
  return Object.fromEntries(Object.entries(merged).filter(([, value]) => value !== null)) as ServerMetadata;
}

/** A copy of an object of JSON data; null members stay. Throws HARN-OAU-011 for anything else. */
export function dataArgument(fn: string, name: string, given: unknown): Readonly<Record<string, unknown>> {
  const object = objectArgument(fn, name, given);
  const copy = copyMetadata(object);
  if (copy === null || copy.flawed.length > 0) {
    throw new OAuthError(
      "HARN-OAU-011",
      `std/oauth/${module}: ${fn}: ${name} must be JSON data of a moderate size`,
      "Give texts, numbers, booleans, lists and plain objects.",
    );
  }
  const nulls = Object.keys(object).filter((member) => member !== "__proto__" && !(member in copy.members));
  const all: Record<string, unknown> = { ...copy.members };
  for (const member of nulls) {
    if (Object.getOwnPropertyDescriptor(object, member)?.value === null) all[member] = null;
  }
  return all;
}

function issuerOf(authorization: URL): string {
  return authorization.origin + authorization.pathname.replace(/\/[^/]*\/?$/, "");
}
