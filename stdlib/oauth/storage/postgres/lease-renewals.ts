/**
 * What keeps leases: their renewal in time, and under the next session when one is lost.
 *
 * @module
 */

import { setTimeout as wait } from "node:timers/promises";
import { Batch } from "./batch.ts";
import { isOfOne } from "./database-error.ts";
import type { OwnerSession } from "./owner-session.ts";
import type { Place } from "./place.ts";
import type { Query } from "./statement.ts";

export interface Lease {
  readonly place: Place;
  /** Never used twice. */
  readonly fence: string;
}

/** Pause before the leases are tried to be brought to the next session again, in ms. */
const followAgainMs = 200;

export class LeaseRenewals {
  readonly #query: Query;
  readonly #session: OwnerSession;
  readonly #leaseMs: number;
  readonly #held: ReadonlyMap<string, Lease>;
  readonly #renewals: Batch<Lease, boolean>;
  /** How often held leases may have been left behind. */
  #losses = 0;
  #isFollowing = false;

  /** `held`: the leases of this process, at any time. */
  constructor(query: Query, session: OwnerSession, leaseMs: number, held: ReadonlyMap<string, Lease>) {
    this.#query = query;
    this.#session = session;
    this.#leaseMs = leaseMs;
    this.#held = held;
    this.#renewals = new Batch((leases) => this.#renewAll(leases), isOfOne);
  }

  /** False: it is lost. Throws HARN-OAU-010 when the database cannot be asked. */
  async renew(lease: Lease): Promise<boolean> {
    return await this.#renewals.run(lease);
  }

  /** Until the returned function is called. A renewal that fails is tried again; a lease that is lost is left alone. */
  keepRenewing(lease: Lease): () => void {
    let timer: NodeJS.Timeout;
    let stopped = false;
    const renewIn = (ms: number): void => {
      timer = setTimeout(() => {
        this.renew(lease).then(
          (isOurs) => isOurs && !stopped && renewIn(this.#leaseMs / 3),
          () => !stopped && renewIn(this.#leaseMs / 12),
        );
      }, ms).unref();
    };
    renewIn(this.#leaseMs / 3);
    return () => {
      stopped = true;
      clearTimeout(timer);
    };
  }

  /** Brings all held leases to the present session, before others think that this process is gone. Does not wait for it. */
  followSession(): void {
    this.#losses += 1;
    if (!this.#isFollowing) void this.#follow();
  }

  async #follow(): Promise<void> {
    this.#isFollowing = true;
    for (let followed = 0; this.#held.size > 0 && followed !== this.#losses; ) {
      const losses = this.#losses;
      try {
        await Promise.all([...this.#held.values()].map((lease) => this.renew(lease)));
        followed = losses;
      } catch {
        await wait(followAgainMs, undefined, { ref: false });
      }
    }
    this.#isFollowing = false;
  }

  async #renewAll(leases: readonly Lease[]): Promise<readonly boolean[]> {
    const owner = await this.#session.owner();
    const [row] = await this.#query("select holdfast.renew($1, $2, $3, $4, $5, $6) as ours", [
      leases.map(({ place }) => place.tenant),
      leases.map(({ place }) => place.scope),
      leases.map(({ place }) => place.key),
      leases.map(({ fence }) => fence),
      owner,
      this.#leaseMs,
    ]);
    return (row as { readonly ours: readonly boolean[] }).ours;
  }
}
