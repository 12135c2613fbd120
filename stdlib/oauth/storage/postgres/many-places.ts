/**
 * What the functions of the schema `holdfast` have in common. They are migration 1, run with the rights of the caller, and are one
 * round trip each. Each may be sent again when its answer was lost.
 *
 * Most take many places, which need not be of one tenant, and work on those of each tenant as that tenant.
 *
 * @module
 */

/** Plans are made once: the arrays say nothing that would make a better one. */
export const how =
  "language plpgsql set search_path = pg_catalog, pg_temp set lock_timeout = '2s' set plan_cache_mode = force_generic_plan";

/** For the rest of the transaction, or until it is another one's turn. `tenant` is SQL, as all parameters here. */
export const asTenant = (tenant: string): string => `perform set_config('holdfast.tenant', ${tenant}, true);`;

/** The parameters that name the places. */
export const places = "p_tenants text[], p_scopes text[], p_keys text[]";

/** A loop over the tenants. */
export interface ByTenant {
  /** Begins the loop, as the tenant; the variable `one` must be a record. `one.n` has the numbers of the tenant's places. */
  readonly loop: string;
  /** The places of the tenant as rows `g`: `n`, `scope`, `key` and the columns. */
  readonly rows: string;
}

/** `columns`: what stands beside each place, by the array that has it. */
export function byTenant(columns: Readonly<Record<string, string>> = {}): ByTenant {
  const names = ["scope", "key", ...Object.keys(columns)];
  const arrays = ["p_tenants", "p_scopes", "p_keys", ...Object.values(columns)];
  return {
    loop: `
  for one in
    select u.tenant, ${["n", ...names].map((name) => `array_agg(u.${name}) as ${name}`).join(", ")}
    from unnest(${arrays.join(", ")}) with ordinality as u(tenant, ${names.join(", ")}, n)
    group by u.tenant order by u.tenant collate "C"
  loop
    ${asTenant("one.tenant")}`,
    rows: `unnest(${["n", ...names].map((name) => `one.${name}`).join(", ")}) as g(n, ${names.join(", ")})`,
  };
}

/** Locks the rows of the schedule in the same order in all hosts, so that two statements never wait for each other. */
export const inOrder = "order by s.scope, s.key, g.n for update of s";
