/**
 * Entries in a map, for as long as the handle lives.
 *
 * @module
 */

import type { Entry } from "./entry.ts";
import { copyJson } from "./json-copy.ts";
import { KeyedMutex } from "./keyed-mutex.ts";
import { isOfLineage } from "./lineage.ts";
import type { ScriptStore } from "./script-store.ts";
import { storageKey } from "./storage-key.ts";

/** A store with a map of its own. */
export function memoryStore(identity: string): ScriptStore {
  const entries = new Map<string, Entry>();
  const locks = new KeyedMutex();
  // Frozen copies: what is read cannot change what is stored.
  const put = (key: string, entry: Entry): void => {
    entries.set(storageKey(key), copyJson(entry, true) as unknown as Entry);
  };
  return {
    identity,
    keepsEntries: true,
    async read(key) {
      return entries.get(storageKey(key)) ?? null;
    },
    async write(key, entry, expected) {
      if (expected && !isOfLineage(entries.get(key) ?? null, expected)) return false;
      put(key, entry);
      return true;
    },
    async remove(key) {
      entries.delete(storageKey(key));
    },
    async replace(key, next) {
      put(key, next(entries.get(key) ?? null));
    },
    withRefreshLock: (key, body) => locks.runOwn(storageKey(key), body),
    withLockFor: (key, body) => locks.run(storageKey(key), body),
  };
}
