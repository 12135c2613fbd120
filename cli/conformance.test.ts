import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect, test } from "vitest";

const main = fileURLToPath(new URL("./main.js", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "holdfast-conformance-cli-"));

afterAll(() => rmSync(folder, { recursive: true, force: true }));

function conformance(...words: readonly string[]): { code: number | null; stdout: string; stderr: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, "conformance", ...words], {
    encoding: "utf8",
    cwd: folder,
  });
  return { code: status, stdout, stderr };
}

test("selected cases pass: exit code 0 and the totals", () => {
  expect(conformance("client/forced_refresh", "--mode", "host")).toEqual({
    code: 0,
    stdout: "1 passed, 0 failed\n",
    stderr: "",
  });
});

test("a failed case: exit code 1", () => {
  mkdirSync(join(folder, "mine", "client"), { recursive: true });
  const file = {
    title: "A token appears from nowhere",
    why: "It must not.",
    source: "Nobody says so.",
    steps: [{ call: "token", expect: "$present" }],
  };
  writeFileSync(join(folder, "mine", "client", "nowhere.json"), JSON.stringify(file));
  const { code, stdout } = conformance("--cases", "mine", "--mode", "host");
  expect(code).toBe(1);
  expect(stdout).toContain("FAILED client/nowhere (host)");
});

test.each([
  [["no-such-case"], "the filter selects no case"],
  [["--mode", "other"], "Allowed choices are guest, host, adapter"],
  [["--reporter", "loud"], "Allowed choices are pretty, tap, junit, json"],
  [["--seed", "x"], "It must be a whole number"],
  [["--storage", "missing.js"], "missing.js"],
  [["--provider", "missing.json"], "missing.json"],
  [["--mode", "adapter"], "adapter mode needs the adapter's command"],
])("%j is a mistake on the command line: exit code 2", (words, message) => {
  const { code, stderr } = conformance(...words);
  expect(code).toBe(2);
  expect(stderr).toContain(message);
});

test("--attacks --list prints the attack table and runs nothing", () => {
  const { code, stdout } = conformance("--attacks", "--list");
  expect(code).toBe(0);
  expect(stdout).toContain("A2 attacks/front_channel/a2_");
  expect(stdout).not.toContain("passed");
});
