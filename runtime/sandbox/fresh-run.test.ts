import { createHash } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createRuntime, definePlugin, plain, type Runtime } from "../index.ts";
import { fingerprintSource } from "./realm-fingerprint.test.support.ts";

/** The functions that scripts left with the host. */
const kept: ((value: unknown) => Promise<unknown>)[] = [];

const probe = definePlugin({
  name: "probe",
  modules: () => ({
    "std/probe": {
      echo: plain((value: unknown) => value),
      keep: async (fn: (value: unknown) => Promise<unknown>) => {
        kept.push(fn);
      },
      call_kept: async (value: unknown) => await kept[0]?.(value).catch((error: unknown) => String(error)),
      forever: async () => await new Promise(() => {}),
    },
  }),
});

let runtime: Runtime;
beforeAll(async () => {
  runtime = await createRuntime({ plugins: [probe], limits: { cpu: 1_000, wall: 5_000 } });
});
afterAll(async () => {
  await runtime.close();
});

const run = async (source: string, tenant?: string): Promise<unknown> =>
  (await runtime.run({ source, filename: "pipeline.js", ...(tenant === undefined ? {} : { tenant }) }))
    .result;

const stdModules = ["http", "env", "log", "events", "time", "json", "crypto", "url", "probe"];
const fingerprint = fingerprintSource(stdModules.map((name) => `std/${name}`));
/** What a script can see of its realm, as one hash. */
async function realm(): Promise<string> {
  const text = (await run(fingerprint)) as string;
  expect(text.split("\n").length).toBeGreaterThan(500);
  return createHash("sha256").update(text).digest("hex");
}

/** Scripts that change all they can, and ways to fail while doing so. */
const attacks: readonly (readonly [name: string, source: string])[] = [
  ["globals", "globalThis.left = 1; delete globalThis.URL; globalThis.Array = 1; Object.freeze(globalThis);"],
  [
    "prototypes",
    `for (const of of [Object, Array, String, Function, Promise, Map, Error, RegExp, Uint8Array, URL]) {
      if (of === undefined) continue;
      of.prototype.left = 1;
      for (const key of Reflect.ownKeys(of.prototype)) try { of.prototype[key] = null; } catch {}
    }`,
  ],
  [
    "prototype chains",
    "Object.setPrototypeOf(Array.prototype, { left: 1 }); Object.preventExtensions(Math);",
  ],
  ["JSON", "JSON.parse = () => ({}); JSON.stringify = () => '1'; Object.prototype.toJSON = () => 1;"],
  [
    "symbols",
    "Symbol.for('left'); Object.prototype[Symbol.for('left')] = 1; RegExp.prototype.exec = () => null;",
  ],
  [
    "std functions",
    `import * as probe from "std/probe"; import * as log from "std/log";
     for (const fn of [...Object.values(probe), ...Object.values(log)]) try { fn.left = 1; fn.prototype = {}; } catch {}`,
  ],
  ["many objects", "globalThis.left = Array.from({ length: 50_000 }, (_, i) => ({ i, text: 'left' + i }));"],
  ["regular expressions", "'left'.match(/(le)(ft)/); RegExp.prototype.flags = 'g'; RegExp.lastIndex = 9;"],
  [
    "pending promises",
    "for (let i = 0; i < 100; i++) new Promise(() => {}).then(() => { globalThis.left = i; });",
  ],
  ["pending calls", 'import { forever } from "std/probe"; for (let i = 0; i < 10; i++) forever();'],
  ["timers", "setInterval(() => { globalThis.left = 1; console.log('left'); }, 1); setTimeout(() => {}, 5);"],
  [
    "callbacks",
    'import { keep } from "std/probe"; export default async () => { await keep(() => "left"); };',
  ],
  ["an exception", "globalThis.left = 1; throw new Error('left');"],
  ["a syntax error", "globalThis.left = ;"],
  ["an unhandled rejection", "Promise.reject(new Error('left')); globalThis.left = 1;"],
  ["recursion", "globalThis.left = 1; function f() { return f() + 1; } f();"],
  ["caught recursion", "function f() { return f() + 1; } try { f(); } catch {} Object.prototype.left = 1;"],
  ["nested data", "JSON.parse('['.repeat(100_000));"],
  ["a nested source", `eval; ${"(".repeat(3_000)}1${")".repeat(3_000)}`],
  ["all of the memory", "globalThis.left = []; for (;;) left.push(new Uint8Array(1 << 20));"],
  [
    "caught memory exhaustion",
    "const a = []; try { for (;;) a.push(new Uint8Array(1 << 20)); } catch {} a.length = 0;",
  ],
  ["a loop", "globalThis.left = 1; for (;;) Object.prototype.left = 1;"],
  ["a native loop", "globalThis.left = 1; [].indexOf.call({ length: 2 ** 53 - 1 }, 1);"],
  [
    "a flood of jobs",
    "async function f() { for (;;) await null; } for (let i = 0; i < 300; i++) f(); await f();",
  ],
  ["a wait for nothing", "globalThis.left = 1; await new Promise(() => {});"],
  ["a broken message", "Object.prototype.left = 1; Array.prototype.push = 1; export const result = 10n;"],
];

describe("the realm of a run is the same", () => {
  let before = "";
  beforeAll(async () => {
    before = await realm();
  });
  test.each(attacks)("after %s", async (_name, source) => {
    await run(source).catch(() => {});
    expect(await realm()).toBe(before);
  });

  test("and the description sees what a script changes in its own", async () => {
    for (const change of ["Math.left = 1;", "[].values().__proto__.next.left = 1;", "Object.freeze(URL);"]) {
      const text = (await run(fingerprint.replace("const roots", `${change}\nconst roots`))) as string;
      expect(createHash("sha256").update(text).digest("hex")).not.toBe(before);
    }
  });
});

describe("nothing of a run is left in the next", () => {
  test("its module is loaded anew under the same name", async () => {
    const counting = "let n = 0; export const result = [++n, import.meta.left]; import.meta.left = 1;";
    expect(await run(counting)).toEqual([1, undefined]);
    expect(await run(counting)).toEqual([1, undefined]);
    expect(await run("export const result = 'other';")).toBe("other");
  });

  test("its random numbers", async () => {
    const source = "export const result = Array.from({ length: 4 }, Math.random);";
    const seen = new Set<number>();
    for (let i = 0; i < 20; i += 1) for (const number of (await run(source)) as number[]) seen.add(number);
    expect(seen.size).toBe(80);
    expect([...seen].every((number) => number >= 0 && number < 1)).toBe(true);
  });

  test("its random numbers are spread evenly", async () => {
    const tenths = (await run(`
      const counts = Array(10).fill(0);
      for (let i = 0; i < 10_000; i++) counts[Math.floor(Math.random() * 10)]++;
      export const result = counts;
    `)) as number[];
    expect(tenths.reduce((a, b) => a + b)).toBe(10_000);
    // Twelve standard deviations of a fair count.
    expect(tenths.every((count) => Math.abs(count - 1_000) < 360)).toBe(true);
  });

  test("its timers and promises do nothing more", async () => {
    await run("setInterval(() => console.log('left'), 1); globalThis.p = new Promise(() => {});");
    const { logs } = await runtime.run({
      source: "await new Promise((resolve) => setTimeout(resolve, 30));",
      filename: "pipeline.js",
    });
    expect(logs).toEqual([]);
    await expect(run("await new Promise(() => {});")).rejects.toMatchObject({ code: "HARN-RUN-008" });
  });

  test("the host cannot reach a function of the next run by one of the last", async () => {
    kept.length = 0;
    await run('import { keep } from "std/probe"; export default async () => { await keep(() => "first"); };');
    const answer = await run(`
      import { call_kept, keep } from "std/probe";
      export default async () => { await keep(() => "second"); return await call_kept(1); };
    `);
    expect(answer).toContain("the run is over");
    expect(kept).toHaveLength(2);
  });

  test("the numbers of its host objects and calls", async () => {
    const source = 'import { echo } from "std/probe"; export const result = echo({ $: "host", id: 1 });';
    expect(await run(source)).toEqual({ $: "host", id: 1 });
    expect(await run(source)).toEqual({ $: "host", id: 1 });
  });

  test("whoever the tenants are", async () => {
    const leave = "globalThis.left = Object.prototype.left = 'of a tenant';";
    const look = "export const result = [typeof left, typeof {}.left];";
    for (const tenant of ["a", "b", "a", "", "b"]) {
      expect(await run(look, tenant)).toEqual(["undefined", "undefined"]);
      await run(leave, tenant);
    }
  });
});

test("memory that a script gets is zero, whatever a run left there", async () => {
  const fill = "const a = []; for (let i = 0; i < 60; i++) a.push(new Uint8Array(100_000).fill(0xab));";
  const count = `
    let found = 0;
    for (let i = 0; i < 60; i++) for (const word of new BigUint64Array(1_250 + i * 125)) if (word !== 0n) found++;
    export const result = found;
  `;
  await run(fill);
  expect(await run(count)).toBe(0);
});

test("a thread that was killed is replaced, and the next run is served", async () => {
  for (let i = 0; i < 3; i += 1) {
    await expect(run("[].indexOf.call({ length: 2 ** 53 - 1 }, 1);")).rejects.toMatchObject({
      code: "HARN-RUN-002",
    });
    expect(await run("export const result = 1;")).toBe(1);
  }
});
