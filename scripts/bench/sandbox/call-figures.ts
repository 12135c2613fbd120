/**
 * What a call costs, in the thread of the engine and through a worker, and a whole run.
 *
 * @module
 */

import type { Runtime } from "../../../runtime/index.ts";
import { engineDigest } from "../../../runtime/sandbox/engine-digest.ts";
import { resolveLimits } from "../../../runtime/sandbox/limits.ts";
import { runScript } from "../../../runtime/sandbox/run.ts";
import type { SandboxWorker } from "../../../runtime/sandbox/sandbox-worker.ts";
import type { StdModule } from "../../../runtime/plugin.ts";
import { median } from "../measure.ts";
import { stdSources } from "./engine-figures.ts";
import { startInThread } from "./in-thread.ts";

const calls = 2_000;
const limits = resolveLimits({ cpu: 3_600_000 });

/** How the calls of a script follow each other. */
export type Order = "sequential" | "concurrent";

const calling = `
import { later } from "std/bench";
export default async function ({ order, count }) {
  const width = order === "concurrent" ? 100 : 1;
  for (let done = 0; done < count; done += width) {
    if (width === 1) await later(1);
    else await Promise.all(Array.from({ length: width }, () => later(1)));
  }
}
`;

const asking = `
import { custom } from "std/oauth/providers";
import { client, exchange_callback, start_authorization, token } from "std/oauth/client";
import { memory } from "std/oauth/storage";
const callback = "http://127.0.0.1/callback";
export default async function ({ server, order, count }) {
  const provider = custom({ id: "bench", auth_url: server + "/authorize", token_url: server + "/token", resource_origins: [server] });
  const cli = client(provider, { client_id: "c1", storage: memory(), redirect_uri: callback });
  const login = await start_authorization(cli);
  await exchange_callback(cli, login, callback + "?code=c1&state=" + login.state);
  const width = order === "concurrent" ? 100 : 1;
  const began = Date.now();
  for (let done = 0; done < count; done += width) {
    if (width === 1) await token(cli);
    else await Promise.all(Array.from({ length: width }, () => token(cli)));
  }
  return Date.now() - began;
}
`;

/** A sandbox in this thread, for {@link awaitedInThread}. */
export async function makeInThread(): Promise<SandboxWorker> {
  const { memory, stack } = limits;
  return await startInThread({
    engine: engineDigest(),
    stdSources: stdSources(),
    memory,
    stack,
    once: false,
  });
}

/** Microseconds for one awaited host call when guest and host share a thread. */
export async function awaitedInThread(worker: SandboxWorker, order: Order): Promise<number> {
  const later = async (value: unknown): Promise<unknown> => value;
  const modules: ReadonlyMap<string, StdModule> = new Map([["std/bench", { later }]]);
  const run = async (count: number): Promise<number> => {
    const { usage } = await runScript({
      worker,
      tenant: "",
      graph: { main: "calls.js", sources: new Map([["calls.js", { code: calling, original: calling }]]) },
      args: { order, count },
      modules: () => modules,
      limits,
      signal: new AbortController().signal,
      mask: (text) => text,
      onInternalError: () => {},
      onUsage: () => {},
    });
    return usage.wall_ms;
  };
  return perCall(await run(0), await run(calls));
}

/** Microseconds for one awaited host call through a worker. `runtime` has the plugin `echoPlugin`. */
export async function awaitedThroughWorker(runtime: Runtime, order: Order): Promise<number> {
  const run = async (count: number): Promise<number> => {
    const { usage } = await runtime.run({ source: calling, filename: "calls.js", args: { order, count } });
    return usage.wall_ms;
  };
  return perCall(await run(0), await run(calls));
}

/** Microseconds for one `await token(cli)` of the guest: token valid, memory storage. `server` is the origin of a token server. */
export async function tokenFromGuest(runtime: Runtime, server: string, order: Order): Promise<number> {
  const { result } = await runtime.run({
    source: asking,
    filename: "tokens.js",
    args: { server, order, count: calls },
    grants: { net: ["127.0.0.1"] },
  });
  return perCall(0, result as number);
}

/** Milliseconds for a whole run of a trivial script through a warm worker, one run after the other. */
export async function wholeRun(runtime: Runtime): Promise<number> {
  const times: number[] = [];
  for (let run = 0; run < 200; run += 1) {
    const began = performance.now();
    await runtime.run({ source: "export default () => 6 * 7", filename: "trivial.js" });
    times.push(performance.now() - began);
  }
  return median(times);
}

function perCall(emptyMs: number, fullMs: number): number {
  return ((fullMs - emptyMs) * 1000) / calls;
}
