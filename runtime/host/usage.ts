/**
 * What a run cost.
 *
 * @module
 */

/** What a run cost, whether it came to a result or not. */
export interface Usage {
  /** CPU time of the guest in ms, with what the host computed in plain calls. */
  readonly cpu_ms: number;
  /** From the start of the script to its end, in ms. */
  readonly wall_ms: number;
  /** The sandbox's memory at the end in bytes; it never shrinks during a run. After a kill, the limit. */
  readonly peak_memory: number;
  /** Calls that crossed the wall. */
  readonly host_calls: number;
  /** How long the fresh sandbox took to make, in microseconds. It was made before the run. */
  readonly fresh_sandbox_us: number;
}
