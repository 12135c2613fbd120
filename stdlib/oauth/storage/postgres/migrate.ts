/**
 * Makes and updates the schema `holdfast`.
 *
 * @module
 */

import { takeConnection } from "./connection.ts";
import { dueFunctions, schedulerFunctions } from "./due-functions.ts";
import { entryFunctions } from "./entry-functions.ts";
import { leaseFunctions } from "./lease-functions.ts";
import { startLimit } from "./limit.ts";
import type { PostgresClient, PostgresPool } from "./pool.ts";
import { quoteIdentifier } from "./quote-identifier.ts";
import { lockClass, tables } from "./tables.ts";
import { tenantKeyFunctions } from "./tenant-key-functions.ts";

/** In order; what stands here is never changed, only added to. */
const migrations: readonly string[] = [
  [tables, entryFunctions, leaseFunctions, tenantKeyFunctions, dueFunctions].join("\n"),
];

/** The version of the schema that this release works with. */
export const schemaVersion: number = migrations.length;

/** Names of database roles that exist already. */
export interface PostgresRoles {
  /** Those that hosts connect as. Each sees one tenant at a time. */
  readonly app: string | readonly string[];
  /** Those that see the schedule of all tenants, and no token: for finding what is due. */
  readonly scheduler?: string | readonly string[];
}

/**
 * Brings the schema up to this release and gives the roles their rights. Run as the role that shall own the schema, which
 * is not one that hosts connect as. Any number of hosts may run it at once; a database that is up to date is left as it is.
 * Each step is a transaction of its own. Answers how many steps were made.
 *
 * Throws what the database throws, and HARN-OAU-010 when it gives no connection in time: the schema is then at the last
 * step that was made.
 */
export async function migrate(
  pool: PostgresPool,
  { roles }: { readonly roles: PostgresRoles },
): Promise<number> {
  const limit = startLimit();
  const client = await takeConnection(pool, limit).finally(() => limit.clear());
  try {
    let steps = 0;
    while (await inTransaction(client, () => nextStep(client))) steps += 1;
    await inTransaction(client, () => grantTo(client, roles));
    return steps;
  } finally {
    // Nobody gets an open transaction.
    client.release(true);
  }
}

/** The lock is that of the transaction: who waited for it sees what the other one did. */
async function inTransaction<T>(client: PostgresClient, body: () => Promise<T>): Promise<T> {
  await client.query("begin");
  await client.query("select pg_advisory_xact_lock($1, 0)", [lockClass]);
  const result = await body();
  await client.query("commit");
  return result;
}

async function nextStep(client: PostgresClient): Promise<boolean> {
  await client.query(`
    create schema if not exists holdfast;
    create table if not exists holdfast.schema_version (
      version integer primary key,
      applied_at timestamptz not null default clock_timestamp()
    )`);
  const { rows } = await client.query(
    "select coalesce(max(version), 0) as version from holdfast.schema_version",
  );
  const { version } = rows[0] as { readonly version: number };
  const step = migrations[version];
  if (step === undefined) return false;
  await client.query(step);
  await client.query("insert into holdfast.schema_version (version) values ($1)", [version + 1]);
  return true;
}

async function grantTo(client: PostgresClient, { app, scheduler = [] }: PostgresRoles): Promise<void> {
  const apps = [app].flat().map(quoteIdentifier).join(", ");
  const schedulers = [scheduler].flat().map(quoteIdentifier).join(", ");
  await client.query(`
    revoke execute on all functions in schema holdfast from public;
    grant usage on schema holdfast to ${apps};
    grant select on holdfast.schema_version to ${apps};
    grant select, insert, update, delete on holdfast.token, holdfast.schedule to ${apps};
    grant select, insert, update on holdfast.tenant_key to ${apps};
    grant usage on all sequences in schema holdfast to ${apps};
    grant execute on all functions in schema holdfast to ${apps}`);
  if (schedulers === "") return;
  await client.query(`
    grant usage on schema holdfast to ${schedulers};
    grant select on holdfast.schema_version, holdfast.schedule to ${schedulers};
    grant update (refresh_at, attempts, not_before, owner, fence, lease_until, awaited, quick)
      on holdfast.schedule to ${schedulers};
    grant usage on sequence holdfast.fence to ${schedulers};
    grant execute on function ${schedulerFunctions.join(", ")} to ${schedulers}`);
  await letSchedule(client, [scheduler].flat(), schedulers);
}

/** The policy is replaced only when its roles change: replacing it waits for every transaction on the table. */
async function letSchedule(client: PostgresClient, names: readonly string[], quoted: string): Promise<void> {
  const { rows } = await client.query(
    "select roles::text[] as roles from pg_policies where schemaname = 'holdfast' and policyname = 'scheduler'",
  );
  const [found] = rows as readonly { readonly roles: readonly string[] }[];
  if (found && [...found.roles].sort().join("\0") === [...names].sort().join("\0")) return;
  await client.query(`
    drop policy if exists scheduler on holdfast.schedule;
    create policy scheduler on holdfast.schedule to ${quoted} using (true) with check (true)`);
}
