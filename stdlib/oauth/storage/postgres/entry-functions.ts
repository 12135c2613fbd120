/**
 * The functions that read and write entries (see `many-places.ts`).
 *
 * @module
 */

import { asTenant, byTenant, how, inOrder, places } from "./many-places.ts";

/** The columns that an entry is made of. */
export const entryColumns: string = `
  generation text, version bigint, sealed_version bigint, key_number integer, ciphertext bytea,
  intent_hash bytea, intent_started_at bigint`;
/** Their values, of the tables `t` and `s`. */
export const entryValues: string = `
  t.generation, coalesce(s.version, t.version), t.version, t.key_number, t.ciphertext,
  s.intent_hash, s.intent_started_at`;
/** Their values when there is none. */
export const noEntry: string =
  "null::text, null::bigint, null::bigint, null::integer, null::bytea, null::bytea, null::bigint";

/** All ciphertexts are one value, because an array of them would cross as text of twice the size. */
const ciphertext = "substring(p_ciphertexts from p_start[i] for p_length[i])";

const asked = byTenant();
const readEntries = `
create function holdfast.read_entries(${places})
returns table (n bigint, ${entryColumns}) ${how} rows 10 as $$
#variable_conflict use_column
declare
  one record;
begin
  ${asked.loop}
    return query
      select g.n, ${entryValues}
      from ${asked.rows}
      join holdfast.token t on t.tenant = one.tenant and t.scope = g.scope and t.key = g.key
      left join holdfast.schedule s on s.tenant = one.tenant and s.scope = g.scope and s.key = g.key;
  end loop;
end $$;`;

const successors = byTenant({
  old_generation: "p_old_generation",
  old_hash: "p_old_hash",
  generation: "p_generation",
  version: "p_version",
  hash: "p_hash",
  key_number: "p_key_number",
  start: "p_start",
  length: "p_length",
  expires_in: "p_expires_in",
  refresh_in: "p_refresh_in",
  intent_hash: "p_intent_hash",
  intent_started: "p_intent_started",
});
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
  sealed_count integer;
  verdicts boolean[] := array_fill(true, array[cardinality(p_keys)]);
  i integer;
begin
  ${successors.loop}
    with locked as materialized (
      select g.* from ${successors.rows}
      join holdfast.schedule s on s.tenant = one.tenant and s.scope = g.scope and s.key = g.key
        and s.generation = g.old_generation and s.refresh_hash is not distinct from g.old_hash
      ${inOrder}
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
      returning g.n
    )
    select coalesce(array_agg(n), '{}'), (select count(*) from sealed) into written, sealed_count from scheduled;
    -- While it waited, the tokens were replaced by others of the same lineage, which it does not see. It is sent again.
    if sealed_count < cardinality(written) then raise exception using errcode = 'serialization_failure'; end if;
    continue when cardinality(written) = cardinality(one.n);
    foreach i in array one.n loop
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

const intents = byTenant({
  old_generation: "p_old_generation",
  old_hash: "p_old_hash",
  old_version: "p_old_version",
  version: "p_version",
  intent_hash: "p_intent_hash",
  intent_started: "p_intent_started",
  fence: "p_fence",
});
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
  ${intents.loop}
    for known in
      with locked as materialized (
        select g.*, s.version in (g.old_version, g.version) as fits from ${intents.rows}
        join holdfast.schedule s on s.tenant = one.tenant and s.scope = g.scope and s.key = g.key
          and s.generation = g.old_generation and s.refresh_hash is not distinct from g.old_hash
          and (g.fence is null or s.fence = g.fence)
        ${inOrder}
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

export const entryFunctions: string = [readEntries, writeSuccessors, writeEntries, writeIntents].join("\n");
