import { execFile } from "node:child_process";
import { promisify } from "node:util";
import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import { RunError } from "../host/run-error.ts";
import { formatError } from "./diagnostics.ts";
import { createStripper } from "./typescript.ts";

const stripper = createStripper();
afterAll(() => stripper.close());

async function refusal(source: string, filename = "pipeline.ts", by = stripper): Promise<RunError> {
  try {
    await by.strip(source, filename);
  } catch (error) {
    if (error instanceof RunError) return error;
    throw error;
  }
  throw new Error("it was accepted");
}

/** True when the error's place exists in the source. */
function isPlace(source: string, { location }: RunError): boolean {
  const line = source.split("\n")[(location?.line ?? 0) - 1];
  const column = location?.column ?? 0;
  return line !== undefined && column >= 1 && column <= Array.from(line).length + 1;
}

/** Too deep for the parser, but not in brackets. */
const deep = `let x = ${"! ".repeat(50_000)}1;`;

describe("stripping", () => {
  test("types become blanks", async () => {
    expect(await stripper.strip("const a: string = f<T>(b as any);\n", "p.ts")).toBe(
      "const a         = f   (b       );\n",
    );
    expect(await stripper.strip("let a: 1", "lib/a.MTS")).toBe("let a   ");
  });

  test.each([
    "/* 🎉 é */ type Q = '日';let q:Q = 1;\u2028let z",
    "\ufefflet x: string = 1",
    "#!/usr/bin/env holdfast\nlet a: string\r\nlet b: number",
    "import type { A } from './a.ts';\nimport { type B, c } from 'std/x';\ndeclare enum E { a }",
    "",
  ])("every position stays: %j", async (source) => {
    const code = await stripper.strip(source, "p.ts");
    expect(code).toHaveLength(source.length);
    const marks = ["let", "c }", "\n", "\u2028", "\ufeff"].filter((mark) => code.includes(mark));
    expect(marks.map((mark) => code.indexOf(mark))).toEqual(marks.map((mark) => source.indexOf(mark)));
  });

  test("JavaScript comes back unchanged, whatever it is", async () => {
    for (const name of ["p.js", "p.mjs", "pipeline", "p.ts.js"]) {
      expect(await stripper.strip(`enum ${deep} \ud800`, name)).toBe(`enum ${deep} \ud800`);
    }
  });

  test("any text keeps its length or is refused with a place", async () => {
    const part = fc.constantFrom(
      "let a",
      ": string",
      " = 1",
      ";",
      "\n",
      "\t",
      "é",
      "😀",
      "日",
      "'",
      "{",
      "}",
      "\r",
      "x",
      " as any",
    );
    await fc.assert(
      fc.asyncProperty(fc.array(part), async (parts) => {
        const source = parts.join("");
        const outcome = await stripper.strip(source, "p.ts").then(
          (code) => code.length === source.length,
          (error: unknown) =>
            error instanceof RunError && error.code === "HARN-RUN-012" && isPlace(source, error),
        );
        expect(outcome).toBe(true);
      }),
      { numRuns: 200 },
    );
  });
});

describe("TypeScript that needs compiling", () => {
  test.each([
    ["enum A {}", "an enum needs compiling", "Write a const object instead of an enum."],
    ["const enum A {}", "an enum needs compiling", "Write a const object instead of an enum."],
    [
      "namespace X { export const a = 1 }",
      "a namespace needs compiling",
      "Put its contents into a file of its own",
    ],
    ["module X {}", "a module block needs compiling", "Put its contents into a file of its own"],
    [
      "class A { constructor(private x: 1) {} }",
      "a parameter property needs",
      "Declare the field and assign it",
    ],
    ["const a = <string>b;", "a type assertion in angle brackets", "Write `value as Type` instead."],
    ["import x = require('y')", "import = needs compiling", "Write an import"],
    ["export = 3", "export = needs compiling", "Write export default instead."],
  ])("%s", async (source, message, hint) => {
    const error = await refusal(source);
    expect(error.code).toBe("HARN-RUN-012");
    expect(error.message).toContain(message);
    expect(error.hint).toContain(hint);
    expect(error.location?.line).toBe(1);
  });
});

describe("places are exact", () => {
  test.each([
    ["enum A {}", 1, 1],
    ["let a;\n\n  enum A {}", 3, 3],
    ["\t\tenum A {}", 1, 3],
    ["'日本😀'; enum A {}", 1, 8],
    ["'e\u0301é'; \u00a0enum A {}", 1, 9],
    ["let a;\r\n enum A {}", 2, 2],
    ["let a;\r enum A {}\r;", 1, 9],
    ["let a;\u2028 enum A {}", 1, 9],
    ["\ufeffenum A {}", 1, 2],
    ["// é\n\ufeff enum A {}", 2, 3],
    ["const 😀 = 1;", 1, 7],
    ["const a: '日' = ;", 1, 16],
    ["let a = (", 1, 10],
  ])("%j", async (source, line, column) => {
    expect((await refusal(source)).location).toEqual({ file: "pipeline.ts", line, column });
  });

  test("what the author sees", async () => {
    const source = 'import { log } from "std/log";\n\nexport enum Colour {\n  Red,\n}\n';
    expect(formatError(await refusal(source))).toMatchInlineSnapshot(`
      "HARN-RUN-012: an enum needs compiling, and types are only removed
        pipeline.ts:3:8
        1 | import { log } from "std/log";
        2 |
      > 3 | export enum Colour {
          |        ^
        Write a const object instead of an enum."
    `);
    expect(formatError(await refusal("const s = 'abc;\n", "lib/a.ts"))).toMatchInlineSnapshot(`
      "HARN-RUN-012: unterminated string constant
        lib/a.ts:1:11
      > 1 | const s = 'abc;
          |           ^
        Correct the source at this place."
    `);
  });
});

describe("hostile sources", () => {
  test("brackets nested too deeply are refused with their place", async () => {
    const error = await refusal(`let x = ${"[".repeat(5_000)}${"]".repeat(5_000)}`);
    expect(error.message).toBe("brackets are nested more than 500 deep");
    expect(error.location).toEqual({ file: "pipeline.ts", line: 1, column: 509 });
    const fine = `let x: 1 = ${"[".repeat(500)}${"]".repeat(500)}`;
    expect(await stripper.strip(fine, "p.ts")).toBe(fine.replace(": 1", "   "));
  });

  test("what breaks the parser breaks nothing for others", async () => {
    const tenants = await Promise.allSettled([
      stripper.strip("let a: 1", "a.ts"),
      stripper.strip(deep, "evil.ts"),
      stripper.strip("let b: 1", "b.ts"),
      stripper.strip(`let x = ${"a => ".repeat(20_000)}1`, "evil.ts"),
      stripper.strip("enum C {}", "c.ts"),
      stripper.strip("let d: 1", "d.ts"),
    ]);
    expect(
      tenants.map((tenant) => (tenant.status === "fulfilled" ? tenant.value : String(tenant.reason))),
    ).toEqual([
      "let a   ",
      "HARN-RUN-012: evil.ts cannot be read: it is nested too deeply",
      "let b   ",
      "HARN-RUN-012: evil.ts cannot be read: it is nested too deeply",
      "HARN-RUN-012: an enum needs compiling, and types are only removed",
      "let d   ",
    ]);
    expect(await stripper.strip("let later: 1", "later.ts")).toBe("let later   ");
  });

  test("brackets hidden from the count are survived as well", async () => {
    const source = `let x = ${"(/*)*/".repeat(5_000)}1${")".repeat(5_000)}`;
    expect((await refusal(source)).code).toBe("HARN-RUN-012");
    expect(await stripper.strip("let later: 1", "later.ts")).toBe("let later   ");
  });

  test("a source over the limit and half characters are refused", async () => {
    expect((await refusal("x".repeat(16 * 1024 * 1024 + 1))).message).toContain("larger than 16777216 bytes");
    expect((await refusal("let x = '\ud800'")).location).toEqual({
      file: "pipeline.ts",
      line: 1,
      column: 10,
    });
  });

  test("a source that takes too long is given up", async () => {
    const hasty = createStripper({ deadline: 0 });
    const error = await refusal(`let a: 1;${"f(1);\n".repeat(200_000)}`, "slow.ts", hasty);
    expect(error.message).toBe("slow.ts cannot be read: it took too long to read");
    await hasty.close();
  });
});

/** The parser reads each of these in two ways, so 40 of them would take it days. */
const endless = `let x = ${"async <T>(x = ".repeat(40)}1${")".repeat(40)};`;

describe("cancelling", () => {
  const patient = createStripper({ deadline: 600_000 });
  afterAll(() => patient.close());
  /** How many ports keep the process alive: one for each thread at work. */
  const atWork = (): number => process.getActiveResourcesInfo().filter((one) => one === "MessagePort").length;

  test("a source that is being read is given up, and its thread ends", async () => {
    expect(await patient.strip("let a: 1", "a.ts")).toBe("let a   ");
    const before = atWork();
    const [first, second] = [new AbortController(), new AbortController()];
    const reading = refused(patient.strip(endless, "endless.ts", { tenant: "a", signal: first.signal }));
    const waiting = refused(patient.strip(endless, "endless.ts", { tenant: "a", signal: second.signal }));
    const next = patient.strip("let b: 1", "b.ts");
    second.abort();
    expect(await waiting).toBe("HARN-RUN-009: the run was cancelled");
    first.abort();
    expect(await reading).toBe("HARN-RUN-009: the run was cancelled");
    expect(await next).toBe("let b   ");
    await expect.poll(atWork).toBe(before);
    expect(
      await refused(patient.strip(endless, "endless.ts", { tenant: "a", signal: first.signal })),
    ).toContain("HARN-RUN-009");
  });

  test("a signal that aborts later changes nothing for others", async () => {
    const controller = new AbortController();
    await patient.strip("let a: 1", "a.ts", { tenant: "a", signal: controller.signal });
    const next = [patient.strip("let b: 1", "b.ts"), patient.strip("let c: 1", "c.ts")];
    controller.abort();
    expect(await Promise.all(next)).toEqual(["let b   ", "let c   "]);
  });

  test("a source that takes long delays its own tenant only", async () => {
    const threads = atWork();
    const end = new AbortController();
    const slow = ["a", "a", "b", "c"].map((tenant) =>
      refused(patient.strip(endless, "endless.ts", { tenant, signal: end.signal })),
    );
    expect(await patient.strip("let d: 1", "d.ts", { tenant: "d" })).toBe("let d   ");
    // Three tenants, and one thread at rest at most.
    expect(atWork()).toBeLessThanOrEqual(threads + 4);
    end.abort();
    for (const outcome of await Promise.all(slow)) expect(outcome).toContain("HARN-RUN-009");
    expect(await patient.strip("let a: 1", "a.ts", { tenant: "a" })).toBe("let a   ");
    await expect.poll(atWork).toBe(threads);
  });

  const refused = (strip: Promise<string>): Promise<string> => strip.catch(String);
});

describe("closing", () => {
  test("what waits is refused, and so is what comes later", async () => {
    const own = createStripper();
    const waiting = [own.strip("let a: 1", "a.ts"), own.strip("let b: 1", "b.ts")].map((one) =>
      one.catch((error: unknown) => (error as RunError).code),
    );
    await own.close();
    expect(await Promise.all(waiting)).toEqual(["HARN-RUN-009", "HARN-RUN-009"]);
    expect((await refusal("let c: 1", "c.ts", own)).code).toBe("HARN-RUN-009");
    await own.close();
  });

  test("an idle stripper does not keep the process alive", async () => {
    const program = `
      import { createStripper } from ${JSON.stringify(new URL("./typescript.js", import.meta.url).href)};
      const stripper = createStripper();
      console.log(await stripper.strip("let a: 1;", "a.ts") + await stripper.strip("let b: 1;", "b.ts"));`;
    const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "-e", program], {
      timeout: 20_000,
    });
    expect(stdout).toBe("let a   ;let b   ;\n");
  });
});
