import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test } from "vitest";
import { compiled, joinedCode } from "./joined-code.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "holdfast-joined-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const write = (name: string, text: string): void => writeFileSync(join(folder, name), text);
const load = (name: string): unknown => joinedCode(folder).load(name);

test("files require each other once, modules of Node, and know where they are", () => {
  write("a.cjs", 'exports.b = require("./b.cjs"); exports.same = require("./b.cjs") === exports.b;');
  write(
    "b.cjs",
    'exports.sep = require("node:path").sep; exports.file = __filename; exports.a = require("./a.cjs");',
  );
  const a = load("a.cjs") as { readonly b: Record<string, unknown>; readonly same: boolean };
  expect(a.same).toBe(true);
  expect(a.b["sep"]).toBe("/");
  expect(a.b["file"]).toBe(join(folder, "b.cjs"));
  expect(a.b["a"]).toBe(a);
});

test("a file can import", async () => {
  write("a.cjs", 'exports.path = $import("node:path");');
  const { path } = load("a.cjs") as { readonly path: Promise<unknown> };
  expect(await path).toHaveProperty("join");
});

/** V8 looks only at the length of the source, so that a changed one shows whether its code was used. */
function keepAndChange(): void {
  write("a.cjs", "exports.value = 1;");
  const code = joinedCode(folder);
  code.load("a.cjs");
  code.keep();
  write("a.cjs", "exports.value = 2;");
}

test("V8's code is kept, and used", () => {
  keepAndChange();
  expect(readdirSync(folder)).toEqual(["a.cjs", "a.cjs.v8"]);
  expect(load("a.cjs")).toEqual({ value: 1 });
});

function replaced(content: Buffer, from: string, to: string): Buffer {
  const at = content.indexOf(from);
  expect(at).toBeGreaterThan(0);
  return Buffer.concat([content.subarray(0, at), Buffer.from(to), content.subarray(at + from.length)]);
}

test.each([
  ["another Node", (content: Buffer) => content.subarray(0).fill("9", 1, 3)],
  ["another system", (content: Buffer) => replaced(content, process.platform, "plan9")],
  ["another build", (content: Buffer) => replaced(content, '["v8_', '["V8_')],
  ["another V8", (content: Buffer) => content.fill("x", content.indexOf("\n") - 1, content.indexOf("\n"))],
  ["nobody", () => Buffer.from("?")],
  ["nobody, with nothing in it", () => Buffer.alloc(0)],
])("what was made by %s is passed over", (_who, change) => {
  keepAndChange();
  const file = join(folder, "a.cjs.v8");
  writeFileSync(file, change(readFileSync(file)));
  expect(load("a.cjs")).toEqual({ value: 2 });
});

test.each([
  ["of a source of another length", (content: Buffer) => content, "exports.value = 33;", 33],
  ["that is cut", (content: Buffer) => content.subarray(0, -100), "exports.value = 2;", 2],
  [
    "that has nothing",
    (content: Buffer) => content.subarray(0, content.indexOf("\n") + 1),
    "exports.value = 2;",
    2,
  ],
])("what V8 refuses, code %s, is compiled from source", (_what, change, source, value) => {
  keepAndChange();
  const file = join(folder, "a.cjs.v8");
  writeFileSync(file, change(readFileSync(file)));
  write("a.cjs", source);
  expect(load("a.cjs")).toEqual({ value });
});

test.each(["main.cjs", "program.cjs", "commander.cjs", "run.cjs", "interrupt.cjs"])(
  "the build has kept V8's code of %s, and this V8 takes it",
  (name) => {
    const file = fileURLToPath(new URL(`../command/${name}`, import.meta.url));
    expect(compiled(file).cachedDataRejected).toBe(false);
  },
);
