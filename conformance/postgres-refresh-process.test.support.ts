/**
 * A host in a process of its own: `node postgres-refresh-process.test.support.js <settings as JSON>`. Says `ready`, waits for
 * its input to end, asks for one token fifty times at once and prints the different answers as JSON.
 *
 * @module
 */

import { once } from "node:events";
import pg from "pg";
import { postgresStorage } from "../stdlib/oauth/storage/postgres/index.ts";
import { refreshingHost } from "./postgres-refresh.test.support.ts";

const { config, tenant, kek, origin, grant } = JSON.parse(process.argv[2] ?? "") as {
  readonly config: pg.PoolConfig;
  readonly tenant: string;
  readonly kek: string;
  readonly origin: string;
  readonly grant: string;
};
const pool = new pg.Pool(config);
const keys = { current: { id: "first", key: Buffer.from(kek, "hex") } };
const storage = await postgresStorage({ pool, tenant, keys });
const host = refreshingHost({ origin }, storage);
process.stdout.write("ready\n");
process.stdin.resume();
await once(process.stdin, "end");
const tokens = await Promise.all(Array.from({ length: 50 }, () => host.token(grant)));
process.stdout.write(JSON.stringify([...new Set(tokens)]));
await host.close();
await storage.close();
await pool.end();
