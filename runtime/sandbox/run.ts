/**
 * One run of a script, from its source to its result: load, take a thread, watch the limits, explain the outcome.
 *
 * @module
 */

import { RunError, type RunErrorCode } from "../host/run-error.ts";
import type { LogLine } from "../host/run-log.ts";
import type { StdModule } from "../plugin.ts";
import { createBridge, type Outcome } from "./bridge.ts";
import { locate, sourceFrame } from "./diagnostics.ts";
import type { GuestError, LeftCall } from "./guest-message.ts";
import { initialMemory, moduleRefused } from "./messages.ts";
import type { ModuleGraph } from "./imports.ts";
import type { Limits } from "./limits.ts";
import type { Ending, SandboxWorker } from "./sandbox-worker.ts";
import { encode } from "./wire.ts";

/** What a run cost. */
export interface Usage {
  /** CPU time of the guest in ms, with what the host computed in plain calls. */
  readonly cpu_ms: number;
  /** From the start of the script to its end, in ms. */
  readonly wall_ms: number;
  /** The sandbox's memory at the end in bytes; it never shrinks during a run. */
  readonly peak_memory: number;
  /** Calls that crossed the wall. */
  readonly host_calls: number;
  /** How long the fresh sandbox took to make, in microseconds. It was made before the run. */
  readonly fresh_sandbox_us: number;
}

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

/** An error that the script itself threw, on its way to the embedder. */
export class ScriptError extends Error {
  /** The name of what was thrown. */
  override readonly name: string;
  /** The code that it carried (`HARN-OAU-002`), or null. */
  readonly code: string | null;
  readonly retryable: boolean;
  readonly hint: string | undefined;
  readonly details: unknown;
  readonly location: RunError["location"];
  readonly frame: string | undefined;

  constructor(guest: GuestError, where: Pick<RunError, "location" | "frame">) {
    super(guest.message);
    this.name = guest.name;
    this.code = guest.code ?? null;
    this.retryable = guest.retryable === true;
    this.hint = guest.hint;
    this.details = guest.details;
    this.location = where.location;
    this.frame = where.frame;
  }

  override toString(): string {
    return this.code ? `${this.code}: ${this.message}` : `${this.name}: ${this.message}`;
  }
}

export interface RunOptions {
  readonly worker: SandboxWorker;
  readonly graph: ModuleGraph;
  readonly args: unknown;
  readonly modules: ReadonlyMap<string, StdModule>;
  readonly limits: Limits;
  /** Aborting it stops the run with HARN-RUN-009. */
  readonly signal: AbortSignal;
  readonly mask: (text: string) => string;
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
    mask: options.mask,
    deliver: (text, settled, invoked) => worker.deliver(text, settled, invoked),
    onAnswered: (length) => worker.answered(length),
    onInternalError: options.onInternalError,
  });

  const began = performance.now();
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
        main: graph.main,
        sources: new Map([...graph.sources].map(([name, module]) => [name, module.code])),
        args: JSON.stringify(encode(options.args === undefined ? {} : options.args, refuseFunctions)),
        cpu: limits.cpu,
        pendingCalls: limits.pendingCalls,
      },
      {
        onDoor(text) {
          if (broken) return;
          try {
            outcome ??= bridge.receive(text);
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
    wall_ms: round(performance.now() - began),
    peak_memory: ending.type === "over" ? ending.memory : limits.memory,
    host_calls: bridge.calls,
    fresh_sandbox_us: worker.freshMicroseconds,
  };
  if (broken) throw broken as RunError;
  const settled = outcome as Outcome | null;
  if (settled?.kind === "result" && ending.type === "over" && ending.reason === "settled") {
    if (settled.bytes > limits.result) {
      throw new RunError(
        "HARN-RUN-005",
        `the result has ${settled.bytes} bytes; ${limits.result} are allowed`,
        {
          hint: "Return less, or raise the limit result.",
        },
      );
    }
    return { result: settled.value, usage, warnings: settled.left.map((left) => leftWarning(left, graph)) };
  }
  const failure = settled?.kind === "failed" ? settled.error : null;
  const stopped =
    stoppedBy ??
    (failure && ending.type === "over" ? limitBehind(failure, ending, limits) : endingCode(ending));
  if (stopped) throw stopError(stopped, limits, failure ? whereStopped(failure, graph) : {});
  throw explain(failure as GuestError, graph);
}

function refuseFunctions(): never {
  throw new RunError("HARN-RUN-015", "the arguments of a run must be data; give functions as a capability");
}

function round(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}

function endingCode(ending: Ending): RunErrorCode {
  if (ending.type === "gone") return "HARN-RUN-001";
  switch (ending.reason) {
    case "cpu":
      return "HARN-RUN-002";
    case "stuck":
      return "HARN-RUN-008";
    case "stack":
      return "HARN-RUN-004";
    case "stopped":
      return "HARN-RUN-009";
    case "memory":
    case "engine":
    case "settled":
      return "HARN-RUN-001";
  }
}

/** The error for a run that a limit or the embedder ended. */
function stopError(
  code: RunErrorCode,
  limits: Limits,
  where: Partial<Pick<RunError, "location" | "frame">> = {},
): RunError {
  const [message, hint] = stopWords(code, limits);
  return new RunError(code, message, { hint, ...where });
}

function stopWords(code: RunErrorCode, limits: Limits): [message: string, hint?: string] {
  switch (code) {
    case "HARN-RUN-001":
      return [
        `the script used more than ${limits.memory / 1024 / 1024} MiB of memory`,
        "Keep less at a time, or raise the limit memory.",
      ];
    case "HARN-RUN-002":
      return [
        `the script used more than ${limits.cpu} ms of CPU time`,
        "Look for a loop that does not end, or raise the limit cpu.",
      ];
    case "HARN-RUN-003":
      return [
        `the script took longer than ${limits.wall} ms`,
        "Look for a wait that is too long, or raise the limit wall.",
      ];
    case "HARN-RUN-004":
      return [
        "the script's calls are nested too deep",
        "Look for a function that calls itself without an end, or raise the limit stack.",
      ];
    case "HARN-RUN-008":
      return [
        "the script waits for a promise that nothing can settle any more",
        "No call, timer or job is left; look for a new Promise whose resolve is never called.",
      ];
    default:
      return ["the run was cancelled"];
  }
}

/** A thrown value as the author should see it: a refused import, a syntax error, or the script's own error. */
function explain(error: GuestError, graph: ModuleGraph): RunError | ScriptError {
  const where = whereIs(error.stack ?? "", graph);
  if (error.message === moduleRefused) {
    return new RunError("HARN-RUN-011", "a computed import names a module that scripts cannot have", {
      hint: "Import std modules, or files of the pipeline's own folder, by a literal name.",
      ...where,
    });
  }
  if (error.name === "SyntaxError" && isFromParser(error.stack ?? "")) {
    return new RunError("HARN-RUN-012", error.message, where);
  }
  return new ScriptError(error, where);
}

/** The limit that shows itself as a guest error, or that the worker named. */
function limitBehind(error: GuestError, ending: Ending, limits: Limits): RunErrorCode | null {
  if (ending.type === "over" && ending.reason !== "settled") return endingCode(ending);
  if (error.name === "InternalError" && error.message === "out of memory") return "HARN-RUN-001";
  if (error.name === "InternalError" && error.message === "stack overflow") return "HARN-RUN-004";
  // An engine that is out of memory may have none left for an error object, and throws null. Its memory need not be at the
  // limit then: one request that would pass it is enough. But it has grown.
  const grown = ending.type === "over" && (ending.memory > initialMemory || ending.memory >= limits.memory);
  return grown && error.message === "null" ? "HARN-RUN-001" : null;
}

/** The parser's own errors begin with a bare position; what a running function threw begins with that function. */
function isFromParser(stack: string): boolean {
  return /^\s*at [^\s()]+:\d+(:\d+)?\s*(\n|$)/.test(stack);
}

function whereIs(stack: string, graph: ModuleGraph): Pick<RunError, "location" | "frame"> {
  const location = locate(stack, (file) => graph.sources.has(file));
  const source = location ? graph.sources.get(location.file)?.original : undefined;
  return { location, frame: location && source !== undefined ? sourceFrame(source, location) : undefined };
}

/** The engine does not know at which line it was interrupted, only where that function begins; its caller's place is exact. */
function whereStopped(
  failure: GuestError,
  graph: ModuleGraph,
): Partial<Pick<RunError, "location" | "frame">> {
  const stack = failure.stack ?? "";
  if (failure.message !== "interrupted") return whereIs(stack, graph);
  return whereIs(stack.slice(stack.indexOf("\n") + 1), graph);
}

function leftWarning(left: LeftCall, graph: ModuleGraph): string {
  const { location } = whereIs(left.site, graph);
  const place = location ? ` at ${location.file}:${location.line}:${location.column}` : "";
  return `the call of ${left.fn}${place} was not awaited; it was cancelled when the script ended`;
}
