// What `npm run test:deep` runs: every differential and property test, at least 20,000 times each, and the long forms of what
// storage and refresh are proven with: crash states, statements across tenants, the model, the schedules of the real code.
// An input that failed is kept in fixtures/seeds/ and tried first from then on.
//
//   node scripts/test-deep.mjs [runs]
import { spawnSync } from "node:child_process";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const vitest = join(dirname(createRequire(import.meta.url).resolve("vitest/package.json")), "vitest.mjs");
const [runs = "20000"] = process.argv.slice(2);
if (!/^[1-9][0-9]*$/.test(runs)) {
  console.error("test:deep: the number of runs must be a whole number");
  process.exit(2);
}
const redaction = [
  "audit-ring",
  "custom-pattern-properties",
  "differential",
  "fail-closed",
  "known-value-properties",
  "named-secrets",
  "properties",
  "stream-properties",
].map((name) => `dist/stdlib/oauth/redaction/${name}.test.js`);
const storage = [
  ...["crash-states", "each-call-fails", "format-2", "killed-writers"].map((name) => `file/${name}`),
  "postgres/isolation",
].map((name) => `dist/stdlib/oauth/storage/${name}.test.js`);
const { status } = spawnSync(
  process.execPath,
  [
    vitest,
    "run",
    "dist/scripts/fuzz",
    "dist/stdlib/oauth/refresh-model",
    ...redaction,
    ...storage,
    "--testTimeout=1200000",
  ],
  {
    cwd: root,
    stdio: "inherit",
    env: { ...process.env, HOLDFAST_DEEP: runs },
  },
);
process.exitCode = status ?? 1;
