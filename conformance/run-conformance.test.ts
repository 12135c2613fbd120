import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type ConformanceOptions, type ConformanceReport, runConformance } from "./index.ts";
import { CaseFileError, fixturesFolder, readCase } from "./load-cases.ts";

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "holdfast-suite-"));
  mkdirSync(join(folder, "cases", "client"), { recursive: true });
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

const good = {
  title: "A fresh token is answered",
  why: "It is what scripts do all day.",
  rfc: ["RFC 6749 §6"],
  given: { stored: {} },
  steps: [{ call: "token", expect: "$sealed(access-token-1)" }],
};

function add(name: string, file: unknown): void {
  writeFileSync(join(folder, "cases", "client", `${name}.json`), JSON.stringify(file));
}

async function run(options: ConformanceOptions = {}): Promise<ConformanceReport & { readonly text: string }> {
  const lines: string[] = [];
  const report = await runConformance({
    cases: join(folder, "cases"),
    modes: ["host"],
    write: (line) => lines.push(line),
    ...options,
  });
  return { ...report, text: lines.join("\n") };
}

test("a failure shows the case's words, the step, both sides, the exchange without secrets, and the command", async () => {
  add("wrong", {
    ...good,
    given: { stored: { issued: -2700 }, client: { client_secret: "client-secret-1" } },
    http: { token: { tokens: 2 } },
    expect: { requests: [{ to: "token", form: { grant_type: "refresh_token" } }], elapsed: 3 },
  });
  const { text, failed } = await run();
  expect(failed).toBe(1);
  expect(text).toMatchInlineSnapshot(`
    "FAILED client/wrong (host)
      A fresh token is answered
      why: It is what scripts do all day.
      from: RFC 6749 §6
      step 1: token
        expected  "access-token-1"
        actual    "access-token-2"
      requests
        at [0].form.refresh_token
        expected  (not there)
        actual    "refresh-token-1"
        at [0].form.client_id
        expected  (not there)
        actual    "client-1"
        at [0].form.client_secret
        expected  (not there)
        actual    "client-secret-1"
      elapsed
        expected  3
        actual    0
      http
        1. POST https://as.example.com/token → 200
           grant_type=refresh_token&refresh_token=<redacted>&client_id=client-1&client_secret=<redacted>
      again: holdfast conformance client/wrong --mode host

    0 passed, 1 failed"
  `);
});

test("an error where an answer is expected is shown with its code", async () => {
  add("nothing_stored", { ...good, given: {} });
  expect((await run()).text).toMatchInlineSnapshot(`
    "FAILED client/nothing_stored (host)
      A fresh token is answered
      why: It is what scripts do all day.
      from: RFC 6749 §6
      step 1: token
        expected  "$sealed(access-token-1)"
        actual    throws HARN-OAU-002: std/oauth/client: no token in storage; re-run authorization
      again: holdfast conformance client/nothing_stored --mode host

    0 passed, 1 failed"
  `);
});

test("a request that the case has no reply for fails it", async () => {
  add("unscripted", {
    ...good,
    given: { stored: { issued: -2700 } },
    steps: [{ call: "token", expect: "$present" }],
  });
  expect((await run()).text).toContain("POST https://as.example.com/token has none");
});

test("filters select by a part of the name; a filter that selects nothing is an error", async () => {
  add("one", good);
  add("two", good);
  expect((await run({ filters: ["client/tw"] })).results.map(({ name }) => name)).toEqual(["client/two"]);
  await expect(run({ filters: ["three"] })).rejects.toThrow("the filter selects no case");
});

test("--list runs nothing, --bail stops at the first failure, --seed decides the order", async () => {
  for (const name of ["a", "b", "c", "d", "e"]) add(name, { ...good, given: {} });
  expect(await run({ list: true, filters: ["client/a"] })).toMatchObject({
    passed: 0,
    failed: 0,
    text: "client/a\n  A fresh token is answered [RFC 6749 §6]",
  });
  expect((await run({ bail: true })).results).toHaveLength(1);
  const order = async (seed: number): Promise<string> =>
    (await run({ seed })).results.map(({ name }) => name.slice(-1)).join("");
  expect(await order(1)).toBe(await order(1));
  expect([await order(1), await order(2), await order(3)].some((found) => found !== "abcde")).toBe(true);
});

test("guest and host are both run, and a difference between them is a failure", async () => {
  add("one", good);
  const { results } = await run({ modes: ["guest", "host"] });
  expect(results.map(({ mode, findings }) => [mode, findings.length])).toEqual([
    ["guest", 0],
    ["host", 0],
  ]);
  // Grants exist in the sandbox only.
  add("granted", {
    ...good,
    given: { stored: {}, grants: { net: [] }, client: false },
    steps: [
      {
        call: "client.client",
        args: ["$provider", { client_id: "c", storage: "$storage" }],
        throws: { message: "$any" },
      },
    ],
  });
  const second = await run({ modes: ["guest", "host"], filters: ["granted"] });
  expect(second.failed).toBeGreaterThan(0);
});

test("a token value in an event, a log line or an error fails any case", async () => {
  add("leak", {
    ...good,
    steps: [{ call: "events.emit", args: ["mine", "note", { text: "opaque-value-17" }], expect: "$any-way" }],
    http: { token: { json: { access_token: "opaque-value-17" } } },
  });
  // The redactor knows the provider's token only once it is received, so that this event holds it.
  const { text } = await run();
  expect(text).toContain("(no secret value)");
  expect(text).toContain("event note");
});

test("--storage runs the storage contract and the client's cases on an embedder's storage", async () => {
  add("one", good);
  const store = join(folder, "store.ts");
  writeFileSync(
    store,
    `export default async function make(): Promise<unknown> {
       const map = new Map<string, unknown>();
       return { storage: {
         kind: "mine", id: "mine",
         get: async (key: string) => structuredClone(map.get(key) ?? null),
         set: async (key: string, value: unknown) => void map.set(key, structuredClone(value)),
         delete: async (key: string) => void map.delete(key),
       } };
     }`,
  );
  const { results } = await run({ storage: store, modes: ["host"] });
  const one = results.find(({ name }) => name === "client/one");
  expect(one?.findings).toEqual([]);
  const failing = results.filter(({ findings }) => findings.length > 0).map(({ name }) => name);
  expect(failing.length).toBeGreaterThan(0);
  expect(failing.every((name) => /with_refresh_lock|lock/.test(name) || name.includes("body"))).toBe(true);
});

test("--provider puts a record in the place of the suite's own", async () => {
  add("one", {
    ...good,
    given: { stored: { issued: -2700 } },
    http: { token: { tokens: 2 } },
    steps: [{ call: "token", expect: "$sealed(access-token-2)" }],
  });
  const record = join(folder, "idp.json");
  writeFileSync(
    record,
    JSON.stringify({ id: "mine", auth_url: "https://id.example/a", token_url: "https://id.example/t" }),
  );
  const { results, failed } = await run({ provider: record });
  expect(failed).toBe(0);
  expect(results[0]?.exchange[0]).toBe("1. POST https://id.example/t → 200");
});

test("the other reporters", async () => {
  add("one", good);
  add("two", { ...good, given: {} });
  const tap = await run({ reporter: "tap" });
  expect(tap.text).toMatch(
    /^TAP version 14\nok 1 - client\/one \(host\)\nnot ok 2 - client\/two \(host\)\n# FAILED/,
  );
  expect(tap.text).toMatch(/\n1\.\.2$/);
  const junit = (await run({ reporter: "junit" })).text;
  expect(junit).toContain('<testsuite name="holdfast conformance" tests="2" failures="1">');
  expect(junit).toContain('<testcase classname="host" name="client/one"');
  const json = JSON.parse((await run({ reporter: "json" })).text) as { passed: number; failed: number };
  expect(json).toMatchObject({ passed: 1, failed: 1 });
});

test.each([
  ["a case that asserts nothing", { ...good, steps: [{ call: "token" }] }, /asserts something/],
  [
    "an expectation of anything at all",
    { ...good, steps: [{ call: "token", expect: "$any" }] },
    /must not be "\$any"/,
  ],
  ["an empty expectation", { ...good, steps: [{ call: "token" }], expect: {} }, /at least 1 members/],
  ["a case without a source", { ...good, rfc: undefined }, /where its sentence comes from/],
  ["an unknown member", { ...good, expected: {} }, /must not have the member "expected"/],
  ["a misspelt member of a step", { ...good, steps: [{ call: "token", throw: "x" }] }, /steps/],
  ["a fault that does not exist", { ...good, http: { token: { fault: "explode" } } }, /refuse, reset, stall/],
  ["a section that is none", { ...good, rfc: ["6749"] }, /\/rfc\/0: must match/],
])("the schema refuses %s", (_, file, message) => {
  expect(() => readCase("client/x.json", JSON.stringify(file))).toThrow(CaseFileError);
  expect(() => readCase("client/x.json", JSON.stringify(file))).toThrow(message);
});

test("a script case needs its head and its last line", () => {
  expect(() => readCase("a/b.ts", "export default () => 1;\n")).toThrow(
    "its head must begin with a sentence",
  );
  expect(() => readCase("a/b.ts", "/**\n * It is so.\n * @why x\n * @rfc RFC 1\n */\n")).toThrow("last line");
});

test("every member of the schema is described", () => {
  const undescribed: string[] = [];
  const walk = (schema: unknown, at: string): void => {
    if (typeof schema !== "object" || schema === null) return;
    const { properties } = schema as { readonly properties?: Readonly<Record<string, object>> };
    for (const [name, member] of Object.entries(properties ?? {})) {
      const described = "description" in member || "$ref" in member;
      // Rules repeat members without saying again what they are.
      if (!described && !at.startsWith("/allOf")) undescribed.push(`${at}/${name}`);
    }
    for (const [name, member] of Object.entries(schema)) walk(member, `${at}/${name}`);
  };
  walk(JSON.parse(readFileSync(join(fixturesFolder, "case.schema.json"), "utf8")), "");
  expect(undescribed).toEqual([]);
});

test("the example of the manual is a case that passes", async () => {
  const page = readFileSync(join(fixturesFolder, "..", "docs", "conformance.md"), "utf8");
  const [, example = ""] = /```json\n(\{\n {2}"title"[\s\S]*?)```/.exec(page) ?? [];
  add("example", JSON.parse(example));
  expect(await run({ modes: ["guest", "host"] })).toMatchObject({ passed: 2, failed: 0 });
});

test("an adapter that goes away fails its cases", async () => {
  add("one", good);
  const { failed, text } = await run({
    modes: ["adapter"],
    adapter: `"${process.execPath}" -e "process.exit(3)"`,
  });
  expect(failed).toBe(1);
  expect(text).toContain("the other side of the adapter protocol is gone");
});
