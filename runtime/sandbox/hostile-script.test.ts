import { afterAll, beforeAll, expect, test } from "vitest";
import { createRuntime, definePlugin, plain, type Runtime } from "../index.ts";

const probe = definePlugin({
  name: "probe",
  modules: () => ({
    "std/probe": {
      compute: plain((ms: number) => {
        const until = performance.now() + ms;
        while (performance.now() < until);
        return ms;
      }),
      give: async (length: number) => "x".repeat(length),
    },
  }),
});

let runtime: Runtime;
beforeAll(async () => {
  runtime = await createRuntime({ plugins: [probe], limits: { cpu: 500, wall: 20_000 } });
});
afterAll(async () => {
  await runtime.close();
});

const run = (source: string) => runtime.run({ source, filename: "pipeline.js" });

/** A host that an exception killed would answer nothing. */
async function hostIsWell(): Promise<void> {
  expect((await run("export const result = 42;")).result).toBe(42);
}

test.each([
  "{ k: 'nothing we know' }",
  "null",
  "{ k: 'answer', id: 1, v: { $: 'nothing we know' } }",
  "{ k: 'result', v: { $: 'host', id: 77 }, left: [] }",
  "{ k: 'call', id: 1, fn: { toString: 'x'.repeat(100000) }, args: [] }",
  "{ k: 'failed', e: { name: {}, message: [], stack: {} } }",
])("toJSON that answers %s harms only its own run", async (forged) => {
  await run(`
    import { now, sleep } from "std/time";
    Object.prototype.toJSON = function () { return typeof this.k === "string" ? ${forged} : this; };
    export default async () => { now(); await sleep(1); return 1; };
  `).catch(() => {});
  await hostIsWell();
});

test("answers that no message could hold end the run, not the host", async () => {
  await run(`
    import { give } from "std/probe";
    export default async () => { await Promise.all(Array.from({ length: 40 }, () => give(15_000_000))); };
  `).catch(() => {});
  await hostIsWell();
});

test("what the host computes in plain calls counts against the CPU limit", async () => {
  await expect(
    run(`import { compute } from "std/probe"; export default () => { for (;;) compute(60); };`),
  ).rejects.toMatchObject({ code: "HARN-RUN-002" });
  await hostIsWell();
});
