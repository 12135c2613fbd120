/**
 * Looks, before anything is stored, whether the database can keep tenants apart.
 *
 * @module
 */

import { schemaVersion } from "./migrate.ts";
import { type PostgresFault, postgresError } from "./postgres-fault.ts";
import type { Query } from "./statement.ts";
import { tenantTables } from "./tables.ts";

// A session that began as another role can become that role again.
const roles = `
  with me as (
    select r.* from pg_roles r where r.rolname in (current_user, session_user)
  ), tables as (
    select c.* from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname = 'holdfast' and c.relkind = 'r'
  ), owners as (
    select relowner as oid from tables
    union select nspowner from pg_namespace where nspname = 'holdfast'
  )
  select
    current_setting('server_encoding') as encoding,
    exists (select from me where rolsuper) as superuser,
    exists (
      select from me, pg_roles r
      where (r.rolbypassrls or r.rolsuper) and pg_has_role(me.oid, r.oid, 'member')
    ) as bypasses,
    exists (
      select from me, pg_roles r where r.rolcreaterole and pg_has_role(me.oid, r.oid, 'member')
    ) as creates_roles,
    exists (select from me, owners where pg_has_role(me.oid, owners.oid, 'member')) as owner,
    exists (
      select from me, pg_policy p join tables on tables.oid = p.polrelid, unnest(p.polroles) as allowed
      where p.polname <> 'tenant' and (allowed = 0 or pg_has_role(me.oid, allowed, 'member'))
    ) as sees_more,
    (
      select count(*)::integer from tables
      where relname = any ($1) and relrowsecurity and relforcerowsecurity
    ) as closed,
    (select count(*)::integer from tables where relname = 'schema_version') as migrated`;

interface Found {
  readonly encoding: string;
  readonly superuser: boolean;
  readonly bypasses: boolean;
  readonly creates_roles: boolean;
  readonly owner: boolean;
  readonly sees_more: boolean;
  readonly closed: number;
  readonly migrated: number;
}

/**
 * Refuses a role that could see the rows of other tenants, tables that are not closed, and a schema of another release.
 * @throws HARN-OAU-010, not retryable, with the reason.
 */
export async function checkDatabase(query: Query): Promise<void> {
  const [found] = (await query(roles, [tenantTables])) as readonly Found[];
  if (!found) throw postgresError("failed");
  const role = roleFault(found);
  if (role !== null) throw postgresError(role);
  if (found.encoding !== "UTF8") throw postgresError("encoding");
  if (found.migrated === 0) throw postgresError("schema_missing");
  const [stored] = await query("select max(version) as version from holdfast.schema_version");
  const { version } = stored as { readonly version: number | null };
  if ((version ?? 0) < schemaVersion) throw postgresError("schema_older");
  if ((version ?? 0) > schemaVersion) throw postgresError("schema_newer");
  if (found.closed !== tenantTables.length) throw postgresError("tables_open");
}

function roleFault(found: Found): PostgresFault | null {
  if (found.superuser) return "role_superuser";
  if (found.bypasses) return "role_bypasses";
  if (found.creates_roles) return "role_creates_roles";
  if (found.owner) return "role_owner";
  if (found.sees_more) return "role_sees_more";
  return null;
}

/**
 * Refuses a role that can read tokens of all tenants, as the scheduler's role sees all schedules.
 * @throws HARN-OAU-010, not retryable, with the reason.
 */
export async function checkScheduler(query: Query): Promise<void> {
  const [found] = await query(`
    select to_regclass('holdfast.schedule') is not null as migrated,
      coalesce(bool_or(has_table_privilege(c.oid, 'select') or pg_has_role(c.relowner, 'member')), false) as sees_tokens
    from pg_class c where c.oid in (to_regclass('holdfast.token'), to_regclass('holdfast.tenant_key'))`);
  const { migrated, sees_tokens } = found as { readonly migrated: boolean; readonly sees_tokens: boolean };
  if (!migrated) throw postgresError("schema_missing");
  if (sees_tokens) throw postgresError("scheduler_sees_tokens");
}
