/**
 * What a probe is: a row of the attack table that is written in Node, for what happens outside of any call.
 *
 * @module
 */

export interface ProbeContext {
  /** An empty folder of the row's own, removed afterwards. */
  readonly folder: string;
}

/** Ends when the promise of the row holds. @throws AssertionError when it is broken. */
export type Probe = (context: ProbeContext) => Promise<void>;
