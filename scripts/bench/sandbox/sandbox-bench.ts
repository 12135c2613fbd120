/**
 * What all rows of the sandbox are measured with.
 *
 * @module
 */

import type { Runtime } from "../../../runtime/index.ts";
import type { Beside, Figure } from "../goal-row.ts";
import { median } from "../measure.ts";
import type { SandboxPeer } from "./peers.ts";

/** Given to each group of rows. */
export interface SandboxBench {
  readonly isFull: boolean;
  /** With all std modules, and `std/bench`. */
  readonly runtime: Runtime;
  /** The origin of a token server. */
  readonly server: string;
  /** An empty folder. */
  readonly folder: string;
  readonly peers: readonly SandboxPeer[];
}

/** One side of a comparison: answers one value in the row's unit. */
export type Side = () => number | Promise<number>;

/** Best and median of some rounds, ours and the peers' in turn within each; the first round warms up and does not count. */
export async function inTurn(
  rounds: number,
  ours: Side,
  beside: readonly { readonly name: string; readonly note: string; readonly side: Side | null }[] = [],
  isMore = false,
): Promise<{ readonly ours: Figure; readonly beside: readonly Beside[] }> {
  const sides = [ours, ...beside.map(({ side }) => side)];
  const rows: number[][] = sides.map(() => []);
  for (let round = 0; round <= rounds; round += 1) {
    for (const [index, side] of sides.entries()) {
      const value = await side?.();
      if (round > 0 && value !== undefined) rows[index]?.push(value);
    }
  }
  const figures = rows.map((values) => ({
    best: isMore ? Math.max(...values) : Math.min(...values),
    median: median(values),
  }));
  return {
    ours: figures[0] ?? { best: Number.NaN, median: Number.NaN },
    beside: beside.map(({ name, note, side }, index) => ({
      name,
      note,
      figure: side === null ? null : (figures[index + 1] ?? null),
    })),
  };
}

/** What `work` takes in the middle of `count` times, in microseconds. */
export async function microseconds(count: number, work: () => unknown): Promise<number> {
  const times: number[] = [];
  for (let done = 0; done < count; done += 1) {
    const began = performance.now();
    const result = work();
    if (result instanceof Promise) await result;
    times.push((performance.now() - began) * 1000);
  }
  return median(times);
}
