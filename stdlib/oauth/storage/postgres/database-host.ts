/**
 * What the storages of one pool share in this process: the session that marks the process as alive, the leases, and statements.
 *
 * @module
 */

import { EntryRows } from "./entry-rows.ts";
import { type LeaseTimes, Leases } from "./lease.ts";
import { OwnerSession } from "./owner-session.ts";
import type { PostgresPool } from "./pool.ts";
import { checkDatabase } from "./start-check.ts";
import { type Query, statementsOver } from "./statement.ts";

export interface DatabaseHost {
  /** Unique in this process. */
  readonly number: number;
  readonly query: Query;
  readonly leases: Leases;
  readonly rows: EntryRows;
}

interface Shared {
  readonly host: DatabaseHost;
  readonly checked: Promise<void>;
  users: number;
}

const hosts = new WeakMap<PostgresPool, Shared>();
let last = 0;

/**
 * The host of a pool, which is made and checked for its first user. Throws as `checkDatabase`; the next call then
 * checks again.
 */
export async function shareHost(pool: PostgresPool, times: LeaseTimes): Promise<DatabaseHost> {
  const shared = hosts.get(pool) ?? makeHost(pool, times);
  hosts.set(pool, shared);
  shared.users += 1;
  try {
    await shared.checked;
    return shared.host;
  } catch (error) {
    if (hosts.get(pool) === shared) hosts.delete(pool);
    throw error;
  }
}

/** One user less; the last one closes the host. */
export async function leaveHost(pool: PostgresPool, host: DatabaseHost): Promise<void> {
  const shared = hosts.get(pool);
  if (!shared || shared.host !== host) return;
  shared.users -= 1;
  if (shared.users > 0) return;
  hosts.delete(pool);
  await host.leases.close();
}

function makeHost(pool: PostgresPool, times: LeaseTimes): Shared {
  const query = statementsOver(pool);
  const leases = new Leases(query, new OwnerSession(pool), times);
  return {
    host: { number: ++last, query, leases, rows: new EntryRows(query) },
    checked: checkDatabase(query),
    users: 0,
  };
}
