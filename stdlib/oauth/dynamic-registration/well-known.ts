/**
 * Where metadata documents stand, and how they are answered (RFC 8414 §3, RFC 8615).
 *
 * @module
 */

import { endpointUrl } from "../endpoint-url.ts";
import { OAuthError } from "../errors.ts";
import { closedOptions } from "../options.ts";
import { coded, rejected, secretMembers } from "./client-metadata.ts";
import { holdsPrivateKey } from "./metadata-rules.ts";
import { dataArgument } from "./server-metadata.ts";

const module = "dynamic_registration";

export interface WellKnownPaths {
  /** The client's own metadata document; no RFC names a path for it. */
  readonly client_metadata: string;
  readonly authorization_server_metadata: string;
  readonly registration: string;
}

export interface WellKnownOptions {
  /** True: `/.well-known/oauth-authorization-server.json`, the name of the first release of this API. */
  readonly json_names?: boolean;
  /** Issuer identifier; its path goes behind the well-known name (RFC 8414 §3.1). */
  readonly issuer?: string | null;
}

export interface WellKnownResponse {
  readonly status: 200;
  readonly content_type: "application/json";
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/**
 * The three paths, with any of them replaced. Throws HARN-OAU-011 for an unknown name, a path that does not start with a slash,
 * or options that cannot be used.
 */
export function wellKnownPaths(overrides: unknown, opts: unknown): WellKnownPaths {
  const { json_names, issuer } = closedOptions(module, "well_known_paths", opts, ["json_names", "issuer"]);
  if (json_names !== undefined && typeof json_names !== "boolean") {
    throw invalid("json_names must be true or false", "Leave json_names out for the RFC 8414 path.");
  }
  const path = issuer === undefined || issuer === null ? "" : endpointUrl(module, "issuer", issuer).pathname;
  const paths = {
    client_metadata: "/.well-known/oauth-client.json",
    authorization_server_metadata: `/.well-known/oauth-authorization-server${json_names === true ? ".json" : ""}${path.replace(/\/$/, "")}`,
    registration: "/register",
  };
  const changes = closedOptions(module, "well_known_paths", overrides, Object.keys(paths));
  for (const [name, change] of Object.entries(changes)) {
    if (change === null) continue;
    if (typeof change !== "string" || !/^\/[!-~]*$/.test(change)) {
      throw invalid(`${name} must be a path that starts with a slash`, "Write /path.");
    }
    paths[name as keyof WellKnownPaths] = change;
  }
  return paths;
}

/**
 * The answer to a GET of a metadata document. Throws HARN-OAU-011 when `metadata` is no object of JSON data, and
 * HARN-OAU-005 when it holds a credential or a private key: these documents are public.
 */
export function wellKnownResponse(metadata: unknown): WellKnownResponse {
  const document = dataArgument("well_known_response", "metadata", metadata);
  const secrets = secretMembers.filter((member) => Object.hasOwn(document, member));
  const problems = secrets.map((member) => `${member} must not stand in a public document`);
  if (holdsPrivateKey(document.jwks)) problems.push("jwks must hold public keys only");
  if (problems.length > 0) throw rejected(problems.map(coded));
  return {
    status: 200,
    content_type: "application/json",
    headers: { "content-type": "application/json", "cache-control": "no-store" },
    body: JSON.stringify(document),
  };
}

function invalid(why: string, hint: string): OAuthError {
  return new OAuthError("HARN-OAU-011", `std/oauth/${module}: well_known_paths: ${why}`, hint);
}
