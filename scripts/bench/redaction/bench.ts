/**
 * What every group of rows works with.
 *
 * @module
 */

import type { Corpus } from "./corpus.ts";
import type { TextPeer } from "./peers.ts";

/** The setting of one run. */
export interface Bench {
  readonly corpus: Corpus;
  readonly peers: readonly TextPeer[];
  /** `--full`: more rounds and more cases. */
  readonly isFull: boolean;
  /** CPU time in ms for a row that is timed. */
  readonly budget: number;
}

/** One of two, by how long the run may take. */
export function sized<T>({ isFull }: Pick<Bench, "isFull">, short: T, full: T): T {
  return isFull ? full : short;
}
