/**
 * Judges the options of `client` and `device_flow` and makes the context they stand for.
 *
 * @module
 */

import type { Ports, SealBinding } from "../../runtime/ports.ts";
import { type SpokenAuthMethod, spokenAuthMethods } from "./client-authentication.ts";
import type { ClientContext, SpeakingModule } from "./client-context.ts";
import { type ClientKey, judgeClientKey } from "./client-key.ts";
import { endpointUrl, isLoopback } from "./endpoint-url.ts";
import { OAuthError } from "./errors.ts";
import { closedOptions } from "./options.ts";
import { objectOf, providerOf } from "./provider-of.ts";
import { catalogueRecord, isCatalogueOrigin, isCatalogueUrl } from "./providers/catalogue.ts";
import type { ProviderRecord } from "./providers/record.ts";
import type { CustomHandlers } from "./storage/custom.ts";
import type { StorageHandle } from "./storage/handle.ts";
import { entryStoreOf } from "./storage/handle.ts";
import { milliseconds } from "./request-options.ts";

/** What `client` and `device_flow` have in common. */
export interface CommonOptions {
  readonly client_id: string;
  /** A storage handle, or an object with the functions get, set and delete. */
  readonly storage: StorageHandle | CustomHandlers;
  /** A sealed environment secret is opened on the host. Empty counts as absent. */
  readonly client_secret?: string | null;
  /** Default: the provider's. */
  readonly scopes?: readonly string[] | null;
  /** Default: the provider's id. */
  readonly storage_key?: string | null;
  /** Appended to the storage key, so that one provider can have several accounts. */
  readonly account?: string | null;
  /** The client's own key (RFC 7523): a JWK, or PKCS #8 as PEM; a sealed environment secret is opened on the host. */
  readonly private_key?: Readonly<Record<string, unknown>> | string | null;
  /** Names the key to the server; default the JWK's `kid`. */
  readonly key_id?: string | null;
  /** Default: `private_key_jwt` with a key; else the provider's; else `client_secret_post` with a secret and `none` without. */
  readonly token_auth_method?: SpokenAuthMethod | null;
  readonly audience?: string | null;
  /** Resource indicators (RFC 8707): absolute URIs without a fragment. */
  readonly resource?: string | readonly string[] | null;
  /** Origins that the access token may go to; default the provider's. */
  readonly resource_origins?: readonly string[] | null;
  /** Issuer identifier; default the provider's. */
  readonly issuer?: string | null;
  /** True: tokens are bound to a key that stays on the host (RFC 9449). */
  readonly dpop?: boolean | null;
  /** Seconds for one call, and for the wait for a refresh. */
  readonly timeout?: number | null;
}

/** The options of `client`. */
export interface ClientOptions extends CommonOptions {
  /** Where codes come back: https, http on loopback, or an app's own scheme; no fragment. */
  readonly redirect_uri?: string | null;
  readonly extra_auth_params?: Readonly<Record<string, string>> | null;
  /** Pushed authorization requests (RFC 9126). Default `auto`: where the provider has a `par_url`. */
  readonly par?: "auto" | boolean | null;
  /** Seconds: a token that ends within them counts as stale. Default 0. */
  readonly refresh_leeway?: number | null;
}

export const commonOptionNames: readonly string[] = [
  "client_id",
  "storage",
  "client_secret",
  "private_key",
  "key_id",
  "scopes",
  "storage_key",
  "account",
  "token_auth_method",
  "audience",
  "resource",
  "resource_origins",
  "issuer",
  "dpop",
  "timeout",
];

export const clientOptionNames: readonly string[] = [
  ...commonOptionNames,
  "redirect_uri",
  "extra_auth_params",
  "par",
  "refresh_leeway",
];

/**
 * Makes the context of a client. `allowed` names the options of the calling function.
 *
 * Throws HARN-OAU-011 for an unknown option or a value that cannot be used, 009 when the run was not granted an origin
 * that the script itself named, and 004 for a sealed secret that belongs elsewhere.
 */
export function clientContext(
  module: SpeakingModule,
  ports: Ports,
  givenProvider: unknown,
  givenOptions: unknown,
  allowed: readonly string[],
): { context: ClientContext; options: Readonly<Record<string, unknown>> } {
  const read = new OptionReader(module);
  if (objectOf(givenOptions) === null) throw read.invalid("the options must be an object");
  const options = closedOptions(module, module, givenOptions, allowed);
  const record = providerOf(givenProvider);
  if (record === null) throw read.invalid("the provider must be an object with auth_url and token_url");
  const token = endpointUrl(module, "token_url", record.token_url);
  const issuer = read.text(options, "issuer") ?? record.issuer;
  const provider: ProviderRecord = { ...record, issuer };
  const client_id = read.text(options, "client_id");
  if (client_id === null) throw read.invalid("client_id must be a non-empty string");
  const secret = openSecret(module, ports, "client_secret", read.text(options, "client_secret"), provider.id);
  const key = clientKey(read, module, ports, options, provider.id);
  if (secret.value !== null && key.value !== null) {
    throw read.invalid("client_secret and private_key exclude each other");
  }
  const storage = objectOf(options.storage);
  if (storage === null) {
    throw read.invalid("storage must be a storage handle, or an object with get, set and delete");
  }
  const scopes = read.texts(options, "scopes");
  const origins = resourceOrigins(
    module,
    ports,
    provider,
    read.texts(options, "resource_origins"),
    token.origin,
  );
  const unnamed = objectOf(givenProvider)?.id === undefined;
  const storageKey = read.text(options, "storage_key") ?? (unnamed ? "access-token" : provider.id);
  const account = read.text(options, "account");
  const context: ClientContext = {
    module,
    ports,
    provider,
    credentials: {
      client_id,
      client_secret: secret.value,
      private_key: key.value,
      method: authMethod(read, options.token_auth_method, provider, secret.value, key.value),
    },
    secretOrigins: key.value === null ? secret.origins : key.origins,
    store: entryStoreOf(storage, ports),
    storageKey: account === null ? storageKey : `${storageKey}:${account}`,
    scopes: (scopes ?? provider.default_scopes).map((scope) => scope.trim()).filter((scope) => scope !== ""),
    scopesGiven: scopes !== null,
    redirectUri: redirectUri(read, options),
    audience: read.text(options, "audience"),
    extraAuthParams: read.members(options, "extra_auth_params"),
    dpop: read.flag(options, "dpop"),
    parUrl: pushUrl(read, options.par, provider),
    resource: resources(module, options.resource),
    refreshLeeway: read.seconds(options, "refresh_leeway"),
    timeoutMs: milliseconds(module, "timeout", options.timeout),
    binding: {
      provider: provider.id,
      issuer: loginIssuer(ports, provider, token.origin),
      token_origin: token.origin,
      resource_origins: origins,
    },
  };
  return { context, options };
}

/**
 * What a login is known by: its issuer, or the origin of its token endpoint. A script can state any issuer, so one of
 * another origin counts only as the catalogue states it; else tokens could pass for those of another login.
 */
function loginIssuer(ports: Ports, provider: ProviderRecord, tokenOrigin: string): string {
  const { id, issuer, token_url } = provider;
  if (issuer === null) return tokenOrigin;
  const isOwn = URL.canParse(issuer) && new URL(issuer).origin === tokenOrigin;
  const isCatalogue = isCatalogueUrl(id, token_url) && catalogueRecord(id)?.issuer === issuer;
  return isOwn || isCatalogue || ports.run.trusted ? issuer : tokenOrigin;
}

/**
 * Where codes come back: over TLS, on loopback or in an app of its own scheme (RFC 9700 §2.6, RFC 8252 §7), without a
 * fragment (RFC 6749 §3.1.2). Text that is no absolute URL is left for the provider to judge.
 */
function redirectUri(read: OptionReader, options: Readonly<Record<string, unknown>>): string | null {
  const text = read.text(options, "redirect_uri");
  if (text === null || !URL.canParse(text)) return text;
  const { protocol, hostname } = new URL(text);
  if (/^(?:javascript|vbscript|data|blob|file|about):$/.test(protocol)) {
    throw read.invalid("redirect_uri must use https, http on loopback, or an app's own scheme");
  }
  if (protocol === "http:" && !isLoopback(hostname)) {
    throw read.invalid("redirect_uri must use https (http is allowed on loopback only)");
  }
  if (text.includes("#")) throw read.invalid("redirect_uri must not contain a fragment");
  return text;
}

class OptionReader {
  readonly #module: SpeakingModule;

  constructor(module: SpeakingModule) {
    this.#module = module;
  }

  invalid(why: string): OAuthError {
    return new OAuthError(
      "HARN-OAU-011",
      `std/oauth/${this.#module}: ${why}`,
      `See the options of ${this.#module}.`,
    );
  }

  /** Numbers pass where text is expected; empty text counts as absent. */
  text(options: Readonly<Record<string, unknown>>, name: string): string | null {
    const given = options[name];
    if (given === undefined || given === null || given === "") return null;
    if (typeof given === "number" && Number.isFinite(given)) return String(given);
    if (typeof given !== "string" || given.length > 65_536) throw this.invalid(`${name} must be a string`);
    return given;
  }

  texts(options: Readonly<Record<string, unknown>>, name: string): readonly string[] | null {
    const given = options[name];
    if (given === undefined || given === null) return null;
    if (!Array.isArray(given) || given.length > 1_000 || !given.every((item) => typeof item === "string")) {
      throw this.invalid(`${name} must be a list of strings`);
    }
    return [...given];
  }

  members(options: Readonly<Record<string, unknown>>, name: string): Readonly<Record<string, unknown>> {
    const given = options[name] ?? {};
    const members = objectOf(given);
    if (members === null) throw this.invalid(`${name} must be an object`);
    return { ...members };
  }

  flag(options: Readonly<Record<string, unknown>>, name: string): boolean {
    const given = options[name] ?? false;
    if (typeof given !== "boolean") throw this.invalid(`${name} must be true or false`);
    return given;
  }

  seconds(options: Readonly<Record<string, unknown>>, name: string): number {
    const given = options[name] ?? 0;
    if (typeof given !== "number" || !(given >= 0 && given <= 31_536_000)) {
      throw this.invalid(`${name} must be a number of seconds, zero or more`);
    }
    return given;
  }
}

function authMethod(
  read: OptionReader,
  given: unknown,
  provider: ProviderRecord,
  secret: string | null,
  key: ClientKey | null,
): SpokenAuthMethod {
  // Without a secret there is only one thing that a client can do, whatever the provider prefers.
  const usual = secret === null ? "none" : (provider.token_auth_method ?? "client_secret_post");
  const wanted = given ?? (key === null ? usual : "private_key_jwt");
  const method = spokenAuthMethods.find((known) => known === wanted);
  if (key !== null && method !== undefined && method !== "private_key_jwt") {
    throw read.invalid("a private_key is for the token_auth_method private_key_jwt");
  }
  if (method !== undefined) return method;
  throw read.invalid(`token_auth_method must be one of ${spokenAuthMethods.join(", ")}`);
}

/** Where the authorization request is pushed to, or null. */
function pushUrl(
  read: OptionReader,
  given: unknown,
  { par_url, par_required }: ProviderRecord,
): string | null {
  const wanted = given ?? "auto";
  if (wanted !== "auto" && typeof wanted !== "boolean") {
    throw read.invalid('par must be "auto", true or false');
  }
  if (wanted === false && par_required) {
    throw read.invalid("this provider takes only pushed authorization requests, so par cannot be false");
  }
  if (par_url === null && (wanted === true || par_required)) {
    throw read.invalid("par needs a par_url in the provider record");
  }
  return wanted === false ? null : par_url;
}

/** The client's own key, and where assertions of it may go. */
function clientKey(
  read: OptionReader,
  module: SpeakingModule,
  ports: Ports,
  options: Readonly<Record<string, unknown>>,
  providerId: string,
): { value: ClientKey | null; origins: readonly string[] | null } {
  const { private_key } = options;
  const key_id = read.text(options, "key_id");
  if (private_key === undefined || private_key === null || private_key === "") {
    if (key_id !== null) throw read.invalid("key_id needs a private_key");
    return { value: null, origins: null };
  }
  const opened =
    typeof private_key === "string"
      ? openSecret(module, ports, "private_key", private_key, providerId)
      : { value: private_key, origins: null };
  const verdict = judgeClientKey(opened.value, key_id);
  if (!verdict.ok) throw read.invalid(`private_key ${verdict.reason}`);
  const own = opened.origins === null;
  for (const text of verdict.secrets) ports.redactor.register(text, "private_key", { own });
  return { value: verdict.key, origins: opened.origins };
}

/** Opens a sealed secret; `origins` null means that the script itself knows the value. */
function openSecret(
  module: SpeakingModule,
  ports: Ports,
  name: "client_secret" | "private_key",
  given: string | null,
  providerId: string,
): { value: string | null; origins: readonly string[] | null } {
  if (given === null) return { value: null, origins: null };
  const refused = (): OAuthError =>
    new OAuthError(
      "HARN-OAU-004",
      `std/oauth/${module}: destination refused: the sealed ${name} belongs elsewhere or was altered`,
      "Pass the secret that env() answered, or the one sealed for this provider.",
    );
  let opened: { value: string; binding: SealBinding | null };
  try {
    opened = ports.seal.open(given);
  } catch {
    throw refused();
  }
  const { value, binding } = opened;
  if (binding !== null && binding.kind !== "env") {
    if (binding.kind !== name || binding.provider !== providerId) throw refused();
  }
  ports.redactor.register(value, name, { own: binding === null });
  return { value, origins: binding?.origins ?? null };
}

function resourceOrigins(
  module: SpeakingModule,
  ports: Ports,
  provider: ProviderRecord,
  given: readonly string[] | null,
  tokenOrigin: string,
): readonly string[] {
  const named = (given ?? provider.resource_origins).map((text) => originOf(module, text));
  for (const origin of named) {
    const url = `${origin}/`;
    if (isCatalogueOrigin(provider.id, origin) || ports.run.entrusts(url)) continue;
    // Back to the server that issued the token, which learns nothing new.
    if (origin === tokenOrigin && ports.run.allowsNet(url)) continue;
    throw new OAuthError(
      "HARN-OAU-009",
      `std/oauth/${module}: the run's net grant does not name an origin in resource_origins`,
      "Add the host itself to the run's net grant: * names none.",
    );
  }
  // Nothing said: back to the server that issued the token.
  return named.length === 0 && given === null ? [tokenOrigin] : [...new Set(named)];
}

function originOf(module: SpeakingModule, text: string): string {
  const url = endpointUrl(module, "resource_origins", text);
  if (url.pathname === "/" && url.search === "") return url.origin;
  throw new OAuthError(
    "HARN-OAU-011",
    `std/oauth/${module}: resource_origins must be origins, without path and query`,
    "Write https://api.example.com.",
  );
}

/** RFC 8707 §2: absolute URIs without a fragment. */
function resources(module: SpeakingModule, given: unknown): readonly string[] {
  const list: readonly unknown[] = given === undefined || given === null ? [] : [given].flat();
  return list.map((item) => {
    if (typeof item === "string" && item.length <= 4_096 && !item.includes("#") && URL.canParse(item))
      return item;
    throw new OAuthError(
      "HARN-OAU-011",
      `std/oauth/${module}: resource must be an absolute URI without a fragment`,
      "Give the resource server's identifier, or a list of them.",
    );
  });
}
