/** One configuration on two clients: ours and `openid-client`. */

import * as theirs from "openid-client";
import { type ClientHandle, createOAuth, type OAuth, type StorageHandle } from "../stdlib/oauth/node.ts";
import type { Recorder } from "./oracle-recorder.test.support.ts";

/** What both clients are told. */
export interface Setup {
  readonly auth: "none" | "client_secret_post" | "client_secret_basic" | "private_key_jwt";
  readonly dpop?: boolean;
  readonly scopes?: readonly string[];
  readonly resource?: string;
  readonly audience?: string;
  /** PKCS #8 in PEM, P-256; with `private_key_jwt`. */
  readonly key?: string;
  readonly secret?: string;
  /** Whether the server takes pushed requests; ours then pushes, theirs is asked to. */
  readonly par?: boolean;
  readonly client_id?: string;
}

export const redirectUri = "http://127.0.0.1:8123/callback";

/** Endpoints of the recorder, in both spellings. */
export function endpoints(issuer: string): {
  record: Record<string, unknown>;
  metadata: theirs.ServerMetadata;
} {
  const at = (path: string): string => `${issuer}${path}`;
  return {
    record: {
      id: "recorder",
      issuer,
      iss_parameter: true,
      auth_url: at("/authorize"),
      token_url: at("/token"),
      device_code_url: at("/device"),
      revoke_url: at("/revoke"),
      introspection_url: at("/introspect"),
      userinfo_url: at("/userinfo"),
      jwks_url: at("/jwks"),
      resource_origins: [issuer],
    },
    metadata: {
      issuer,
      authorization_response_iss_parameter_supported: true,
      authorization_endpoint: at("/authorize"),
      token_endpoint: at("/token"),
      device_authorization_endpoint: at("/device"),
      revocation_endpoint: at("/revoke"),
      introspection_endpoint: at("/introspect"),
      userinfo_endpoint: at("/userinfo"),
      jwks_uri: at("/jwks"),
      pushed_authorization_request_endpoint: at("/par"),
      code_challenge_methods_supported: ["S256"],
    },
  };
}

export interface OurClient {
  readonly cli: ClientHandle;
  readonly storage: StorageHandle;
  readonly options: Record<string, unknown>;
  readonly provider: Parameters<OAuth["client"]["client"]>[0];
}

/** Ours. */
export function ourClient(oauth: OAuth, recorder: Recorder, setup: Setup): OurClient {
  const record = {
    ...endpoints(recorder.issuer).record,
    ...(setup.par ? { par_url: `${recorder.issuer}/par` } : {}),
  };
  const provider = oauth.providers.custom(record as Parameters<OAuth["providers"]["custom"]>[0]);
  const storage = oauth.storage.memory();
  const common = {
    client_id: setup.client_id ?? "app",
    storage,
    token_auth_method: setup.auth,
    ...(setup.secret === undefined ? {} : { client_secret: setup.secret }),
    ...(setup.key === undefined ? {} : { private_key: setup.key, key_id: "key-1" }),
    ...(setup.scopes === undefined ? {} : { scopes: setup.scopes }),
    ...(setup.resource === undefined ? {} : { resource: setup.resource }),
    ...(setup.audience === undefined ? {} : { audience: setup.audience }),
    ...(setup.dpop === undefined ? {} : { dpop: setup.dpop }),
  };
  const cli = oauth.client.client(provider, { ...common, redirect_uri: redirectUri });
  return { cli, storage, options: common, provider };
}

export interface TheirClient {
  readonly config: theirs.Configuration;
  readonly options: { DPoP?: theirs.DPoPHandle };
  /** The configuration's parameters that a caller adds by hand. */
  readonly parameters: Record<string, string>;
}

/** Theirs, with the parameters that its manual tells callers to add: the same scopes, resource and audience. */
export async function theirClient(recorder: Recorder, setup: Setup): Promise<TheirClient> {
  const { metadata } = endpoints(recorder.issuer);
  const config = new theirs.Configuration(
    metadata,
    setup.client_id ?? "app",
    setup.secret === undefined ? undefined : { client_secret: setup.secret },
    await authentication(setup),
  );
  theirs.allowInsecureRequests(config);
  config.timeout = 10;
  const options = setup.dpop
    ? { DPoP: theirs.getDPoPHandle(config, await theirs.randomDPoPKeyPair("ES256")) }
    : {};
  return {
    config,
    options,
    parameters: {
      ...(setup.scopes === undefined ? {} : { scope: setup.scopes.join(" ") }),
      ...(setup.resource === undefined ? {} : { resource: setup.resource }),
      ...(setup.audience === undefined ? {} : { audience: setup.audience }),
    },
  };
}

async function authentication({ auth, secret, key = "" }: Setup): Promise<theirs.ClientAuth> {
  switch (auth) {
    case "none":
      return theirs.None();
    case "client_secret_post":
      return theirs.ClientSecretPost(secret);
    case "client_secret_basic":
      return theirs.ClientSecretBasic(secret);
    case "private_key_jwt": {
      const der = Buffer.from(key.replace(/-----[^-]+-----|\s/g, ""), "base64");
      const algorithm = { name: "ECDSA", namedCurve: "P-256" };
      const signing = await crypto.subtle.importKey("pkcs8", der, algorithm, false, ["sign"]);
      return theirs.PrivateKeyJwt({ key: signing, kid: "key-1" });
    }
  }
}

export { createOAuth, theirs };
