/**
 * Whole runs, fresh sandboxes, and calls that leave a sandbox.
 *
 * @module
 */

import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import vm from "node:vm";
import { Worker } from "node:worker_threads";
import { definePlugin, type Plugin, plain, type Runtime, type Usage } from "../../runtime/index.ts";
import { median, type Row } from "./measure.ts";

/** Two functions that do nothing, so that what is measured is the way to them and back. */
export const echoPlugin: Plugin = definePlugin({
  name: "bench",
  modules: () => ({
    "std/bench": { later: async (value: unknown) => value, now: plain((value: unknown) => value) },
  }),
});

const runsPerRound = 15;
/** Between two runs in ms: time for the thread to make the next sandbox, which it does ahead of the run. */
const rest = 20;
const calls = 1_000;

const calling = `
import { later, now } from "std/bench";
export default async function ({ how, count }) {
  if (how === "concurrent") {
    for (let done = 0; done < count; done += 100) await Promise.all(Array.from({ length: 100 }, () => later(1)));
  } else {
    for (let done = 0; done < count; done += 1) how === "plain" ? now(1) : await later(1);
  }
}
`;

/** The rows. */
export function sandboxRows(runtime: Runtime): readonly Row[] {
  const trivial = async (): Promise<Usage> =>
    (await runtime.run({ source: "export default () => 6 * 7", filename: "trivial.js" })).usage;
  const perCall = async (how: string): Promise<number> => {
    const wall = async (count: number): Promise<number> => {
      const { usage } = await runtime.run({ source: calling, filename: "calls.js", args: { how, count } });
      await sleep(rest);
      return usage.wall_ms;
    };
    const empty = await wall(0);
    return (((await wall(calls)) - empty) * 1000) / calls;
  };
  return [
    {
      name: "whole run of a trivial script, warm worker",
      unit: "ms",
      ours: () => rested(trivial),
      peers: {
        "node:vm, fresh context (no boundary)": () => rested(() => vm.runInNewContext("(() => 6 * 7)()")),
        "worker_threads, new Worker": () => rested(inNewThread),
      },
    },
    {
      name: "fresh sandbox with all std modules",
      unit: "µs",
      async ours() {
        const made: number[] = [];
        for (let run = 0; run < runsPerRound; run += 1) {
          made.push((await trivial()).fresh_sandbox_us);
          await sleep(rest);
        }
        return median(made);
      },
    },
    {
      name: "awaited host call, one after the other",
      unit: "µs",
      ours: () => perCall("sequential"),
      peers: { "bare message to a thread and back": bareMessages },
    },
    { name: "awaited host call, 100 at a time", unit: "µs", ours: () => perCall("concurrent") },
    { name: "plain host call", unit: "µs", ours: () => perCall("plain") },
  ];
}

/** The median time of some runs in ms, each after a rest. */
async function rested(work: () => unknown): Promise<number> {
  const times: number[] = [];
  for (let run = 0; run < runsPerRound; run += 1) {
    await sleep(rest);
    const began = performance.now();
    await work();
    times.push(performance.now() - began);
  }
  return median(times);
}

async function inNewThread(): Promise<void> {
  const thread = new Worker("require('node:worker_threads').parentPort.postMessage((() => 6 * 7)())", {
    eval: true,
  });
  await once(thread, "message");
  await thread.terminate();
}

async function bareMessages(): Promise<number> {
  const thread = new Worker(
    "const { parentPort } = require('node:worker_threads'); parentPort.on('message', (m) => parentPort.postMessage(m))",
    { eval: true },
  );
  thread.postMessage(0);
  await once(thread, "message");
  const began = performance.now();
  for (let done = 0; done < calls; done += 1) {
    thread.postMessage("x");
    await once(thread, "message");
  }
  const took = performance.now() - began;
  await thread.terminate();
  return (took * 1000) / calls;
}
