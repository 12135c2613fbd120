/**
 * Refreshes in one process, beside the client that others use.
 *
 * @module
 */

import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { allowInsecureRequests, Configuration, None, refreshTokenGrant } from "openid-client";
import type { StorageHandle } from "../../../stdlib/oauth/node.ts";
import type { Figure, GoalRow } from "../goal-row.ts";
import { inTurn, type Side } from "../sandbox/sandbox-bench.ts";
import { loggedIn, type StorageBench } from "./storage-bench.ts";

/** Accounts that are refreshed at a time, each by itself. */
const width = 32;
const perFile = 8;

/** The rows. */
export async function refreshRows(bench: StorageBench): Promise<readonly GoalRow[]> {
  const { isFull, oauth, folder } = bench;
  const [rounds, count] = isFull ? [15, 2_000] : [7, 500];
  const memory = oauth.storage.memory();
  const files = Array.from({ length: width / perFile }, (_, number) =>
    oauth.storage.file(join(folder, `refresh-${number}.bin`), randomBytes(32)),
  );
  const inMemory = await lanes(bench, () => memory);
  const inFiles = await lanes(bench, (account) => files[Math.floor(account / perFile)] ?? memory);
  const theirs = theirLanes(bench.server);
  const ratios: number[] = [];
  let ours = 0;
  const peer = {
    name: "openid-client refreshTokenGrant",
    note: "6.8.9; judges the answer and keeps nothing; ours locks, writes its intent, judges, stores, makes the tokens known to the redactor and leaves an event",
    side: async () => {
      const rate = await perCpuSecond(count, theirs);
      ratios.push(ours / rate);
      return rate;
    },
  };
  const measured = await inTurn(
    rounds,
    async () => (ours = await perCpuSecond(count, inMemory)),
    [peer],
    true,
  );
  const stored: Side = () => perSecond(isFull ? 400 : 160, inFiles);
  return [
    {
      what: `refreshes, ${width} accounts at a time, memory`,
      unit: "per s of CPU",
      goal: null,
      isMore: true,
      ...measured,
    },
    {
      what: "the same, in times of openid-client's",
      unit: "×",
      goal: { least: 2 },
      isMore: true,
      // The first round warms up.
      ours: figureOf(ratios.slice(1)),
      beside: [],
    },
    {
      what: `refreshes, ${width} accounts at a time, in ${width / perFile} encrypted files`,
      unit: "per s",
      goal: null,
      isMore: true,
      note: "two durable writes for each refresh: the intent and the tokens",
      ...(await inTurn(isFull ? 7 : 3, stored, [], true)),
    },
  ];
}

type Lane = () => Promise<unknown>;

async function lanes(
  bench: StorageBench,
  storageOf: (account: number) => StorageHandle,
): Promise<readonly Lane[]> {
  return await Promise.all(
    Array.from({ length: width }, async (_, account): Promise<Lane> => {
      const cli = await loggedIn(bench, storageOf(account), `account-${account}`);
      return () => bench.oauth.client.refresh(cli);
    }),
  );
}

function theirLanes(server: string): readonly Lane[] {
  const metadata = { issuer: server, token_endpoint: `${server}/token` };
  const configuration = new Configuration(metadata, "c1", undefined, None());
  allowInsecureRequests(configuration);
  return Array.from({ length: width }, (): Lane => {
    let current = "first";
    return async () => {
      current = (await refreshTokenGrant(configuration, current)).refresh_token ?? current;
    };
  });
}

/** By the CPU time of this process: others that want the cores change little then. The server has a process of its own. */
async function perCpuSecond(count: number, all: readonly Lane[]): Promise<number> {
  const before = process.cpuUsage();
  await perSecond(count, all);
  const { user, system } = process.cpuUsage(before);
  return (count * 1_000_000) / (user + system);
}

async function perSecond(count: number, all: readonly Lane[]): Promise<number> {
  const began = performance.now();
  let left = count;
  await Promise.all(
    all.map(async (lane) => {
      while (left > 0) {
        left -= 1;
        await lane();
      }
    }),
  );
  return (count * 1_000) / (performance.now() - began);
}

function figureOf(values: readonly number[]): Figure {
  const sorted = values.toSorted((a, b) => a - b);
  return { best: sorted.at(-1) ?? Number.NaN, median: sorted[Math.floor(sorted.length / 2)] ?? Number.NaN };
}
