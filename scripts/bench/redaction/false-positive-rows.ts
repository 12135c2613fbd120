/**
 * What is redacted in text that should hold no secret. Only counts leave this file, and places when they are asked for.
 *
 * @module
 */

import { join, relative } from "node:path";
import { seededRandom } from "../../../stdlib/oauth/redaction/catalogue/sample-token.test.support.ts";
import { createRedactor } from "../../../stdlib/oauth/redaction/engine.ts";
import { type Bench, sized } from "./bench.ts";
import { generated } from "./corpus.ts";
import { counted } from "./cpu-time.ts";
import { summary } from "./family-classes.ts";
import type { Goal, GoalRow } from "../goal-row.ts";
import { hitsIn } from "./hits.ts";
import { root } from "./prose.ts";
import { textFiles } from "./text-files.ts";

/** Told of each place: path, offset in characters, pattern, length. Never of the text. */
export type ShowHit = (path: string, offset: number, name: string, length: number) => void;

/** What was counted. */
export interface Counts {
  readonly bytes: number;
  readonly files: number;
  readonly byName: ReadonlyMap<string, number>;
}

/** The rows over the installed packages and over made-up lock files, logs and pictures. */
export function falsePositiveRows(bench: Bench, showHit: ShowHit | null): readonly GoalRow[] {
  const installed = countHits(join(root, "node_modules"), showHit);
  const redactor = createRedactor();
  const megabytes = sized(bench, 10, 100);
  let hits = 0;
  for (let made = 0; made < megabytes; made += 10) {
    const text = generated(seededRandom(100 + made), 10_000_000);
    hits += hitsIn(text, redactor.redact(text)).length;
  }
  return [
    folderRow("installed packages", installed, mostStrong),
    {
      what: `hits in ${megabytes} MB of made-up lock files, logs with UUIDs and SHAs, pictures, histories`,
      unit: "",
      goal: { most: 0 },
      ours: counted(hits),
      beside: [],
    },
  ];
}

/** Of the strong families, in 50 MB of ordinary text. */
export const mostStrong: Goal = { most: 1 };

/** A row about a folder. */
export function folderRow(what: string, { bytes, files, byName }: Counts, goal: Goal | null): GoalRow {
  const { strong, words } = summary(byName);
  const megabytes = bytes / 1e6;
  const total = [...byName.values()].reduce((sum, count) => sum + count, 0);
  return {
    what: `strong hits in 50 MB of ${what}`,
    unit: "",
    goal,
    ours: counted((strong * 50) / megabytes),
    beside: [],
    note: `${megabytes.toFixed(1)} MB in ${files.toLocaleString("en")} files; ${strong} strong hits of ${total} (${(total / megabytes).toFixed(2)} for each MB), examples and test vectors among them: ${words}`,
  };
}

/** Redacts every text file below a folder and counts. */
export function countHits(folder: string, showHit: ShowHit | null): Counts {
  const redactor = createRedactor();
  const byName = new Map<string, number>();
  let bytes = 0;
  let files = 0;
  for (const file of textFiles(folder)) {
    bytes += file.bytes;
    files += 1;
    const redacted = redactor.redact(file.text);
    if (redacted === file.text) continue;
    for (const { name, start, end } of hitsIn(file.text, redacted)) {
      byName.set(name, (byName.get(name) ?? 0) + 1);
      showHit?.(relative(folder, file.path), start, name, end - start);
    }
  }
  return { bytes, files, byName };
}
