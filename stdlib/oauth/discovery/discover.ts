/**
 * Discovery: an issuer's or a protected resource's own metadata as a provider record.
 *
 * @module
 */

import type { HttpRequest, Ports } from "../../../runtime/ports.ts";
import { endpointUrl, isLoopback } from "../endpoint-url.ts";
import { OAuthError } from "../errors.ts";
import { closedOptions } from "../options.ts";
import { customProvider } from "../providers/custom.ts";
import type { ClientAuthMethod, ProviderRecord } from "../providers/record.ts";
import type { RawAnswer } from "../token-response.ts";
import { isHttpFailure, transportError } from "../transport.ts";
import {
  type IssuerMetadata,
  judgeIssuerMetadata,
  type MetadataRefusal,
  metadataMaxBytes,
} from "./issuer-metadata.ts";
import { judgeResourceMetadata, type ResourceMetadata } from "./resource-metadata.ts";
import { metadataUrl } from "./metadata-url.ts";
import { issuerMetadataUrls, resourceMetadataUrl } from "./well-known.ts";

/** Options of `discover` and `discover_resource`. */
export interface DiscoverOptions {
  /** The record's id, and so the default storage key; default the issuer's host. */
  readonly id?: string | null;
  /** Origins that access tokens may go to; default the issuer's own, or the resource's. */
  readonly resource_origins?: readonly string[] | null;
  /** Seconds for each request (default 30). */
  readonly timeout?: number | null;
}

/** Options of `discover_resource`. */
export interface DiscoverResourceOptions extends DiscoverOptions {
  /** Which of the resource's authorization servers; default the first. */
  readonly issuer?: string | null;
}

/** A record that also says which resource it is for: pass it on as the client's `resource`. */
export type ResourceRecord = ProviderRecord & {
  readonly resource: string;
  readonly scopes_supported: readonly string[];
};

type Reach = NonNullable<HttpRequest["reach"]>;

const optionNames = ["id", "resource_origins", "timeout"];

/**
 * Reads an issuer's metadata (RFC 8414, then OpenID Connect Discovery, which is asked only when the first place answers
 * 404) and makes a record of it. The issuer in the metadata must be the one that was asked for, character by character.
 *
 * @throws HARN-OAU-006 when the metadata is refused, 003 when it cannot be had now, 009 when the run was not granted the
 * issuer's host, 011 for an argument that cannot be used.
 */
export async function discover(ports: Ports, issuer: unknown, options: unknown): Promise<ProviderRecord> {
  const given = closedOptions("providers", "discover", options ?? {}, optionNames);
  const metadata = await issuerMetadata(ports, issuer, given.timeout, "granted");
  return recordOf(metadata, given, [new URL(metadata.issuer).host]);
}

/**
 * Reads a protected resource's metadata (RFC 9728) and discovers the authorization server that it names.
 *
 * @throws as {@link discover}.
 */
export async function discoverResource(
  ports: Ports,
  resource: unknown,
  options: unknown,
): Promise<ResourceRecord> {
  const given = closedOptions("providers", "discover_resource", options ?? {}, [...optionNames, "issuer"]);
  const url = endpointUrl("providers", "resource", resource);
  const answer = await get(ports, resourceMetadataUrl(url), given.timeout, "granted");
  const verdict = judgeResourceMetadata(answer, String(resource));
  if (!verdict.ok)
    throw metadataRefused(`the resource's metadata was refused: ${resourceRefusals[verdict.reason]}`);
  const { metadata } = verdict;
  const issuer = chosenIssuer(metadata, given.issuer, url);
  const { host } = new URL(issuer);
  // Without the option only the resource named the issuer.
  // Servers of one's own machine come in pairs: who named the one resource there means the other too.
  const isPair = isLoopback(url.hostname) && isLoopback(new URL(issuer).hostname);
  const named = [url.host, ...(given.issuer === issuer || isPair ? [host] : [])];
  const reach = named.includes(host) ? "granted" : "discovered";
  const record = recordOf(
    await issuerMetadata(ports, issuer, given.timeout, reach),
    { resource_origins: [url.origin], ...given },
    named,
  );
  return Object.freeze({
    ...record,
    resource: metadata.resource,
    scopes_supported: metadata.scopes_supported,
  });
}

function chosenIssuer(metadata: ResourceMetadata, wanted: unknown, resource: URL): string {
  const servers = metadata.authorization_servers;
  const chosen =
    wanted === undefined || wanted === null ? servers[0] : servers.find((server) => server === wanted);
  // What a resource names is a provider's answer, so that an unsafe issuer there is no wrong argument.
  const url = chosen === undefined ? null : metadataUrl(chosen, resource);
  if (chosen !== undefined && url !== null && !isMisplaced(url)) return chosen;
  if (chosen !== undefined) {
    throw metadataRefused("the resource names an authorization server that cannot be called safely");
  }
  throw metadataRefused(
    wanted === undefined || wanted === null
      ? "the resource names no authorization server"
      : "the resource does not name this authorization server",
  );
}

/** An issuer has no query (RFC 8414 §2), and the address of a document is not the issuer that the document speaks for. */
function isMisplaced(issuer: URL): boolean {
  return issuer.href.includes("?") || issuer.pathname.includes("/.well-known/");
}

async function issuerMetadata(
  ports: Ports,
  issuer: unknown,
  timeout: unknown,
  reach: Reach,
): Promise<IssuerMetadata> {
  const url = endpointUrl("providers", "issuer", issuer);
  if (isMisplaced(url)) {
    throw new OAuthError(
      "HARN-OAU-011",
      "std/oauth/providers: issuer must not contain a query, nor be the address of its metadata",
      "Give the issuer identifier as the provider writes it.",
    );
  }
  const [first, second] = issuerMetadataUrls(url);
  let answer = await get(ports, first, timeout, reach);
  if (answer.status === 404) answer = await get(ports, second, timeout, reach);
  const verdict = judgeIssuerMetadata(answer, String(issuer));
  if (verdict.ok) return verdict.metadata;
  if (verdict.reason === "status" && (answer.status >= 500 || answer.status === 429)) {
    throw new OAuthError(
      "HARN-OAU-003",
      "std/oauth/providers: the issuer cannot answer now",
      "Try again later.",
      { details: { status: answer.status } },
    );
  }
  throw metadataRefused(`the issuer's metadata was refused: ${refusals[verdict.reason]}`, answer.status);
}

async function get(ports: Ports, url: string, timeout: unknown, reach: Reach): Promise<RawAnswer> {
  const timeoutMs = seconds(timeout) * 1000;
  try {
    return await ports.http.send({
      method: "GET",
      url,
      headers: { accept: "application/json" },
      reach,
      timeoutMs,
      maxBytes: metadataMaxBytes,
      signal: ports.run.signal,
    });
  } catch (error) {
    if (isHttpFailure(error)) throw transportError("providers", error);
    throw error;
  }
}

function seconds(given: unknown): number {
  if (given === undefined || given === null) return 30;
  if (typeof given === "number" && given > 0 && given <= 3_600) return given;
  throw new OAuthError(
    "HARN-OAU-011",
    "std/oauth/providers: timeout must be a number of seconds above zero, at most 3600",
    "Give the timeout in seconds.",
  );
}

/** The metadata in the terms of a provider record. `named` are the hosts that the caller named. */
function recordOf(
  metadata: IssuerMetadata,
  options: Readonly<Record<string, unknown>>,
  named: readonly string[],
): ProviderRecord {
  const discovered = discoveredHosts(metadata, named);
  const issuer = new URL(metadata.issuer);
  return customProvider(
    {
      id: options.id ?? issuer.host,
      auth_url: metadata.authorization_endpoint,
      token_url: metadata.token_endpoint,
      device_code_url: metadata.device_authorization_endpoint,
      revoke_url: metadata.revocation_endpoint,
      introspection_url: metadata.introspection_endpoint,
      registration_url: metadata.registration_endpoint,
      userinfo_url: metadata.userinfo_endpoint,
      par_url: metadata.pushed_authorization_request_endpoint,
      par_required: metadata.require_pushed_authorization_requests,
      jwks_url: metadata.jwks_uri,
      issuer: metadata.issuer,
      iss_parameter: metadata.authorization_response_iss_parameter_supported,
      pkce_required: true,
      token_auth_method: authMethod(metadata.token_endpoint_auth_methods_supported),
      resource_origins: options.resource_origins ?? [issuer.origin],
      ...(discovered.length === 0 ? {} : { discovered_hosts: discovered }),
    },
    null,
  );
}

/** Hosts of the endpoints that are called, without those that the caller named. A browser opens the authorization endpoint. */
function discoveredHosts(metadata: IssuerMetadata, named: readonly string[]): readonly string[] {
  const called = [
    metadata.token_endpoint,
    metadata.device_authorization_endpoint,
    metadata.revocation_endpoint,
    metadata.introspection_endpoint,
    metadata.registration_endpoint,
    metadata.userinfo_endpoint,
    metadata.pushed_authorization_request_endpoint,
    metadata.jwks_uri,
  ];
  const hosts = called.flatMap((url) => (url === null ? [] : [new URL(url).host]));
  return [...new Set(hosts)].filter((host) => !named.includes(host));
}

/**
 * How a client with a secret authenticates: post where the server takes it (or says nothing of the kind that we speak),
 * else Basic. A server that lists no methods takes Basic (RFC 8414 §2).
 */
function authMethod(supported: readonly string[] | null): ClientAuthMethod | null {
  if (supported === null) return "client_secret_basic";
  if (supported.includes("client_secret_post")) return null;
  return supported.includes("client_secret_basic") ? "client_secret_basic" : null;
}

function metadataRefused(why: string, status?: number): OAuthError {
  return new OAuthError(
    "HARN-OAU-006",
    `std/oauth/providers: ${why}`,
    "Check the identifier; the provider must publish metadata for exactly it.",
    status === undefined ? {} : { details: { status } },
  );
}

const refusals: Readonly<Record<MetadataRefusal, string>> = {
  status: "the status is not 200",
  content_type: "the content type is not application/json",
  not_json: "it is not strict JSON",
  not_an_object: "it is not a JSON object",
  issuer: "it names another issuer",
  endpoint: "an endpoint is missing or cannot be called safely",
  member_type: "a member has the wrong type",
  pkce: "its PKCE methods do not include S256",
};

const resourceRefusals = {
  status: refusals.status,
  content_type: refusals.content_type,
  not_json: refusals.not_json,
  not_an_object: refusals.not_an_object,
  resource: "it names another resource",
  member_type: refusals.member_type,
} as const;
