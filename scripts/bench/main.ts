/**
 * `npm run bench`: our figures beside their peers', measured in the same run. It asserts nothing.
 *
 * `--json` prints them for machines.
 *
 * @module
 */

import { mkdtempSync, rmSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { createRuntime } from "../../runtime/index.ts";
import { oauth } from "../../stdlib/oauth/index.ts";
import { commandRows } from "./command-rows.ts";
import { type Figure, measureRow } from "./measure.ts";
import { redactionRows } from "./redaction-rows.ts";
import { table } from "./report.ts";
import { echoPlugin, sandboxRows } from "./sandbox-rows.ts";
import { tokenRow } from "./token-row.ts";
import { startTokenServer } from "./token-server.ts";

/** Milliseconds for all rows together, on a machine that has nothing else to do. */
const budget = 45_000;

const folder = mkdtempSync(join(tmpdir(), "holdfast-bench-"));
process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
const server = await startTokenServer();
const runtime = await createRuntime({
  plugins: [oauth(), echoPlugin],
  limits: { pendingCalls: 1_000, cpu: 60_000 },
});

const rows = [
  ...commandRows(folder),
  ...sandboxRows(runtime),
  tokenRow(runtime, server.origin),
  ...redactionRows(),
];
const figures: Figure[] = [];
for (const row of rows) {
  if (process.stderr.isTTY) process.stderr.write(`${row.name}\n`);
  figures.push(await measureRow(row, budget / rows.length));
}

await runtime.close();
await server.close();

const about = {
  date: new Date().toISOString().slice(0, 10),
  node: process.version,
  cores: availableParallelism(),
};
if (process.argv.includes("--json")) console.log(JSON.stringify({ ...about, figures }, null, 2));
else console.log(`${about.date}, Node ${about.node}, ${about.cores} cores\n\n${table(figures)}`);
