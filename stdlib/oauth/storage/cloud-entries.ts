/**
 * Cloud storage whose host keeps whole entries (as `holdfast/postgres` does): with the binding, the generation and the
 * intent, and a compare-and-set on lineage.
 *
 * The host's store answers real tokens to this library only; its operation `cloud_entries` is no part of the contract.
 *
 * @module
 */

import type { Ports } from "../../../runtime/ports.ts";
import { OAuthError } from "../errors.ts";
import { callHost, hostWaitMs, noteFailure } from "./host-call.ts";
import type { ScriptStore } from "./script-store.ts";
import { type BindingOf, withStated } from "./stated-bindings.ts";
import { storageKey } from "./storage-key.ts";

export type CloudScope = "session" | "org";

/** True when the host keeps entries. In a scripted world it keeps what the script says, and that is token sets. */
export function keepsCloudEntries(ports: Ports): boolean {
  return ports.testing === null && (ports.capabilityInfo("oauth_storage")?.offers("cloud_entries") ?? false);
}

/** The host's store of a scope. */
export function cloudEntryStore(
  ports: Ports,
  scope: CloudScope,
  identity: string,
  bindingOf: BindingOf,
): ScriptStore {
  const call = { capability: "oauth_storage", operation: "cloud_entries", params: { scope } } as const;

  // The host's own name, once it is known: what this process keeps of a place, the background refresh must find too.
  let known = identity;

  /** Calls the host's store. What its database said goes to the operator, and not to the script. */
  async function use<T>(work: (store: ScriptStore) => Promise<T>): Promise<T> {
    const store = (await callHost(ports, { ...call, waitMs: hostWaitMs })) as ScriptStore;
    known = store.identity;
    try {
      return await work(store);
    } catch (error) {
      if (error instanceof OAuthError && error.cause !== undefined && !noted.has(error)) {
        noted.add(error);
        noteFailure(ports, call, error.cause);
      }
      throw error;
    }
  }

  return {
    get identity() {
      return known;
    },
    keepsEntries: true,
    read: async (key) => {
      const entry = await use((store) => store.read(storageKey(key)));
      return withStated(ports, entry, key, bindingOf);
    },
    write: (key, entry, expected) => use((store) => store.write(storageKey(key), entry, expected)),
    remove: (key) => use((store) => store.remove(storageKey(key))),
    replace: (key, next) =>
      use((store) =>
        store.replace(storageKey(key), (current) => next(withStated(ports, current, key, bindingOf))),
      ),
    withRefreshLock: (key, body) =>
      use((store) =>
        store.withRefreshLock(storageKey(key), (found) =>
          body(found === undefined ? undefined : withStated(ports, found, key, bindingOf)),
        ),
      ),
  };
}

/** An error of a write under the lock passes here twice. */
const noted = new WeakSet<OAuthError>();
