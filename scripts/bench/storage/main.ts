/**
 * `npm run bench:storage`: the goals of the storage and of refreshes, each with our figure, whether it is met, and what stands beside it from
 * the same run. It asserts nothing and ends with 0 also when goals are missed.
 *
 * `--full` measures longer; `--json` prints for machines.
 *
 * @module
 */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { createOAuth } from "../../../stdlib/oauth/node.ts";
import { goalReport } from "../goal-report.ts";
import type { GoalRow } from "../goal-row.ts";
import { callerRows } from "./caller-rows.ts";
import { lossRows } from "./loss-rows.ts";
import { postgresRows } from "./postgres-rows.ts";
import { refreshRows } from "./refresh-rows.ts";
import { startServerProcess, type StorageBench } from "./storage-bench.ts";
import { tokenRows } from "./token-rows.ts";
import { updateRows } from "./update-rows.ts";

const { values } = parseArgs({
  options: { full: { type: "boolean", default: false }, json: { type: "boolean", default: false } },
});
const folder = mkdtempSync(join(tmpdir(), "holdfast-bench-"));
process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
const server = await startServerProcess();
const oauth = createOAuth();
const bench: StorageBench = { isFull: values.full, oauth, server: server.origin, folder };

const groups: readonly (readonly [
  name: string,
  rows: (bench: StorageBench) => Promise<readonly GoalRow[]>,
])[] = [
  ["valid tokens", tokenRows],
  ["refreshes", refreshRows],
  ["updates of a file", updateRows],
  ["callers in several processes", callerRows],
  ["lost grants", lossRows],
  ["PostgreSQL", postgresRows],
];
const rows: GoalRow[] = [];
for (const [name, measure] of groups) {
  const began = performance.now();
  rows.push(...(await measure(bench)));
  if (!values.json) console.error(`${name}: ${((performance.now() - began) / 1_000).toFixed(1)} s`);
}
await oauth.close();
server.end();

console.log(goalReport(rows, values.json));
