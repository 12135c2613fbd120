import { mkdtemp, writeFile, mkdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createRuntime, definePlugin, plain, RunError, type Runtime, ScriptError } from "../index.ts";

/** What the host functions of these tests saw. */
const seen: unknown[] = [];

const probe = definePlugin({
  name: "probe",
  modules: (ports) => ({
    "std/probe": {
      echo: async (value: unknown) => value,
      echo_plain: plain((value: unknown) => value),
      see: plain((value: unknown) => {
        seen.push(value);
      }),
      later: async (ms: number) => await ports.clock.sleep(ms),
      thing: async () => {
        const own = { secret: "kept on the host" };
        things.add(own);
        const object = {
          name: "thing",
          double: plain((n: number) => n * 2),
          wait: async (n: number) => n + 1,
        };
        handles.set(object, own);
        return object;
      },
      same_thing: async (object: object) => things.has(handles.get(object) ?? {}),
      apply: async (fn: (value: unknown) => Promise<unknown>, value: unknown) => await fn(value),
      coded: async () => {
        throw new RunError("HARN-RUN-013", "std/probe: a coded error", { hint: "Do this." });
      },
      uncoded: async () => {
        throw new Error(`cannot open ${process.cwd()}/secret`);
      },
    },
  }),
});
const things = new Set<object>();
const handles = new WeakMap<object, object>();

let runtime: Runtime;
beforeAll(async () => {
  runtime = await createRuntime({
    plugins: [probe],
    // On a busy machine a script may need long to be asked where it is.
    limits: {
      cpu: 400,
      grace: 1_000,
      wall: 3_000,
      callbackTimeout: 300,
      pendingCalls: 50,
      result: 10_000,
      log: 2_000,
    },
  });
});
afterAll(async () => {
  await runtime.close();
});

const run = (source: string, more: { filename?: string; args?: unknown } = {}) =>
  runtime.run({ source, filename: "pipeline.js", ...more });

async function failure(source: string, filename = "pipeline.js"): Promise<RunError | ScriptError> {
  try {
    await run(source, { filename });
  } catch (error) {
    if (error instanceof RunError || error instanceof ScriptError) return error;
    throw error;
  }
  throw new Error("the script did not fail");
}

describe("results", () => {
  test("the default function gets the arguments and its value is the result", async () => {
    const { result, usage, warnings } = await run("export default async ({ a, b }) => ({ sum: a + b });", {
      args: { a: 1, b: 2 },
    });
    expect(result).toEqual({ sum: 3 });
    expect(usage.host_calls).toBe(0);
    expect(warnings).toEqual([]);
  });

  test("without a default function the exported result counts", async () => {
    expect((await run("export const result = await Promise.resolve([1, 2]);")).result).toEqual([1, 2]);
    expect((await run("const nothing = 1;")).result).toBeUndefined();
  });

  test("an export named then is not mistaken for a promise", async () => {
    expect((await run("export function then() {}\nexport const result = 7;")).result).toBe(7);
  });

  test("TypeScript runs, with its positions kept", async () => {
    const source = "interface A { n: number }\nconst a: A = { n: 3 };\nexport default (): number => a.n;";
    expect((await run(source, { filename: "pipeline.ts" })).result).toBe(3);
    const error = await failure("const x: string = 'a';\n  null!.boom as number;", "pipeline.ts");
    expect(error.location).toEqual({ file: "pipeline.ts", line: 2, column: expect.any(Number) as number });
  });

  test("relative imports stay inside the pipeline's folder", async () => {
    const folder = await mkdtemp(join(tmpdir(), "holdfast-run-"));
    await mkdir(join(folder, "lib"));
    await writeFile(
      join(folder, "lib", "a.ts"),
      "import { b } from '../b.js';\nexport const a: number = b + 1;",
    );
    await writeFile(join(folder, "b.js"), "export const b = 1;");
    await writeFile(join(folder, "main.ts"), "import { a } from './lib/a.ts';\nexport const result = a;");
    expect((await runtime.runFile(join(folder, "main.ts"))).result).toBe(2);
    await writeFile(join(folder, "out.ts"), "import '../outside.ts';");
    await expect(runtime.runFile(join(folder, "out.ts"))).rejects.toMatchObject({ code: "HARN-RUN-011" });
  });
});

describe("across the wall", () => {
  test("data comes back as it went", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.jsonValue({ maxDepth: 4 }).filter((value) => !JSON.stringify(value).includes("__proto__")),
        async (value) => {
          const source = `import { echo, echo_plain } from "std/probe";
            export default async (value) => [await echo(value), echo_plain(value), JSON.stringify(value)];`;
          const { result } = await run(source, { args: value });
          const [echoed, plainly, text] = result as [unknown, unknown, string];
          const expected = JSON.parse(JSON.stringify(value)) as unknown;
          expect(echoed).toEqual(expected);
          expect(plainly).toEqual(expected);
          expect(JSON.parse(text)).toEqual(expected);
        },
      ),
      { numRuns: 40 },
    );
  });

  test("what JSON cannot hold crosses too", async () => {
    const { result } = await run(`import { echo, see } from "std/probe";
      see([undefined, NaN, -Infinity, new Uint8Array([0, 255]), "a\\u0000b\\ud800", { $: "host", id: 1 }, new Date(0)]);
      const back = await echo([undefined, NaN, new Uint8Array([1, 2, 3]), { $: 1 }]);
      export { back as result };`);
    expect(seen.pop()).toEqual([
      undefined,
      Number.NaN,
      -Infinity,
      new Uint8Array([0, 255]),
      "a\u0000b\ud800",
      { $: "host", id: 1 },
      "1970-01-01T00:00:00.000Z",
    ]);
    expect(result).toEqual([undefined, Number.NaN, new Uint8Array([1, 2, 3]), { $: 1 }]);
  });

  test("a __proto__ member changes no prototype on the host", async () => {
    await run(`import { see } from "std/probe"; see(JSON.parse('{"__proto__": {"polluted": 1}, "a": 1}'));`);
    const value = seen.pop() as Record<string, unknown>;
    expect(value["polluted"]).toBeUndefined();
    expect(value["a"]).toBe(1);
    expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
  });

  test("what cannot cross is refused with a sentence", async () => {
    for (const value of ["10n", "Symbol()", "new Map()", "(() => { const a = []; a.push(a); return a })()"]) {
      const error = await failure(`import { echo_plain } from "std/probe"; echo_plain(${value});`);
      expect(error.name).toBe("TypeError");
      expect(error.message).toContain("cannot cross");
    }
  });

  test("a host object is a frozen object in the guest and itself again on the host", async () => {
    const { result } = await run(`import { thing, same_thing } from "std/probe";
      export default async () => {
        const t = await thing();
        let frozen = false;
        try { t.name = "other"; } catch { frozen = true; }
        return [t.name, t.double(4), await t.wait(1), await same_thing(t), frozen, Object.keys(t), await same_thing({ ...t })];
      };`);
    expect(result).toEqual(["thing", 8, 2, true, true, ["name", "double", "wait"], false]);
  });

  test("data that looks like an object number stays data", async () => {
    const { result } = await run(`import { same_thing, thing } from "std/probe";
      export default async () => {
        const t = await thing();
        return [await same_thing(t), await same_thing({ $: "host", id: 1 })];
      };`);
    expect(result).toEqual([true, false]);
  });

  test("a guest function is an async function on the host, bounded in time", async () => {
    const { result } = await run(`import { apply } from "std/probe";
      export default async () => [await apply((x) => x + 1, 1), await apply(async (x) => x * 3, 5)];`);
    expect(result).toEqual([2, 15]);
    const late = await failure(`import { apply } from "std/probe";
      export default () => apply(() => new Promise(() => {}), 1);`);
    expect(late.code).toBe("HARN-RUN-003");
    const thrown = await failure(`import { apply } from "std/probe";
      export default () => apply(() => { throw new RangeError("mine"); }, 1);`);
    expect(thrown).toMatchObject({ name: "RangeError", message: "mine" });
  });

  test("errors carry code and hint, and nothing of the host", async () => {
    const coded = await failure(
      `import { coded } from "std/probe";\nexport default async () => {\n  await coded();\n};`,
    );
    expect(coded).toMatchObject({
      code: "HARN-RUN-013",
      hint: "Do this.",
      location: { file: "pipeline.js", line: 3 },
    });
    const { result } = await run(`import { uncoded } from "std/probe";
      export default () => uncoded().catch((e) => [e.message, e.stack, JSON.stringify(e)].join());`);
    expect(result).toContain("the host failed at this call");
    expect(result).not.toContain(process.cwd());
    expect(result).not.toContain("secret");
    expect(runtime.events().at(-1)).toMatchObject({ topic: "runtime.audit", kind: "internal_error" });
  });

  test("an error is found at the script's own line across await", async () => {
    const error = await failure(
      [
        'import { later, coded } from "std/probe";',
        "async function inner() {",
        "  await later(1);",
        "  await coded();",
        "}",
        "export default async () => {",
        "  await inner();",
        "};",
      ].join("\n"),
    );
    expect(error.location?.line).toBe(4);
    expect(error.frame).toContain("await coded();");
  });
});

describe("limits", () => {
  const cases: [name: string, code: string, source: string][] = [
    ["a loop", "HARN-RUN-002", "while (true) {}"],
    [
      "a loop that catches everything",
      "HARN-RUN-002",
      "for (;;) { try { for (;;) {} } catch {} finally { continue; } }",
    ],
    ["a native loop that never asks", "HARN-RUN-002", "[].indexOf.call({ length: 2 ** 53 - 1 }, 1)"],
    ["a regular expression that backtracks", "HARN-RUN-002", "/^(a+)+$/.test('a'.repeat(40) + 'b')"],
    [
      "a flood of microtasks",
      "HARN-RUN-002",
      "async function f() { for (;;) await null; } for (let i = 0; i < 300; i++) f(); await new Promise(() => {});",
    ],
    ["an array that grows", "HARN-RUN-001", "const a = []; for (;;) a.push(new Uint8Array(1 << 20));"],
    [
      "strings that grow",
      "HARN-RUN-001",
      "let s = 'x'; const a = []; for (;;) { a.push(s + a.length); s = s.repeat(2); }",
    ],
    ["recursion", "HARN-RUN-004", "function f() { return f() + 1; } f();"],
    ["a promise that nothing settles", "HARN-RUN-008", "await new Promise(() => {});"],
    ["a default function that never ends", "HARN-RUN-008", "export default () => new Promise(() => {});"],
    ["a result too large", "HARN-RUN-005", "export const result = 'x'.repeat(20_000);"],
    ["a wait too long", "HARN-RUN-003", 'import { later } from "std/probe"; await later(60_000);'],
    [
      "too many pending calls",
      "HARN-RUN-007",
      'import { later } from "std/probe"; await Promise.all(Array.from({ length: 51 }, () => later(1000)));',
    ],
    ["too much log", "HARN-RUN-006", 'import { log } from "std/log"; for (;;) log("x".repeat(100));'],
  ];
  test.each(cases)("%s ends with %s", async (_name, code, source) => {
    const error = await failure(source);
    expect(error.code).toBe(code);
    expect((await run("export const result = 'the next run is fine';")).result).toBe("the next run is fine");
  });

  test("a script's own null is its own", async () => {
    expect(await failure("throw null;")).toMatchObject({ code: null, message: "null" });
  });

  test("a loop that does not end is shown at the call that did not return", async () => {
    const error = await failure(
      "function spin(n) {\n  let i = 0;\n  for (;;) {\n    i += n;\n  }\n}\nspin(1);\n",
    );
    expect(error.location?.line).toBe(7);
    expect((await failure("\nfor (;;) {}")).location).toEqual({ file: "pipeline.js", line: 1, column: 1 });
  });

  test("a loop in an async function is shown, although that keeps what stopped it to itself", async () => {
    const spin = "async function spin() {\n  for (;;);\n}\n";
    const called = await failure(`${spin}export default async () => {\n  await spin();\n};`);
    expect(called.location).toEqual({ file: "pipeline.js", line: 5, column: 13 });
    const alone = await failure(`${spin}export { spin as default };`);
    expect(alone.location).toEqual({ file: "pipeline.js", line: 1, column: 1 });
  });

  test("a script cannot go on while it is asked where it is", async () => {
    const error = await failure(`
      Error.prepareStackTrace = Error.captureStackTrace = () => { for (;;); };
      for (const name of ["stack", "name", "message"]) {
        Object.defineProperty(Error.prototype, name, { get() { for (;;); }, set() { for (;;); } });
      }
      export default async () => { for (;;); };`);
    expect(error.code).toBe("HARN-RUN-002");
    expect(error.location).toMatchObject({ line: 6 });
  });

  test("the host's event loop stays free while a script loops", async () => {
    let ticks = 0;
    const ticking = setInterval(() => {
      ticks += 1;
    }, 5);
    await failure("while (true) {}");
    clearInterval(ticking);
    expect(ticks).toBeGreaterThan(10);
  });
});

describe("ends", () => {
  test("calls that nobody awaited are listed with their place", async () => {
    const { warnings } = await run(
      'import { later } from "std/probe";\nlater(1000);\nexport const result = 1;',
    );
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toContain("std/probe#later at pipeline.js:2:");
  });

  test("a signal cancels a script that waits and one that loops", async () => {
    for (const source of ['import { later } from "std/probe"; await later(60_000);', "while (true) {}"]) {
      const controller = new AbortController();
      const work = runtime.run({ source, filename: "a.js", signal: controller.signal });
      setTimeout(() => controller.abort(), 50);
      await expect(work).rejects.toMatchObject({ code: "HARN-RUN-009" });
    }
    const gone = runtime.run({ source: "", filename: "a.js", signal: AbortSignal.abort() });
    await expect(gone).rejects.toMatchObject({ code: "HARN-RUN-009" });
  });

  test("a signal cancels a script whose types are being removed", async () => {
    // The parser would take days, and give up at its deadline with HARN-RUN-012.
    const source = `let x = ${"async <T>(x = ".repeat(40)}1${")".repeat(40)};`;
    const controller = new AbortController();
    const work = runtime.run({ source, filename: "a.ts", signal: controller.signal });
    controller.abort();
    await expect(work).rejects.toMatchObject({ code: "HARN-RUN-009", message: "the run was cancelled" });
    expect((await run("export const result: number = 1;", { filename: "a.ts" })).result).toBe(1);
  });

  test("nothing of a run is left in the next", async () => {
    await run("globalThis.left = 1; Array.prototype.left = 1; Object.prototype.left = 1; JSON.parse = null;");
    const { result } = await run(
      "export const result = [typeof left, typeof [].left, typeof {}.left, typeof JSON.parse, Object.keys(globalThis)];",
    );
    expect(result).toEqual(["undefined", "undefined", "undefined", "function", []]);
  });

  test("many runs at once all end, each with its own result", async () => {
    const results = await Promise.all(
      Array.from({ length: 40 }, async (_, i) => {
        const source = `import { later } from "std/probe"; await later(${i % 7}); export const result = ${i};`;
        return (await run(source)).result;
      }),
    );
    expect(results).toEqual(Array.from({ length: 40 }, (_, i) => i));
  });

  test("a closed runtime refuses runs and cancels those that wait", async () => {
    const other = await createRuntime({ plugins: [probe] });
    const waiting = other.run({
      source: 'import { later } from "std/probe"; await later(60_000);',
      filename: "a.js",
    });
    const refused = waiting.catch((error: unknown) => error);
    await new Promise((resolve) => setTimeout(resolve, 100));
    await other.close();
    expect(await refused).toMatchObject({ code: "HARN-RUN-009" });
    await expect(other.run({ source: "", filename: "a.js" })).rejects.toMatchObject({ code: "HARN-RUN-009" });
  });
});

describe("before the run", () => {
  test("syntax errors have their place", async () => {
    const error = await failure("const a = 1;\nconst b = ;\n");
    expect(error).toMatchObject({
      code: "HARN-RUN-012",
      location: { file: "pipeline.js", line: 2, column: 11 },
    });
    expect(error.frame).toContain("const b = ;");
  });

  test("an unknown module or name fails before any effect, with the nearest name", async () => {
    seen.length = 0;
    const error = await failure('import { see } from "std/probe";\nsee(1);\nimport { x } from "std/prob";');
    expect(error.code).toBe("HARN-RUN-011");
    expect(`${error.message} ${error.hint}`).toContain("std/probe");
    const name = await failure('import { ech } from "std/probe";');
    expect(`${name.message} ${name.hint}`).toContain("echo");
    expect(seen).toEqual([]);
  });

  test("a computed import of anything else is refused at run time", async () => {
    for (const specifier of [
      "node:fs",
      "holdfast:guest/door.js",
      "data:text/javascript,1",
      "/etc/passwd",
      "../x.js",
    ]) {
      const error = await failure(
        `export default async () => await import(${JSON.stringify(specifier)} + "");`,
      );
      expect(error.code).toBe("HARN-RUN-011");
    }
  });

  test("code cannot be made from text", async () => {
    const { result } = await run(`export default () => {
      const tries = [() => eval("1"), () => new Function("return 1")(), () => (() => {}).constructor("return 1")(),
        () => (async () => {}).constructor("return 1")(), () => (function* () {}).constructor("return 1")().next()];
      return tries.map((attempt) => { try { return typeof attempt(); } catch (e) { return e.name; } });
    };`);
    expect(result).not.toContain("number");
  });
});
