/**
 * How a figure comes about: several rounds, ours and the peers in turn within each, and the median of the rounds.
 *
 * @module
 */

/** Does a batch of work and answers one figure in the row's unit. */
export type Measure = () => number | Promise<number>;

/** One line of the report before it was measured. */
export interface Row {
  readonly name: string;
  readonly unit: "µs" | "ms" | "per s";
  readonly ours: Measure;
  /** By name; empty when nothing does the same work. */
  readonly peers?: Readonly<Record<string, Measure>>;
  /** Default 7. */
  readonly rounds?: number;
}

/** One line of the report. */
export interface Figure {
  readonly name: string;
  readonly unit: Row["unit"];
  readonly ours: number;
  readonly peers: readonly {
    readonly name: string;
    readonly value: number;
    /** How many times better than this peer we are; below 1 we are worse. */
    readonly ratio: number;
  }[];
}

const defaultRounds = 7;
/** Rounds that are run although the time of the row is over. */
const leastRounds = 3;

/** Measures a row within about `budget` ms. The first round warms up and does not count. */
export async function measureRow(row: Row, budget: number): Promise<Figure> {
  const subjects = [row.ours, ...Object.values(row.peers ?? {})];
  const values: number[][] = subjects.map(() => []);
  const end = performance.now() + budget;
  for (const subject of subjects) await subject();
  for (let round = 0; round < (row.rounds ?? defaultRounds); round += 1) {
    if (round >= leastRounds && performance.now() > end) break;
    for (const [index, subject] of subjects.entries()) values[index]?.push(await subject());
  }
  const [ours = Number.NaN, ...others] = values.map(median);
  const names = Object.keys(row.peers ?? {});
  return {
    name: row.name,
    unit: row.unit,
    ours,
    peers: others.map((value, index) => ({
      name: names[index] ?? "",
      value,
      ratio: row.unit === "per s" ? ours / value : value / ours,
    })),
  };
}

/** The middle value. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

/** Microseconds per call, over `calls` calls one after the other. */
export async function microsecondsPerCall(calls: number, call: () => unknown): Promise<number> {
  const began = performance.now();
  for (let done = 0; done < calls; done += 1) await call();
  return ((performance.now() - began) * 1000) / calls;
}
