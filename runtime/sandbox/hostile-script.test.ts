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
      show: async (value: unknown) => JSON.stringify(value),
      wait: async () => await new Promise(() => {}),
      call: async (fn: () => unknown) => await fn(),
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

test("a function that throws where nobody waits for it does not end the process", async () => {
  const { result } = await run(`
    import { show } from "std/probe";
    export default async () => await show({ a: { toJSON() { throw new Error("thrown at nobody"); } } });
  `);
  expect(result).toBe('{"a":{}}');
  // An unhandled rejection ends it a turn later.
  await new Promise((resolve) => setTimeout(resolve, 5));
  await hostIsWell();
});

test("an object with a function then is no promise of the host", async () => {
  const { result } = await run(`
    import { call, show } from "std/probe";
    let called = 0;
    const then = () => { called++; };
    export default async () => [await show({ a: 1, then }), await call(() => ({ a: 1, then })), called];
  `);
  expect(result).toEqual(['{"a":1}', { a: 1 }, 0]);
});

test("calls that wait hold 64 MiB of arguments at most, and what was answered counts no longer", async () => {
  const patient = await createRuntime({ plugins: [probe], limits: { cpu: 60_000 } });
  const source = `
    import { show, wait } from "std/probe";
    export default async () => {
      const large = "x".repeat(4 * 1024 * 1024);
      const codes = [];
      for (let i = 0; i < 3; i++) codes.push((await show(large)).length);
      for (let i = 0; i < 17; i++) wait(large).catch((error) => codes.push(error.code));
      await null;
      await null;
      return codes;
    };
  `;
  const { result } = await patient.run({ source, filename: "pipeline.js" });
  expect(result).toEqual([...Array(3).fill(4 * 1024 * 1024 + 2), ...Array(2).fill("HARN-RUN-007")]);
  await patient.close();
});
