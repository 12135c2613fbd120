/**
 * The runtime: what an embedder creates once and runs scripts with.
 *
 * @module
 */

import { basename, dirname, resolve } from "node:path";
import { setMaxListeners } from "node:events";
import { readFile } from "node:fs/promises";
import { systemClock } from "../host/clock.ts";
import { createEgress, type EgressOptions } from "../host/egress.ts";
import { createEventLog, type EventLog } from "../host/event-log.ts";
import { systemRandom } from "../host/random.ts";
import { RunError } from "../host/run-error.ts";
import { createRunLog, type LogLine } from "../host/run-log.ts";
import { createSealer } from "../host/seal.ts";
import type { TestingWorld } from "../host/testing-world.ts";
import type { Plugin } from "../plugin.ts";
import type { EventSink, LogEvent, Redactor } from "../ports.ts";
import { std } from "../std/index.ts";
import { collectCapabilities } from "./capability.ts";
import { engineDigest } from "./engine-digest.ts";
import { type Grants, parseGrants } from "./grants.ts";
import { loadModules } from "./imports.ts";
import { type Limits, resolveLimits } from "./limits.ts";
import { createMetrics, type Meter } from "./metrics.ts";
import { createPool } from "./pool.ts";
import { createQueue, resolveQueueLimits } from "./queue.ts";
import { type RunResult, runScript } from "./run.ts";
import { type Capability, type Environment, noRedactor, runPorts, type Shared } from "./run-ports.ts";
import { collectModules, guestModule } from "./std-modules.ts";
import { createStripper } from "./typescript.ts";

/** How long the redactor knows a run's tokens after its end, in ms. */
const knownAfterRun = 60_000;

export interface RuntimeOptions {
  /** What scripts can import beside the runtime's own std modules; usually `[oauth()]`. */
  readonly plugins?: readonly Plugin[];
  /** Operations that std functions (and `capability()` plugins) may call, by capability and operation. */
  readonly capabilities?: Readonly<Record<string, Capability>>;
  readonly limits?: Partial<Limits>;
  /** How requests leave: resolver, proxy, certificates, limits. */
  readonly egress?: EgressOptions;
  /** Sinks for the event log. One that persists needs a plugin that redacts. */
  readonly events?: readonly EventSink[];
  /** The environment that scripts can be granted; default none. */
  readonly env?: Environment;
  /**
   * Runs at the same time at most, each in a thread of its own; default 64, at most 1,024. A tenant takes a further one only while it
   * holds fewer than are free: alone it gets half of them, and one that comes new need not wait for the others' runs.
   */
  readonly threads?: number;
  /** Runs of one tenant that may wait for a thread; default 1,000. A further one is refused with HARN-RUN-016, which is retryable. */
  readonly waiting?: number;
  /** A meter of the OpenTelemetry API, which is told of every run; its instruments begin with `holdfast.`. */
  readonly meter?: Meter;
  /** For a process that ends after one run: no sandbox is made for a next one in advance. */
  readonly once?: boolean;
  /** Called with each log line as it is written, already redacted. */
  readonly onLog?: (line: LogLine, run: { readonly id: string; readonly script: string }) => void;
}

export interface RunRequest {
  /** The pipeline's text: one ES module, JavaScript or (by its file name) TypeScript. */
  readonly source: string;
  /** Shown in errors; `.ts` and `.mts` are TypeScript. */
  readonly filename: string;
  /** The folder for relative imports and storage paths. Without it, relative imports are refused and storage paths start at the working directory. */
  readonly folder?: string;
  /** Data for the default function. */
  readonly args?: unknown;
  readonly grants?: Grants;
  /** Whose script it is: a name of the embedder's. Between two tenants, the memory of a sandbox is zeroed; left out, it is the tenant "". */
  readonly tenant?: string;
  /** The scripted world of this run in place of the real one, so that a suite can script it from outside; the script sees `std/testing` only with that grant. */
  readonly world?: TestingWorld;
  /** Aborting it stops the run: HARN-RUN-009. */
  readonly signal?: AbortSignal;
}

export interface Runtime {
  /**
   * Runs one script in a fresh sandbox.
   * @throws RunError with a `HARN-RUN-…` code for limits, grants, imports and syntax; ScriptError for what the script threw.
   */
  run(request: RunRequest): Promise<RunResult>;
  /** Reads a pipeline from disk and runs it; its folder is the file's. */
  runFile(path: string, request?: Omit<RunRequest, "source" | "filename" | "folder">): Promise<RunResult>;
  /** The events so far, oldest first. */
  events(): readonly LogEvent[];
  /** Cancels what runs, waits for refreshes that reached the network, closes sinks and ends the threads. */
  close(): Promise<void>;
}

/**
 * Creates a runtime.
 * @throws RunError HARN-RUN-015 for a limit or number of threads out of range, for sealing keys that are none and for wrong egress options; HARN-RUN-010 for a persisting sink without a redactor.
 */
export async function createRuntime(options: RuntimeOptions = {}): Promise<Runtime> {
  const plugins: readonly Plugin[] = [std(), ...(options.plugins ?? [])];
  const limits = resolveLimits(options.limits);
  const queue = createQueue(resolveQueueLimits(options));
  const metrics = createMetrics(options.meter);
  const redactors = plugins.flatMap((plugin) => (plugin.redactor ? [plugin.redactor] : []));
  if (redactors.length > 1) throw new TypeError("two plugins bring a redactor; a runtime uses one");
  const redactor = redactors[0] ?? null;
  const sealingKeys = plugins.flatMap((plugin) => (plugin.sealingKeys ? [plugin.sealingKeys] : []));
  if (sealingKeys.length > 1)
    throw new TypeError("two plugins bring sealing keys; a runtime uses those of one");

  const clock = systemClock();
  const random = systemRandom();
  const eventLog: EventLog = createEventLog({ clock, redactor, sinks: options.events ?? [] });
  const outliving = new Set<Promise<unknown>>();
  const shared: Shared = {
    clock,
    random,
    egress: createEgress(options.egress),
    sealer: createSealer({ random, ...(sealingKeys[0] ? { sealingKeys: sealingKeys[0] } : {}) }),
    eventLog,
    redactor,
    env: options.env ?? {},
    capabilities: collectCapabilities(plugins, options.capabilities ?? {}),
    outlive(work) {
      outliving.add(work);
      work.catch(() => {}).finally(() => outliving.delete(work));
    },
  };

  const inert = runPorts(shared, {
    id: "",
    script: "",
    grants: parseGrants({}, process.cwd()),
    signal: AbortSignal.abort(),
    log: createRunLog({ clock, redactor: null, maxBytes: 0 }),
    redactor: noRedactor(),
  });
  const guestModules = [...collectModules(plugins, inert)].map(([name, module]) => guestModule(name, module));
  const stdExports = new Map(guestModules.map((module) => [module.specifier, module.exports]));
  const pool = createPool({
    engine: engineDigest(),
    stdSources: new Map(guestModules.map((module) => [module.specifier, module.source])),
    memory: limits.memory,
    stack: limits.stack,
    once: options.once ?? false,
  });
  const stripper = createStripper();
  const closing = new AbortController();
  const running = new Set<Promise<unknown>>();

  async function run(request: RunRequest): Promise<RunResult> {
    const folder = request.folder === undefined ? null : resolve(request.folder);
    const grants = parseGrants(request.grants, folder ?? process.cwd());
    const tenant = request.tenant ?? "";
    const id = Buffer.from(random.bytes(12)).toString("base64url");
    const over = new AbortController();
    const { signal } = over;
    const cancelled = request.signal ? AbortSignal.any([closing.signal, request.signal]) : closing.signal;
    const cancel = (): void => over.abort(cancelled.reason);
    if (cancelled.aborted) cancel();
    cancelled.addEventListener("abort", cancel);
    // Every call of the run may listen to it.
    setMaxListeners(0, cancelled, signal);
    const runRedactor = redactor?.fork() ?? noRedactor();
    const identity = { id, script: request.filename };
    const log = createRunLog({
      clock,
      redactor: redactor ? runRedactor : null,
      maxBytes: limits.log,
      ...(options.onLog ? { onLine: (line: LogLine) => options.onLog?.(line, identity) } : {}),
    });
    const ports = runPorts(shared, {
      ...identity,
      grants,
      log,
      redactor: runRedactor,
      signal,
      ...(request.world ? { world: request.world } : {}),
    });
    try {
      if (cancelled.aborted) throw new RunError("HARN-RUN-009", "the run was cancelled");
      const graph = await loadModules({
        source: request.source,
        filename: request.filename,
        folder,
        stdModules: stdExports,
        strip: (source, filename) => stripper.strip(source, filename, { tenant, signal: cancelled }),
        maxBytes: limits.source,
        testing: grants.testing,
        capability: grants.capability,
      });
      if (grants.reveal) ports.events.emit("runtime.audit", "reveal_granted", { script: request.filename });
      const leave = await turnOf(tenant, cancelled);
      try {
        const worker = await pool.take(tenant, cancelled).catch(orCancelled(cancelled));
        const script = await runScript({
          worker,
          tenant,
          graph,
          args: request.args,
          modules: () => collectModules(plugins, ports),
          limits,
          signal: cancelled,
          mask: grants.reveal ? (text) => text : (text) => runRedactor.maskKnown(text),
          onInternalError: (fn, error) =>
            void ports.events.emit("runtime.audit", "internal_error", { call: fn, error: errorText(error) }),
          onUsage: (usage, killed) => metrics.used(tenant, usage, killed),
        }).finally(() => pool.giveBack(worker));
        return { id, ...script, logs: log.lines };
      } finally {
        leave();
      }
    } finally {
      cancelled.removeEventListener("abort", cancel);
      over.abort(new RunError("HARN-RUN-009", "the run is over"));
      // What outlives the run may still register some.
      if (runRedactor.holdsValues || outliving.size > 0) releaseLater(runRedactor);
    }
  }

  /** Waits for the run's turn; answers what gives it up. */
  async function turnOf(tenant: string, signal: AbortSignal): Promise<() => void> {
    const waited = metrics.waits(tenant);
    const leave = await queue.enter(tenant, signal).catch(orCancelled(signal)).finally(waited);
    const ran = metrics.runs(tenant);
    return () => {
      leave();
      ran();
    };
  }

  const runtime: Runtime = {
    run(request) {
      const work = run(request);
      const ended = (outcome: string): void => metrics.ended(request.tenant ?? "", outcome);
      work.then(
        () => ended("done"),
        // Not the code of a ScriptError: that is the script's own text, whatever it looks like.
        (error: unknown) => ended(error instanceof RunError ? error.code : "threw"),
      );
      running.add(work);
      work.catch(() => {}).finally(() => running.delete(work));
      return work;
    },
    async runFile(path, request = {}) {
      const source = await readFile(path, "utf8");
      return await runtime.run({ ...request, source, filename: basename(path), folder: dirname(path) });
    },
    events: () => eventLog.events(),
    async close() {
      closing.abort(new RunError("HARN-RUN-009", "the runtime is closed"));
      await Promise.allSettled([...running]);
      while (outliving.size > 0) await Promise.allSettled([...outliving]);
      await pool.close();
      await stripper.close();
      await shared.egress.close();
      await eventLog.close();
    },
  };
  return runtime;
}

/** A little later, so that what the host prints right after a run is still covered. Of the run it keeps the redactor only. */
function releaseLater(redactor: Redactor): void {
  setTimeout(() => redactor.release(), knownAfterRun).unref();
}

/** Says of a failure of what was waited for that the run was cancelled, when it was. */
function orCancelled(signal: AbortSignal): (error: unknown) => never {
  return (error) => {
    throw signal.aborted ? new RunError("HARN-RUN-009", "the run was cancelled") : error;
  };
}

/** What an error says of itself, short enough for an event. */
function errorText(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}`.slice(0, 2_000) : typeof error;
}
