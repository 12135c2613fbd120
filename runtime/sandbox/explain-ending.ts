/**
 * Says why a run ended without a result, in the words and at the place that help the script's author.
 *
 * @module
 */

import { RunError, type RunErrorCode } from "../host/run-error.ts";
import type { Outcome } from "./bridge.ts";
import { locate, locationAt, sourceFrame } from "./diagnostics.ts";
import type { GuestError, LeftCall } from "./guest-message.ts";
import type { ModuleGraph } from "./imports.ts";
import type { Limits } from "./limits.ts";
import { initialMemory, moduleRefused } from "./messages.ts";
import type { Ending } from "./sandbox-worker.ts";
import { type ErrorCause, ScriptError } from "./script-error.ts";

type Place = Pick<RunError, "location" | "frame">;

/** What is known of a run that has no result. */
export interface Ended {
  readonly ending: Ending;
  /** The guest's last words. */
  readonly settled: Outcome | null;
  /** The limit or the embedder that ended it. */
  readonly stoppedBy: RunErrorCode | null;
  readonly limits: Limits;
  readonly graph: ModuleGraph;
}

/** The error of a run that a limit, the embedder or the script itself ended. */
export function explainEnding({ ending, settled, stoppedBy, limits, graph }: Ended): RunError | ScriptError {
  const failure = settled?.kind === "failed" ? settled.error : null;
  const code =
    stoppedBy ??
    (failure && ending.type === "over" ? limitBehind(failure, ending, limits) : endingCode(ending));
  if (code === null) return explain(failure as GuestError, graph);
  if (settled?.kind === "waits") return waitError(code, limits, settled, graph);
  if (ending.type === "gone") return stopError(code, limits, {}, "builtIn");
  if (settled?.kind === "stopped") return interruption(code, limits, settled.site, graph);
  if (failure?.message === "interrupted") return interruption(code, limits, failure.stack ?? "", graph);
  return stopError(code, limits, failure ? whereIs(failure.stack ?? "", graph) : {});
}

/** Where guest code was stopped: in the call that is shown, in the function that is shown, or in a built-in. */
type Spot = "call" | "function" | "builtIn";

/** The error for a run that a limit or the embedder ended. */
export function stopError(
  code: RunErrorCode,
  limits: Limits,
  where: Partial<Place> = {},
  spot?: Spot,
): RunError {
  const hint = code === "HARN-RUN-002" && spot ? loopHints[spot] : undefined;
  return new RunError(code, stopMessage(code, limits), { hint, ...where });
}

/** The error for a result of `bytes` bytes, at the place of the export that gives it. */
export function resultTooLarge(bytes: number, limits: Limits, graph: ModuleGraph): RunError {
  return new RunError("HARN-RUN-005", `the result has ${bytes} bytes; ${limits.result} are allowed`, {
    ...firstOf(/\bexport\s+default\b|\bexport\b[^;]*?\bresult\b/, graph, [graph.main]),
  });
}

/** The sentence for a call that was never awaited. */
export function leftWarning(left: LeftCall, graph: ModuleGraph): string {
  const { location } = whereIs(left.site, graph);
  const place = location ? ` at ${location.file}:${location.line}:${location.column}` : "";
  return `the call of ${calledName(left)}${place} was not awaited; it was cancelled when the script ended`;
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

function stopMessage(code: RunErrorCode, limits: Limits): string {
  switch (code) {
    case "HARN-RUN-001":
      return `the script used more than ${limits.memory / 1024 / 1024} MiB of memory`;
    case "HARN-RUN-002":
      return `the script used more than ${limits.cpu} ms of CPU time`;
    case "HARN-RUN-003":
      return `the script took longer than ${limits.wall} ms`;
    case "HARN-RUN-004":
      return "the script's calls are nested too deep";
    case "HARN-RUN-008":
      return "the script waits for a promise that nothing can settle any more";
    default:
      return "the run was cancelled";
  }
}

/** What to look for when the CPU limit stopped the script there. */
const loopHints: Readonly<Record<Spot, string>> = {
  call: "What is called here does not end in time; look for a loop in it, or raise the limit cpu.",
  function:
    "Look for a loop that does not end in this function, here or further down, or raise the limit cpu.",
  builtIn: "Look for one call of a built-in function on something huge, or raise the limit cpu.",
};

/** The error for a run that was waiting when it ended: for which call, or since which. */
function waitError(
  code: RunErrorCode,
  limits: Limits,
  { open, last }: Extract<Outcome, { kind: "waits" }>,
  graph: ModuleGraph,
): RunError {
  const message = stopMessage(code, limits);
  const [first] = open;
  const call = first ?? last;
  if (!call) return new RunError(code, message, firstPromise(graph));
  const more = open.length > 1 ? ` and ${open.length - 1} more` : "";
  const words = first
    ? `it was waiting for ${calledName(first)}${more}`
    : `the last call that was answered is ${calledName(call)}`;
  return new RunError(code, `${message}; ${words}`, whereIs(call.site, graph));
}

/** Where the pipeline makes the first promise of its own: what waits without any call waits for such a one. */
function firstPromise(graph: ModuleGraph): Place {
  const others = [...graph.sources.keys()].filter((file) => file !== graph.main);
  const made = /\bnew\s+Promise\b|\bPromise\s*\.\s*withResolvers\b/;
  return firstOf(made, graph, [graph.main, ...others]);
}

/** Where the first text of this kind stands, in the first of these files that has one. */
function firstOf(wanted: RegExp, { sources }: ModuleGraph, files: readonly string[]): Place {
  for (const file of files) {
    const { code, original } = sources.get(file) ?? { code: "", original: "" };
    const offset = code.search(wanted);
    if (offset === -1) continue;
    const location = locationAt(original, file, offset);
    return { location, frame: sourceFrame(original, location) };
  }
  return { location: undefined, frame: undefined };
}

/** `std/http#http_get`; only the name for the method of an object. */
function calledName({ fn }: LeftCall): string {
  return fn.replace(/^#\d+\./, "");
}

/** A thrown value as the author should see it: a refused import, a syntax error, or the script's own error. */
function explain(error: GuestError, graph: ModuleGraph): RunError | ScriptError {
  const where = whereIs(error.stack ?? "", graph);
  if (error.message === moduleRefused) {
    return new RunError("HARN-RUN-011", "a computed import names a module that scripts cannot have", where);
  }
  if (error.name === "SyntaxError" && isFromParser(error.stack ?? "")) {
    return new RunError("HARN-RUN-012", error.message, where);
  }
  const hint =
    error.stack === undefined ? "What was thrown is no Error, so its place is not known." : undefined;
  return new ScriptError({ ...(hint ? { hint } : {}), ...error }, where, causesOf(error, graph));
}

function causesOf({ causes = [] }: GuestError, graph: ModuleGraph): readonly ErrorCause[] {
  return causes.flatMap((cause) => [
    {
      name: cause.name,
      message: cause.message,
      code: cause.code ?? null,
      location: whereIs(cause.stack ?? "", graph).location,
    },
    ...causesOf(cause, graph),
  ]);
}

/** The limit that shows itself as a guest error, or that the worker named. */
function limitBehind(error: GuestError, ending: Ending, limits: Limits): RunErrorCode | null {
  if (ending.type === "over" && ending.reason !== "settled") return endingCode(ending);
  // The compiler of regexps says it as a SyntaxError.
  if (/^(?:Internal|Syntax)Error$/.test(error.name) && error.message === "out of memory")
    return "HARN-RUN-001";
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

function whereIs(stack: string, graph: ModuleGraph): Place {
  const location = locate(stack, (file) => graph.sources.has(file));
  const source = location ? graph.sources.get(location.file)?.original : undefined;
  return { location, frame: location && source !== undefined ? sourceFrame(source, location) : undefined };
}

/**
 * The error for guest code that was stopped. The engine does not know at which line of a function that was, only the last
 * place that it noted there; the calls that led to it are exact.
 */
function interruption(code: RunErrorCode, limits: Limits, stack: string, graph: ModuleGraph): RunError {
  const own = stack.replace(/^(?: *at [^\n]*\(holdfast:[^\n]*\n)+/, "");
  const call = whereIs(own.slice(own.indexOf("\n") + 1), graph);
  if (call.location) return stopError(code, limits, call, "call");
  const fn = whereIs(own, graph);
  return stopError(code, limits, fn, fn.location && "function");
}
