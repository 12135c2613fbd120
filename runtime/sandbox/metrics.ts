/**
 * What a runtime tells of its runs, as instruments of the OpenTelemetry API.
 *
 * The API itself is the embedder's: what is taken here is only the shape of its `Meter`.
 *
 * @module
 */

import type { Usage } from "../host/usage.ts";

/** Attributes of a measurement. */
export type MetricAttributes = Readonly<Record<string, string>>;

/** What is used of the `Meter` of `@opentelemetry/api`. */
export interface Meter {
  createCounter(name: string, options: InstrumentOptions): Adder;
  createUpDownCounter(name: string, options: InstrumentOptions): Adder;
  createHistogram(
    name: string,
    options: InstrumentOptions,
  ): { record(value: number, attributes?: MetricAttributes): void };
}

interface InstrumentOptions {
  readonly description: string;
  readonly unit: string;
}

interface Adder {
  add(value: number, attributes?: MetricAttributes): void;
}

/** Told of each step of a run. None throws. */
export interface Metrics {
  /** A run of the tenant waits for a thread. The function that comes back is called when it has one, or waits no more. */
  waits(tenant: string): () => void;
  /** The run has a thread. The function that comes back is called when it has given it back. */
  runs(tenant: string): () => void;
  /** What a run cost that reached a sandbox, and whether its thread had to be terminated. */
  used(tenant: string, usage: Usage, killed: boolean): void;
  /** A run is over: `outcome` is `done`, the code of the runtime's own error, or `threw`. */
  ended(tenant: string, outcome: string): void;
}

/** Makes the instruments, all named `holdfast.…`. */
export function createMetrics(meter: Meter | undefined): Metrics {
  const instruments = meter && instrumentsOf(meter);
  const tell = (how: (to: ReturnType<typeof instrumentsOf>) => void): void => {
    if (!instruments) return;
    try {
      how(instruments);
    } catch {
      // A meter that fails must not fail a run.
    }
  };
  return {
    waits(tenant) {
      const began = instruments ? performance.now() : 0;
      const of = attributes(tenant);
      tell(({ waiting }) => waiting.add(1, of));
      return () =>
        tell(({ waiting, queueTime }) => {
          waiting.add(-1, of);
          queueTime.record(performance.now() - began, of);
        });
    },
    runs(tenant) {
      const of = attributes(tenant);
      tell(({ running }) => running.add(1, of));
      return () => tell(({ running }) => running.add(-1, of));
    },
    used(tenant, usage, wasKilled) {
      const of = attributes(tenant);
      tell(({ wall, cpu, memory, freshSandbox, hostCalls, killed }) => {
        wall.record(usage.wall_ms, of);
        cpu.record(usage.cpu_ms, of);
        memory.record(usage.peak_memory, of);
        // Of a thread that was terminated it is not known.
        if (!wasKilled) freshSandbox.record(usage.fresh_sandbox_us, of);
        hostCalls.add(usage.host_calls, of);
        if (wasKilled) killed.add(1, of);
      });
    },
    ended(tenant, outcome) {
      tell(({ runs }) => runs.add(1, { ...attributes(tenant), "holdfast.outcome": outcome }));
    },
  };
}

/** The tenant without a name is that of a runtime which has no tenants. */
function attributes(tenant: string): MetricAttributes {
  return tenant === "" ? {} : { "holdfast.tenant": tenant };
}

function instrumentsOf(meter: Meter) {
  return {
    runs: meter.createCounter("holdfast.runs", { unit: "{run}", description: "Runs that are over." }),
    killed: meter.createCounter("holdfast.runs.killed", {
      unit: "{run}",
      description: "Runs whose thread was terminated, because they did not stop in time.",
    }),
    running: meter.createUpDownCounter("holdfast.runs.active", {
      unit: "{run}",
      description: "Runs that have a thread.",
    }),
    waiting: meter.createUpDownCounter("holdfast.runs.waiting", {
      unit: "{run}",
      description: "Runs that wait for a thread.",
    }),
    queueTime: meter.createHistogram("holdfast.run.queue_time", {
      unit: "ms",
      description: "How long runs waited for their turn.",
    }),
    wall: meter.createHistogram("holdfast.run.wall_time", {
      unit: "ms",
      description: "How long runs took, from the start of the script.",
    }),
    cpu: meter.createHistogram("holdfast.run.cpu_time", {
      unit: "ms",
      description: "How long scripts computed.",
    }),
    memory: meter.createHistogram("holdfast.run.peak_memory", {
      unit: "By",
      description: "The memory of runs' sandboxes.",
    }),
    freshSandbox: meter.createHistogram("holdfast.run.fresh_sandbox_us", {
      unit: "us",
      description: "How long fresh sandboxes took to make.",
    }),
    hostCalls: meter.createCounter("holdfast.host_calls", {
      unit: "{call}",
      description: "Calls of scripts to std functions.",
    }),
  };
}
