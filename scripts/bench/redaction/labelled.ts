/**
 * Public samples with labels: `samples/*.jsonl` of a folder outside the repository.
 *
 * @module
 */

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** One line. */
export interface Labelled {
  readonly source: string;
  readonly rule: string;
  readonly text: string;
  readonly secret: string | null;
  readonly positive: boolean;
  /** Why the label may be wrong. */
  readonly doubtful?: readonly string[];
  /** Of a negative: it holds a secret after all. */
  readonly contains_labelled_secret?: boolean;
}

/** By the name of the file. */
export function labelledSamples(folder: string): ReadonlyMap<string, readonly Labelled[]> {
  const samples = join(folder, "samples");
  const files = readdirSync(samples).filter((name) => name.endsWith(".jsonl"));
  return new Map(
    files.toSorted().map((name) => {
      const lines = readFileSync(join(samples, name), "utf8").split("\n");
      return [
        name.replace(/\.jsonl$/, ""),
        lines.filter(Boolean).map((line) => JSON.parse(line) as Labelled),
      ];
    }),
  );
}
