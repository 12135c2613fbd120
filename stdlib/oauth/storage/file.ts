/**
 * `file(path, key)`: an encrypted file.
 *
 * @module
 */

import type { Ports } from "../../../runtime/ports.ts";
import { OAuthError } from "../errors.ts";
import type { FileKey } from "./file/file-key.ts";
import { ownLocks } from "./file/file-locks.ts";
import { sharedFileStore } from "./file/file-stores.ts";
import { isOfLineage } from "./lineage.ts";
import type { ScriptStore } from "./script-store.ts";
import { type BindingOf, withStated } from "./stated-bindings.ts";
import { storageKey } from "./storage-key.ts";

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
