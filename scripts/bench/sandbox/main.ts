/**
 * `npm run bench:sandbox`: the goals of the sandbox, each with our figure, whether it is met, and the peers' figures from
 * the same run. It asserts nothing and ends with 0 also when goals are missed.
 *
 * `--full` measures longer and holds 1,000 idle sandboxes; `--json` prints for machines.
 *
 * @module
 */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { createRuntime } from "../../../runtime/index.ts";
import { oauth } from "../../../stdlib/oauth/index.ts";
import { goalReport } from "../goal-report.ts";
import type { GoalRow } from "../goal-row.ts";
import { echoPlugin } from "../sandbox-rows.ts";
import { startTokenServer } from "../token-server.ts";
import { callRows } from "./call-rows.ts";
import { commandRows } from "./command-rows.ts";
import { containmentRows } from "./containment-rows.ts";
import { freshRows } from "./fresh-rows.ts";
import { memoryRows } from "./memory-rows.ts";
import { sandboxPeers } from "./peers.ts";
import { runRows } from "./run-rows.ts";
import type { SandboxBench } from "./sandbox-bench.ts";

const { values } = parseArgs({
  options: { full: { type: "boolean", default: false }, json: { type: "boolean", default: false } },
});
const folder = mkdtempSync(join(tmpdir(), "holdfast-bench-"));
process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
const server = await startTokenServer();
const runtime = await createRuntime({
  plugins: [oauth(), echoPlugin],
  limits: { pendingCalls: 1_000, cpu: 3_600_000, wall: 3_600_000 },
});
const bench: SandboxBench = {
  isFull: values.full,
  runtime,
  server: server.origin,
  folder,
  peers: await sandboxPeers(),
};

/** Memory comes first: later figures leave pages behind that it would not have to ask for. */
const groups: readonly (readonly [
  name: string,
  rows: (bench: SandboxBench) => Promise<readonly GoalRow[]>,
])[] = [
  ["memory", memoryRows],
  ["fresh sandboxes", freshRows],
  ["whole runs", runRows],
  ["calls", callRows],
  ["scripts that do not stop", containmentRows],
  ["the command", commandRows],
];
const rows: GoalRow[] = [];
for (const [name, measure] of groups) {
  const began = performance.now();
  rows.push(...(await measure(bench)));
  if (!values.json) console.error(`${name}: ${((performance.now() - began) / 1_000).toFixed(1)} s`);
}
await runtime.close();
await server.close();

console.log(goalReport(rows, values.json));
// Some peers keep threads for ever.
process.exit(0);
