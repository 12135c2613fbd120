/**
 * Scripts that do not stop: how long until they are gone, and what others notice.
 *
 * @module
 */

import { monitorEventLoopDelay } from "node:perf_hooks";
import { createRuntime } from "../../../runtime/index.ts";
import type { GoalRow } from "../goal-row.ts";
import { inTurn, type SandboxBench } from "./sandbox-bench.ts";

const cpu = 100;
const grace = 50;
/** Some ask now and then whether they should stop, some never do. */
const endless = {
  "a loop": "for (;;);",
  "a built-in that never asks": "Array.prototype.indexOf.call({ length: 2 ** 53 - 1 }, 1)",
  "promises without an end":
    "const go = () => Promise.resolve().then(go); await Promise.all([go(), go(), new Promise(() => {})]);",
  "a memory bomb": "const held = []; for (;;) held.push(new Uint8Array(1_000_000).fill(1));",
};

/** The rows. */
export async function containmentRows({ isFull }: SandboxBench): Promise<readonly GoalRow[]> {
  const rounds = isFull ? 9 : 3;
  const runtime = await createRuntime({ limits: { cpu, grace } });
  const failed = async (source: string, signal?: AbortSignal): Promise<number> => {
    const began = performance.now();
    const request = { source, filename: "endless.js", ...(signal ? { signal } : {}) };
    await runtime.run(request).then(
      () => {
        throw new Error("the script ended");
      },
      () => {},
    );
    return performance.now() - began;
  };
  const rows: GoalRow[] = [];
  for (const [name, source] of Object.entries(endless)) {
    rows.push({
      what: `${name}: over the limit cpu (${cpu} ms) until it is gone`,
      unit: "ms",
      goal: { most: grace + 10 },
      ...(await inTurn(rounds, async () => Math.max(0, (await failed(source)) - cpu))),
    });
  }
  rows.push({
    what: "a built-in that never asks: from the signal until it is gone",
    unit: "ms",
    goal: { most: grace + 10 },
    ...(await inTurn(rounds, async () => {
      const cancelled = new AbortController();
      let began = 0;
      setTimeout(() => {
        began = performance.now();
        cancelled.abort();
      }, 50);
      await failed(endless["a built-in that never asks"], cancelled.signal);
      return performance.now() - began;
    })),
  });
  rows.push({
    what: "the host's longest pause while all of them run",
    unit: "ms",
    goal: { most: 50 },
    ...(await inTurn(rounds, async () => {
      const pauses = monitorEventLoopDelay({ resolution: 1 });
      pauses.enable();
      await Promise.all(Object.values(endless).map((source) => failed(source)));
      pauses.disable();
      return pauses.max / 1e6;
    })),
  });
  await runtime.close();
  return rows;
}
