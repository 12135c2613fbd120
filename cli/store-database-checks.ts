/**
 * What can be wrong with a database of tokens. Everything is only looked at.
 *
 * @module
 */

import {
  type KeyEncryptionKeys,
  KeyWraps,
  type WrappedKey,
} from "../stdlib/oauth/storage/postgres/key-wrap.ts";
import { schemaVersion } from "../stdlib/oauth/storage/postgres/migrate.ts";
import type { PostgresPool } from "../stdlib/oauth/storage/postgres/pool.ts";
import { checkDatabase, checkScheduler } from "../stdlib/oauth/storage/postgres/start-check.ts";
import { statementsOver } from "../stdlib/oauth/storage/postgres/statement.ts";
import { lockClass } from "../stdlib/oauth/storage/postgres/tables.ts";
import { keysVariable, schedulerVariable } from "./database-variables.ts";
import { type Finding, ok, type StoreCheck, unknown, warn } from "./store-check.ts";

export interface CheckedDatabase {
  readonly pool: PostgresPool;
  /** Null: what needs it is not looked at. */
  readonly scheduler: PostgresPool | null;
  readonly keys: KeyEncryptionKeys | null;
  readonly tenants: readonly string[];
}

/** A refresh that waits longer than this, in s, waits for somebody who does not come. */
const mostLag = 60;

/** The checks, in the order in which they make sense to a reader. */
export function databaseChecks({ pool, scheduler, keys, tenants }: CheckedDatabase): readonly StoreCheck[] {
  const query = statementsOver(pool);
  const schedule = scheduler === null ? null : statementsOver(scheduler);
  const needsScheduler = unknown(
    `only a role of the scheduler sees that: give its address in ${schedulerVariable}`,
  );
  return [
    {
      // The role, row-level security and the schema's version: what every host looks at before it stores.
      name: "database",
      async look() {
        await checkDatabase(query);
        return ok(`the role sees one tenant at a time; the schema is at version ${schemaVersion}`);
      },
    },
    ...tenants.map(
      (tenant): StoreCheck => ({
        name: "keys",
        look: async () => keysFinding(await dataKeys(tenant), tenant, keys),
      }),
    ),
    {
      name: "scheduler",
      async look() {
        if (schedule === null) return needsScheduler;
        await checkScheduler(schedule);
        return ok("its role sees the schedule and no token");
      },
    },
    { name: "due", look: async () => (schedule === null ? needsScheduler : dueFinding(await schedule(due))) },
    {
      name: "leases",
      look: async () => (schedule === null ? needsScheduler : leasesFinding(await schedule(left))),
    },
  ];

  async function dataKeys(tenant: string): Promise<readonly WrappedKey[]> {
    return (await query("select * from holdfast.tenant_keys($1)", [tenant])) as readonly WrappedKey[];
  }
}

/** Throws HARN-OAU-010 for a key that does not open. */
function keysFinding(rows: readonly WrappedKey[], tenant: string, keys: KeyEncryptionKeys | null): Finding {
  const name = JSON.stringify(tenant);
  if (rows.length === 0) return ok(`the tenant ${name} has stored nothing yet`);
  if (keys === null)
    return unknown(`whether keys open the data keys of ${name}: give them in ${keysVariable}`);
  const wraps = new KeyWraps(keys);
  for (const row of rows) wraps.unwrap(tenant, row).fill(0);
  const old = rows.filter(({ kek_id }) => kek_id !== keys.current.id).length;
  const says = `the keys open all ${rows.length} data keys of ${name}`;
  return old === 0
    ? ok(says)
    : warn(`${says}; ${old} are wrapped with a former key`, "Run rewrapKeys for the tenant.");
}

const due = `
  select count(*)::integer as count, coalesce(extract(epoch from clock_timestamp() - min(at)), 0)::float8 as lag
  from (
    select greatest(refresh_at, not_before) as at from holdfast.schedule
    where refresh_at is not null and greatest(refresh_at, not_before) <= now()
  ) as due`;

function dueFinding([row]: readonly unknown[]): Finding {
  const { count, lag } = row as { readonly count: number; readonly lag: number };
  if (count === 0) return ok("no connection is due");
  const says = `${count} connections are due, the first for ${lag.toFixed(0)} s`;
  return lag <= mostLag ? ok(says) : warn(says, "See that hosts run the background refresh, and how many.");
}

const left = `
  select count(*)::integer as count from holdfast.schedule
  where owner is not null and lease_until < now() - interval '1 minute'
    and pg_try_advisory_xact_lock_shared(${lockClass}, owner)`;

function leasesFinding([row]: readonly unknown[]): Finding {
  const { count } = row as { readonly count: number };
  return count === 0
    ? ok("no host left a lease behind")
    : warn(
        `${count} leases of hosts that are gone wait for somebody who needs them`,
        "They pass on with the next refresh of their connection; see why hosts end.",
      );
}
