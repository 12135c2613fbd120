/**
 * A process of its own that takes a lease: `node lease-holder.test.support.js <settings as JSON>`. Writes `held` when it
 * has it, and ends it when its standard input ends.
 *
 * @module
 */

import { once } from "node:events";
import pg from "pg";
import { entriesOf, openPostgresStorage } from "./postgres-storage.ts";

interface Settings {
  readonly config: pg.PoolConfig;
  readonly tenant: string;
  readonly key: string;
  readonly kek: string;
  readonly leaseMs: number;
}

const { config, tenant, key, kek, leaseMs } = JSON.parse(process.argv[2] ?? "") as Settings;
const pool = new pg.Pool(config);
pool.on("error", () => {});
const storage = await openPostgresStorage(
  { pool, tenant, keys: { current: { id: "first", key: Buffer.from(kek, "hex") } } },
  { leaseMs, waitMs: 60_000 },
);
await entriesOf(storage, "org").withRefreshLock(key, async () => {
  process.stdout.write("held\n");
  process.stdin.resume();
  await once(process.stdin, "end");
});
await storage.close();
await pool.end();
process.stdout.write("ended\n");
