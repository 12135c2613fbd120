/**
 * Claims: leases of connections that are due, taken by the scheduler role for this process, many at a time and of all tenants.
 *
 * @module
 */

import { Batch } from "./batch.ts";
import { isOfOne } from "./database-error.ts";
import type { Leases } from "./lease.ts";
import type { Lease } from "./lease-renewals.ts";
import type { Query } from "./statement.ts";

/** A part of the connections: those whose hash modulo `of` is `number`. */
export interface Shard {
  readonly number: number;
  readonly of: number;
}

export interface Claim {
  readonly lease: Lease;
  /** Which login it was claimed for. */
  readonly generation: string | null;
  /** Failures since the last success. */
  readonly attempts: number;
}

/** What becomes of a connection that is still due with the tokens that were claimed. */
export interface Verdict {
  /** Null leaves it due, seconds put it off, infinity takes it off the schedule until other tokens are stored. */
  readonly delay: number | null;
  /** Failures since the last success. */
  readonly attempts: number;
}

interface ClaimedRow {
  /** Null: the session of the owner is gone. */
  readonly tenant: string | null;
  readonly scope: string;
  readonly key: string;
  readonly generation: string | null;
  readonly fence: string;
  readonly attempts: number;
}

interface Settled {
  readonly claim: Claim;
  readonly verdict: Verdict;
}

export class Claims {
  readonly #query: Query;
  readonly #leases: Leases;
  readonly #leaseMs: number;
  readonly #settled: Batch<Settled, undefined>;

  /** `query` runs as the scheduler role. */
  constructor(query: Query, leases: Leases, leaseMs: number) {
    this.#query = query;
    this.#leases = leases;
    this.#leaseMs = leaseMs;
    this.#settled = new Batch(async (settled) => {
      await this.#settle(settled);
      return settled.map(() => undefined);
    }, isOfOne);
  }

  /**
   * Takes at most `limit` connections that are due, and lends their leases to the storages of this process.
   * @throws HARN-OAU-010 when the database cannot be reached.
   */
  async take(limit: number, { number, of }: Shard): Promise<readonly Claim[]> {
    const owner = await this.#leases.owner();
    // When an answer is lost they may have been given all the same, and then nobody would end them.
    const disown = (): void => this.#leases.disown();
    let rows: readonly ClaimedRow[];
    try {
      const values = [owner, this.#leaseMs, limit, number, of];
      rows = (await this.#query(
        "select * from holdfast.claim_due($1, $2, $3, $4, $5)",
        values,
        disown,
      )) as readonly ClaimedRow[];
    } catch (error) {
      disown();
      throw error;
    }
    return rows.flatMap(({ tenant, scope, key, generation, fence, attempts }) => {
      if (tenant === null) {
        this.#leases.disown();
        return [];
      }
      const lease: Lease = { place: { tenant, scope, key }, fence };
      this.#leases.lend(lease, owner);
      return [{ lease, generation, attempts }];
    });
  }

  /** Ends a claim, with those that end at the same time. Never throws: a lease that cannot be ended ends by itself. */
  async settle(claim: Claim, verdict: Verdict): Promise<void> {
    try {
      await this.#leases.takeBack(claim.lease, async () => await this.#settled.run({ claim, verdict }));
    } catch {
      this.#leases.disown();
    }
  }

  async #settle(settled: readonly Settled[]): Promise<void> {
    await this.#query("select holdfast.settle_claims($1, $2, $3, $4, $5, $6, $7)", [
      settled.map(({ claim }) => claim.lease.place.tenant),
      settled.map(({ claim }) => claim.lease.place.scope),
      settled.map(({ claim }) => claim.lease.place.key),
      settled.map(({ claim }) => claim.lease.fence),
      settled.map(({ claim }) => claim.generation),
      settled.map(({ verdict }) => verdict.delay),
      settled.map(({ verdict }) => verdict.attempts),
    ]);
  }
}
