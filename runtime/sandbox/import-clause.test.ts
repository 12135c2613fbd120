import { expect, test } from "vitest";
import { importedNames } from "./import-clause.ts";

test.each<[string, readonly string[]]>([
  ["import { a, b as c } from ", ["a", "b"]],
  ["import{a}from", ["a"]],
  ["import {} from ", []],
  ["import { a, } from ", ["a"]],
  ["import d from ", ["default"]],
  ["import d, { a } from ", ["default", "a"]],
  ["import d, * as n from ", ["default"]],
  ["import * as n from ", []],
  ["import { default as d } from ", ["default"]],
  ["import { as } from ", ["as"]],
  ["import { as as as } from ", ["as"]],
  ["import { from } from ", ["from"]],
  ["import from from ", ["default"]],
  ["import type from ", ["default"]],
  ['import { "x y" as z } from ', ["x y"]],
  ["import /* { no } */ { // b\n a /* c */ as /**/ d } /* from */ from /* e */ ", ["a"]],
  ["import {日本, $_, ünï } from ", ["日本", "$_", "ünï"]],
  ["export { a, b as c } from ", ["a", "b"]],
  ["export { default } from ", ["default"]],
  ["export * from ", []],
  ["export * as n from ", []],
])("%s", (statement, names) => {
  const read = importedNames(statement);
  expect(read?.map(({ name }) => name)).toEqual(names);
  const written = (read ?? []).filter(({ name }) => name !== "default");
  for (const { name, offset } of written) {
    expect(statement.slice(offset).replace(/^["']/, "")).toMatch(
      new RegExp(`^${name.replaceAll("$", "\\$")}`, "u"),
    );
  }
});

test.each([
  "",
  "import ",
  "import { a",
  "import { a b } from ",
  "import { a, , b } from ",
  "import { type T } from ",
  "import { a as b c } from ",
  'import { a } "x" from ',
  "import { \\u0061 } from ",
  'import { "\\x61" as a } from ',
  "import source x from ",
  "import defer * as x from ",
  "import /* ",
  "const { a } from ",
])("%j is left to the engine", (statement) => {
  expect(importedNames(statement)).toBeNull();
});

test("a megabyte is read in one go", () => {
  expect(importedNames(`import { ${"a, ".repeat(100_000)} } from `)).toHaveLength(100_000);
  expect(importedNames(`import ${"/* ".repeat(300_000)}`)).toBeNull();
  expect(importedNames(`import ${"/**/ ".repeat(200_000)} d from `)).toHaveLength(1);
});
