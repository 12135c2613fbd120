/**
 * The functions of leases (see `many-places.ts`), and the mark of a living process.
 *
 * @module
 */

import { entryColumns, entryValues, noEntry } from "./entry-functions.ts";
import { asTenant, byTenant, how, inOrder, places } from "./many-places.ts";
import { lockClass } from "./tables.ts";

/** What is left of a quick lease when somebody notices that the session of its owner is gone: time for a living owner to come back. */
export const quickLeft = "interval '3 seconds'";

/** Whether a row has more left of a quick lease than {@link quickLeft} although nobody holds the session of its owner. */
export const isAbandoned = (row: string): string =>
  `(${row}.quick and ${row}.lease_until > clock_timestamp() + ${quickLeft}
    and pg_try_advisory_xact_lock_shared(${lockClass}, ${row}.owner))`;

/**
 * Takes the lease of a key when nobody holds it: no owner; or an owner that is this process, now or under a former
 * number, and no lease that it knows of; or a lease that is over, of an owner whose session is gone. An owner that is only
 * frozen keeps its session. When the session is gone, a quick lease is shortened here; an owner that comes back renews it.
 *
 * Answers `taken` with the fence and what is stored; `held` with the fence of the holder; `gone` when the session of
 * `p_owner` itself is.
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
  ${asTenant("p_tenant")}
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

const held = byTenant({ fence: "p_fences" });
/** Prolongs leases, for the present session of their process. Answers for each whether it was not lost. */
const renew = `
create function holdfast.renew(${places}, p_fences bigint[], p_owner integer, p_lease_ms integer)
returns boolean[] ${how} as $$
declare
  one record;
  known record;
  verdicts boolean[] := array_fill(false, array[cardinality(p_keys)]);
begin
  ${held.loop}
    for known in
      with locked as materialized (
        select g.* from ${held.rows}
        join holdfast.schedule s on s.tenant = one.tenant and s.scope = g.scope and s.key = g.key
          and s.owner is not null and s.fence = g.fence
        ${inOrder}
      ), renewed as (
        update holdfast.schedule s
        set owner = p_owner, lease_until = clock_timestamp() + make_interval(secs => p_lease_ms / 1000.0)
        from locked g where s.tenant = one.tenant and s.scope = g.scope and s.key = g.key
      )
      -- Not what was updated: a lease that is asked for twice is updated once.
      select n from locked
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
  ${asTenant("p_tenant")}
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

export const leaseFunctions: string = [acquire, renew, release, openOwner].join("\n");
