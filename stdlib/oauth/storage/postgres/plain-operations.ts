/**
 * The operations of the capability `oauth_storage` for callers that know token sets only, and no entries.
 *
 * @module
 */

import type { Entry } from "../entry.ts";
import { hasRefreshTokenOf } from "../foreign-entry.ts";
import { invalidArgument } from "../storage-fault.ts";
import { storageKey } from "../storage-key.ts";
import { judgeTokenSet } from "../token-set-judge.ts";
import type { TokenSet } from "../../token-set.ts";
import { openEntry } from "./entry-row.ts";
import { keyText } from "./place.ts";
import type { PostgresStore, TenantHouse } from "./postgres-store.ts";

interface At {
  readonly scope: string;
  readonly key: string;
}

/** Each throws HARN-OAU-010 when the database fails, and HARN-OAU-011 for a key or token set that is none. */
export type PlainOperations = {
  cloud_get(at: At): Promise<TokenSet | null>;
  cloud_set(at: At & { readonly token: unknown; readonly ttl_seconds?: number | null }): Promise<void>;
  cloud_delete(at: At): Promise<void>;
  /** Whether it wrote: only over a set with this refresh token (SHA-256 in base64url, null for none). */
  cloud_compare_and_set(
    at: At & { readonly expected: { readonly refresh_hash: string | null }; readonly token: unknown },
  ): Promise<boolean>;
  /** A lease for 60 s and what is stored. Waits for another holder at most 60 s. */
  cloud_acquire_refresh_lock(at: At): Promise<{ readonly lock: string; readonly token: TokenSet | null }>;
  /** A lease that is over already is no error. */
  cloud_release_refresh_lock(at: At & { readonly lock: unknown }): Promise<void>;
};

/** The operations over the stores of a tenant, by scope. */
export function plainOperations(
  storeOf: (scope: string) => PostgresStore,
  house: TenantHouse,
): PlainOperations {
  const placeOf = ({ scope, key }: At) => ({ tenant: house.tenant, scope, key: keyText(storageKey(key)) });
  return {
    cloud_get: async ({ scope, key }) => (await storeOf(scope).read(key))?.token_set ?? null,
    async cloud_set({ scope, key, token, ttl_seconds = null }) {
      const token_set = judged(token);
      await storeOf(scope).replace(key, (current) => successor(token_set, ttl_seconds, current));
    },
    async cloud_delete({ scope, key }) {
      await storeOf(scope).remove(key);
    },
    async cloud_compare_and_set({ scope, key, expected, token }) {
      const store = storeOf(scope);
      const token_set = judged(token);
      const current = await store.read(key);
      const lineage = { generation: "", refresh_hash: expected.refresh_hash };
      if (current === null || !hasRefreshTokenOf(current, lineage)) return false;
      const { generation, binding, ttl_seconds } = current;
      const next = { ...successor(token_set, ttl_seconds, current), generation, binding };
      return await store.write(key, next, { ...lineage, generation });
    },
    async cloud_acquire_refresh_lock(at) {
      storeOf(at.scope);
      const { lease, row } = await house.leases.acquire(placeOf(at));
      try {
        const entry =
          row === null || row === undefined ? null : await openEntry(house.keys, lease.place, row);
        return { lock: lease.fence, token: entry?.token_set ?? null };
      } catch (error) {
        await house.leases.release(lease.place, lease.fence);
        throw error;
      }
    },
    async cloud_release_refresh_lock(at) {
      await house.leases.release(placeOf(at), at.lock);
    },
  };
}

/** Nobody recorded the login of a bare token set: its generation is empty, as for the stores of other hosts. */
function successor(token_set: TokenSet, ttl_seconds: number | null, current: Entry | null): Entry {
  return {
    token_set,
    ttl_seconds,
    binding: null,
    generation: "",
    version: (current?.version ?? 0) + 1,
    updated_at_unix: token_set.issued_at_unix ?? 0,
    intent: null,
  };
}

function judged(token: unknown): TokenSet {
  const result = judgeTokenSet(token);
  if (result.ok) return result.token_set;
  throw invalidArgument(`the token set cannot be stored: ${result.reason}`, "Give a TokenSet.");
}
