/**
 * Hosts over one database: each with a pool, a session and a storage of its own.
 *
 * @module
 */

import { randomBytes } from "node:crypto";
import type pg from "pg";
import type { KeyEncryptionKeys } from "./key-wrap.ts";
import { type LeaseTimes, leaseTimes } from "./lease.ts";
import { migrate } from "./migrate.ts";
import { startServer, type TestServer } from "./postgres-server.test.support.ts";
import { entriesOf, openPostgresStorage, type PostgresStorage } from "./postgres-storage.ts";
import type { ScriptStore } from "../script-store.ts";
import type { Entry } from "../entry.ts";
import type { TokenSet } from "../../token-set.ts";

export interface TestHost {
  readonly pool: pg.Pool;
  readonly storage: PostgresStorage;
  readonly store: ScriptStore;
  /** Closes the storage and ends the pool. */
  close(): Promise<void>;
}

export interface Fleet {
  readonly server: TestServer;
  /** The keys of every host that names no others. */
  readonly keys: KeyEncryptionKeys;
  host(
    tenant: string,
    more?: { keys?: KeyEncryptionKeys; times?: LeaseTimes; max?: number },
  ): Promise<TestHost>;
  close(): Promise<void>;
}

/** A server with the schema, and no host. */
export async function startFleet(settings?: readonly string[]): Promise<Fleet> {
  const server = await startServer(settings);
  await migrate(server.pool("owner"), { roles: { app: "app", scheduler: "scheduler" } });
  const keys = { current: { id: "first", key: new Uint8Array(randomBytes(32)) } };
  const hosts: TestHost[] = [];
  return {
    server,
    keys,
    async host(tenant, more = {}) {
      const pool = server.pool("app", { max: more.max ?? 5 });
      const storage = await openPostgresStorage(
        { pool, tenant, keys: more.keys ?? keys },
        more.times ?? leaseTimes,
      );
      const host = {
        pool,
        storage,
        store: entriesOf(storage, "org"),
        async close() {
          await storage.close();
          if (!pool.ended) await pool.end();
        },
      };
      hosts.push(host);
      return host;
    },
    async close() {
      await Promise.all(hosts.map((host) => host.close()));
      await server.stop();
    },
  };
}

/** An entry whose values say where they came from. */
export function testEntry(label: string, more: Partial<Entry> = {}, tokens: Partial<TokenSet> = {}): Entry {
  return {
    token_set: {
      access_token: `access ${label}`,
      token_type: "Bearer",
      refresh_token: `refresh ${label}`,
      issued_at_unix: 1_700_000_000,
      expires_in: 3_600,
      expires_at_unix: 1_700_003_600,
      ...tokens,
    },
    ttl_seconds: null,
    binding: {
      provider: "acme",
      issuer: "https://acme.example",
      token_origin: "https://acme.example",
      resource_origins: ["https://api.acme.example"],
    },
    generation: "generation 1",
    version: 1,
    updated_at_unix: 1_700_000_000,
    intent: null,
    ...more,
  };
}
