// What `npm test` runs: build, checks, tests. The last line is always "N passed, N failed".
//
//   node scripts/test.mjs [vitest filters]
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { runChecks } from "./check.mjs";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const vitest = join(dirname(createRequire(import.meta.url).resolve("vitest/package.json")), "vitest.mjs");

const total = { passed: 0, failed: 0 };
const build = spawnSync(process.execPath, [join(root, "scripts", "build.mjs")], {
  cwd: root,
  stdio: "inherit",
});
count(build.status === 0 ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 });
console.log(`${build.status === 0 ? "ok    " : "FAILED"} build`);
if (build.status === 0) {
  count(runChecks());
  count(runTests());
}
console.log(`${total.passed} passed, ${total.failed} failed`);
process.exitCode = total.failed > 0 ? 1 : 0;

function count({ passed, failed }) {
  total.passed += passed;
  total.failed += failed;
}

function runTests() {
  const folder = mkdtempSync(join(tmpdir(), "holdfast-test-"));
  const report = join(folder, "report.json");
  try {
    const words = [
      "run",
      ...process.argv.slice(2),
      "--reporter=default",
      "--reporter=json",
      `--outputFile.json=${report}`,
    ];
    const { status } = spawnSync(process.execPath, [vitest, ...words], { cwd: root, stdio: "inherit" });
    const counts = counted(report);
    // A test file that cannot be loaded, or an error outside any test, has no test to count.
    if (status !== 0 && counts.failed === 0) counts.failed = 1;
    return counts;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function counted(report) {
  try {
    const { numPassedTests, numFailedTests } = JSON.parse(readFileSync(report, "utf8"));
    return { passed: numPassedTests, failed: numFailedTests };
  } catch {
    return { passed: 0, failed: 1 };
  }
}
