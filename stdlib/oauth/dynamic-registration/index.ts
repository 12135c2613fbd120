/**
 * `std/oauth/dynamic_registration`: the server's side of dynamic client registration (RFC 7591, RFC 7592), and
 * metadata documents (RFC 8414). It opens no port: whoever hosts the endpoints calls these functions.
 *
 * @module
 */

import { plain } from "../../../runtime/plugin.ts";
import type { Ports } from "../../../runtime/ports.ts";
import { endpointUrl } from "../endpoint-url.ts";
import { OAuthError } from "../errors.ts";
import { closedOptions } from "../options.ts";
import { objectOf } from "../provider-of.ts";
import type { CustomHandlers } from "../storage/custom.ts";
import type { StorageHandle } from "../storage/handle.ts";
import { entryStoreOf } from "../storage/handle.ts";
import { memoryStore } from "../storage/memory.ts";
import {
  type ClientMetadata,
  completed,
  judgeMetadata,
  secretMembers,
  type ValidationResult,
} from "./client-metadata.ts";
import { type ClientInformation, createRegistry, type Registry } from "./registry.ts";
import { type ServerMetadata, serverMetadata } from "./server-metadata.ts";
import {
  type WellKnownOptions,
  type WellKnownPaths,
  wellKnownPaths,
  type WellKnownResponse,
  wellKnownResponse,
} from "./well-known.ts";

export type { ClientMetadata, ValidationResult } from "./client-metadata.ts";
export type { ClientInformation } from "./registry.ts";
export type { ServerMetadata } from "./server-metadata.ts";
export type { WellKnownOptions, WellKnownPaths, WellKnownResponse } from "./well-known.ts";

/** Metadata as a caller writes it. */
type GivenMetadata = Readonly<Record<string, unknown>>;

/** The options of `dynamic_registration_store`. */
export interface RegistrationStoreOptions {
  /** Where registrations are kept: a storage handle, or an object with get, set and delete. Default: memory of its own. */
  readonly storage?: StorageHandle | CustomHandlers | null;
  /** Key of the list of clients; a client's key is this, a colon and its id. Default `oauth_dynreg`; at most 256 characters. */
  readonly storage_key?: string | null;
  /** The registration endpoint; answers then carry `registration_client_uri` (RFC 7592 §3). */
  readonly registration_url?: string | null;
}

/** A store of registered clients. The methods are the module's functions for this store. */
export interface RegistrationStore {
  readonly kind: "oauth_dynreg_store";
  readonly id: string;
  register(metadata: GivenMetadata): Promise<ClientInformation>;
  get(id: string): Promise<ClientInformation | null>;
  list(): Promise<readonly string[]>;
  verify(id: string, secret: string): Promise<boolean>;
  read(id: string, registration_access_token: string): Promise<ClientInformation | null>;
  update(
    id: string,
    registration_access_token: string,
    metadata: GivenMetadata,
  ): Promise<ClientInformation | null>;
  delete(id: string, registration_access_token: string): Promise<boolean>;
}

/** The functions of `std/oauth/dynamic_registration`. */
export type DynamicRegistrationModule = {
  /** Judges client metadata and lists every problem. Throws HARN-OAU-011 when `metadata` is no object. */
  readonly validate_metadata: (metadata: GivenMetadata) => ValidationResult;
  /** Metadata with RFC 7591's defaults and without credentials. Throws HARN-OAU-005 with every problem. */
  readonly client_metadata: (opts: GivenMetadata) => ClientMetadata;
  /**
   * Authorization server metadata (RFC 8414 §2) of a provider; `overrides` are merged last, a null removes a member.
   * Throws HARN-OAU-011 without `auth_url` and `token_url`.
   */
  readonly authorization_server_metadata: (
    provider: GivenMetadata | object,
    overrides?: GivenMetadata | null,
  ) => ServerMetadata;
  /** Paths of the documents and the endpoint. Throws HARN-OAU-011 for what is unknown or no path. */
  readonly well_known_paths: (
    overrides?: Partial<WellKnownPaths> | null,
    opts?: WellKnownOptions | null,
  ) => WellKnownPaths;
  /** The HTTP answer for a metadata document. Throws HARN-OAU-005 when it holds a credential, 011 when it is no data. */
  readonly well_known_response: (metadata: GivenMetadata) => WellKnownResponse;
  /** A store of registered clients. Throws HARN-OAU-011 for options that cannot be used. */
  readonly dynamic_registration_store: (opts?: RegistrationStoreOptions | null) => RegistrationStore;
  /**
   * Registers a client (RFC 7591 §3) and answers its credentials, this once. Throws HARN-OAU-005 with every problem of the metadata,
   * 010 when the storage fails.
   */
  readonly register_client: (store: RegistrationStore, metadata: GivenMetadata) => Promise<ClientInformation>;
  /** A client without its credentials; null for an unknown id and for what is no store. */
  readonly get_client: (store: RegistrationStore, id: string) => Promise<ClientInformation | null>;
  /** The ids of all clients, sorted; none for what is no store. */
  readonly list_clients: (store: RegistrationStore) => Promise<readonly string[]>;
  /** Whether this is the client's secret, sealed or raw. False for an unknown client and for one without a secret. */
  readonly verify_client_secret: (store: RegistrationStore, id: string, secret: string) => Promise<boolean>;
  /** The client of a registration access token (RFC 7592 §2.1); null, to be answered with 401, for any other token. */
  readonly read_client: (
    store: RegistrationStore,
    id: string,
    registration_access_token: string,
  ) => Promise<ClientInformation | null>;
  /**
   * Replaces all metadata of a client (RFC 7592 §2.2) and its registration access token; null for any other token. Mints a secret
   * when the new authentication method needs the first one. Throws HARN-OAU-005 with every problem.
   */
  readonly update_client: (
    store: RegistrationStore,
    id: string,
    registration_access_token: string,
    metadata: GivenMetadata,
  ) => Promise<ClientInformation | null>;
  /** Removes a client (RFC 7592 §2.3); false for any other token. */
  readonly delete_client: (
    store: RegistrationStore,
    id: string,
    registration_access_token: string,
  ) => Promise<boolean>;
};

const registries = new WeakMap<object, Registry>();

/** Makes the module over its ports. */
export function dynamicRegistrationModule(ports: Ports): DynamicRegistrationModule {
  let stores = 0;

  return {
    validate_metadata: plain((metadata: GivenMetadata) => {
      const { errors } = judgeMetadata("validate_metadata", metadata, ports.redactor);
      return { ok: errors.length === 0, errors };
    }),
    client_metadata: plain((opts: GivenMetadata) =>
      completed(judgeMetadata("client_metadata", opts, ports.redactor), secretMembers),
    ),
    authorization_server_metadata: plain(
      (provider: GivenMetadata | object, overrides?: GivenMetadata | null) =>
        serverMetadata(provider, overrides),
    ),
    well_known_paths: plain((overrides?: Partial<WellKnownPaths> | null, opts?: WellKnownOptions | null) =>
      wellKnownPaths(overrides, opts),
    ),
    well_known_response: plain((metadata: GivenMetadata) => wellKnownResponse(metadata)),
    dynamic_registration_store: plain((opts?: RegistrationStoreOptions | null): RegistrationStore => {
      const options = closedOptions("dynamic_registration", "dynamic_registration_store", opts, [
        "storage",
        "storage_key",
        "registration_url",
      ]);
      const url = options.registration_url ?? null;
      const storage = options.storage ?? null;
      if (storage !== null && objectOf(storage) === null) {
        throw invalid(
          "storage must be a storage handle, or an object with get, set and delete",
          "Leave it out, or give memory().",
        );
      }
      const id = `dynreg-${stores + 1}`;
      const registry = createRegistry(ports, {
        store: storage === null ? memoryStore(id) : entryStoreOf(storage, ports),
        key: storeKey(options.storage_key),
        registrationUrl: url === null ? null : registrationUrl(url),
      });
      stores += 1;
      const handle: RegistrationStore = Object.freeze({
        kind: "oauth_dynreg_store",
        id,
        ...registry,
      } satisfies RegistrationStore);
      registries.set(handle, registry);
      return handle;
    }),
    register_client: async (store, metadata) => await registryOf(store).register(metadata),
    get_client: async (store, id) => (await knownRegistry(store)?.get(id)) ?? null,
    list_clients: async (store) => (await knownRegistry(store)?.list()) ?? [],
    verify_client_secret: async (store, id, secret) => await registryOf(store).verify(id, secret),
    read_client: async (store, id, token) => await registryOf(store).read(id, token),
    update_client: async (store, id, token, metadata) => await registryOf(store).update(id, token, metadata),
    delete_client: async (store, id, token) => await registryOf(store).delete(id, token),
  };
}

function knownRegistry(store: unknown): Registry | undefined {
  return typeof store === "object" && store !== null ? registries.get(store) : undefined;
}

function registryOf(store: unknown): Registry {
  const registry = knownRegistry(store);
  if (registry !== undefined) return registry;
  throw invalid(
    "the first argument is not a registration store",
    "Pass what dynamic_registration_store() answered.",
  );
}

function storeKey(given: unknown): string {
  if (given === undefined || given === null) return "oauth_dynreg";
  if (typeof given === "string" && given !== "" && Buffer.byteLength(given) <= 256) return given;
  throw invalid(
    "storage_key must be a non-empty string of at most 256 bytes",
    "Leave it out, or give a name.",
  );
}

function registrationUrl(given: unknown): string {
  const url = endpointUrl("dynamic_registration", "registration_url", given);
  if (url.search === "") return url.href.replace(/\/$/, "");
  throw invalid("registration_url must not have a query", "Give the URL of the registration endpoint.");
}

function invalid(why: string, hint: string): OAuthError {
  return new OAuthError("HARN-OAU-011", `std/oauth/dynamic_registration: ${why}`, hint);
}
