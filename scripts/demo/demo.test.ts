import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const main = fileURLToPath(new URL("./main.js", import.meta.url));

test("every claim of the demo holds", { timeout: 90_000 }, () => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [main], { encoding: "utf8" });
  expect(stdout.split("\n").filter((line) => line.includes("✗") || line.includes("LEAK"))).toEqual([]);
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  expect(stdout).toContain("✓ no token value occurs in any log, event or file");
});
