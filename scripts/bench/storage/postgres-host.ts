/**
 * One host of the benchmark of PostgreSQL, in a process of its own: refreshes what is due without a provider, or reads.
 *
 * Its one argument is a {@link HostTask} as JSON. It says `ready`, begins when it is told to, and tells at the end what it did.
 *
 * @module
 */

import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import { lineageOf } from "../../../stdlib/oauth/storage/lineage.ts";
import { type Claim, Claims } from "../../../stdlib/oauth/storage/postgres/claims.ts";
import { leaveHost, shareHost } from "../../../stdlib/oauth/storage/postgres/database-host.ts";
import { leaseTimes } from "../../../stdlib/oauth/storage/postgres/lease.ts";
import { entriesOf, openPostgresStorage } from "../../../stdlib/oauth/storage/postgres/postgres-storage.ts";
import { statementsOver } from "../../../stdlib/oauth/storage/postgres/statement.ts";
import type { ScriptStore } from "../../../stdlib/oauth/storage/script-store.ts";
import { tokenSet } from "./storage-bench.ts";

export interface HostTask {
  readonly work: "refresh" | "read";
  readonly app: pg.PoolConfig;
  readonly scheduler: pg.PoolConfig;
  /** Base64url. */
  readonly key: string;
  readonly tenants: readonly string[];
  /** Connections of each tenant; their keys are numbers. */
  readonly connections: number;
  readonly seconds: number;
  /** Reads per second that are begun. */
  readonly reads: number;
}

/** What a host tells at the end. */
export interface HostReport {
  readonly done: number;
  readonly seconds: number;
  /** CPU time of this process, in s. */
  readonly cpu: number;
}

/** Refreshes that are under way at a time, and most of one claim. */
const [lanes, mostClaimed] = [800, 400];

const task = JSON.parse(process.argv[2] ?? "") as HostTask;
const [pool, scheduler] = [new pg.Pool({ ...task.app, max: 12 }), new pg.Pool({ ...task.scheduler, max: 4 })];
const keys = { current: { id: "bench", key: Buffer.from(task.key, "base64url") } };
const host = await shareHost(pool, leaseTimes);
const stores = new Map<string, ScriptStore>();
const first = tokenSet();
const pattern = { ...first, access_token: first.access_token.repeat(40) };
let made = 0;
for (const tenant of task.tenants) {
  const storage = await openPostgresStorage({ pool, tenant, keys }, leaseTimes);
  stores.set(tenant, entriesOf(storage, "org"));
}
process.once("disconnect", () => process.exit(0));
process.send?.("ready");
await once(process, "message");
const began = performance.now();
const before = process.cpuUsage();
const isOver = (): boolean => performance.now() - began > task.seconds * 1_000;
const done = await (task.work === "refresh" ? refresh() : read());
const { user, system } = process.cpuUsage(before);
process.send?.({
  done,
  seconds: (performance.now() - began) / 1_000,
  cpu: (user + system) / 1e6,
} satisfies HostReport);
// Its sessions stay until the server's work was counted.
await once(process, "message");
await leaveHost(pool, host);
process.exit(0);

/** What a refresh does to the database: claim, look, intent, tokens, end of the claim. */
async function refresh(): Promise<number> {
  const claims = new Claims(statementsOver(scheduler), host.leases, leaseTimes.leaseMs);
  let [count, flying] = [0, 0];
  let freed = (): void => {};
  const one = async (claim: Claim): Promise<void> => {
    const { tenant, key } = claim.lease.place;
    const store = stores.get(tenant);
    const entry = await store?.read(key);
    if (!store || !entry) throw new Error(`${tenant} has no ${key}`);
    const lineage = lineageOf(entry);
    const now = Math.floor(Date.now() / 1_000);
    const intent = { refresh_hash: lineage.refresh_hash ?? "", started_at_unix: now };
    const begun = { ...entry, intent, version: entry.version + 1, updated_at_unix: now };
    if (!(await store.write(key, begun, lineage))) throw new Error("the intent was not written");
    const next = { ...begun, token_set: successor(), intent: null, version: begun.version + 1 };
    if (!(await store.write(key, next, lineage))) throw new Error("the tokens were not written");
    await claims.settle(claim, { delay: null, attempts: 0 });
    count += 1;
    flying -= 1;
    freed();
  };
  while (!isOver()) {
    if (flying > lanes - mostClaimed / 2) {
      await new Promise<void>((resolve) => (freed = resolve));
      continue;
    }
    const limit = Math.min(mostClaimed, lanes - flying);
    const taken = await claims.take(limit, { number: 0, of: 1 });
    flying += taken.length;
    for (const claim of taken) void one(claim);
    if (taken.length < limit / 4) await sleep(50);
  }
  while (flying > 0) await sleep(5);
  return count;
}

/** Tokens of about 2 KB, as JWTs are. No two are alike, and they cost nothing: they are the provider's work. */
function successor(): ReturnType<typeof tokenSet> {
  made += 1;
  return {
    ...pattern,
    access_token: `${pattern.access_token}${made}`,
    refresh_token: `${pattern.refresh_token}${made}`,
  };
}

async function read(): Promise<number> {
  let [count, begun] = [0, 0];
  const all = [...stores.values()];
  const one = async (): Promise<void> => {
    const store = all[begun % all.length];
    const entry = await store?.read(String(Math.floor(Math.random() * task.connections)));
    if (!entry) throw new Error("nothing is stored");
    count += 1;
  };
  while (!isOver()) {
    const wanted = Math.floor(((performance.now() - began) / 1_000) * task.reads);
    for (; begun < wanted && begun - count < 2_000; begun += 1) void one();
    await sleep(5);
  }
  while (count < begun) await sleep(5);
  return count;
}
