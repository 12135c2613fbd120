import { setTimeout as wait } from "node:timers/promises";
import { Logger, run, runMigrations, type Runner } from "graphile-worker";
import type pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  type RotatingServer,
  startRotatingServer,
} from "../../../../scripts/soak/refresh/rotating-server.ts";
import { createOAuth } from "../../node.ts";
import { seededRandom } from "../../redaction/catalogue/sample-token.test.support.ts";
import { type Fleet, startFleet } from "./fleet.test.support.ts";
import { postgresRefreshTasks, type RefreshTasks } from "./refresh-tasks.ts";
import { clientAt, freshTokens, makeDue, scheduleOf } from "./refreshers.test.support.ts";

const shards = 3;
let fleet: Fleet;
let server: RotatingServer;

beforeAll(async () => {
  fleet = await startFleet();
  server = await startRotatingServer({
    graceMs: 60_000,
    faultShare: 0,
    expiresIn: 3_600,
    random: seededRandom(1),
  });
  await fleet.server.sql("create role jobs login; grant create on database holdfast to jobs");
  await runMigrations({ pgPool: jobsPool(), logger: silent });
});
afterAll(async () => {
  await server.close();
  await fleet.close();
});

const silent = new Logger(() => () => {});

/** graphile-worker wants its pool to survive a cut connection. */
function jobsPool(): pg.Pool {
  const pool = fleet.server.pool("jobs");
  pool.on("connect", (client) => client.on("error", () => {}));
  return pool;
}

interface Host {
  readonly tasks: RefreshTasks;
  readonly runner: Runner;
  stop(): Promise<void>;
}

async function startHost(worker: number): Promise<Host> {
  const oauth = createOAuth();
  const tasks = postgresRefreshTasks({
    oauth,
    pool: fleet.server.pool("app"),
    scheduler: fleet.server.pool("scheduler"),
    keys: fleet.keys,
    clientFor: () => clientAt(server.origin, worker),
    shards,
  });
  const runner = await run({
    pgPool: jobsPool(),
    logger: silent,
    taskList: tasks.taskList,
    crontab: tasks.crontab,
    concurrency: 2,
    pollInterval: 100,
    noHandleSignals: true,
  });
  return {
    tasks,
    runner,
    async stop() {
      await runner.stop();
      await tasks.close();
      await oauth.close();
    },
  };
}

async function until(check: () => Promise<boolean>): Promise<void> {
  while (!(await check())) await wait(50);
}

const jobs = async (): Promise<Record<string, unknown>[]> =>
  await fleet.server.sql(
    "select key, payload::text, attempts, last_error from graphile_worker._private_jobs order by key",
  );

test("ticks of two hosts refresh what is due, again and again", { timeout: 60_000 }, async () => {
  const host = await fleet.host("acme");
  const accounts = Array.from({ length: 60 }, (_, account) => account);
  for (const account of accounts) {
    const token = freshTokens(server.books.login(account));
    await host.storage.cloud_set({ scope: "org", key: String(account), token });
  }
  await makeDue(fleet);
  const hosts = await Promise.all([startHost(1), startHost(2)]);
  for (const shard of [0, 1, 2, 0, 1, 2]) {
    await hosts[0].runner.addJob("holdfast_refresh", { shard }, { jobKey: `holdfast_refresh:${shard}` });
  }
  const isIdle = async (): Promise<boolean> =>
    (await scheduleOf(fleet)).every(({ due_in, owner }) => Number(due_in) > 0 && owner === null);
  await until(isIdle);
  expect(server.books).toMatchObject({ refreshes: 60, overlaps: [], reuses: [], strangers: 0 });
  // Nobody adds a job any more.
  await makeDue(fleet);
  await until(isIdle);
  expect(server.books).toMatchObject({ refreshes: 120, overlaps: [], reuses: [], strangers: 0 });
  await Promise.all(hosts.map(({ stop }) => stop()));
  for (const { key, payload, last_error } of await jobs()) {
    expect(key).toMatch(/^holdfast_refresh:[0-2]$/);
    expect(payload).toMatch(/^\{"shard":[0-2]\}$/);
    expect(last_error).toBeNull();
  }
});

test("each shard has its own connections, and together they have all", async () => {
  await makeDue(fleet);
  const tasks = await Promise.all([0, 1, 2].map(async (shard) => await claimedBy(shard)));
  expect(tasks.every(({ length }) => length > 0)).toBe(true);
  expect(tasks.flat().toSorted((a, b) => a - b)).toEqual(Array.from({ length: 60 }, (_, account) => account));
});

async function claimedBy(shard: number): Promise<number[]> {
  const session = await fleet.server.pool("app").connect();
  const opened = await session.query<{ owner: number }>("select holdfast.open_owner() as owner");
  const { rows } = await fleet.server
    .pool("scheduler")
    .query<{ key: string }>("select key from holdfast.claim_due($1, 60000, 500, $2, $3)", [
      opened.rows[0]?.owner,
      shard,
      shards,
    ]);
  session.release(true);
  return rows.map(({ key }) => Number(key));
}

test("a job of a shard that there is no more ends, and is not repeated", async () => {
  const { taskList, close } = postgresRefreshTasks({
    oauth: createOAuth(),
    pool: fleet.server.pool("app"),
    scheduler: fleet.server.pool("scheduler"),
    keys: fleet.keys,
    clientFor: () => null,
    shards: 1,
  });
  const refuse = (): never => {
    throw new Error("not to be called");
  };
  for (const payload of [{ shard: 1 }, { shard: "0" }, null]) {
    await taskList.holdfast_refresh(payload, { query: refuse, addJob: refuse });
  }
  await close();
});
