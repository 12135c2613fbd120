/**
 * std/oauth/storage: where tokens are kept.
 *
 * @module
 */

import { plain } from "../../../runtime/plugin.ts";
import type { Ports } from "../../../runtime/ports.ts";
import { closedOptions } from "../options.ts";
import { cloudStore } from "./cloud.ts";
import type { CloudScope } from "./cloud-entries.ts";
import { type CustomHandlers, customStore, handlersOf } from "./custom.ts";
import { type FileKeyOption, scriptFileKey } from "./file-key-option.ts";
import { fileStore } from "./file.ts";
import { makeHandle, type StorageHandle } from "./handle.ts";
import { memoryStore } from "./memory.ts";
import { type SecretsOptions, secretsSettings, secretStore } from "./secrets.ts";
import { type StateBinding, statedBindings } from "./stated-bindings.ts";
import { invalidArgument } from "./storage-fault.ts";

export type { CustomHandlers } from "./custom.ts";
export type { FileKeyOption } from "./file-key-option.ts";
export type { SecretsOptions } from "./secrets.ts";
export type { StateBinding, StatedBinding } from "./stated-bindings.ts";
export { entryStoreOf, type StorageHandle } from "./handle.ts";

type File = (path: string, key: FileKeyOption) => StorageHandle;
type Custom = (handlers: CustomHandlers) => StorageHandle;
type Secrets = (options: SecretsOptions) => StorageHandle;

/** The functions of std/oauth/storage, for one run. */
export type StorageModule = {
  /** A storage in memory; lost when the handle is. Two handles never share. */
  readonly memory: () => StorageHandle;
  /**
   * A storage in one encrypted file, good to about 1,000 entries. Nothing is read or written until it is used.
   * @throws HARN-OAU-009 when the path is not granted, HARN-OAU-011 for a path or key that cannot be used.
   */
  readonly file: File;
  /**
   * A storage over functions. They are given sealed tokens unless the run may see them.
   * @throws HARN-OAU-011 when a function is missing or an option is unknown.
   */
  readonly custom: Custom;
  /**
   * The host's store for this session, behind the capability `oauth_storage`. Its functions throw HARN-OAU-009 when the
   * run was not granted it and HARN-OAU-010 when the host does not give it, fails, or does not give a refresh lease.
   */
  readonly harn_cloud_session: () => StorageHandle;
  /** The host's store for the organisation; otherwise as {@link harn_cloud_session}. */
  readonly harn_cloud_org: () => StorageHandle;
  /**
   * The host's secret store, behind the capability `secrets`. A `set` keeps the other members of a secret, and its
   * refresh token when the new set has none. Errors as for {@link harn_cloud_session}.
   * @throws HARN-OAU-011 for an unknown option, a blank provider or a blank token_name.
   */
  readonly secrets: Secrets;
  /** Ready `memory`, `harn_cloud_session` and `harn_cloud_org` handles, and the factories `file`, `custom` and `secrets`. */
  readonly storage: () => {
    readonly memory: StorageHandle;
    readonly harn_cloud_session: StorageHandle;
    readonly harn_cloud_org: StorageHandle;
    readonly file: File;
    readonly custom: Custom;
    readonly secrets: Secrets;
  };
};

/** What the embedder adds. */
export interface StorageSettings {
  /** Says where tokens without a record of their login belong; see {@link StateBinding}. */
  readonly bindings?: StateBinding;
}

// Counted over the process, so that an identity names one map for its whole life.
let memories = 0;
let files = 0;

/** Makes the module for one run. */
export function storageModule(ports: Ports, { bindings }: StorageSettings = {}): StorageModule {
  const memory = plain((): StorageHandle => {
    const number = ++memories;
    return makeHandle(ports, memoryStore(`memory:${number}`), { kind: "memory", id: `memory-${number}` });
  });
  const file = plain((path: string, key: FileKeyOption): StorageHandle => {
    if (typeof path !== "string" || path === "" || path.includes("\0")) {
      throw invalidArgument("the path must be a non-empty string", "Give the path of the file.");
    }
    const store = fileStore(ports, path, scriptFileKey(ports, key), statedBindings(bindings, "file"));
    return makeHandle(ports, store, { kind: "file", id: `file-${++files}`, path });
  });
  const custom = plain((handlers: CustomHandlers): StorageHandle => {
    closedOptions("storage", "custom", handlers, ["get", "set", "delete", "with_refresh_lock", "id"]);
    const read = handlersOf(handlers);
    return makeHandle(ports, customStore(ports, read), { kind: "custom", id: read.id });
  });
  const cloud = (scope: CloudScope): (() => StorageHandle) =>
    plain((): StorageHandle => {
      const kind = `harn_cloud_${scope}`;
      const store = cloudStore(ports, scope, statedBindings(bindings, kind));
      return makeHandle(ports, store, { kind, id: kind, scope });
    });
  const [harn_cloud_session, harn_cloud_org] = [cloud("session"), cloud("org")];
  const secrets = plain((options: SecretsOptions): StorageHandle => {
    const settings = secretsSettings(options);
    const store = secretStore(ports, settings, statedBindings(bindings, "secrets"));
    return makeHandle(ports, store, {
      kind: "secrets",
      provider: settings.provider,
      describe_absence: async (key) => await store.describeAbsence(key),
    });
  });
  const storage = plain(() => ({
    memory: memory(),
    harn_cloud_session: harn_cloud_session(),
    harn_cloud_org: harn_cloud_org(),
    file,
    custom,
    secrets,
  }));
  return { memory, file, custom, harn_cloud_session, harn_cloud_org, secrets, storage };
}
