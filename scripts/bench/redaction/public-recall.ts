/**
 * How much of public samples is found. What is printed are counts; texts go nowhere but into a file that is asked for.
 *
 * @module
 */

import type { Hit } from "./hits.ts";
import { hitsIn } from "./hits.ts";
import { isGone } from "./leak.ts";
import type { Labelled } from "./labelled.ts";
import { isInScope, knownBeginning } from "./scope.ts";

/** How many of some secrets are found. */
export interface Found {
  total: number;
  /** No eight characters in a row are left. */
  full: number;
  /** Something of it is gone. */
  touched: number;
}

/** What one source comes to. */
export interface SourceRecall {
  /** Secrets that the catalogue says it knows, without and with those whose label is doubtful. */
  readonly scoped: Found;
  readonly scopedWithDoubtful: Found;
  readonly all: Found;
  readonly negatives: { total: number; touched: number };
  /** Scoped, not doubtful, not fully found. */
  readonly misses: Labelled[];
}

type Redact = (text: string) => string | Promise<string>;

/** Distinct samples only: one of several sources counts once. */
export function distinct(samples: readonly Labelled[]): readonly Labelled[] {
  const seen = new Map<string, Labelled>();
  for (const sample of samples) {
    const key = JSON.stringify([sample.positive, sample.text, sample.positive ? sample.secret : null]);
    // The one whose label nobody doubts says more.
    const before = seen.get(key);
    if (before === undefined || (before.doubtful?.length && !sample.doubtful?.length)) seen.set(key, sample);
  }
  return [...seen.values()];
}

/** Redacts every sample and compares. */
export async function recallOf(samples: readonly Labelled[], redact: Redact): Promise<SourceRecall> {
  const recall: SourceRecall = {
    scoped: none(),
    scopedWithDoubtful: none(),
    all: none(),
    negatives: { total: 0, touched: 0 },
    misses: [],
  };
  const outputs = new Map<string, string>();
  for (const sample of samples) {
    const { text, secret, positive } = sample;
    const redacted = outputs.get(text) ?? (await redact(text));
    outputs.set(text, redacted);
    if (!positive) {
      if (sample.contains_labelled_secret === true) continue;
      recall.negatives.total += 1;
      if (redacted !== text) recall.negatives.touched += 1;
      continue;
    }
    if (secret === null || secret === "") continue;
    const isFull = isGone(secret, redacted, knownBeginning(secret));
    const isTouched = isFull || touches(text, secret, redacted);
    add(recall.all, isFull, isTouched);
    if (!isInScope(secret)) continue;
    add(recall.scopedWithDoubtful, isFull, isTouched);
    if (sample.doubtful?.length) continue;
    add(recall.scoped, isFull, isTouched);
    if (!isFull) recall.misses.push(sample);
  }
  return recall;
}

function none(): Found {
  return { total: 0, full: 0, touched: 0 };
}

function add(found: Found, isFull: boolean, isTouched: boolean): void {
  found.total += 1;
  if (isFull) found.full += 1;
  if (isTouched) found.touched += 1;
}

function touches(text: string, secret: string, redacted: string): boolean {
  const hits: readonly Hit[] = hitsIn(text, redacted);
  for (let at = text.indexOf(secret); at !== -1; at = text.indexOf(secret, at + 1))
    if (hits.some(({ start, end }) => start < at + secret.length && end > at)) return true;
  return false;
}
