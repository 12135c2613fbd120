/**
 * `npm run bench:redaction`: the goals of redaction, our figures and our peers', measured in the same run. It asserts nothing.
 *
 * `--full` takes more rounds and cases, `--json` prints for machines, `--corpus DIR` measures recall on public samples and
 * `--misses FILE` writes what was missed there, `--show-hits` prints where the installed packages were hit.
 *
 * @module
 */

import { availableParallelism, cpus } from "node:os";
import { catalogueVersion, tokenFamilies } from "../../../stdlib/oauth/redaction/catalogue/index.ts";
import { createRedactor } from "../../../stdlib/oauth/redaction/engine.ts";
import { literals } from "./adversarial.ts";
import { readArguments } from "./arguments.ts";
import type { Bench } from "./bench.ts";
import { corpus } from "./corpus.ts";
import { customPatternRow } from "./custom-pattern-row.ts";
import { embeddedRow } from "./embedded-row.ts";
import { falsePositiveRows, type ShowHit } from "./false-positive-rows.ts";
import { generatedRecallRows } from "./generated-recall-rows.ts";
import { type GoalRow, verdict } from "../goal-row.ts";
import { goalTable } from "../goal-table.ts";
import { jsLaneRows } from "./js-lane.ts";
import { knownRows } from "./known-rows.ts";
import { lineRows } from "./line-rows.ts";
import { textPeers } from "./peers.ts";
import { publicRecallRows } from "./public-recall-rows.ts";
import { streamRows } from "./stream-rows.ts";
import { structuralRows } from "./structural-rows.ts";
import { lane, throughputRows } from "./throughput-rows.ts";
import { worstCaseRows } from "./worst-case-rows.ts";

const { isFull, json, corpus: folder, misses, showHits } = readArguments(process.argv.slice(2));
const cleaner = createRedactor();
const bench: Bench = {
  corpus: corpus((text) => cleaner.redact(text)),
  peers: await textPeers(),
  isFull,
  budget: isFull ? 5_000 : 800,
};
const showHit: ShowHit | null = showHits
  ? (path, offset, name, length) => console.error(`${path}:${offset}:${name} ${length}`)
  : null;
let bySource = "";

const groups: readonly (readonly [name: string, rows: () => Promise<readonly GoalRow[]>])[] = [
  ["throughput", () => throughputRows(bench)],
  ["lines", () => lineRows(bench)],
  ["the JavaScript lane", () => jsLaneRows(bench)],
  ["known values", () => knownRows(bench)],
  ["base64", async () => [embeddedRow()]],
  ["hostile texts", () => worstCaseRows(bench)],
  ["custom patterns", async () => [await customPatternRow(bench)]],
  ["streams", () => streamRows(bench)],
  ["log objects", () => structuralRows(bench)],
  ["generated tokens", () => generatedRecallRows(bench)],
  ["false positives", async () => falsePositiveRows(bench, showHit)],
  [
    "public samples",
    async () => {
      const recall = await publicRecallRows(bench, { corpus: folder, misses, showHit });
      bySource = recall.bySource;
      return recall.rows;
    },
  ],
];
const rows: GoalRow[] = [];
for (const [name, measure] of groups) {
  const began = performance.now();
  rows.push(...(await measure()));
  if (!json) console.error(`${name}: ${((performance.now() - began) / 1_000).toFixed(1)} s`);
}

const judged = rows.map(verdict).filter(Boolean);
const about = {
  date: new Date().toISOString().slice(0, 10),
  node: process.version,
  cpu: cpus()[0]?.model ?? "unknown",
  cores: availableParallelism(),
  lane,
  catalogue: {
    version: catalogueVersion,
    families: tokenFamilies.length,
    literals: literals.length,
    changedIn2026: tokenFamilies.filter(({ since }) => since?.startsWith("2026")).map(({ name }) => name),
  },
  corpus: { bytes: bench.corpus.text.length, proseLinesLeftOut: bench.corpus.leftOut },
  goals: { all: judged.length, met: judged.filter((word) => word === "yes").length },
};
if (json) {
  console.log(
    JSON.stringify({ ...about, rows: rows.map((row) => ({ ...row, met: verdict(row) })), bySource }, null, 2),
  );
} else {
  const { version, families, literals: count, changedIn2026 } = about.catalogue;
  console.log(
    [
      `${about.date}, Node ${about.node}, ${about.cpu}, ${about.cores} cores, ${lane} lane; CPU time of the process`,
      `Catalogue ${version}: ${families} families, ${count} literals; ${changedIn2026.length} changed in 2026: ${changedIn2026.join(", ")}`,
      `Text: ${(about.corpus.bytes / 1e6).toFixed(1)} MB, ${about.corpus.proseLinesLeftOut} lines of prose left out because they are redacted`,
      "",
      goalTable(rows),
      "",
      ...(bySource === "" ? [] : [bySource, ""]),
      `${about.goals.met} of ${about.goals.all} goals met. Chunk invariance and the format changes of 2026 are tests: npm run test:deep, npm test.`,
    ].join("\n"),
  );
}
