/**
 * `std/oauth/client`: log in with the authorization code grant, and use the account.
 *
 * @module
 */

import { plain } from "../../runtime/plugin.ts";
import type { Ports } from "../../runtime/ports.ts";
import { Attempts, type PkceRecord, startAuthorization } from "./authorization.ts";
import { bindEntry, concealed, concealedSet } from "./bound-entry.ts";
import type { SpokenAuthMethod } from "./client-authentication.ts";
import type { ClientContext } from "./client-context.ts";
import { type ClientOptions, clientContext, clientOptionNames } from "./client-options.ts";
import { clientCredentials } from "./client-credentials.ts";
import { OAuthError } from "./errors.ts";
import type { IdTokenClaims } from "./id-token.ts";
import { idTokenClaims, userinfo } from "./identity.ts";
import { type Introspection, introspect } from "./introspection.ts";
import { KeySets } from "./jwks.ts";
import type { JsonObject } from "./strict-json.ts";
import { type TokenExchangeOptions, tokenExchange } from "./token-exchange/exchange.ts";
import { exchangeCallback, exchangeCode } from "./exchange.ts";
import type { ProviderRecord } from "./providers/record.ts";
import { forcedRefresh, validEntry } from "./refresh.ts";
import { authorizedRequest } from "./request.ts";
import type { RequestOptions } from "./request-options.ts";
import type { ResourceResponse } from "./resource-response.ts";
import { type RevokeResult, revokeTokens } from "./revoke.ts";
import type { TokenSet } from "./token-set.ts";

/** A provider record, or any object with at least `auth_url` and `token_url`. */
export type ProviderLike =
  | ProviderRecord
  | (Partial<ProviderRecord> & Pick<ProviderRecord, "auth_url" | "token_url">);

/** An OAuth client. Holds no secret and no token. */
export interface ClientHandle {
  readonly _namespace: "oauth_client";
  readonly provider_id: string;
  readonly storage_key: string;
  readonly scopes: readonly string[];
  readonly redirect_uri: string | null;
  readonly token_auth_method: SpokenAuthMethod;
  /** Without its query. */
  readonly token_endpoint: string;
  /** Without its query. */
  readonly auth_endpoint: string;
  /** As the function of this name, but leaves `redirect_uri` out when the client has none. */
  start_authorization(): Promise<PkceRecord>;
  exchange_code(pkce: PkceRecord, code: string, state: string): Promise<TokenSet>;
  exchange_callback(pkce: PkceRecord, url: string): Promise<TokenSet>;
  token(): Promise<string>;
  refresh(): Promise<TokenSet>;
  request(method: string, url: string, opts?: RequestOptions | null): Promise<ResourceResponse>;
  current_token(): Promise<TokenSet | null>;
  revoke(): Promise<RevokeResult>;
  client_credentials(): Promise<TokenSet>;
  token_exchange(opts: TokenExchangeOptions): Promise<TokenSet>;
  introspect(): Promise<Introspection>;
  userinfo(): Promise<JsonObject>;
  id_token_claims(): Promise<IdTokenClaims>;
}

/** The functions of `std/oauth/client`. Tokens in what they answer are sealed unless the run may see them. */
export interface ClientModule {
  /**
   * Makes a client. Sends nothing. Throws HARN-OAU-011 for an option that is unknown or cannot be used, 009 for an
   * origin outside the run's `net` grant, 004 for a sealed secret that belongs elsewhere.
   */
  readonly client: (provider: ProviderLike, opts: ClientOptions) => ClientHandle;
  /**
   * Begins an authorization (RFC 6749 §4.1.1, always with PKCE S256): where to send the person, and the record that the
   * exchange takes back within ten minutes, once. Pushes the request (RFC 9126) where the provider takes that. Throws
   * HARN-OAU-011 without a `redirect_uri` and for reserved parameters; when it pushes, also 012, 008, 006, 003, 009, 004.
   */
  readonly start_authorization: (cli: ClientHandle) => Promise<PkceRecord>;
  /** Exchanges the code of a redirect, stores the tokens and answers them. Codes: 007, 012, 008, 006, 003. */
  readonly exchange_code: (
    cli: ClientHandle,
    pkce: PkceRecord,
    code: string,
    state: string,
  ) => Promise<TokenSet>;
  /** The same from the whole redirect URL, so that `state`, `iss` (RFC 9207) and `error` are judged together. */
  readonly exchange_callback: (cli: ClientHandle, pkce: PkceRecord, url: string) => Promise<TokenSet>;
  /** A valid access token, refreshed if it is stale. Codes: 002 consent needed, 003 not now, 004, 006, 010, 012. */
  readonly token: (cli: ClientHandle) => Promise<string>;
  /** Refreshes now, unless someone else did since the call. Codes as {@link token}. */
  readonly refresh: (cli: ClientHandle) => Promise<TokenSet>;
  /** Sends a request with the token. HARN-OAU-004 when the token may not go there. */
  readonly request: (
    cli: ClientHandle,
    method: string,
    url: string,
    opts?: RequestOptions | null,
  ) => Promise<ResourceResponse>;
  /** What is stored, without any refresh; null for nothing. */
  readonly current_token: (cli: ClientHandle) => Promise<TokenSet | null>;
  /** Revokes at the provider and removes what is stored. A provider that fails does not keep it here. */
  readonly revoke: (cli: ClientHandle) => Promise<RevokeResult>;
  /** A token for the client itself (RFC 6749 §4.4), stored under its key. Codes: 011 for a public client, 012, 006, 003. */
  readonly client_credentials: (cli: ClientHandle) => Promise<TokenSet>;
  /** One token for another (RFC 8693). Codes: 011 before the network, 004, 012, 008, 006, 003. */
  readonly token_exchange: (cli: ClientHandle, opts: TokenExchangeOptions) => Promise<TokenSet>;
  /** What the server says of the stored access token (RFC 7662). Codes: 002, 011, 004, 012, 006, 003. */
  readonly introspect: (cli: ClientHandle) => Promise<Introspection>;
  /** What the UserInfo endpoint says, with a valid token (OpenID Connect Core §5.3). Codes as `token`, and 011, 012, 006. */
  readonly userinfo: (cli: ClientHandle) => Promise<JsonObject>;
  /** The claims of the stored ID token, verified with the issuer's keys. Codes: 002, 011, 006, 003. */
  readonly id_token_claims: (cli: ClientHandle) => Promise<IdTokenClaims>;
}

/** Makes the module over its ports. */
export function clientModule(ports: Ports): ClientModule {
  const contexts = new WeakMap<object, ClientContext>();
  const attempts = new Attempts();
  const keySets = new KeySets();

  const contextOf = (handle: unknown): ClientContext => {
    const context = typeof handle === "object" && handle !== null ? contexts.get(handle) : undefined;
    if (context !== undefined) return context;
    throw new OAuthError(
      "HARN-OAU-011",
      "std/oauth/client: the first argument is not an OAuth client handle",
      "Pass what client() answered.",
    );
  };

  const module: ClientModule = {
    client: plain((provider: ProviderLike, opts: ClientOptions): ClientHandle => {
      const { context } = clientContext("client", ports, provider, opts, clientOptionNames);
      const handle = handleOf(context, module, attempts);
      contexts.set(handle, context);
      return handle;
    }),
    start_authorization: async (cli) => {
      const context = contextOf(cli);
      if (context.redirectUri === null) {
        throw new OAuthError(
          "HARN-OAU-011",
          "std/oauth/client: start_authorization needs a redirect_uri",
          "Give the client its redirect_uri.",
        );
      }
      return await startAuthorization(context, attempts);
    },
    exchange_code: async (cli, pkce, code, state) =>
      await exchangeCode(contextOf(cli), attempts, pkce, code, state),
    exchange_callback: async (cli, pkce, url) => await exchangeCallback(contextOf(cli), attempts, pkce, url),
    token: async (cli) => {
      const context = contextOf(cli);
      const bound = await validEntry(context);
      return concealed(context, bound, "access_token", bound.entry.token_set.access_token);
    },
    refresh: async (cli) => {
      const context = contextOf(cli);
      return concealedSet(context, await forcedRefresh(context));
    },
    request: async (cli, method, url, opts) => await authorizedRequest(contextOf(cli), method, url, opts),
    current_token: async (cli) => {
      const context = contextOf(cli);
      const entry = await context.store.read(context.storageKey);
      return entry === null ? null : concealedSet(context, bindEntry(context, entry));
    },
    revoke: async (cli) => await revokeTokens(contextOf(cli)),
    client_credentials: async (cli) => await clientCredentials(contextOf(cli)),
    token_exchange: async (cli, opts) => await tokenExchange(contextOf(cli), opts),
    introspect: async (cli) => await introspect(contextOf(cli)),
    userinfo: async (cli) => await userinfo(contextOf(cli)),
    id_token_claims: async (cli) => await idTokenClaims(contextOf(cli), keySets),
  };
  return module;
}

function handleOf(context: ClientContext, module: ClientModule, attempts: Attempts): ClientHandle {
  const { provider } = context;
  const handle: ClientHandle = Object.freeze({
    _namespace: "oauth_client",
    provider_id: provider.id,
    storage_key: context.storageKey,
    scopes: Object.freeze([...context.scopes]),
    redirect_uri: context.redirectUri,
    token_auth_method: context.credentials.method,
    token_endpoint: withoutQuery(provider.token_url),
    auth_endpoint: withoutQuery(provider.auth_url),
    start_authorization: async () => startAuthorization(context, attempts),
    exchange_code: async (pkce, code, state) => await module.exchange_code(handle, pkce, code, state),
    exchange_callback: async (pkce, url) => await module.exchange_callback(handle, pkce, url),
    token: async () => await module.token(handle),
    refresh: async () => await module.refresh(handle),
    request: async (method, url, opts) => await module.request(handle, method, url, opts),
    current_token: async () => await module.current_token(handle),
    revoke: async () => await module.revoke(handle),
    client_credentials: async () => await module.client_credentials(handle),
    token_exchange: async (opts) => await module.token_exchange(handle, opts),
    introspect: async () => await module.introspect(handle),
    userinfo: async () => await module.userinfo(handle),
    id_token_claims: async () => await module.id_token_claims(handle),
  } satisfies ClientHandle);
  return handle;
}

function withoutQuery(url: string): string {
  return url.split(/[?#]/, 1)[0] ?? url;
}
