/**
 * Many tenants in one runtime: whose turn it is, and what the embedder is told.
 */

import { metrics as metricsApi } from "@opentelemetry/api";
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from "@opentelemetry/sdk-metrics";
import { expect, test } from "vitest";
import { capability, createRuntime, type Meter, type Runtime } from "../index.ts";

const hold = 'import { wait } from "std/capability/gate"; export default () => wait();';
const grants = { capabilities: ["gate"] };

/** A runtime in which scripts can wait until `open` is called. */
async function gated(options: { threads: number; waiting?: number }): Promise<{
  readonly runtime: Runtime;
  readonly entered: () => number;
  readonly open: () => void;
}> {
  let open = (): void => {};
  let entered = 0;
  const opened = new Promise<void>((resolve) => (open = resolve));
  const gate = capability("gate", {
    wait: async () => {
      entered += 1;
      await opened;
      return "through";
    },
  });
  const runtime = await createRuntime({ plugins: [gate], ...options });
  return { runtime, open, entered: () => entered };
}

const run = (runtime: Runtime, tenant: string, source = hold) =>
  runtime.run({ source, filename: "pipeline.js", tenant, grants });

test("a tenant whose scripts hold all that it may have does not keep another one waiting", async () => {
  const { runtime, open, entered } = await gated({ threads: 4 });
  const greedy = Array.from({ length: 6 }, () => run(runtime, "greedy"));
  await expect.poll(entered).toBe(2);
  expect((await run(runtime, "modest", "export default () => 7")).result).toBe(7);
  expect(entered()).toBe(2);
  open();
  expect((await Promise.all(greedy)).map(({ result }) => result)).toEqual(Array(6).fill("through"));
  await runtime.close();
});

test("more runs than may wait are refused, and the others go on", async () => {
  const { runtime, open, entered } = await gated({ threads: 2, waiting: 1 });
  const first = run(runtime, "a");
  await expect.poll(entered).toBe(1);
  const second = run(runtime, "a");
  await expect(run(runtime, "a")).rejects.toMatchObject({ code: "HARN-RUN-016", retryable: true });
  open();
  expect((await Promise.all([first, second])).map(({ result }) => result)).toEqual(["through", "through"]);
  await runtime.close();
});

test("a run that waits can be cancelled, and closing the runtime cancels all", async () => {
  const { runtime, entered } = await gated({ threads: 1 });
  const holding = run(runtime, "a").catch((error: unknown) => error);
  await expect.poll(entered).toBe(1);
  const cancelled = new AbortController();
  const waits = runtime.run({ source: hold, filename: "p.js", grants, signal: cancelled.signal });
  cancelled.abort();
  await expect(waits).rejects.toMatchObject({ code: "HARN-RUN-009" });
  const other = run(runtime, "b").catch((error: unknown) => error);
  await runtime.close();
  expect(await holding).toMatchObject({ code: "HARN-RUN-009" });
  expect(await other).toMatchObject({ code: "HARN-RUN-009" });
});

test("a meter of the OpenTelemetry API is told of every run", async () => {
  const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 });
  const provider = new MeterProvider({ readers: [reader] });
  const runtime = await createRuntime({
    meter: provider.getMeter("holdfast"),
    limits: { cpu: 50, grace: 1_000 },
  });
  const tenant = "acme";
  const outcome = async (source: string): Promise<unknown> =>
    await runtime.run({ source, filename: "p.js", tenant }).catch((error: unknown) => error);
  await outcome("export default () => 1");
  await outcome("throw Object.assign(new Error('x'), { code: 'made-up-' + Math.random() })");
  // A label that a script could choose would be text of its own, and one more series for each.
  for (const code of ["HARN-RUN-001", "HARN-RUN-777", "HARN-OAU-002", "HARN-OAU-778"])
    await outcome(`throw Object.assign(new Error('x'), { name: "RunError", code: "${code}" })`);
  await outcome("for (;;);");
  // This one never asks whether it should stop.
  await outcome("Array.prototype.indexOf.call({ length: 2 ** 53 - 1 }, 1)");
  await runtime.close();
  await reader.forceFlush();
  const scope = exporter.getMetrics().at(-1)?.scopeMetrics[0];
  const points = (name: string) =>
    (scope?.metrics.find(({ descriptor }) => descriptor.name === name)?.dataPoints ?? []).map(
      ({ attributes, value }) => ({ ...attributes, value }),
    );
  const of = { "holdfast.tenant": tenant };
  expect(points("holdfast.runs")).toEqual([
    { ...of, "holdfast.outcome": "done", value: 1 },
    { ...of, "holdfast.outcome": "threw", value: 5 },
    { ...of, "holdfast.outcome": "HARN-RUN-002", value: 2 },
  ]);
  expect(points("holdfast.runs.killed")).toEqual([{ ...of, value: 1 }]);
  expect(points("holdfast.runs.active")).toEqual([{ ...of, value: 0 }]);
  expect(points("holdfast.runs.waiting")).toEqual([{ ...of, value: 0 }]);
  const counts = Object.fromEntries(
    ["queue_time", "wall_time", "cpu_time", "peak_memory", "fresh_sandbox_us"].map((name) => [
      name,
      points(`holdfast.run.${name}`).map(({ value }) => (value as { count: number }).count),
    ]),
  );
  expect(counts).toEqual({
    queue_time: [8],
    wall_time: [8],
    cpu_time: [8],
    peak_memory: [8],
    fresh_sandbox_us: [7],
  });
  await provider.shutdown();
});

test("the meter of an application without an SDK will do, and one that throws fails no run", async () => {
  const throwing = {
    add() {
      throw new Error("no");
    },
    record() {
      throw new Error("no");
    },
  };
  const broken: Meter = {
    createCounter: () => throwing,
    createUpDownCounter: () => throwing,
    createHistogram: () => throwing,
  };
  for (const meter of [metricsApi.getMeter("holdfast"), broken]) {
    const runtime = await createRuntime({ meter });
    expect((await runtime.run({ source: "export default () => 1", filename: "p.js" })).result).toBe(1);
    await runtime.close();
  }
});
