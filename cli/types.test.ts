import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test } from "vitest";

const main = fileURLToPath(new URL("./main.js", import.meta.url));
const files = ["holdfast-globals.d.ts", "holdfast-oauth.d.ts", "holdfast-std.d.ts"];

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "holdfast-types-"));
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

function types(...words: readonly string[]): { code: number | null; out: string; err: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, "types", ...words], {
    cwd: folder,
    encoding: "utf8",
  });
  return { code: status, out: stdout, err: stderr };
}

function text(name: string): string {
  return readFileSync(join(folder, name), "utf8");
}

test("writes the declarations and settings, and says which", () => {
  const written = [...files, "tsconfig.json"];
  expect(types()).toEqual({ code: 0, out: `${written.join("\n")}\n`, err: "" });
  expect(readdirSync(folder)).toEqual(written);
  expect(text("holdfast-oauth.d.ts")).toContain("export function token(cli: ClientHandle): Promise<string>;");
  expect(JSON.parse(text("tsconfig.json"))).toMatchObject({
    compilerOptions: { lib: ["ES2023"], types: [] },
  });
  expect(types("--check")).toEqual({ code: 0, out: "", err: "" });
});

test("makes the folder of --out, and writes nowhere else", () => {
  expect(types("--out", "a/b").code).toBe(0);
  expect(readdirSync(folder)).toEqual(["a"]);
  expect(types("--check", "--out", "a/b").code).toBe(0);
});

test("--check writes nothing and says what is missing or old", () => {
  types();
  rmSync(join(folder, "holdfast-std.d.ts"));
  writeFileSync(join(folder, "holdfast-oauth.d.ts"), "// Written by `holdfast types`; an older one\n");
  const { code, err } = types("--check");
  expect(code).toBe(1);
  expect(err).toContain("holdfast-std.d.ts is missing");
  expect(err).toContain("holdfast-oauth.d.ts is not of this version");
  expect(err).not.toContain("holdfast-globals.d.ts");
  expect(readdirSync(folder)).not.toContain("holdfast-std.d.ts");
  expect(types().code).toBe(0);
  expect(types("--check").code).toBe(0);
});

test("a person's tsconfig.json stays as it is", () => {
  writeFileSync(join(folder, "tsconfig.json"), "mine");
  expect(types()).toMatchObject({ code: 0, out: `${files.join("\n")}\n` });
  expect(text("tsconfig.json")).toBe("mine");
});

test("a file that somebody else wrote is not overwritten, and then nothing is", () => {
  writeFileSync(join(folder, "holdfast-std.d.ts"), "export const mine: 1;\n");
  const { code, err } = types();
  expect(code).toBe(2);
  expect(err).toMatch(/^holdfast: holdfast-std\.d\.ts exists and was not written by holdfast types.*\n$/);
  expect(readdirSync(folder)).toEqual(["holdfast-std.d.ts"]);
  expect(text("holdfast-std.d.ts")).toBe("export const mine: 1;\n");
});

test("a folder that cannot be is a mistake on the command line", () => {
  writeFileSync(join(folder, "file"), "");
  expect(types("--out", "file")).toMatchObject({ code: 2, out: "" });
  expect(types("--out", "file/deeper")).toMatchObject({ code: 2, out: "" });
});
