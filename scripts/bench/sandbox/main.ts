/**
 * `npm run bench:sandbox`: the goals of the sandbox, each with our figure, whether it is met, and the peers' figures from
 * the same run. It asserts nothing and ends with 0 also when goals are missed.
 *
 * `--full` measures longer and holds 1,000 idle sandboxes; `--json` prints for machines.
 *
 * @module
 */

import { mkdtempSync, rmSync } from "node:fs";
import { availableParallelism, cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { createRuntime } from "../../../runtime/index.ts";
import { oauth } from "../../../stdlib/oauth/index.ts";
import { type GoalRow, verdict } from "../goal-row.ts";
import { goalTable } from "../goal-table.ts";
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

const judged = rows.map(verdict).filter(Boolean);
const about = {
  date: new Date().toISOString().slice(0, 10),
  node: process.version,
  cpu: cpus()[0]?.model ?? "unknown",
  cores: availableParallelism(),
  goals: { all: judged.length, met: judged.filter((word) => word === "yes").length },
};
if (values.json) {
  console.log(
    JSON.stringify({ ...about, rows: rows.map((row) => ({ ...row, met: verdict(row) })) }, null, 2),
  );
} else {
  console.log(
    [
      `${about.date}, Node ${about.node}, ${about.cpu}, ${about.cores} cores; time by the clock`,
      "",
      goalTable(rows),
      "",
      `${about.goals.met} of ${about.goals.all} goals met.`,
    ].join("\n"),
  );
}
// Some peers keep threads for ever.
process.exit(0);
