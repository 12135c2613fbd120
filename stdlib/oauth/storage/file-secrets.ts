/**
 * The capability `secrets` ready-made: secrets in an encrypted file, whose one key comes from the OS keychain or another source.
 *
 * Why not each secret in the keychain: its items are small, it has no lock and no compare-and-set, and it does not say when something will survive
 * a crash. The file has all of that; so the keychain keeps 32 random bytes, once.
 *
 * @module
 */

import { resolve } from "node:path";
import { closedOptions } from "../options.ts";
import { ownLocks } from "./file/file-locks.ts";
import { FileStore } from "./file/file-store.ts";
import { realStoragePath } from "./file/file-stores.ts";
import { nodeFileSystem } from "./file/file-system.ts";
import type { Row } from "./file/format-2.ts";
import { chooseKey, type Passed } from "./keys/choose-key.ts";
import { type KeyOption, type KeyPorts, keySource } from "./keys/key-source.ts";
import { invalidArgument } from "./storage-fault.ts";

/** What `fileSecrets` takes. */
export interface FileSecretsOptions {
  /** The file; it and its folders are made at the first write. Good to about 1,000 secrets. */
  readonly path: string;
  /**
   * Where the file's key comes from, or several sources: of a file that is there, the one that opens it counts; for a new file the first
   * that works.
   */
  readonly key: KeyOption | readonly KeyOption[];
}

export interface FileSecrets {
  /** For the option `capabilities: {secrets}` of `createRuntime` and `createOAuth`. */
  readonly capability: SecretsCapability;
  /** Where the key came from: "the OS keychain", "the key file", "the passphrase", "the key that was given". */
  readonly keyFrom: string;
  /** For the operator: why the sources before it were passed over, one line each. */
  readonly notes: readonly string[];
}

/**
 * The operations, for parameters that nobody has judged: `{name, scope?}`, of `set` `{name, value, scope?}`. Secrets of different scopes are different
 * secrets; no scope is null. All throw HARN-OAU-010 when the file cannot be read or written, HARN-OAU-011 for other parameters.
 */
export type SecretsCapability = {
  /** Null: there is no such secret. */
  readonly get: (params: unknown) => Promise<string | null>;
  readonly set: (params: unknown) => Promise<void>;
  readonly delete: (params: unknown) => Promise<void>;
};

interface Secret extends Row {
  readonly secret: string;
}

/**
 * Finds the key, or makes one for a new file, and answers the capability.
 * @throws HARN-OAU-010 when no source has the key of the file that is there, when something in a source cannot be read, and when the file is damaged;
 *   HARN-OAU-011 for wrong options.
 */
export async function openFileSecrets(ports: KeyPorts, options: FileSecretsOptions): Promise<FileSecrets> {
  const { path, key } = closedOptions("storage", "fileSecrets", options, [
    "path",
    "key",
  ]) as Partial<FileSecretsOptions>;
  if (typeof path !== "string" || path === "" || path.includes("\0"))
    throw invalidArgument("the path must be a non-empty string", "Give the path of the file.");
  const real = realStoragePath(resolve(path));
  const listed = (Array.isArray(key) ? key : [key]) as readonly KeyOption[];
  if (listed.length === 0) throw invalidArgument("fileSecrets needs a key", "Give one source or several.");
  const sources = listed.map((option) => keySource(ports, real, option));
  // Under the lock, so that of two processes that begin together one makes the key and the other finds it.
  const { source, key: fileKey, passed } = await ownLocks.whileWriting(real, () => chooseKey(real, sources));
  const store = new FileStore<Secret>(real, fileKey, nodeFileSystem, "secrets");
  return { capability: operations(store, ports), keyFrom: source.name, notes: passed.map(noteOf) };
}

/** One line: ours, and what the system said. */
function noteOf({ why, cause }: Passed): string {
  const words = cause instanceof Error ? cause.message.replace(/\p{C}/gu, " ").slice(0, 200) : "";
  return words === "" ? why : `${why} (${words})`;
}

function operations(store: FileStore<Secret>, { random }: KeyPorts): SecretsCapability {
  return {
    async get(params) {
      return (await store.read(nameOf(params)))?.secret ?? null;
    },
    async set(params) {
      const { value } = members(params);
      if (typeof value !== "string") throw invalidArgument("a secret must be a string", "Give a string.");
      await store.change(nameOf(params), random, (current) => ({
        secret: value,
        version: (current?.version ?? 0) + 1,
        generation: "",
      }));
    },
    async delete(params) {
      await store.change(nameOf(params), random, () => null);
    },
  };
}

function nameOf(params: unknown): string {
  const { name, scope = null } = members(params);
  if (typeof name !== "string" || (scope !== null && typeof scope !== "string"))
    throw invalidArgument("the name of a secret must be a string", "Give a name, and a scope or null.");
  return JSON.stringify([scope, name]);
}

function members(params: unknown): Readonly<Record<string, unknown>> {
  return typeof params === "object" && params !== null ? (params as Record<string, unknown>) : {};
}
