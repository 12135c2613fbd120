/**
 * What sandboxes hold that wait for a run.
 *
 * @module
 */

import type { Beside, GoalRow } from "../goal-row.ts";
import * as engine from "./engine-figures.ts";
import type { SandboxBench } from "./sandbox-bench.ts";

const MiB = 1_048_576;
/** So that none is collected before the process is measured again. */
const held: unknown[] = [];

/** The rows. The process is measured once for each: what was asked for once is not asked for again. */
export async function memoryRows({ isFull, peers }: SandboxBench): Promise<readonly GoalRow[]> {
  const subject = await engine.makeSubject();
  const row = async (
    what: string,
    count: number,
    used: boolean,
    most: number | null,
    beside: readonly Beside[],
  ): Promise<GoalRow> => {
    const grown = await engine.idleGrowth(subject, count, used);
    return {
      what,
      unit: "MiB",
      goal: most === null ? null : { most },
      ours: { best: grown, median: grown },
      beside,
    };
  };
  const rows = [
    await row("100 idle sandboxes in one thread, none used yet", 100, false, 40, []),
    await row("100 idle sandboxes in one thread, each after one run", 100, true, null, []),
  ];
  if (isFull) rows.push(await row("1,000 idle sandboxes in one thread", 1_000, false, null, []));
  // Only now: what peers ask for, ours would find.
  const beside = peers
    .filter(({ hold, name }) => hold !== null || name === "isolated-vm")
    .map(({ name, note, hold }): Beside => {
      if (hold === null) return { name, note, figure: null };
      const grown = growth(hold);
      return { name, note, figure: { best: grown, median: grown } };
    });
  const [first, ...rest] = rows;
  return first === undefined ? [] : [{ ...first, beside }, ...rest];
}

function growth(hold: () => unknown): number {
  const before = process.memoryUsage.rss();
  for (let made = 0; made < 100; made += 1) held.push(hold());
  return (process.memoryUsage.rss() - before) / MiB;
}
