/**
 * The tables of the schema `holdfast` and who may see which rows: migration 1.
 *
 * Two rows per connection. `token` holds the ciphertext and is written once per refresh. `schedule` holds what every
 * host needs to know about the connection and no secret: which tokens are stored, who holds the lease, what was begun.
 *
 * @module
 */

/** The tables whose rows belong to a tenant. */
export const tenantTables = ["tenant_key", "token", "schedule"] as const;

/** The first number of every advisory lock of this library; the second is an owner, or 0 for migrations. */
export const lockClass = 0x486f_6c64;

// Names are compared byte by byte, whatever the database's collation.
const place = `
  tenant text collate "C" not null check (tenant <> ''),
  scope text collate "C" not null,
  key text collate "C" not null`;

const tenantOnly = tenantTables.map(
  (table) => `
alter table holdfast.${table} enable row level security;
alter table holdfast.${table} force row level security;
create policy tenant on holdfast.${table}
  using (tenant = (select nullif(current_setting('holdfast.tenant', true), '')))
  with check (tenant = (select nullif(current_setting('holdfast.tenant', true), '')));`,
);

export const tables: string = `
create table holdfast.tenant_key (
  tenant text collate "C" not null check (tenant <> ''),
  number integer not null check (number > 0),
  kek_id text not null,
  wrapped bytea not null,
  -- How often it encrypts, counted when hosts reserve uses.
  uses bigint not null default 0,
  created_at timestamptz not null default clock_timestamp(),
  primary key (tenant, number)
);

create table holdfast.token (${place},
  generation text not null,
  version bigint not null,
  key_number integer not null,
  ciphertext bytea not null,
  expires_at timestamptz,
  updated_at timestamptz not null,
  primary key (tenant, scope, key)
) with (fillfactor = 60);
-- In the row itself: an update then touches one page.
alter table holdfast.token alter column ciphertext set storage main;

create table holdfast.schedule (${place},
  -- Which tokens are stored; null when none are. The hash is keyed: it tells nothing about a token.
  generation text,
  version bigint,
  refresh_hash bytea,
  -- When a background refresh is due; null for never.
  refresh_at timestamptz,
  attempts integer not null default 0,
  not_before timestamptz,
  -- The lease. Fences are never used twice.
  owner integer,
  fence bigint,
  lease_until timestamptz,
  awaited boolean not null default false,
  -- What is refreshed under it has its intent written first: when the holder is gone, it need not last out its life.
  quick boolean not null default false,
  -- A refresh that was begun: the hash of the refresh token that is presented.
  intent_hash bytea,
  intent_started_at bigint,
  primary key (tenant, scope, key)
) with (fillfactor = 80);
create index schedule_due on holdfast.schedule (greatest(refresh_at, not_before)) where refresh_at is not null;

create sequence holdfast.fence;
create sequence holdfast.owner as integer cycle;
${tenantOnly.join("\n")}
`;
