/**
 * Storage handles: what scripts hold, and what stands behind it.
 *
 * A handle is a plain frozen object; the map, the key and the file behind it are found through a private table, so that
 * printing, copying or serialising a handle shows none of them.
 *
 * @module
 */

import type { Ports } from "../../../runtime/ports.ts";
import type { TokenSet } from "../token-set.ts";
import { customStore, handlersOf, isCustomStore } from "./custom.ts";
import type { EntryStore } from "./entry.ts";
import { isOwn } from "./own-knowledge.ts";
import { scriptEntry } from "./script-entry.ts";
import type { ScriptStore } from "./script-store.ts";
import { concealTokenSet, openTokenSet } from "./sealed-token-set.ts";
import { invalidArgument } from "./storage-fault.ts";
import { storageKey } from "./storage-key.ts";
import { judgeTokenSet } from "./token-set-judge.ts";

/** A storage as scripts and embedders see it. Get and delete of a missing key do not raise. */
export interface StorageHandle {
  readonly kind: string;
  /** Of all but `secrets`. */
  readonly id?: string;
  /** Of `file`: the path as it was given. */
  readonly path?: string;
  /** Of cloud storage. */
  readonly scope?: "session" | "org";
  /** Of `secrets`. */
  readonly provider?: string;
  /** The token set, with sealed tokens unless the run may see them; null when there is none. Expired sets are returned too. */
  get(key: string): Promise<TokenSet | null>;
  /** Stores a token set. `ttl_seconds` is a hint that is stored and never enforced. */
  set(key: string, token_set: TokenSet, ttl_seconds?: number | null): Promise<void>;
  delete(key: string): Promise<void>;
  /** Runs `body` while nobody else holds this key's lock, and answers its result. */
  with_refresh_lock<T>(key: string, body: () => T | Promise<T>): Promise<T>;
  /** Of `secrets`: why `get` answers null, one sentence with the secret host's own words redacted; null when it does not. */
  describe_absence?(key: string): Promise<string | null>;
}

/** What the handles of one kind have of their own. */
export type HandleMembers = Pick<
  StorageHandle,
  "kind" | "id" | "path" | "scope" | "provider" | "describe_absence"
>;

const stores = new WeakMap<object, EntryStore>();

/** Makes the handle of a store. */
export function makeHandle(ports: Ports, store: ScriptStore, own: HandleMembers): StorageHandle {
  const handle: StorageHandle = Object.freeze({
    ...own,
    async get(key: string): Promise<TokenSet | null> {
      const entry = await store.read(storageKey(key));
      // A custom store keeps no generation, yet what it holds raw is no token that the host has to guard.
      return entry && concealTokenSet(ports, key, entry, isCustomStore(store) || isOwn(ports, entry));
    },
    async set(key: string, token_set: TokenSet, ttl_seconds?: number | null): Promise<void> {
      storageKey(key);
      const ttl = judgeTtl(ttl_seconds);
      const judged = judgeTokenSet(token_set);
      if (!judged.ok) {
        throw invalidArgument(`the token set cannot be stored: ${judged.reason}`, "Give a TokenSet.");
      }
      const opened = openTokenSet(ports, key, judged.token_set);
      await store.replace(key, (current) => scriptEntry(ports, opened, ttl, current));
    },
    async delete(key: string): Promise<void> {
      await store.remove(storageKey(key));
    },
    async with_refresh_lock<T>(key: string, body: () => T | Promise<T>): Promise<T> {
      storageKey(key);
      if (typeof body !== "function") {
        throw invalidArgument("the body of with_refresh_lock must be a function", "Give a function.");
      }
      const own = async (): Promise<T> => await body();
      return await (store.withLockFor?.(key, own) ?? store.withRefreshLock(key, own));
    },
  });
  stores.set(handle, store);
  return handle;
}

/**
 * The entry store of a storage handle. Any other object with functions get, set and delete is taken as `custom` would
 * take it; the same object always has the same store.
 * @throws HARN-OAU-011 for anything else.
 */
export function entryStoreOf(handle: unknown, ports: Ports): EntryStore {
  const known = typeof handle === "object" && handle !== null ? stores.get(handle) : undefined;
  if (known) return known;
  const store = customStore(ports, handlersOf(handle));
  stores.set(handle as object, store);
  return store;
}

function judgeTtl(ttl_seconds: unknown): number | null {
  if (ttl_seconds === undefined || ttl_seconds === null) return null;
  if (typeof ttl_seconds === "number" && Number.isFinite(ttl_seconds) && ttl_seconds >= 0) return ttl_seconds;
  throw invalidArgument("ttl_seconds must be a number of seconds, zero or more", "Leave it out for no hint.");
}
