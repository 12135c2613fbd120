/**
 * PostgreSQL under the load of ten million connections: refreshes that are due, written in batches, while others read.
 *
 * @module
 */

import { type ChildProcess, fork } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { Entry } from "../../../stdlib/oauth/storage/entry.ts";
import { leaseTimes } from "../../../stdlib/oauth/storage/postgres/lease.ts";
import { migrate } from "../../../stdlib/oauth/storage/postgres/index.ts";
import { entriesOf, openPostgresStorage } from "../../../stdlib/oauth/storage/postgres/postgres-storage.ts";
import {
  startServer,
  type TestServer,
} from "../../../stdlib/oauth/storage/postgres/postgres-server.test.support.ts";
import type { Figure, GoalRow } from "../goal-row.ts";
import type { HostReport, HostTask } from "./postgres-host.ts";
import { type StorageBench, tokenSet } from "./storage-bench.ts";

/** Ten million tokens of an hour, refreshed when 72.5 % of it are over. */
const demand = Math.ceil(10_000_000 / (0.725 * 3_600));
const readsPerSecond = 2_200;
const tenants: readonly string[] = Array.from({ length: 20 }, (_, number) => `tenant-${number}`);
const settings = [
  "shared_buffers=1GB",
  "max_wal_size=8GB",
  "checkpoint_timeout=30min",
  "wal_compression=off",
  "synchronous_commit=on",
];

/** Writes of the loading that are under way at a time. */
const loading = 2_000;
/** Seconds at the beginning of which the lag is not judged: statements are planned, and keys unwrapped. */
const warmUp = 3;

interface Measured {
  readonly refreshes: HostReport;
  readonly reads: HostReport;
  /** CPU time of the server for both, in s. */
  readonly serverCpu: number;
  /** How late the connection was that waited longest, in s. */
  readonly lag: number;
}

/** The rows. */
export async function postgresRows({ isFull }: StorageBench): Promise<readonly GoalRow[]> {
  const scheduled = isFull ? 10_000_000 : 1_000_000;
  const perTenant = isFull ? 50_000 : 4_000;
  const stored = perTenant * tenants.length;
  const server = await startServer(settings);
  try {
    await migrate(server.pool("owner", { max: 1 }), { roles: { app: "app", scheduler: "scheduler" } });
    const task = {
      app: server.config("app"),
      scheduler: server.config("scheduler"),
      key: randomBytes(32).toString("base64url"),
      tenants,
      connections: perTenant,
    };
    await fill(server, task, scheduled);
    await makeDue(server, "0");
    const most = await measure(server, { ...task, seconds: isFull ? 60 : 10, reads: 0 });
    const seconds = stored / demand;
    await makeDue(server, `1 + random() * ${seconds}`);
    const steady = await measure(server, { ...task, seconds, reads: readsPerSecond });
    const bytes = await bytesPerConnection(server, stored, scheduled);
    return [
      ...rowsOf(
        most,
        steady,
        `${scheduled} rows in the schedule, ${stored} ciphertexts of 2 KB, ${tenants.length} tenants`,
      ),
      ...paperRows(steady, bytes),
    ];
  } finally {
    await server.stop();
  }
}

type Place = Pick<HostTask, "key" | "connections">;

/** The connections that are refreshed and read, and a schedule full of others that are not due. */
async function fill(server: TestServer, { key, connections }: Place, scheduled: number): Promise<void> {
  const pool = server.pool("app", { max: 8 });
  const keys = { current: { id: "bench", key: Buffer.from(key, "base64url") } };
  for (const tenant of tenants) {
    const storage = await openPostgresStorage({ pool, tenant, keys }, leaseTimes);
    const store = entriesOf(storage, "org");
    for (let from = 0; from < connections; from += loading) {
      const count = Math.min(loading, connections - from);
      await Promise.all(
        Array.from({ length: count }, (_, number) => store.write(String(from + number), entry())),
      );
    }
    await storage.close();
  }
  await pool.end();
  await server.sql(
    `insert into holdfast.schedule (tenant, scope, key, generation, version, refresh_hash, refresh_at)
     select 'tenant-' || n % ${tenants.length}, 'org', 'other-' || n, md5(n::text), 1, decode(md5(n::text), 'hex'),
       clock_timestamp() + interval '1 hour' + random() * interval '1 hour'
     from generate_series(1, $1::int) as n`,
    [scheduled - connections * tenants.length],
  );
  await server.sql("vacuum analyze holdfast.schedule");
  await server.sql("vacuum analyze holdfast.token");
  await server.sql("checkpoint");
}

function entry(): Entry {
  const set = tokenSet();
  return {
    token_set: { ...set, access_token: set.access_token.repeat(40) },
    ttl_seconds: null,
    binding: null,
    generation: "1",
    version: 1,
    updated_at_unix: set.issued_at_unix ?? 0,
    intent: null,
  };
}

/** `inSeconds` is SQL. */
async function makeDue(server: TestServer, inSeconds: string): Promise<void> {
  await server.sql(
    `update holdfast.schedule set refresh_at = clock_timestamp() + interval '1 second' * (${inSeconds}), owner = null
     where key !~ '^other'`,
  );
  await server.sql("vacuum analyze holdfast.schedule");
  await server.sql("checkpoint");
}

/** One host refreshes, and another one reads when the task says so. */
async function measure(server: TestServer, task: Omit<HostTask, "work">): Promise<Measured> {
  const file = fileURLToPath(new URL("./postgres-host.js", import.meta.url));
  const works = task.reads > 0 ? (["refresh", "read"] as const) : (["refresh"] as const);
  const hosts = works.map((work) => fork(file, [JSON.stringify({ ...task, work } satisfies HostTask)]));
  await Promise.all(hosts.map((host) => once(host, "message")));
  const before = serverCpu(server);
  const reports = hosts.map(reportOf);
  const sampling = sampleLag(server, task.seconds);
  for (const host of hosts) host.send("begin");
  const lag = await sampling;
  const [refreshes, reads = { done: 0, seconds: 1, cpu: 0 }] = await Promise.all(reports);
  if (refreshes === undefined) throw new Error("no host refreshed");
  const used = serverCpu(server) - before;
  for (const host of hosts) host.send("end");
  await Promise.all(hosts.map((host) => once(host, "exit")));
  return { refreshes, reads, serverCpu: used, lag };
}

async function reportOf(host: ChildProcess): Promise<HostReport> {
  const ended = once(host, "exit").then(([code]) => {
    throw new Error(`a host ended with ${code}`);
  });
  const [report] = (await Promise.race([once(host, "message"), ended])) as [HostReport];
  ended.catch(() => {});
  return report;
}

async function sampleLag(server: TestServer, seconds: number): Promise<number> {
  const began = performance.now();
  let most = 0;
  for (;;) {
    const passed = (performance.now() - began) / 1_000;
    if (passed > seconds) return most;
    const [row] = await server.sql(`
      select coalesce(extract(epoch from clock_timestamp() - min(refresh_at)), 0)::float8 as lag from (
        select refresh_at from holdfast.schedule
        where refresh_at is not null and greatest(refresh_at, not_before) <= now() and owner is null
        order by greatest(refresh_at, not_before) limit 1
      ) as oldest`);
    if (passed > warmUp) most = Math.max(most, Number(row?.["lag"]));
    await sleep(500);
  }
}

/** CPU time of the processes that the server has now, in s. */
function serverCpu(server: TestServer): number {
  const { host } = server.config("app");
  const [pid] = readFileSync(join(String(host), "data", "postmaster.pid"), "utf8").split("\n");
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ");
  // The times stand behind the name, which may hold anything; 100 ticks are a second.
  const ticks = children.flatMap((child) => {
    const fields = readFileSync(`/proc/${child}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
    return [Number(fields[11]), Number(fields[12])];
  });
  return ticks.reduce((sum, each) => sum + each, 0) / 100;
}

async function bytesPerConnection(server: TestServer, stored: number, scheduled: number): Promise<number> {
  const [row] = await server.sql(
    "select pg_total_relation_size('holdfast.token')::float8 as token, pg_total_relation_size('holdfast.schedule')::float8 as schedule",
  );
  return Number(row?.["token"]) / stored + Number(row?.["schedule"]) / scheduled;
}

const single = (value: number): Figure => ({ best: value, median: value });
const rate = ({ done, seconds }: HostReport): number => done / seconds;

function rowsOf(most: Measured, steady: Measured, size: string): readonly GoalRow[] {
  const cpuMs = (part: number, { done }: HostReport): string => ((part * 1_000) / done).toFixed(2);
  return [
    {
      what: "PostgreSQL: refreshes written, all of them late",
      unit: "per s",
      goal: null,
      isMore: true,
      ours: single(rate(most.refreshes)),
      beside: [],
      note: `claim, look, intent, tokens and end of the claim, without a provider; one host; ${size}; CPU time of each: host ${cpuMs(most.refreshes.cpu, most.refreshes)} ms, server ${cpuMs(most.serverCpu, most.refreshes)} ms`,
    },
    {
      what: "PostgreSQL: refreshes written, due at the rate of 10 million one-hour connections",
      unit: "per s",
      goal: { least: 3_704 },
      isMore: true,
      ours: single(rate(steady.refreshes)),
      beside: [],
      note: `${demand} come due each second`,
    },
    {
      what: "PostgreSQL: reads by another host at the same time",
      unit: "per s",
      goal: { least: 2_000 },
      isMore: true,
      ours: single(rate(steady.reads)),
      beside: [],
      note: "each decrypted",
    },
    {
      what: "PostgreSQL: the longest that a connection waited for its refresh",
      unit: "s",
      goal: { most: 2 },
      ours: single(steady.lag),
      beside: [],
    },
  ];
}

/** Seconds that a provider takes to answer. */
const answerSeconds = 0.3;
/** Refreshes of one host at a time (`refresher.ts`). */
const lanesOfHost = 500;

/** What 10 and 100 million connections need, from the figures above. */
function paperRows({ refreshes, serverCpu: cpu }: Measured, bytes: number): readonly GoalRow[] {
  const cpuPerRefresh = cpu / refreshes.done;
  return [10, 100].flatMap((millions) => {
    const perSecond = (millions * 1_000_000) / (0.725 * 3_600);
    const inFlight = perSecond * answerSeconds;
    const rows: readonly (readonly [what: string, unit: string, value: number, note?: string])[] = [
      ["refreshes", "per s", perSecond, "tokens of one hour, refreshed after 72.5 % of it"],
      [
        "database",
        "GB",
        (bytes * millions * 1_000_000) / 1e9,
        `${bytes.toFixed(0)} bytes a connection, with indexes and room`,
      ],
      ["cores of the database", "", perSecond * cpuPerRefresh, "for refreshes, reads included"],
      ["requests on their way", "", inFlight, `at ${answerSeconds} s an answer: as many sockets`],
      ["hosts that refresh", "", Math.ceil(inFlight / lanesOfHost), `${lanesOfHost} requests each at a time`],
    ];
    return rows.map(
      ([what, unit, value, note]): GoalRow => ({
        what: `paper, ${millions} million connections: ${what}`,
        unit,
        goal: null,
        ours: single(value),
        beside: [],
        ...(note === undefined ? {} : { note }),
      }),
    );
  });
}
