/**
 * Recall on public samples, when a folder with them is named.
 *
 * @module
 */

import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createRedactor } from "../../../stdlib/oauth/redaction/engine.ts";
import type { Bench } from "./bench.ts";
import { counted } from "./cpu-time.ts";
import { countHits, folderRow, mostStrong, type ShowHit } from "./false-positive-rows.ts";
import type { Beside, GoalRow } from "../goal-row.ts";
import { labelledSamples } from "./labelled.ts";
import { distinct, type Found, recallOf, type SourceRecall } from "./public-recall.ts";

/** Made by a generator from the rules of a scanner: not a public sample. */
const isSynthetic = (source: string): boolean => source.endsWith("-generated");

/** What is asked for besides the rows. */
export interface RecallOptions {
  /** The folder; null: not measured. */
  readonly corpus: string | null;
  /** Where the misses are written; outside the repository, for they hold secrets. */
  readonly misses: string | null;
  readonly showHit: ShowHit | null;
}

const goal = { least: 98 };

/** The rows, and a table by source. */
export async function publicRecallRows(
  bench: Bench,
  { corpus, misses, showHit }: RecallOptions,
): Promise<{ readonly rows: readonly GoalRow[]; readonly bySource: string }> {
  const what = "public samples in scope, fully redacted";
  if (corpus === null) {
    const rows: GoalRow[] = [
      { what, unit: "%", isMore: true, goal, ours: null, beside: [], note: "--corpus DIR names the samples" },
    ];
    return { rows, bySource: "" };
  }
  const redactor = createRedactor();
  const redact = (text: string): string => redactor.redact(text);
  const samples = labelledSamples(corpus);
  const sources = new Map<string, SourceRecall>();
  for (const [source, own] of samples) sources.set(source, await recallOf(distinct(own), redact));
  const real = distinct([...samples].flatMap(([source, own]) => (isSynthetic(source) ? [] : own)));
  const overall = await recallOf(real, redact);
  if (misses !== null) {
    const lines = [...sources.values()].flatMap((recall) =>
      recall.misses.map((miss) => JSON.stringify(miss)),
    );
    writeFileSync(misses, lines.map((line) => `${line}\n`).join(""), { mode: 0o600 });
  }
  const beside: Beside[] = [];
  const besideAll: Beside[] = [];
  for (const { name, redact: theirs, note, speed } of bench.peers) {
    if (theirs !== null && speed < 1e6 && !bench.isFull) continue;
    const recall = theirs === null ? null : await recallOf(real, theirs);
    beside.push({ name, note, figure: recall && counted(percent(recall.scoped)) });
    besideAll.push({ name, figure: recall && counted(percent(recall.all)) });
  }
  const rows: GoalRow[] = [
    {
      what,
      unit: "%",
      isMore: true,
      goal,
      ours: counted(percent(overall.scoped)),
      beside,
      note: `${overall.scoped.total} distinct secrets that hold a literal or a special form of the catalogue, doubtful labels left out`,
    },
    {
      what: "public samples, all of them, fully redacted",
      unit: "%",
      isMore: true,
      goal: null,
      ours: counted(percent(overall.all)),
      beside: besideAll,
      note: `${overall.all.total} distinct secrets, passwords and keys without any shape among them`,
    },
    {
      what: "negative samples that are touched",
      unit: "",
      goal: null,
      ours: counted(overall.negatives.touched),
      beside: [],
      note: `of ${overall.negatives.total}; most are placeholders of a true shape`,
    },
  ];
  // What looks like a token was taken out of the one, and put into the other.
  for (const [name, most] of [["clean", mostStrong] as const, ["clean-dirty", null] as const]) {
    const path = join(corpus, name);
    if (existsSync(path)) rows.push(folderRow(`${name}/ of the corpus`, countHits(path, showHit), most));
  }
  return { rows, bySource: sourceTable([...sources, ["all but generated, distinct", overall]]) };
}

function percent({ total, full }: Found): number {
  return total === 0 ? Number.NaN : (full / total) * 100;
}

function sourceTable(sources: readonly (readonly [string, SourceRecall])[]): string {
  const cell = ({ total, full, touched }: Found): string =>
    total === 0
      ? "none"
      : `${((full / total) * 100).toFixed(1)} % (${((touched / total) * 100).toFixed(1)} %) of ${total}`;
  const lines = sources.map(
    ([source, { scoped, scopedWithDoubtful, all, negatives }]) =>
      `| ${source} | ${cell(scoped)} | ${cell(scopedWithDoubtful)} | ${cell(all)} | ${negatives.touched} of ${negatives.total} |`,
  );
  const byRule = new Map<string, number>();
  for (const [source, { misses }] of sources.slice(0, -1))
    for (const { rule } of misses)
      byRule.set(`${source} ${rule}`, (byRule.get(`${source} ${rule}`) ?? 0) + 1);
  const missed = [...byRule].toSorted(([, a], [, b]) => b - a).map(([rule, count]) => `${rule} ${count}`);
  return [
    "| source | scoped: full (touched) | with doubtful ones | all | negatives touched |",
    "|---|---|---|---|---|",
    ...lines,
    "",
    `Scoped misses by rule: ${missed.join(", ") || "none"}`,
  ].join("\n");
}
