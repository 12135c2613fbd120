/**
 * Calls that leave a sandbox, and a token from inside.
 *
 * @module
 */

import type { GoalRow } from "../goal-row.ts";
import {
  awaitedInThread,
  awaitedThroughWorker,
  makeInThread,
  type Order,
  tokenFromGuest,
} from "./call-figures.ts";
import { inTurn, type SandboxBench, type Side } from "./sandbox-bench.ts";

const callsOfPeers = 1_000;
const threaded = new Set(["run"]);

/** The rows. */
export async function callRows({
  isFull,
  peers,
  runtime,
  server,
}: SandboxBench): Promise<readonly GoalRow[]> {
  const rounds = isFull ? 9 : 3;
  const inThread = await makeInThread();
  const beside = (isThreaded: boolean) =>
    peers
      .filter(({ name, calls }) => (calls !== null || name === "run") && threaded.has(name) === isThreaded)
      .map(({ name, note, calls }) => ({ name, note, side: calls && (() => perCall(calls)) }));
  const row = async (
    what: string,
    most: number | null,
    side: Side,
    others = beside(false).slice(0, 0),
  ): Promise<GoalRow> => ({
    what,
    unit: "µs",
    goal: most === null ? null : { most },
    ...(await inTurn(rounds, side, others)),
  });
  const how = (order: Order): string => (order === "concurrent" ? "100 at a time" : "one after the other");
  const rows: GoalRow[] = [];
  for (const order of ["concurrent", "sequential"] as const) {
    const isGoal = order === "concurrent";
    rows.push(
      await row(
        `awaited host call, in-thread, ${how(order)}`,
        isGoal ? 25 : null,
        () => awaitedInThread(inThread, order),
        isGoal ? beside(false) : [],
      ),
      await row(
        `awaited host call, through the worker, ${how(order)}`,
        isGoal ? 60 : null,
        () => awaitedThroughWorker(runtime, order),
        isGoal ? beside(true) : [],
      ),
      await row(`await token(cli) from the guest, ${how(order)}`, isGoal ? 60 : null, () =>
        tokenFromGuest(runtime, server, order),
      ),
    );
  }
  return rows;
}

/** Microseconds of one of many calls; a run without calls is taken off. */
async function perCall(calls: (count: number) => Promise<unknown>): Promise<number> {
  const took = async (count: number): Promise<number> => {
    const began = performance.now();
    await calls(count);
    return performance.now() - began;
  };
  const empty = await took(0);
  return (((await took(callsOfPeers)) - empty) * 1_000) / callsOfPeers;
}
