/**
 * Runs scripts in the engine of one thread, one at a time: answers the guest's door, drains its jobs in short bursts,
 * and ends the run when it settled, can never settle, or passed a limit.
 *
 * What the guest says is gathered while it runs and told in one message when it rests.
 *
 * @module
 */

import type { RunErrorCode } from "../host/run-error.ts";
import type { Engine, EngineOptions } from "./engine.ts";
import { guestSources } from "./guest-sources.ts";
import {
  figure,
  type FromWorker,
  largeDelivery,
  maxMessage,
  mostPendingCharacters,
  type OverReason,
  sharedNow,
  type ToWorker,
  type WorkerSetup,
  word,
} from "./messages.ts";
import { readImage } from "./shipped-image.ts";
import { createTemplate, type Template } from "./template.ts";

/** Guest code runs in bursts no longer than this before messages are read, in ms. */
const burst = 5;

/**
 * A script that is refused memory this often in a row is over. Not everything that is refused throws (a job that has no room is left
 * out), so such a script could go on until its CPU limit.
 */
const mostRefusals = 1_000;

/** What a runner has on the other side of the wall. */
export interface RunnerHost {
  /** The engine, compiled. */
  readonly code: WebAssembly.Module;
  /** See `word` and `figure`. */
  readonly shared: SharedArrayBuffer;
  say(message: FromWorker): void;
  /** Answers a plain call. */
  ask(text: string): string;
}

export interface Runner {
  take(message: ToWorker): void;
}

/** What a run needs while it lasts. */
interface ActiveRun {
  readonly engine: Engine;
  readonly freshMicroseconds: number;
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
  interruptedBy: "cpu" | "stopped" | "memory" | null;
}

export function createRunner({ code, shared, say, ask }: RunnerHost): Runner {
  const words = new Int32Array(shared);
  const figures = new Float64Array(shared);
  /** Everything but the run's own modules, by resolved name: the guest's files, and the std modules once they are known. */
  const fixed = guestSources();
  let template: Template | null = null;
  let once = false;
  let run: ActiveRun | null = null;
  let unsaid: string[] = [];

  function takeUnsaid(): readonly string[] {
    const texts = unsaid;
    unsaid = [];
    return texts;
  }

  function tell(): void {
    if (unsaid.length > 0) say({ type: "door", texts: takeUnsaid() });
  }

  function cpuNow(): number {
    const used = figures[figure.cpuUsed] as number;
    return words[word.busy] === 1 ? used + sharedNow() - (figures[figure.sliceStart] as number) : used;
  }

  function interrupted(): boolean {
    if (!run) return false;
    if (Atomics.load(words, word.stop) === 1) run.interruptedBy = "stopped";
    else if (cpuNow() > run.cpu) run.interruptedBy = "cpu";
    else if (run.engine.memoryRefusals() > mostRefusals) run.interruptedBy = "memory";
    return run.interruptedBy !== null;
  }

  /** Everything that the guest says comes here. Must not throw: the text it returns goes back into the engine. */
  function door(text: string): string | undefined {
    if (!run) return undefined;
    // The kind is the first member of what `send` writes.
    if (text.startsWith('{"k":"args"')) return run.args;
    if (text.startsWith('{"k":"seed"')) return seed();
    if (text.startsWith('{"k":"plain"')) return plain(text);
    if (text.startsWith('{"k":"call"')) {
      // It ends here: a message that the main thread refuses would leave the script waiting for its answer.
      if (text.length > maxMessage) return tooLarge();
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
    } else if (!text.startsWith('{"k":"stopped"')) {
      run.settled = true;
    }
    unsaid.push(text);
    return undefined;
  }

  /** Asks the main thread and blocks until it has answered. Of the wait, only what the host computes counts as the script's CPU time. */
  function plain(text: string): string {
    tell();
    pauseClock();
    const answer = ask(text);
    startClock();
    return answer;
  }

  function startClock(): void {
    figures[figure.sliceStart] = sharedNow();
    Atomics.store(words, word.busy, 1);
  }

  function pauseClock(): void {
    Atomics.store(words, word.busy, 0);
    figures[figure.cpuUsed] =
      (figures[figure.cpuUsed] as number) + sharedNow() - (figures[figure.sliceStart] as number);
  }

  /** Runs guest code with the clock on it. Answers false when the engine must not be touched again. */
  function slice(work: (engine: Engine) => void): boolean {
    if (!run) return false;
    let failed: OverReason | null = null;
    startClock();
    try {
      work(run.engine);
    } catch (error) {
      failed = error instanceof RangeError ? "stack" : "engine";
    }
    pauseClock();
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
    const alive = slice((engine) => {
      const until = sharedNow() + burst;
      do more = engine.runJobs();
      while (more && sharedNow() < until && !interrupted());
    });
    if (!alive || !run) return;
    if (run.settled) return over("settled");
    if (!more && run.calls === 0 && run.invocations === 0) {
      // A promise that had no memory to be settled in stays as it is.
      return run.engine.memoryRefusals() > 0 ? over("memory") : endWaiting("stuck");
    }
    tell();
    if (more) setImmediate(pump);
  }

  /** Ends a run that waits, when the guest has said what for: only that half knows. */
  function endWaiting(reason: OverReason): void {
    // It says so with built-ins of its own, which a stop need not interrupt.
    Atomics.store(words, word.stop, 0);
    if (slice((engine) => engine.deliver('[{"k":"waits"}]'))) over(reason);
  }

  function over(reason: OverReason): void {
    if (!run || !template) return;
    const { engine, freshMicroseconds } = run;
    run = null;
    const memory = engine.memoryBytes();
    const renewing = once ? null : template.renew();
    const ready = !once && renewing === null;
    const cpu = figures[figure.cpuUsed] as number;
    say({ type: "over", reason, cpu, memory, freshMicroseconds, ready, texts: takeUnsaid() });
    renewing?.then(() => say({ type: "ready" }), fault);
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

  async function setUp(setup: WorkerSetup): Promise<void> {
    for (const [name, text] of setup.stdSources) fixed.set(name, text);
    once = setup.once;
    const { engine, memory, stack } = setup;
    const options: EngineOptions = { code, memory, stack, door, source, resolve, interrupted };
    const prelude = preludeOf([...setup.stdSources.keys()]);
    const shipped = readImage({ engine, stack, prelude, sources: fixed });
    template = await createTemplate(options, prelude, once, shipped);
    say({ type: "ready" });
  }

  function start(message: Extract<ToWorker, { type: "run" }>): void {
    if (!template) return;
    figures[figure.cpuUsed] = 0;
    const engine = template.take(message.tenant);
    const { freshMicroseconds } = template;
    const open = { calls: 0, invocations: 0, said: 0, settled: false, interruptedBy: null };
    run = { ...message, engine, freshMicroseconds, ...open };
    const bootstrap = [
      'import { finish } from "holdfast:guest/door.js";',
      `import * as pipeline from ${JSON.stringify(message.main)};`,
      "finish(pipeline);",
    ].join("\n");
    if (slice((engine) => engine.runModule(bootstrap, "holdfast:main"))) pump();
  }

  return {
    take(message) {
      switch (message.type) {
        case "setup":
          setUp(message.setup).catch(fault);
          return;
        case "run":
          start(message);
          return;
        case "stop":
          if (run) endWaiting("stopped");
          return;
        case "deliver":
          if (!run) return;
          run.calls -= message.settled;
          run.invocations += message.invoked;
          if (!slice((engine) => engine.deliver(message.text))) return;
          if (message.text.length >= largeDelivery) say({ type: "taken", length: message.text.length });
          pump();
      }
    },
  };
}

/** A thread that cannot make an engine is of no use; its owner starts another. */
function fault(error: unknown): void {
  setImmediate(() => {
    throw error;
  });
}

/** The prelude: loads the std modules of these names and all globals, and hardens the realm. */
export function preludeOf(stdNames: readonly string[]): string {
  return [
    'import { deliver, fail, watch, stopped, harden } from "holdfast:guest/door.js";',
    'import { installGlobals } from "holdfast:guest/globals.js";',
    ...stdNames.map((name) => `import "${name}";`),
    "installGlobals(); harden();",
    "export { deliver, fail, watch, stopped };",
  ].join("\n");
}

/** What the guest is told of a call that did not begin. */
function tooManyPending(message: string): string {
  return refusal("HARN-RUN-007", message, "Await some of them before starting more.");
}

function tooLarge(): string {
  return refusal("HARN-RUN-015", "the arguments of one call are over 8 MiB", "Give the data in parts.");
}

function refusal(code: RunErrorCode, message: string, hint: string): string {
  return JSON.stringify({ name: "RunError", code, message, retryable: false, hint });
}

/** Four random words of 32 bits as a JSON list. */
function seed(): string {
  return JSON.stringify([...crypto.getRandomValues(new Uint32Array(4))]);
}
