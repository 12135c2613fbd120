/**
 * The functions of the schema `holdfast`: migration 1. Each sets the tenant for its own transaction, or for one
 * tenant's part of it, and does its work, so that an operation is one round trip. They run with the rights of the caller. Each may be sent again when its answer was lost.
 *
 * @module
 */

import { isAbandoned, lockClass, quickLeft } from "./tables.ts";

const how = `language plpgsql set search_path = pg_catalog, pg_temp set lock_timeout = '2s' set plan_cache_mode = force_generic_plan`;
const setTenant = `perform set_config('holdfast.tenant', p_tenant, true);`;

/** The columns that an entry is made of. */
const entryColumns = `
  generation text, version bigint, sealed_version bigint, key_number integer, ciphertext bytea,
  intent_hash bytea, intent_started_at bigint`;
const entryValues = `
  t.generation, coalesce(s.version, t.version), t.version, t.key_number, t.ciphertext,
  s.intent_hash, s.intent_started_at`;
const noEntry =
  "null::text, null::bigint, null::bigint, null::integer, null::bytea, null::bytea, null::bigint";

// What follows takes places of many tenants, and works on those of each as that tenant.
const places = "p_tenants text[], p_scopes text[], p_keys text[]";
/** All ciphertexts are one value, because an array of them would cross as text of twice the size. */
const ciphertext = "substring(p_ciphertexts from p_start[i] for p_length[i])";
const asTenant = (tenant: string): string => `perform set_config('holdfast.tenant', ${tenant}, true);`;

const readEntries = `
create function holdfast.read_entries(${places})
returns table (n bigint, ${entryColumns}) ${how} rows 10 as $$
#variable_conflict use_column
declare
  one record;
begin
  for one in
    select u.tenant, array_agg(u.n) as ns, array_agg(u.scope) as scopes, array_agg(u.key) as keys
    from unnest(p_tenants, p_scopes, p_keys) with ordinality as u(tenant, scope, key, n)
    group by u.tenant
  loop
    ${asTenant("one.tenant")}
    return query
      select u.n, ${entryValues}
      from unnest(one.ns, one.scopes, one.keys) as u(n, scope, key)
      join holdfast.token t on t.tenant = one.tenant and t.scope = u.scope and t.key = u.key
      left join holdfast.schedule s on s.tenant = one.tenant and s.scope = u.scope and s.key = u.key;
  end loop;
end $$;`;

/**
 * Stores what refreshes brought: only over tokens of the lineage that was presented. Answers whether each was done, now or
 * at an earlier sending of the same bytes.
 */
const writeSuccessors = `
create function holdfast.write_successors(
  ${places}, p_old_generation text[], p_old_hash bytea[],
  p_generation text[], p_version bigint[], p_hash bytea[], p_key_number integer[],
  p_ciphertexts bytea, p_start integer[], p_length integer[],
  p_expires_in float8[], p_refresh_in float8[], p_intent_hash bytea[], p_intent_started bigint[])
returns boolean[] ${how} as $$
declare
  one record;
  written integer[];
  verdicts boolean[] := array_fill(true, array[cardinality(p_keys)]);
  i integer;
begin
  for one in
    select u.tenant, array_agg(u.n) as ns, array_agg(u.scope) as scopes, array_agg(u.key) as keys,
      array_agg(u.old_generation) as old_generations, array_agg(u.old_hash) as old_hashes,
      array_agg(u.generation) as generations, array_agg(u.version) as versions, array_agg(u.hash) as hashes,
      array_agg(u.key_number) as key_numbers, array_agg(u.start) as starts, array_agg(u.length) as lengths,
      array_agg(u.expires_in) as expires_ins, array_agg(u.refresh_in) as refresh_ins,
      array_agg(u.intent_hash) as intent_hashes, array_agg(u.intent_started) as intents_started
    from unnest(p_tenants, p_scopes, p_keys, p_old_generation, p_old_hash, p_generation, p_version, p_hash, p_key_number,
      p_start, p_length, p_expires_in, p_refresh_in, p_intent_hash, p_intent_started
    ) with ordinality as u(tenant, scope, key, old_generation, old_hash, generation, version, hash, key_number,
      start, length, expires_in, refresh_in, intent_hash, intent_started, n)
    group by u.tenant order by u.tenant collate "C"
  loop
    ${asTenant("one.tenant")}
    with locked as materialized (
      select g.*
      from unnest(one.ns, one.scopes, one.keys, one.old_generations, one.old_hashes, one.generations, one.versions,
        one.hashes, one.key_numbers, one.starts, one.lengths, one.expires_ins, one.refresh_ins, one.intent_hashes,
        one.intents_started
      ) as g(n, scope, key, old_generation, old_hash, generation, version, hash, key_number, start, length, expires_in,
        refresh_in, intent_hash, intent_started)
      join holdfast.schedule s on s.tenant = one.tenant and s.scope = g.scope and s.key = g.key
        and s.generation = g.old_generation and s.refresh_hash is not distinct from g.old_hash
      -- In the same order in all hosts, so that two statements never wait for each other.
      order by s.scope, s.key, g.n
      for update of s
    ), scheduled as (
      update holdfast.schedule s
      set generation = g.generation, version = g.version, refresh_hash = g.hash,
        refresh_at = clock_timestamp() + make_interval(secs => g.refresh_in), attempts = 0, not_before = null,
        intent_hash = g.intent_hash, intent_started_at = g.intent_started
      from locked g
      where s.tenant = one.tenant and s.scope = g.scope and s.key = g.key
      returning g.n, g.scope, g.key, g.generation, g.version, g.key_number, g.start, g.length, g.expires_in
    ), sealed as (
      update holdfast.token t
      set generation = g.generation, version = g.version, key_number = g.key_number,
        ciphertext = substring(p_ciphertexts from g.start for g.length),
        expires_at = clock_timestamp() + make_interval(secs => g.expires_in), updated_at = clock_timestamp()
      from scheduled g
      where t.tenant = one.tenant and t.scope = g.scope and t.key = g.key
    )
    select coalesce(array_agg(n), '{}') into written from scheduled;
    continue when cardinality(written) = cardinality(one.ns);
    foreach i in array one.ns loop
      verdicts[i] := i = any (written) or exists (
        select from holdfast.token t
        where t.tenant = one.tenant and t.scope = p_scopes[i] and t.key = p_keys[i]
          and t.ciphertext = ${ciphertext});
    end loop;
  end loop;
  return verdicts;
end $$;`;

const samePlace = "tenant = p_tenants[i] and scope = p_scopes[i] and key = p_keys[i]";
const stored = `
  generation = p_generation[i], version = p_version[i], refresh_hash = p_hash[i],
  refresh_at = clock_timestamp() + make_interval(secs => p_refresh_in[i]), attempts = 0, not_before = null,
  intent_hash = p_intent_hash[i], intent_started_at = p_intent_started[i]`;

/**
 * Modes: `any`; `version`: only over such an entry; `absent`: only where there is none; `remove`. Answers whether each was
 * done, now or at an earlier sending of the same bytes.
 */
const writeEntries = `
create function holdfast.write_entries(
  ${places}, p_modes text[],
  p_old_generation text[], p_old_version bigint[],
  p_generation text[], p_version bigint[], p_hash bytea[], p_key_number integer[],
  p_ciphertexts bytea, p_start integer[], p_length integer[],
  p_expires_in float8[], p_refresh_in float8[], p_intent_hash bytea[], p_intent_started bigint[])
returns boolean[] ${how} as $$
declare
  i integer;
  verdicts boolean[] := array_fill(true, array[cardinality(p_keys)]);
begin
  for i in
    select u.n from unnest(p_tenants, p_scopes, p_keys) with ordinality as u(tenant, scope, key, n)
    order by u.tenant collate "C", u.scope collate "C", u.key collate "C", u.n
  loop
    ${asTenant("p_tenants[i]")}
    if p_modes[i] = 'remove' then
      delete from holdfast.schedule where ${samePlace} and owner is null;
      if not found then
        update holdfast.schedule set generation = null, version = null, refresh_hash = null, refresh_at = null,
          attempts = 0, not_before = null, intent_hash = null, intent_started_at = null
        where ${samePlace};
      end if;
      delete from holdfast.token where ${samePlace};
      continue;
    end if;
    if p_modes[i] = 'version' then
      update holdfast.schedule set ${stored}
      where ${samePlace} and generation = p_old_generation[i] and version = p_old_version[i];
    else
      insert into holdfast.schedule as s
        (tenant, scope, key, generation, version, refresh_hash, refresh_at, intent_hash, intent_started_at)
      values (p_tenants[i], p_scopes[i], p_keys[i], p_generation[i], p_version[i], p_hash[i],
        clock_timestamp() + make_interval(secs => p_refresh_in[i]), p_intent_hash[i], p_intent_started[i])
      on conflict (tenant, scope, key) do update set ${stored}
      where p_modes[i] = 'any' or s.generation is null;
    end if;
    if found then
      insert into holdfast.token as t
        (tenant, scope, key, generation, version, key_number, ciphertext, expires_at, updated_at)
      values (p_tenants[i], p_scopes[i], p_keys[i], p_generation[i], p_version[i], p_key_number[i], ${ciphertext},
        clock_timestamp() + make_interval(secs => p_expires_in[i]), clock_timestamp())
      on conflict (tenant, scope, key) do update set generation = excluded.generation, version = excluded.version,
        key_number = excluded.key_number, ciphertext = excluded.ciphertext, expires_at = excluded.expires_at,
        updated_at = excluded.updated_at;
    else
      verdicts[i] := exists (select from holdfast.token where ${samePlace} and ciphertext = ${ciphertext});
    end if;
  end loop;
  return verdicts;
end $$;`;

/**
 * Notes or clears intents without touching the ciphertexts. Answers for each: `wrote`, `other` (other tokens are stored,
 * or the lease of `p_fence` is lost), or `moved` (the same tokens, yet another version of their entry).
 */
const writeIntents = `
create function holdfast.write_intents(
  ${places}, p_old_generation text[], p_old_hash bytea[], p_old_version bigint[],
  p_version bigint[], p_intent_hash bytea[], p_intent_started bigint[], p_fence bigint[])
returns text[] ${how} as $$
declare
  one record;
  known record;
  verdicts text[] := array_fill('other'::text, array[cardinality(p_keys)]);
begin
  for one in
    select u.tenant, array_agg(u.n) as ns, array_agg(u.scope) as scopes, array_agg(u.key) as keys,
      array_agg(u.old_generation) as old_generations, array_agg(u.old_hash) as old_hashes,
      array_agg(u.old_version) as old_versions, array_agg(u.version) as versions,
      array_agg(u.intent_hash) as intent_hashes, array_agg(u.intent_started) as intents_started,
      array_agg(u.fence) as fences
    from unnest(p_tenants, p_scopes, p_keys, p_old_generation, p_old_hash, p_old_version, p_version, p_intent_hash,
      p_intent_started, p_fence
    ) with ordinality as u(tenant, scope, key, old_generation, old_hash, old_version, version, intent_hash,
      intent_started, fence, n)
    group by u.tenant order by u.tenant collate "C"
  loop
    ${asTenant("one.tenant")}
    for known in
      with locked as materialized (
        select g.*, s.version in (g.old_version, g.version) as fits
        from unnest(one.ns, one.scopes, one.keys, one.old_generations, one.old_hashes, one.old_versions, one.versions,
          one.intent_hashes, one.intents_started, one.fences
        ) as g(n, scope, key, old_generation, old_hash, old_version, version, intent_hash, intent_started, fence)
        join holdfast.schedule s on s.tenant = one.tenant and s.scope = g.scope and s.key = g.key
          and s.generation = g.old_generation and s.refresh_hash is not distinct from g.old_hash
          and (g.fence is null or s.fence = g.fence)
        order by s.scope, s.key, g.n
        for update of s
      ), wrote as (
        update holdfast.schedule s
        set version = g.version, intent_hash = g.intent_hash, intent_started_at = g.intent_started
        from locked g
        where g.fits and s.tenant = one.tenant and s.scope = g.scope and s.key = g.key
        returning g.n
      )
      select n, 'wrote' as verdict from wrote union all select n, 'moved' from locked where not fits
    loop
      verdicts[known.n] := known.verdict;
    end loop;
  end loop;
  return verdicts;
end $$;`;

/**
 * Takes the lease of a key when nobody holds it: no owner; or an owner that is this process, now or under a former
 * number, and no lease that it knows of; or a lease that is over, of an owner whose session is gone (one that is only frozen keeps its session). That the session is
 * gone shortens a quick lease, and whoever comes back renews it. Answers `taken`
 * with the fence and what is stored; `held` with the fence of the holder; `gone` when the session of `p_owner` itself is.
 */
const acquire = `
create function holdfast.acquire(
  p_tenant text, p_scope text, p_key text, p_owner integer, p_former integer[], p_known bigint[], p_lease_ms integer,
  p_quick boolean)
returns table (state text, fence bigint, ${entryColumns}) ${how} rows 1 as $$
#variable_conflict use_column
declare
  taken bigint;
begin
  ${setTenant}
  if pg_try_advisory_xact_lock_shared(${lockClass}, p_owner) then
    return query select 'gone', null::bigint, ${noEntry};
    return;
  end if;
  insert into holdfast.schedule as s (tenant, scope, key, owner, fence, lease_until, quick)
  values (p_tenant, p_scope, p_key, p_owner, nextval('holdfast.fence'),
    clock_timestamp() + make_interval(secs => p_lease_ms / 1000.0), p_quick)
  on conflict (tenant, scope, key) do update
    set owner = excluded.owner, fence = excluded.fence, lease_until = excluded.lease_until, quick = excluded.quick,
      awaited = false
    where case
      when s.owner is null then true
      when s.owner = p_owner or s.owner = any (p_former) then s.fence <> all (p_known)
      when s.lease_until > clock_timestamp() then false
      else pg_try_advisory_xact_lock_shared(${lockClass}, s.owner)
    end
  returning s.fence into taken;
  if taken is null then
    update holdfast.schedule s set awaited = true,
      lease_until = case when ${isAbandoned("s")} then clock_timestamp() + ${quickLeft} else s.lease_until end
    where s.tenant = p_tenant and s.scope = p_scope and s.key = p_key and s.owner is not null
      and (not s.awaited or ${isAbandoned("s")});
    return query
      select 'held', s.fence, ${noEntry}
      from holdfast.schedule s where s.tenant = p_tenant and s.scope = p_scope and s.key = p_key;
    return;
  end if;
  return query
    select 'taken', taken, ${entryValues}
    from (values (1)) as one
    left join holdfast.token t on t.tenant = p_tenant and t.scope = p_scope and t.key = p_key
    left join holdfast.schedule s on s.tenant = p_tenant and s.scope = p_scope and s.key = p_key;
end $$;`;

/** Prolongs leases, for the present session of their process. Answers for each whether it was not lost. */
const renew = `
create function holdfast.renew(${places}, p_fences bigint[], p_owner integer, p_lease_ms integer)
returns boolean[] ${how} as $$
declare
  one record;
  known record;
  verdicts boolean[] := array_fill(false, array[cardinality(p_keys)]);
begin
  for one in
    select u.tenant, array_agg(u.n) as ns, array_agg(u.scope) as scopes, array_agg(u.key) as keys,
      array_agg(u.fence) as fences
    from unnest(p_tenants, p_scopes, p_keys, p_fences) with ordinality as u(tenant, scope, key, fence, n)
    group by u.tenant order by u.tenant collate "C"
  loop
    ${asTenant("one.tenant")}
    for known in
      with locked as materialized (
        select g.* from unnest(one.ns, one.scopes, one.keys, one.fences) as g(n, scope, key, fence)
        join holdfast.schedule s on s.tenant = one.tenant and s.scope = g.scope and s.key = g.key
          and s.owner is not null and s.fence = g.fence
        order by s.scope, s.key, g.n
        for update of s
      )
      update holdfast.schedule s
      set owner = p_owner, lease_until = clock_timestamp() + make_interval(secs => p_lease_ms / 1000.0)
      from locked g where s.tenant = one.tenant and s.scope = g.scope and s.key = g.key
      returning g.n
    loop
      verdicts[known.n] := true;
    end loop;
  end loop;
  return verdicts;
end $$;`;

/** Ends a lease. Tells those who wait, by its number; nobody else learns of what is released. */
const release = `
create function holdfast.release(p_tenant text, p_scope text, p_key text, p_fence bigint)
returns void ${how} as $$
declare
  was_awaited boolean;
begin
  ${setTenant}
  update holdfast.schedule s set owner = null, lease_until = null, awaited = false
  from (
    select awaited from holdfast.schedule
    where tenant = p_tenant and scope = p_scope and key = p_key and owner is not null and fence = p_fence
    for update
  ) as before
  where s.tenant = p_tenant and s.scope = p_scope and s.key = p_key
  returning before.awaited into was_awaited;
  if was_awaited is null then return; end if;
  -- A row that only a lock has made.
  delete from holdfast.schedule
  where tenant = p_tenant and scope = p_scope and key = p_key and owner is null and generation is null;
  if was_awaited then perform pg_notify('holdfast_release', p_fence::text); end if;
end $$;`;

/** Makes the calling session the mark of a living process, for as long as it lasts. */
const openOwner = `
create function holdfast.open_owner() returns integer ${how} as $$
declare
  number integer := nextval('holdfast.owner');
begin
  perform pg_advisory_lock(${lockClass}, number);
  return number;
end $$;`;

const tenantKeys = `
create function holdfast.tenant_keys(p_tenant text)
returns table (number integer, kek_id text, wrapped bytea) ${how} as $$
#variable_conflict use_column
begin
  ${setTenant}
  return query select k.number, k.kek_id, k.wrapped from holdfast.tenant_key k where k.tenant = p_tenant;
end $$;

create function holdfast.add_tenant_key(p_tenant text, p_number integer, p_kek_id text, p_wrapped bytea)
returns void ${how} as $$
begin
  ${setTenant}
  insert into holdfast.tenant_key (tenant, number, kek_id, wrapped)
  values (p_tenant, p_number, p_kek_id, p_wrapped) on conflict do nothing;
end $$;

create function holdfast.use_tenant_key(p_tenant text, p_number integer, p_count bigint)
returns bigint ${how} as $$
declare
  total bigint;
begin
  ${setTenant}
  update holdfast.tenant_key set uses = uses + p_count
  where tenant = p_tenant and number = p_number returning uses into total;
  return total;
end $$;

create function holdfast.rewrap_tenant_key(
  p_tenant text, p_number integer, p_old bytea, p_kek_id text, p_wrapped bytea)
returns boolean ${how} as $$
begin
  ${setTenant}
  update holdfast.tenant_key set kek_id = p_kek_id, wrapped = p_wrapped
  where tenant = p_tenant and number = p_number and wrapped = p_old;
  return found;
end $$;`;

export const functions: string = [
  readEntries,
  writeSuccessors,
  writeEntries,
  writeIntents,
  acquire,
  renew,
  release,
  openOwner,
  tenantKeys,
].join("\n");
