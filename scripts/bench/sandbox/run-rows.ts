/**
 * Whole runs through a warm worker.
 *
 * @module
 */

import type { GoalRow } from "../goal-row.ts";
import { wholeRun } from "./call-figures.ts";
import { inTurn, microseconds, type SandboxBench } from "./sandbox-bench.ts";

const source = "export default () => 6 * 7";
const width = 4;

/** The rows. */
export async function runRows({ isFull, peers, runtime }: SandboxBench): Promise<readonly GoalRow[]> {
  const rounds = isFull ? 9 : 3;
  const running = peers.filter(({ name, run }) => run !== null || name === "run");
  const alone = await inTurn(
    rounds,
    () => wholeRun(runtime),
    running.map(({ name, note, run }) => ({
      name,
      note,
      side: run && (async () => (await microseconds(30, run)) / 1_000),
    })),
  );
  const ourThroughput = (): Promise<number> =>
    perSecond(isFull ? 4_000 : 1_000, () => runtime.run({ source, filename: "trivial.js" }));
  const together = await inTurn(
    rounds,
    ourThroughput,
    running
      .filter(({ name }) => name === "run")
      .map(({ name, note, run }) => ({ name, note, side: run && (() => perSecond(40, run)) })),
    true,
  );
  return [
    { what: "whole run of a trivial script, warm worker", unit: "ms", goal: { most: 0.5 }, ...alone },
    {
      what: `short runs, ${width} at a time`,
      unit: "per s",
      goal: null,
      isMore: true,
      ...together,
    },
  ];
}

/** Runs for each second, some at a time. */
async function perSecond(count: number, work: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  let left = count;
  const lane = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      await work();
    }
  };
  await Promise.all(Array.from({ length: width }, lane));
  return (count * 1_000) / (performance.now() - began);
}
