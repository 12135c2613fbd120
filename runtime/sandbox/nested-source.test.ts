/**
 * Sources of a depth that no file of ours should have.
 */

import { expect, test } from "vitest";
import { createRuntime } from "../index.ts";

const codeOf = (error: unknown): unknown => (error as { readonly code?: string }).code;

test.each([
  ["brackets", "a.js", `export const result = ${"[".repeat(5_000)}1${"]".repeat(5_000)};`],
  ["parentheses", "a.js", `export const result = ${"(".repeat(100_000)}1${")".repeat(100_000)};`],
  ["arrow functions", "a.js", `export const result = ${"a=>".repeat(100_000)}1;`],
  ["negations", "a.js", `export const result = ${"!".repeat(100_000)}1;`],
  ["blocks", "a.js", `${"{".repeat(100_000)}${"}".repeat(100_000)}`],
  ["templates", "a.js", `export const result = ${"`${".repeat(20_000)}1${"}`".repeat(20_000)};`],
  ["types", "a.ts", `export const result: ${"[".repeat(100_000)}1${"]".repeat(100_000)} = 1;`],
])("a source nested by %s ends as an error of that run", async (_, filename, source) => {
  const runtime = await createRuntime({ limits: { cpu: 5_000 } });
  const ended = await runtime.run({ filename, source }).then(() => "done", codeOf);
  expect(ended).toBe("HARN-RUN-012");
  const after = await runtime.run({ filename: "b.ts", source: "export const result: number = 42;" });
  expect(after.result).toBe(42);
  await runtime.close();
});
