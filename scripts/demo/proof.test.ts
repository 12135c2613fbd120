import { randomBytes } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { searchFolder } from "./proof.ts";

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "holdfast-proof-"));
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

const value = `${randomBytes(20).toString("base64url")}~+/`;
const bytes = (before: string): Buffer => Buffer.from(`${before}${value} and more`);

const leaks: readonly (readonly [string, string])[] = [
  ["raw", `token=${value};`],
  ["percent", `?t=${encodeURIComponent(value)}&`],
  ["hex", bytes("x").toString("hex")],
  ["hex in upper case", bytes("").toString("hex").toUpperCase()],
  ["base64", bytes("").toString("base64")],
  ["base64 after one byte", bytes("1").toString("base64")],
  ["base64 after two bytes", bytes("22").toString("base64")],
  ["base64url after four bytes", bytes("4444").toString("base64url")],
];

test.each(leaks)("finds a value as %s, in any folder", (_name, content) => {
  mkdirSync(join(folder, "deep"));
  writeFileSync(join(folder, "deep", "log.txt"), `some line\n${content}\n`);
  const { found, files } = searchFolder(folder, [{ kind: "access_token", value }]);
  expect(files).toBe(1);
  expect(found.map(({ kind }) => kind)).toContain("access_token");
});

test("finds nothing where nothing is", () => {
  writeFileSync(join(folder, "log.txt"), randomBytes(4_096));
  writeFileSync(join(folder, "other.txt"), randomBytes(4_096).toString("base64"));
  expect(searchFolder(folder, [{ kind: "access_token", value }]).found).toEqual([]);
});
