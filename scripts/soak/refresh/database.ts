/**
 * A PostgreSQL server for the soak, whose sessions are cut and which is crashed.
 *
 * @module
 */

import { migrate } from "../../../stdlib/oauth/storage/postgres/index.ts";
import { startServer } from "../../../stdlib/oauth/storage/postgres/postgres-server.test.support.ts";
import type { StoragePlace } from "./accounts.ts";

/** `cut`: one session of a host ends. `crash`: every process of the server ends at once, and it is started again. */
export type DatabaseBlow = "cut" | "crash";

export interface SoakDatabase {
  readonly place: StoragePlace;
  readonly blows: Readonly<Record<DatabaseBlow, number>>;
  /** `choice`, from 0 to 1, says which session. Nothing happens while the server is down. */
  strike(blow: DatabaseBlow, choice: number): void;
  /** From now on nothing happens to it. Resolves when it runs. */
  calm(): Promise<void>;
  close(): Promise<void>;
}

/** Starts it, with the schema. `key` is base64url. */
export async function startDatabase(key: string): Promise<SoakDatabase> {
  const server = await startServer([]);
  await migrate(server.pool("owner", { max: 1 }), { roles: { app: "app" } });
  const blows = { cut: 0, crash: 0 };
  let busy: Promise<void> | null = null;
  let isCalm = false;

  async function deal(blow: DatabaseBlow, choice: number): Promise<void> {
    if (blow === "crash") {
      await server.crash();
      await server.start();
    } else {
      const text = `
        select pg_terminate_backend(pid) from (
          select pid, row_number() over (order by pid) - 1 as n, count(*) over () as all
          from pg_stat_activity where usename = 'app'
        ) as sessions where n = floor($1::float8 * "all")`;
      await server.sql(text, [choice]);
    }
    blows[blow] += 1;
  }

  return {
    place: { kind: "postgres", config: server.config("app"), key },
    blows,
    strike(blow, choice) {
      if (!isCalm)
        busy ??= deal(blow, choice).finally(() => {
          busy = null;
        });
    },
    async calm() {
      isCalm = true;
      await busy;
    },
    async close() {
      await busy;
      await server.stop();
    },
  };
}
