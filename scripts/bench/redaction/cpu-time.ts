/**
 * How a figure comes about: CPU time of the process, in rounds, ours and the peers in turn within each.
 *
 * @module
 */

import type { Figure } from "../goal-row.ts";

/** One side of a comparison. */
export interface Side {
  readonly name: string;
  /** One pass over the work. */
  readonly pass: () => unknown;
  /** How much work a pass is: bytes, or calls. */
  readonly work: number;
}

/** A round runs passes for at least so many ms, so that the clock is fine enough. */
const leastRound = 20;

/** Microseconds of CPU time that `pass` takes, all threads of the process counted. */
export async function cpuOf(pass: () => unknown): Promise<number> {
  const before = process.cpuUsage();
  await pass();
  const { user, system } = process.cpuUsage(before);
  return user + system;
}

/**
 * Microseconds for each unit of work, by side. Rounds go on for about `budget` ms of CPU time in all; each side has its share and
 * at least one round. The first pass warms up, and counts only where it took the whole share.
 */
export async function measured(sides: readonly Side[], budget: number): Promise<readonly Figure[]> {
  const share = (budget * 1_000) / sides.length;
  const subjects: { side: Side; passes: number; spent: number; values: number[] }[] = [];
  for (const side of sides) {
    await side.pass();
    const once = await cpuOf(side.pass);
    const passes = Math.max(1, Math.ceil((leastRound * 1_000) / Math.max(once, 1)));
    subjects.push({ side, passes, spent: once, values: once > share / 2 ? [once / side.work] : [] });
  }
  for (let isOver = false; !isOver; ) {
    isOver = true;
    for (const subject of subjects) {
      const { side, passes, spent, values } = subject;
      if (spent > share && values.length > 0) continue;
      isOver = false;
      const took = await cpuOf(async () => {
        for (let pass = 0; pass < passes; pass++) {
          const result = side.pass();
          if (result instanceof Promise) await result;
        }
      });
      values.push(took / (passes * side.work));
      subject.spent += took;
    }
  }
  return subjects.map(({ values }) => figureOf(values));
}

/** Of values of which less is better. */
export function figureOf(values: readonly number[]): Figure {
  const sorted = values.toSorted((a, b) => a - b);
  return {
    best: sorted[0] ?? Number.NaN,
    median: sorted[Math.floor(sorted.length / 2)] ?? Number.NaN,
  };
}

/** Each value turned into another unit. */
export function inUnit({ best, median }: Figure, turn: (value: number) => number): Figure {
  return { best: turn(best), median: turn(median) };
}

/** A figure that no clock was asked for. */
export function counted(value: number): Figure {
  return { best: value, median: value };
}
