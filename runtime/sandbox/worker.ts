/**
 * The thread that guest code runs in. It may be terminated at any moment, so nothing that must complete happens here.
 *
 * It keeps one fresh engine ready; a run takes it, and the next is made when the run is over.
 *
 * @module
 */

import { parentPort, receiveMessageOnPort, workerData } from "node:worker_threads";
import { createEngine, type Engine } from "./engine.ts";
import { guestSources } from "./guest-sources.ts";
import {
  figure,
  type FromWorker,
  largeDelivery,
  mostPendingCharacters,
  type OverReason,
  sharedNow,
  type ThreadData,
  type ToWorker,
  type WorkerSetup,
  word,
} from "./messages.ts";

const { shared, plainPort } = workerData as ThreadData;
const words = new Int32Array(shared);
const figures = new Float64Array(shared);
const main = parentPort;
if (!main) throw new Error("this file runs in a worker thread");

/** Guest code runs in bursts no longer than this before messages are read, in ms. */
const burst = 5;

/** Everything but the run's own modules, by resolved name: the guest's files, and the std modules once they are known. */
const fixed = guestSources();
let setup: WorkerSetup | null = null;

/** What a run needs while it lasts. */
interface ActiveRun {
  readonly main: string;
  readonly sources: ReadonlyMap<string, string>;
  readonly args: string;
  readonly cpu: number;
  readonly pendingCalls: number;
  /** Calls and callback invocations that are not answered yet. */
  calls: number;
  invocations: number;
  /** Characters of all calls so far. */
  said: number;
  settled: boolean;
  /** Set by the interrupt handler; the engine is not called again. */
  interruptedBy: "cpu" | "stopped" | null;
}

let run: ActiveRun | null = null;
let engine: Engine | null = null;

function say(message: FromWorker): void {
  main?.postMessage(message);
}

function cpuNow(): number {
  const used = figures[figure.cpuUsed] as number;
  return words[word.busy] === 1 ? used + sharedNow() - (figures[figure.sliceStart] as number) : used;
}

function interrupted(): boolean {
  if (!run) return false;
  if (Atomics.load(words, word.stop) === 1) run.interruptedBy = "stopped";
  else if (cpuNow() > run.cpu) run.interruptedBy = "cpu";
  return run.interruptedBy !== null;
}

/** Everything that the guest says comes here. Must not throw: the text it returns goes back into the engine. */
function door(text: string): string {
  if (!run) return "";
  // The kind is the first member of what `send` writes.
  if (text.startsWith('{"k":"args"')) return run.args;
  if (text.startsWith('{"k":"plain"')) return plain(text);
  if (text.startsWith('{"k":"call"')) {
    if (run.calls >= run.pendingCalls)
      return tooManyPending(`more than ${run.pendingCalls} calls are pending`);
    // Before it is posted: what waits for the main thread is in its memory already.
    const pending = run.said - (figures[figure.answered] as number);
    if (pending + text.length > mostPendingCharacters) {
      return tooManyPending(
        `the arguments of the pending calls are over ${mostPendingCharacters / 1024 / 1024} MiB`,
      );
    }
    run.calls += 1;
    run.said += text.length;
  } else if (text.startsWith('{"k":"answer"')) {
    run.invocations -= 1;
  } else {
    run.settled = true;
  }
  say({ type: "door", text });
  return "";
}

/** What the guest is told of a call that did not begin. */
function tooManyPending(message: string): string {
  const hint = "Await some of them before starting more.";
  return JSON.stringify({ name: "RunError", code: "HARN-RUN-007", message, retryable: false, hint });
}

/** Asks the main thread and blocks until it has answered. Of the wait, only what the host computes counts as the script's CPU time. */
function plain(text: string): string {
  const began = sharedNow();
  figures[figure.cpuUsed] =
    (figures[figure.cpuUsed] as number) + began - (figures[figure.sliceStart] as number);
  Atomics.store(words, word.busy, 0);
  Atomics.store(words, word.answered, 0);
  say({ type: "plain", text });
  Atomics.wait(words, word.answered, 0);
  const answer = receiveMessageOnPort(plainPort);
  figures[figure.sliceStart] = sharedNow();
  Atomics.store(words, word.busy, 1);
  return answer ? (answer.message as string) : '{"e":{"name":"Error","message":"no answer"}}';
}

/** Runs guest code with the clock on it. Answers false when the engine must not be touched again. */
function slice(work: (engine: Engine) => void): boolean {
  if (!run || !engine) return false;
  figures[figure.sliceStart] = sharedNow();
  Atomics.store(words, word.busy, 1);
  let failed: OverReason | null = null;
  try {
    work(engine);
  } catch (error) {
    failed = error instanceof RangeError ? "stack" : "engine";
  }
  Atomics.store(words, word.busy, 0);
  figures[figure.cpuUsed] =
    (figures[figure.cpuUsed] as number) + sharedNow() - (figures[figure.sliceStart] as number);
  const reason = run.interruptedBy ?? failed;
  if (reason) {
    over(reason);
    return false;
  }
  return true;
}

/** Runs jobs in short bursts, reading messages in between, until the guest has nothing to do. */
function pump(): void {
  let more = false;
  const alive = slice((active) => {
    const until = sharedNow() + burst;
    do more = active.runJobs();
    while (more && sharedNow() < until && !interrupted());
  });
  if (!alive || !run) return;
  if (run.settled) over("settled");
  else if (more) setImmediate(pump);
  else if (run.calls === 0 && run.invocations === 0) over("stuck");
}

function over(reason: OverReason): void {
  const memory = engine?.memoryBytes() ?? 0;
  run = null;
  engine = null;
  say({ type: "over", reason, cpu: figures[figure.cpuUsed] as number, memory });
  if (!setup?.once) void prepare();
}

function source(name: string): string | null {
  // The std modules come first: a script's own file must never stand in for one.
  return fixed.get(name) ?? run?.sources.get(name) ?? null;
}

/** Names are resolved here once more: the scan before the run cannot see an import whose specifier is computed. */
function resolve(base: string, specifier: string): string | null {
  if (specifier.startsWith("holdfast:")) {
    return base.startsWith("holdfast:") || fixed.has(base) ? specifier : null;
  }
  if (specifier.startsWith("./") || specifier.startsWith("../")) {
    const parts = base
      .replace(/^holdfast:/, "")
      .split("/")
      .slice(0, -1);
    for (const part of specifier.split("/")) {
      if (part === "..") {
        if (parts.length === 0) return null;
        parts.pop();
      } else if (part !== ".") parts.push(part);
    }
    const name = (base.startsWith("holdfast:") ? "holdfast:" : "") + parts.join("/");
    return source(name) === null ? null : name;
  }
  if (specifier.startsWith("std/")) return fixed.has(specifier) ? specifier : null;
  return base === "holdfast:main" && run?.main === specifier ? specifier : null;
}

async function prepare(): Promise<void> {
  if (!setup) return;
  const { stdSources, memory, stack } = setup;
  const prelude = [
    'import { deliver, fail, watch, harden } from "holdfast:guest/door.js";',
    'import { installGlobals } from "holdfast:guest/globals.js";',
    ...[...stdSources.keys()].map((name) => `import "${name}";`),
    "installGlobals(); harden();",
    "export { deliver, fail, watch };",
  ].join("\n");
  const began = performance.now();
  engine = await createEngine({ memory, stack, door, source, resolve, interrupted }, prelude);
  say({ type: "ready", freshMicroseconds: Math.round((performance.now() - began) * 1000) });
}

function start(message: Extract<ToWorker, { type: "run" }>): void {
  Atomics.store(words, word.stop, 0);
  figures[figure.cpuUsed] = 0;
  run = { ...message, calls: 0, invocations: 0, said: 0, settled: false, interruptedBy: null };
  const bootstrap = [
    'import { finish } from "holdfast:guest/door.js";',
    `import * as pipeline from ${JSON.stringify(message.main)};`,
    "finish(pipeline);",
  ].join("\n");
  if (slice((active) => active.runModule(bootstrap, "holdfast:main"))) pump();
}

main.on("message", (message: ToWorker) => {
  if (message.type === "setup") {
    setup = message.setup;
    for (const [name, text] of setup.stdSources) fixed.set(name, text);
    void prepare();
  } else if (message.type === "run") start(message);
  else if (!run) return;
  else if (message.type === "stop") over("stopped");
  else {
    run.calls -= message.settled;
    run.invocations += message.invoked;
    const alive = slice((active) => active.deliver(message.text));
    if (!alive) return;
    if (message.text.length >= largeDelivery) say({ type: "taken", length: message.text.length });
    pump();
  }
});
