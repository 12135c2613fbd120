/**
 * `file(path, key)`: an encrypted file.
 *
 * @module
 */

import type { Ports } from "../../../runtime/ports.ts";
import { OAuthError } from "../errors.ts";
import { closedOptions } from "../options.ts";
import { FileKey } from "./file/file-key.ts";
import { ownLocks } from "./file/file-locks.ts";
import { sharedFileStore } from "./file/file-stores.ts";
import { isOfLineage } from "./lineage.ts";
import type { ScriptStore } from "./script-store.ts";
import { sealFailureReason, sealRefusal } from "./sealed-token-set.ts";
import { invalidArgument } from "./storage-fault.ts";
import { type BindingOf, withStated } from "./stated-bindings.ts";
import { storageKey } from "./storage-key.ts";

/** Shortest raw key, in bytes. */
export const minKeyBytes = 16;

/**
 * The store of a file. `bindingOf` speaks for entries without a record: those of version 1 files.
 * @throws HARN-OAU-009 when the run was not granted the path.
 */
export function fileStore(ports: Ports, path: string, key: FileKey, bindingOf: BindingOf): ScriptStore {
  const shared = sharedFileStore(grantedPath(ports, path), key);
  const { store, identity } = shared;
  return {
    identity,
    keepsEntries: true,
    read: async (name) => withStated(ports, await store.read(storageKey(name)), name, bindingOf),
    write: (name, entry, expected) =>
      store.change(storageKey(name), ports.random, (current) =>
        expected && !isOfLineage(current, expected) ? undefined : entry,
      ),
    async remove(name) {
      await store.change(storageKey(name), ports.random, () => null);
    },
    async replace(name, next) {
      await store.change(storageKey(name), ports.random, (current) =>
        next(withStated(ports, current, name, bindingOf)),
      );
    },
    // The lookup by `shared` keeps the store known for as long as this one lives.
    withRefreshLock: (name, body) => ownLocks.whileRefreshing(shared.store.path, storageKey(name), body),
  };
}

/**
 * A key as scripts give it: 16 bytes or more, a string of 16 bytes or more, or `{passphrase}`. Texts may be sealed
 * environment values.
 * @throws HARN-OAU-011 for anything else; HARN-OAU-004 for a sealed value that is no environment value of this host.
 */
export function fileKeyOf(ports: Ports, key: unknown): FileKey {
  if (key instanceof Uint8Array || typeof key === "string") {
    const bytes = typeof key === "string" ? textBytes(ports, key) : key;
    if (bytes.length >= minKeyBytes) return new FileKey("raw", bytes);
    throw invalidArgument(
      "the key is too short to be a random key",
      "Give 32 random bytes, or a passphrase as {passphrase}.",
    );
  }
  if (typeof key !== "object" || key === null || Array.isArray(key)) {
    throw invalidArgument("the key must be bytes, a string, or {passphrase}", "Give 32 random bytes.");
  }
  const { passphrase } = closedOptions("storage", "file", key, ["passphrase"]);
  if (typeof passphrase !== "string" || passphrase === "") {
    throw invalidArgument("the passphrase must be a non-empty string", "Give {passphrase} with the words.");
  }
  return new FileKey("passphrase", textBytes(ports, passphrase));
}

function textBytes(ports: Ports, text: string): Uint8Array {
  let value: string;
  try {
    ({ value } = ports.seal.open(text, { kind: "env" }));
  } catch (error) {
    const reason = sealFailureReason(error);
    throw reason === null ? error : sealRefusal(reason === "binding" ? "kind" : reason);
  }
  // Different lone surrogates would all become the same bytes.
  if (/[\uD800-\uDFFF]/u.test(value)) {
    throw invalidArgument("the key is not well-formed Unicode", "Give the key as bytes.");
  }
  return new TextEncoder().encode(value);
}

function grantedPath(ports: Ports, path: string): string {
  try {
    return ports.run.storagePath(path);
  } catch (error) {
    if (!(error instanceof Error) || (error as { code?: unknown }).code !== "HARN-RUN-010") throw error;
    throw new OAuthError(
      "HARN-OAU-009",
      "std/oauth/storage: the run was not granted this storage path",
      "Grant the path with the run's storage grant.",
    );
  }
}
