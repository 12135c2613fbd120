/**
 * `postgresStorage()`: the capability `oauth_storage` over a PostgreSQL database that many hosts share.
 *
 * @module
 */

import { hostOnly } from "../../../../runtime/plugin.ts";
import { invalidArgument } from "../storage-fault.ts";
import type { ScriptStore } from "../script-store.ts";
import { type DatabaseHost, leaveHost, shareHost } from "./database-host.ts";
import { type KeyEncryptionKeys, KeyWraps } from "./key-wrap.ts";
import { type LeaseTimes, leaseTimes } from "./lease.ts";
import { type PlainOperations, plainOperations } from "./plain-operations.ts";
import type { PostgresPool } from "./pool.ts";
import { PostgresStore } from "./postgres-store.ts";
import { postgresError } from "./postgres-fault.ts";
import { TenantKeys } from "./tenant-keys.ts";

export interface PostgresStorageOptions {
  /**
   * A pool of the package `pg`, which connects as a role of `roles.app` (see `migrate`). One of its connections is kept for as long as a
   * storage of the pool is open. The pool stays the caller's: end it after `close`.
   */
  readonly pool: PostgresPool;
  /** Whose tokens these are: a non-empty text of at most 256 bytes. What one tenant stores no other one sees. */
  readonly tenant: string;
  readonly keys: KeyEncryptionKeys;
}

/**
 * The capability `oauth_storage` of one tenant. Give it as `capabilities: { oauth_storage: … }`; `capability()` refuses it, because
 * its operations answer real tokens.
 */
export type PostgresStorage = PlainOperations & {
  /** Waits for refreshes that are on their way, then gives the storage's session up. */
  close(): Promise<void>;
};

/**
 * The storage of one tenant. Looks first whether the database can keep tenants apart.
 * @throws HARN-OAU-010 when the database cannot be reached (retryable), when the role could see the rows of other tenants,
 * or when the schema is not that of this release. HARN-OAU-011 for a tenant or keys that are none.
 */
export async function postgresStorage(options: PostgresStorageOptions): Promise<PostgresStorage> {
  return await openPostgresStorage(options, leaseTimes);
}

/** As {@link postgresStorage}, with other times of the leases. The first storage of a pool decides. */
export async function openPostgresStorage(
  { pool, tenant, keys }: PostgresStorageOptions,
  times: LeaseTimes,
): Promise<PostgresStorage> {
  judgeTenant(tenant);
  const wraps = new KeyWraps(keys);
  const host = await shareHost(pool, times);
  return storageOf(host, pool, tenant, wraps);
}

/** The entries of a scope, as this library uses them. Throws HARN-OAU-010 after the storage's close. */
export function entriesOf(storage: PostgresStorage, scope: string): ScriptStore {
  const { cloud_entries } = storage as unknown as {
    readonly cloud_entries: (params: { readonly scope: string }) => ScriptStore;
  };
  return cloud_entries({ scope });
}

function storageOf(host: DatabaseHost, pool: PostgresPool, tenant: string, wraps: KeyWraps): PostgresStorage {
  const { query, leases, rows } = host;
  const house = { tenant, leases, rows, keys: new TenantKeys(query, tenant, wraps) };
  const stores = new Map<string, PostgresStore>();
  let closing: Promise<void> | undefined;
  const storeOf = (scope: string): PostgresStore => {
    if (closing) throw postgresError("closed");
    if (!isText(scope)) throw invalidArgument("the scope must be a non-empty text", "Give session or org.");
    const identity = `postgres:${host.number}:${JSON.stringify([tenant, scope])}`;
    const store = stores.get(scope) ?? new PostgresStore(identity, house, scope);
    stores.set(scope, store);
    return store;
  };
  const storage = plainOperations(storeOf, house);
  // Not listed: a copy of the operations has neither, and they are none of the contract.
  Object.defineProperties(storage, {
    cloud_entries: { value: ({ scope }: { readonly scope: string }): ScriptStore => storeOf(scope) },
    close: { value: async () => await (closing ??= leaveHost(pool, host)) },
  });
  return hostOnly(Object.freeze(storage)) as PostgresStorage;
}

function judgeTenant(tenant: unknown): void {
  if (!isText(tenant)) {
    throw invalidArgument(
      "the tenant must be a non-empty text of at most 256 bytes",
      "Give the id of the organisation or person whose tokens these are.",
    );
  }
}

/** What PostgreSQL keeps as it is: no NUL, no lone surrogates. */
function isText(value: unknown): value is string {
  return (
    typeof value === "string" &&
    value !== "" &&
    Buffer.byteLength(value) <= 256 &&
    !/[\0\uD800-\uDFFF]/u.test(value)
  );
}
