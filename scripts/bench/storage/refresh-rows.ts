/**
 * Refreshes, beside the client that others use.
 *
 * @module
 */

import { type ChildProcess, fork } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Figure, GoalRow } from "../goal-row.ts";
import { median } from "../measure.ts";
import { inTurn } from "../sandbox/sandbox-bench.ts";
import { type Lane, loggedIn, perSecond, refreshWidth, type StorageBench } from "./storage-bench.ts";

const perFile = 8;
/** Refreshes until a process has compiled what it needs. */
const warmUp = 6_000;

/** The rows. */
export async function refreshRows(bench: StorageBench): Promise<readonly GoalRow[]> {
  const { isFull } = bench;
  const [rounds, count] = isFull ? [21, 4_000] : [7, 2_000];
  const [ours, theirs] = [await start("ours", bench.server), await start("theirs", bench.server)];
  await rate(ours, warmUp);
  await rate(theirs, warmUp);
  const ratios: number[] = [];
  let own = 0;
  const peer = {
    name: "openid-client refreshTokenGrant",
    note: "6.8.9, in a process of its own as ours; judges the answer and keeps nothing; ours locks, writes its intent, judges, stores, makes the tokens known to the redactor and leaves an event",
    side: async () => {
      const other = await rate(theirs, count);
      ratios.push(own / other);
      return other;
    },
  };
  const measured = await inTurn(rounds, async () => (own = await rate(ours, count)), [peer], true);
  for (const child of [ours, theirs]) child.disconnect();
  const inFiles = await lanesInFiles(bench);
  const stored = (): Promise<number> => perSecond(isFull ? 400 : 160, inFiles);
  return [
    {
      what: `refreshes, ${refreshWidth} accounts at a time, memory`,
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
      ours: { best: Math.max(...ratios), median: median(ratios) } satisfies Figure,
      beside: [],
    },
    {
      what: `refreshes, ${refreshWidth} accounts at a time, in ${refreshWidth / perFile} encrypted files`,
      unit: "per s",
      goal: null,
      isMore: true,
      note: "two durable writes for each refresh: the intent and the tokens",
      ...(await inTurn(isFull ? 7 : 3, stored, [], true)),
    },
  ];
}

async function start(side: "ours" | "theirs", server: string): Promise<ChildProcess> {
  const child = fork(fileURLToPath(new URL("./refresh-process.js", import.meta.url)), [side, server]);
  await once(child, "message");
  return child;
}

async function rate(child: ChildProcess, count: number): Promise<number> {
  child.send(count);
  const [answer] = (await once(child, "message")) as [number];
  return answer;
}

async function lanesInFiles(bench: StorageBench): Promise<readonly Lane[]> {
  const { oauth, folder } = bench;
  const files = Array.from({ length: refreshWidth / perFile }, (_, number) =>
    oauth.storage.file(join(folder, `refresh-${number}.bin`), randomBytes(32)),
  );
  return await Promise.all(
    Array.from({ length: refreshWidth }, async (_, account): Promise<Lane> => {
      const file = files[account % files.length] ?? oauth.storage.memory();
      const cli = await loggedIn(bench, file, `account-${account}`);
      return () => oauth.client.refresh(cli);
    }),
  );
}
