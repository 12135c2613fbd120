import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { loadCases } from "../../conformance/load-cases.ts";
import { checkMutants } from "./check.ts";
import { mutants } from "./mutants.ts";
import { pagePath, rowsOf } from "./page.ts";

test("the short form: each of these faults is caught by a case", async () => {
  const short = mutants.filter((mutant) => mutant.short);
  expect(short).toHaveLength(5);
  const verdicts = await checkMutants(short);
  expect(
    verdicts.filter(({ caughtBy }) => caughtBy === null).map(({ mutant, note }) => `${mutant.name}: ${note}`),
  ).toEqual([]);
}, 120_000);

test("a fault whose text is gone counts as missed", async () => {
  const gone = { name: "gone", file: "stdlib/oauth/pkce.js", find: "no such text", replace: "" };
  expect(await checkMutants([gone])).toMatchObject([
    { caughtBy: null, note: "its text occurs 0 times in stdlib/oauth/pkce.js" },
  ]);
}, 60_000);

test("names are unique", () => {
  expect(new Set(mutants.map(({ name }) => name)).size).toBe(mutants.length);
});

test("docs/mutants.md lists exactly these faults, each with a case that exists", () => {
  const rows = rowsOf(readFileSync(pagePath, "utf8"));
  expect(rows.map(({ name, file }) => ({ name, file }))).toEqual(
    mutants.map(({ name, file }) => ({ name, file })),
  );
  const cases = new Set(loadCases().map(({ name }) => name));
  expect(rows.filter(({ caughtBy }) => !cases.has(caughtBy.replace(/ \(\w+\)$/, "")))).toEqual([]);
});
