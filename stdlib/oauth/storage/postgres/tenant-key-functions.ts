/**
 * The functions of the data keys of a tenant (see `many-places.ts`).
 *
 * @module
 */

import { asTenant, how } from "./many-places.ts";

export const tenantKeyFunctions: string = `
create function holdfast.tenant_keys(p_tenant text)
returns table (number integer, kek_id text, wrapped bytea) ${how} as $$
#variable_conflict use_column
begin
  ${asTenant("p_tenant")}
  return query select k.number, k.kek_id, k.wrapped from holdfast.tenant_key k where k.tenant = p_tenant;
end $$;

create function holdfast.add_tenant_key(p_tenant text, p_number integer, p_kek_id text, p_wrapped bytea)
returns void ${how} as $$
begin
  ${asTenant("p_tenant")}
  insert into holdfast.tenant_key (tenant, number, kek_id, wrapped)
  values (p_tenant, p_number, p_kek_id, p_wrapped) on conflict do nothing;
end $$;

create function holdfast.use_tenant_key(p_tenant text, p_number integer, p_count bigint)
returns bigint ${how} as $$
declare
  total bigint;
begin
  ${asTenant("p_tenant")}
  update holdfast.tenant_key set uses = uses + p_count
  where tenant = p_tenant and number = p_number returning uses into total;
  return total;
end $$;

create function holdfast.rewrap_tenant_key(
  p_tenant text, p_number integer, p_old bytea, p_kek_id text, p_wrapped bytea)
returns boolean ${how} as $$
begin
  ${asTenant("p_tenant")}
  update holdfast.tenant_key set kek_id = p_kek_id, wrapped = p_wrapped
  where tenant = p_tenant and number = p_number and wrapped = p_old;
  return found;
end $$;`;
