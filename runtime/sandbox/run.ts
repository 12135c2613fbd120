/**
 * One run of a script, from its source to its result: load, take a thread, watch the limits, explain the outcome.
 *
 * @module
 */

import { RunError, type RunErrorCode } from "../host/run-error.ts";
import type { LogLine } from "../host/run-log.ts";
import type { Usage } from "../host/usage.ts";
import type { StdModule } from "../plugin.ts";
import { createBridge, type Outcome } from "./bridge.ts";
import { explainEnding, leftWarning, resultTooLarge, stopError } from "./explain-ending.ts";
import type { ModuleGraph } from "./imports.ts";
import type { Limits } from "./limits.ts";
import { sharedNow } from "./messages.ts";
import type { Ending, SandboxWorker } from "./sandbox-worker.ts";
import { encode } from "./wire.ts";

export interface RunResult {
  /** Occurs in the run's events as `actor.run`. */
  readonly id: string;
  /** What the default function returned, or the exported `result`. */
  readonly result: unknown;
  readonly logs: readonly LogLine[];
  readonly usage: Usage;
  /** Sentences for the author: calls that were never awaited. */
  readonly warnings: readonly string[];
}

export interface RunOptions {
  readonly worker: SandboxWorker;
  /** Whose script it is. */
  readonly tenant: string;
  readonly graph: ModuleGraph;
  readonly args: unknown;
  /** Makes the run's std modules; asked when a script calls one. */
  readonly modules: () => ReadonlyMap<string, StdModule>;
  readonly limits: Limits;
  /** Aborting it stops the run with HARN-RUN-009. */
  readonly signal: AbortSignal;
  readonly mask: (text: string) => string;
  /** Told what the run cost, however it ended, and whether its thread is gone. */
  readonly onUsage: (usage: Usage, killed: boolean) => void;
  readonly onInternalError: (fn: string, error: unknown) => void;
}

/** What {@link runScript} answers beside the result. */
export type ScriptResult = Pick<RunResult, "result" | "usage" | "warnings">;

/** How often the CPU limit is looked at from outside, in ms. */
const watchEvery = 10;

/**
 * Runs a loaded script in a worker.
 * @throws RunError for a limit, a stop, or a syntax error; ScriptError for what the script threw.
 */
export async function runScript(options: RunOptions): Promise<ScriptResult> {
  const { worker, limits, signal, graph } = options;
  let outcome: Outcome | null = null;
  let stoppedBy: RunErrorCode | null = null;
  let broken: RunError | null = null;
  let killTimer: NodeJS.Timeout | undefined;

  const kill = (): void => void worker.kill();
  const stop = (code: RunErrorCode): void => {
    stoppedBy ??= code;
    worker.stop();
    killTimer ??= setTimeout(kill, limits.grace);
  };
  const cancel = (): void => stop("HARN-RUN-009");
  const bridge = createBridge({
    modules: options.modules,
    callbackTimeout: limits.callbackTimeout,
    maxResult: limits.result,
    mask: options.mask,
    deliver: (text, settled, invoked) => worker.deliver(text, settled, invoked),
    onAnswered: (length) => worker.answered(length),
    onInternalError: options.onInternalError,
  });

  const began = sharedNow();
  const wall = setTimeout(() => stop("HARN-RUN-003"), limits.wall);
  // Some built-ins never ask whether they should stop, so the thread is watched from outside too.
  const watch = setInterval(() => {
    if (worker.cpu() > limits.cpu + limits.grace) {
      stoppedBy ??= "HARN-RUN-002";
      kill();
    }
  }, watchEvery);
  signal.addEventListener("abort", cancel);

  let ending: Ending;
  try {
    if (signal.aborted) throw stopError("HARN-RUN-009", limits);
    ending = await worker.run(
      {
        type: "run",
        tenant: options.tenant,
        main: graph.main,
        sources: new Map([...graph.sources].map(([name, module]) => [name, module.code])),
        args: JSON.stringify(encode(options.args === undefined ? {} : options.args, refuseFunctions)),
        cpu: limits.cpu,
        pendingCalls: limits.pendingCalls,
      },
      {
        onDoor(text) {
          if (broken || (outcome !== null && outcome.kind !== "stopped")) return;
          try {
            const heard = bridge.receive(text);
            if (outcome === null || heard?.kind === "failed") outcome = heard;
          } catch (error) {
            broken = error as RunError;
            stop("HARN-RUN-015");
          }
        },
        onPlain: (text) => bridge.plain(text),
        onTaken: (length) => bridge.taken(length),
      },
    );
  } finally {
    clearTimeout(wall);
    clearTimeout(killTimer);
    clearInterval(watch);
    signal.removeEventListener("abort", cancel);
    bridge.end();
  }

  const usage: Usage = {
    cpu_ms: round(ending.type === "over" ? ending.cpu : worker.cpu()),
    wall_ms: round(sharedNow() - began),
    peak_memory: ending.type === "over" ? ending.memory : limits.memory,
    host_calls: bridge.calls,
    fresh_sandbox_us: ending.type === "over" ? ending.freshMicroseconds : 0,
  };
  options.onUsage(usage, ending.type === "gone");
  const settled = outcome as Outcome | null;
  const finished = settled?.kind === "result" && ending.type === "over" && ending.reason === "settled";
  if (!broken && finished && settled.bytes <= limits.result) {
    return { result: settled.value, usage, warnings: settled.left.map((left) => leftWarning(left, graph)) };
  }
  const error =
    (broken as RunError | null) ??
    (finished
      ? resultTooLarge(settled.bytes, limits, graph)
      : explainEnding({ ending, settled, stoppedBy, limits, graph }));
  error.usage = usage;
  throw error;
}

function refuseFunctions(): never {
  throw new RunError("HARN-RUN-015", "the arguments of a run must be data", {
    hint: "Give functions as a capability.",
  });
}

function round(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}
