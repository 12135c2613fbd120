/**
 * One part of the soak, as `npm run soak` runs it.
 *
 * @module
 */

export interface PartResult {
  /** What went wrong, one sentence each; empty when nothing did. */
  readonly faults: readonly string[];
  /** The figures, on one line. */
  readonly figures: string;
}

/** Runs it. `isShort`: in about 15 seconds; `progress` is told now and then how far it is. */
export type Part = (isShort: boolean, seed: number, progress: (text: string) => void) => Promise<PartResult>;
