/**
 * `holdfast/oauth`: the plugin for the runtime, and the std/oauth functions for plain Node code.
 *
 * The namespaces share one set of ports, made at the first call. {@link createOAuth} makes another set.
 *
 * @module
 */

import { createNodePorts, type NodePorts, type NodePortsOptions } from "../../runtime/host/node-ports.ts";
import type { Ports } from "../../runtime/ports.ts";
import { type ClientModule, clientModule } from "./client.ts";
import { type DeviceFlowModule, deviceFlowModule } from "./device-flow.ts";
import { type DynamicRegistrationModule, dynamicRegistrationModule } from "./dynamic-registration/index.ts";
import { type ProvidersModule, providersModule } from "./providers/index.ts";
import { createRedactor } from "./redaction/engine.ts";
import { type RedactionModule, redactionModule } from "./redaction/index.ts";
import { type FileSecrets, type FileSecretsOptions, openFileSecrets } from "./storage/file-secrets.ts";
import { type StorageModule, storageModule } from "./storage/index.ts";
import { type FileKeys, fileKeysOver } from "./storage/keys/file-keys.ts";
import type { KeyPorts } from "./storage/keys/key-source.ts";
import { systemKeychain } from "./storage/keys/keychain.ts";
import { type TokenExchangeModule, tokenExchangeModule } from "./token-exchange/index.ts";

export type { EventSink, LogEvent, RedactionAudit, Redactor } from "../../runtime/ports.ts";
export type { PkceRecord } from "./authorization.ts";
export type { ClientHandle, ClientModule, ProviderLike } from "./client.ts";
export type { ClientOptions } from "./client-options.ts";
export type { DeviceFlowModule, DeviceFlowOptions } from "./device-flow.ts";
export type {
  ClientInformation,
  ClientMetadata,
  DynamicRegistrationModule,
  RegistrationStore,
  RegistrationStoreOptions,
  ServerMetadata,
} from "./dynamic-registration/index.ts";
export { errorCodes, OAuthError, type OAuthErrorCode, type ProviderAnswer } from "./errors.ts";
export { type OAuthOptions, oauth } from "./index.ts";
export type { ProvidersModule } from "./providers/index.ts";
export type { ProviderRecord } from "./providers/record.ts";
export { createRedactor } from "./redaction/engine.ts";
export type { RedactionModule } from "./redaction/index.ts";
export type { RequestOptions } from "./request-options.ts";
export type { ResourceResponse } from "./resource-response.ts";
export type { RevokeResult } from "./revoke.ts";
export type {
  CustomHandlers,
  FileKeyOption,
  SecretsOptions,
  StateBinding,
  StatedBinding,
  StorageHandle,
  StorageModule,
} from "./storage/index.ts";
export type { FileSecrets, FileSecretsOptions, SecretsCapability } from "./storage/file-secrets.ts";
export type { FileKeys } from "./storage/keys/file-keys.ts";
export type { KeyOption } from "./storage/keys/key-source.ts";
export type { TokenExchangeOptions } from "./token-exchange/exchange.ts";
export type { TokenExchangeModule } from "./token-exchange/index.ts";
export type { TokenSet } from "./token-set.ts";

/** The modules over one set of ports. */
export interface OAuth {
  readonly providers: ProvidersModule;
  readonly storage: StorageModule;
  readonly client: ClientModule;
  readonly device_flow: DeviceFlowModule;
  readonly dynamic_registration: DynamicRegistrationModule;
  readonly token_exchange: TokenExchangeModule;
  readonly redaction: RedactionModule;
  readonly ports: NodePorts;
  /** Waits for refreshes that are on their way, then closes connections and sinks. */
  close(): Promise<void>;
}

/** Own sinks, clock, transport and more; without a redactor it makes one. */
export type CreateOAuthOptions = Omit<NodePortsOptions, "redactor"> &
  Partial<Pick<NodePortsOptions, "redactor">>;

/**
 * Makes the modules over ports of their own.
 * @throws HARN-RUN-010 when a sink is refused, HARN-RUN-015 for sealing keys that are none and for wrong egress options.
 */
export function createOAuth(options: CreateOAuthOptions = {}): OAuth {
  const ports = createNodePorts({ ...options, redactor: options.redactor ?? createRedactor() });
  return { ...modulesOver(ports), ports, close: () => ports.close() };
}

function modulesOver(ports: Ports): Omit<OAuth, "ports" | "close"> {
  return {
    providers: providersModule(ports),
    storage: storageModule(ports),
    client: clientModule(ports),
    device_flow: deviceFlowModule(ports),
    dynamic_registration: dynamicRegistrationModule(ports),
    token_exchange: tokenExchangeModule(),
    redaction: redactionModule(ports),
  };
}

let shared: NodePorts | undefined;

function sharedPorts(): NodePorts {
  shared ??= createNodePorts({ redactor: createRedactor() });
  return shared;
}

// Importing a name must cost nothing, so each port is looked up when it is used.
const lazyPorts: Ports = {
  get http() {
    return sharedPorts().http;
  },
  get clock() {
    return sharedPorts().clock;
  },
  get random() {
    return sharedPorts().random;
  },
  get events() {
    return sharedPorts().events;
  },
  get redactor() {
    return sharedPorts().redactor;
  },
  get seal() {
    return sharedPorts().seal;
  },
  get run() {
    return sharedPorts().run;
  },
  get log() {
    return sharedPorts().log;
  },
  testing: null,
  env: (name) => sharedPorts().env(name),
  capability: (name, operation, params) => sharedPorts().capability(name, operation, params),
  capabilityInfo: (name) => sharedPorts().capabilityInfo(name),
};

const modules = modulesOver(lazyPorts);

/** `std/oauth/providers` for plain Node code. */
export const providers: ProvidersModule = modules.providers;
/** `std/oauth/storage` for plain Node code. */
export const storage: StorageModule = modules.storage;
/** `std/oauth/client` for plain Node code. */
export const client: ClientModule = modules.client;
/** `std/oauth/device_flow` for plain Node code. */
export const device_flow: DeviceFlowModule = modules.device_flow;
/** `std/oauth/dynamic_registration` for plain Node code. */
export const dynamic_registration: DynamicRegistrationModule = modules.dynamic_registration;
/** `std/oauth/token_exchange` for plain Node code. */
export const token_exchange: TokenExchangeModule = modules.token_exchange;
/** `std/oauth/redaction` for plain Node code. */
export const redaction: RedactionModule = modules.redaction;

const keyPorts: KeyPorts = {
  get random() {
    return lazyPorts.random;
  },
  keychain: systemKeychain,
};

/** Other keys for files of tokens and secrets; see {@link FileKeys}. */
export const fileKeys: FileKeys = fileKeysOver(keyPorts);

/**
 * The capability `secrets` over an encrypted file whose key is kept in the OS keychain or comes from another source; see
 * {@link FileSecretsOptions}. Makes a key where there is neither a file nor a key, never otherwise.
 * @throws HARN-OAU-010 when no source has the key of the file, when something in a source cannot be read, and when the file is damaged;
 *   HARN-OAU-011 for wrong options.
 */
export async function fileSecrets(options: FileSecretsOptions): Promise<FileSecrets> {
  return await openFileSecrets(keyPorts, options);
}
