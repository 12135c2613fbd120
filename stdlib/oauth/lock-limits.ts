/**
 * How long the work under a refresh lock may take. A lease that ends before its holder's request lets two requests out, so
 * all of it must fit into the shortest lease (see `docs/refresh.md`).
 *
 * @module
 */

export interface LockLimits {
  /** The life of a lease that the host is asked for. */
  readonly leaseMs: number;
  /** All requests of one refresh together. Callers may be impatient, the flight is not: each answer given up on is a lost login at a strict server. */
  readonly refreshMs: number;
  /** One call of a revocation, which makes two. */
  readonly revocationMs: number;
  /** All attempts to store what a request brought. */
  readonly storeMs: number;
}

export const lockLimits: LockLimits = {
  leaseMs: 60_000,
  refreshMs: 30_000,
  revocationMs: 20_000,
  storeMs: 10_000,
};

/** Monotonic ms. */
export interface LockTimes {
  /** A request that is sent until then ends, and is stored, before the lease does. */
  readonly sendUntil: number;
  /** What is written until then is not written under another holder's lease. */
  readonly writeUntil: number;
}

/** What fits into the life of a lease that was taken at `takenAt` (monotonic ms). */
export function lockTimes(takenAt: number): LockTimes {
  const writeUntil = takenAt + lockLimits.leaseMs - lockLimits.storeMs;
  return { sendUntil: writeUntil - lockLimits.refreshMs, writeUntil };
}
