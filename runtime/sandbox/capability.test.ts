import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { capability, createRuntime, type Grants, type Runtime } from "../index.ts";

const opened: unknown[] = [];
const tickets = capability("tickets", {
  open: async ({ title }: { title: string }) => {
    opened.push(title);
    return { number: opened.length, close: async () => `closed ${title}` };
  },
  count: () => opened.length,
  fail: () => {
    throw new Error("the database's own words");
  },
});

let runtime: Runtime;
beforeAll(async () => {
  runtime = await createRuntime({ plugins: [tickets] });
});
afterAll(() => runtime.close());

const run = async (source: string, grants: Grants = { capabilities: ["tickets"] }): Promise<unknown> =>
  (await runtime.run({ filename: "pipeline.js", source, grants })).result;

describe("a capability in a script", () => {
  test("is a module of async functions, whose answers may have methods", async () => {
    const result = await run(`
      import { count, open } from "std/capability/tickets";
      export default async () => {
        const before = await count();
        const ticket = await open({ title: "leak" });
        return [await count() - before, ticket.number > 0, await ticket.close()];
      };`);
    expect(result).toEqual([1, true, "closed leak"]);
  });

  test("without its grant fails before anything runs, naming the grant", async () => {
    const before = opened.length;
    const source = `import { open } from "std/capability/tickets"; await open({ title: "x" });`;
    for (const grants of [{}, { capabilities: ["other"] }]) {
      await expect(run(source, grants)).rejects.toMatchObject({
        code: "HARN-RUN-010",
        message: "the script may not use the capability tickets",
        hint: "Add --allow-capability=tickets",
        location: { line: 1 },
      });
    }
    expect(opened).toHaveLength(before);
  });

  test("without its grant cannot be reached by a computed import either", async () => {
    const source = `
      const name = ["std", "capability", "tickets"].join("/");
      export default async () => await (await import(name)).open({ title: "x" });`;
    const before = opened.length;
    await expect(run(source, {})).rejects.toMatchObject({ code: expect.stringMatching(/HARN-RUN-01[01]/) });
    expect(opened).toHaveLength(before);
  });

  test("keeps the host's own errors to itself", async () => {
    const failure = run(`
      import { fail } from "std/capability/tickets";
      export default async () => await fail();`);
    await expect(failure).rejects.toMatchObject({ name: "InternalError" });
    await expect(failure).rejects.not.toThrow("database");
  });

  test("takes one value", async () => {
    const two = run(`
      import { open } from "std/capability/tickets";
      export default async () => await open({ title: "x" }, 2);`);
    await expect(two).rejects.toMatchObject({ code: "HARN-RUN-015" });
  });

  test("is answered by host_mock under testing", async () => {
    const before = opened.length;
    const result = await run(
      `
      import { host_mock, host_mock_calls } from "std/testing";
      import { open } from "std/capability/tickets";
      export default async () => {
        host_mock("tickets", "open", { number: 99 });
        return [await open({ title: "x" }), host_mock_calls()];
      };`,
      { capabilities: ["tickets"], testing: true },
    );
    expect(result).toEqual([
      { number: 99 },
      [{ capability: "tickets", operation: "open", params: { title: "x" } }],
    ]);
    expect(opened).toHaveLength(before);
  });

  test("that does not exist is named with its nearest", async () => {
    await expect(run(`import { open } from "std/capability/ticket";`)).rejects.toMatchObject({
      code: "HARN-RUN-011",
      hint: 'Did you mean "std/capability/tickets"?',
    });
  });
});

describe("an embedder's mistake", () => {
  const invalid = expect.objectContaining({ code: "HARN-RUN-015" });

  test("in a name or an operation is HARN-RUN-015 at once", () => {
    for (const name of ["", "a b", "../x", "1a", "a/b"]) {
      expect(() => capability(name, { run: () => 1 })).toThrow(invalid);
    }
    for (const operation of ["delete", "a-b", "1a", "default", "await", ""]) {
      expect(() => capability("x", { [operation]: () => 1 })).toThrow(invalid);
    }
    expect(() => capability("x", {})).toThrow(invalid);
    expect(() => capability("x", { run: 7 as never })).toThrow(invalid);
  });

  test("of two capabilities with one name is refused", async () => {
    await expect(
      createRuntime({ plugins: [tickets], capabilities: { tickets: { open: () => 1 } } }),
    ).rejects.toThrow("the capability tickets exists already");
  });
});

test("operations are those that were given, whatever the embedder does to the object later", async () => {
  const operations: Record<string, () => string> = { run: () => "given" };
  const plugin = capability("late", operations);
  operations["run"] = () => "changed";
  const own = await createRuntime({ plugins: [plugin] });
  const { result } = await own.run({
    filename: "pipeline.js",
    source: `import { run } from "std/capability/late"; export default run;`,
    grants: { capabilities: ["late"] },
  });
  await own.close();
  expect(result).toBe("given");
});
