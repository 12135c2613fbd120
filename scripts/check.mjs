// Checks the sources without running them: format, lint, and who imports whom.
//
//   node scripts/check.mjs      prints one line per check (and the tool's own output when it fails); exit code 1 on any failure
import { spawnSync } from "node:child_process";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const require = createRequire(import.meta.url);

/** The script behind a package's command. */
function bin(name, command) {
  const manifest = require.resolve(`${name}/package.json`);
  const declared = require(manifest).bin;
  return join(dirname(manifest), typeof declared === "string" ? declared : declared[command]);
}

const checks = [
  { name: "format", words: [bin("@biomejs/biome", "biome"), "format", "."] },
  { name: "lint", words: [bin("oxlint", "oxlint"), "--type-aware", "--deny-warnings"] },
  { name: "import rules", words: [join(root, "scripts", "import-rules.mjs")] },
];

/** Runs every check and answers how many passed and failed. */
export function runChecks() {
  let failed = 0;
  for (const { name, words } of checks) {
    const { status, stdout, stderr } = spawnSync(process.execPath, words, { cwd: root, encoding: "utf8" });
    const passed = status === 0;
    console.log(`${passed ? "ok    " : "FAILED"} ${name}`);
    if (!passed) {
      failed += 1;
      console.log(`${stdout}${stderr}`.trimEnd());
    }
  }
  return { passed: checks.length - failed, failed };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  if (runChecks().failed > 0) process.exitCode = 1;
}
