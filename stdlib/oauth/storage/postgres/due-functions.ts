/**
 * The functions of the background refresh: migration 1. The scheduler role runs them, over the schedule of all tenants;
 * nothing that they read or answer is a secret.
 *
 * @module
 */

import { isAbandoned, quickLeft } from "./lease-functions.ts";
import { how } from "./many-places.ts";
import { lockClass } from "./tables.ts";

/** What the scheduler role may run. */
export const schedulerFunctions: readonly string[] = [
  "holdfast.claim_due(integer, integer, integer, integer, integer)",
  "holdfast.settle_claims(text[], text[], text[], bigint[], text[], float8[], integer[])",
];

/**
 * Takes the leases of connections that are due, those that wait longest first, for the process that holds the session of `p_owner`.
 * No row is given to two callers. One row without a tenant answers that the session of `p_owner` is gone.
 */
const claimDue = `
create function holdfast.claim_due(
  p_owner integer, p_lease_ms integer, p_limit integer, p_shard integer, p_shards integer)
returns table (tenant text, scope text, key text, generation text, fence bigint, attempts integer) ${how} as $$
#variable_conflict use_column
declare
  -- A plain value, so that the index finds what is due.
  now_at timestamptz := clock_timestamp();
begin
  if pg_try_advisory_xact_lock_shared(${lockClass}, p_owner) then
    return query select null::text, null::text, null::text, null::text, null::bigint, null::integer;
    return;
  end if;
  -- Leases of processes that are gone end soon; those of a process that comes back are renewed before.
  update holdfast.schedule s set lease_until = clock_timestamp() + ${quickLeft}
  from (
    select d.tenant, d.scope, d.key from holdfast.schedule d
    where d.refresh_at is not null and greatest(d.refresh_at, d.not_before) <= now_at
      and d.owner is not null and d.owner <> p_owner and ${isAbandoned("d")}
    limit p_limit
    for update skip locked
  ) as gone
  where s.tenant = gone.tenant and s.scope = gone.scope and s.key = gone.key;
  return query
    with due as (
      select d.tenant, d.scope, d.key from holdfast.schedule d
      where d.refresh_at is not null and greatest(d.refresh_at, d.not_before) <= now_at
        and (p_shards = 1 or (hashtextextended(d.tenant, hashtextextended(d.scope, hashtextextended(d.key, 0)))
          & 9223372036854775807) % p_shards = p_shard)
        and case
          when d.owner is null then true
          when d.owner = p_owner or d.lease_until > now_at then false
          else pg_try_advisory_xact_lock_shared(${lockClass}, d.owner)
        end
      order by greatest(d.refresh_at, d.not_before)
      limit p_limit
      for update skip locked
    )
    update holdfast.schedule s
    set owner = p_owner, fence = nextval('holdfast.fence'), awaited = false, quick = true,
      lease_until = now_at + make_interval(secs => p_lease_ms / 1000.0)
    from due where s.tenant = due.tenant and s.scope = due.scope and s.key = due.key
    returning s.tenant, s.scope, s.key, s.generation, s.fence, s.attempts;
end $$;`;

/**
 * Ends claims. `p_delay` says what becomes of a connection that is still due with the tokens that were claimed: null leaves it so, seconds
 * put it off, infinity takes it off the schedule until other tokens are stored. `p_attempts`: how often it has failed by then.
 */
const settleClaims = `
create function holdfast.settle_claims(
  p_tenants text[], p_scopes text[], p_keys text[], p_fences bigint[], p_generations text[], p_delay float8[],
  p_attempts integer[])
returns void ${how} as $$
declare
  now_at timestamptz := clock_timestamp();
  told bigint;
begin
  with locked as materialized (
    select g.*, s.awaited,
      g.delay is not null and s.refresh_at <= now_at and s.generation is not distinct from g.generation as put_off
    from unnest(p_tenants, p_scopes, p_keys, p_fences, p_generations, p_delay, p_attempts)
      as g(tenant, scope, key, fence, generation, delay, attempts)
    join holdfast.schedule s on s.tenant = g.tenant and s.scope = g.scope and s.key = g.key
      and s.owner is not null and s.fence = g.fence
    -- In the same order as the writers of a tenant, so that two batches never wait for each other.
    order by s.tenant, s.scope, s.key
    for update of s
  ), settled as (
    update holdfast.schedule s
    set owner = null, lease_until = null, awaited = false,
      refresh_at = case when l.put_off and l.delay = 'infinity' then null else s.refresh_at end,
      attempts = case when l.put_off then l.attempts else s.attempts end,
      not_before = case when l.put_off and l.delay <> 'infinity'
        then now_at + make_interval(secs => l.delay) else s.not_before end
    from locked l where s.tenant = l.tenant and s.scope = l.scope and s.key = l.key
    returning l.fence, l.awaited
  )
  select count(pg_notify('holdfast_release', fence::text)) into told from settled where awaited;
end $$;`;

export const dueFunctions: string = [claimDue, settleClaims].join("\n");
