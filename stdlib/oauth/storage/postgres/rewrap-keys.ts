/**
 * Rotation of the key-encryption key: the data keys are wrapped anew, the tokens stay as they are.
 *
 * @module
 */

import { type KeyEncryptionKeys, KeyWraps, type WrappedKey } from "./key-wrap.ts";
import type { PostgresPool } from "./pool.ts";
import { statementsOver } from "./statement.ts";

/**
 * Wraps the data keys of a tenant that another key has wrapped with `keys.current`. Answers how many. When every tenant is
 * done, the other keys are needed no more. Hosts may run meanwhile, if all were given both keys before.
 * @throws HARN-OAU-010 as the storage does; HARN-OAU-011 for keys that are none.
 */
export async function rewrapKeys({
  pool,
  tenant,
  keys,
}: {
  readonly pool: PostgresPool;
  readonly tenant: string;
  readonly keys: KeyEncryptionKeys;
}): Promise<number> {
  const wraps = new KeyWraps(keys);
  const query = statementsOver(pool);
  const rows = (await query("select * from holdfast.tenant_keys($1)", [tenant])) as readonly WrappedKey[];
  let count = 0;
  for (const row of rows) {
    if (row.kek_id === wraps.currentId) continue;
    const bytes = wraps.unwrap(tenant, row);
    const { kek_id, wrapped } = wraps.wrap(tenant, row.number, bytes);
    bytes.fill(0);
    // Of two that do so at once, one finds the other's, which is as good.
    const values = [tenant, row.number, row.wrapped, kek_id, wrapped];
    const [answer] = await query("select holdfast.rewrap_tenant_key($1, $2, $3, $4, $5) as done", values);
    if ((answer as { readonly done: boolean }).done) count += 1;
  }
  return count;
}
