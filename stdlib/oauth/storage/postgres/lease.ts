/**
 * Leases: one holder per key over all hosts, without an open transaction while it is held.
 *
 * @module
 */

import { randomInt } from "node:crypto";
import { setTimeout as wait } from "node:timers/promises";
import { KeyedMutex } from "../keyed-mutex.ts";
import { isOfOne } from "./database-error.ts";
import { type Lease, LeaseRenewals } from "./lease-renewals.ts";
import type { OwnerSession } from "./owner-session.ts";
import { type Place, placeName } from "./place.ts";
import { postgresError } from "./postgres-fault.ts";
import type { EntryRow } from "./entry-row.ts";
import type { Query } from "./statement.ts";

export interface LeaseTimes {
  /** Life of a lease that is not renewed, in ms. Longer than any request that is sent under it. */
  readonly leaseMs: number;
  /** How long a caller waits for another one's lease, in ms. */
  readonly waitMs: number;
}

/** The limit of a refresh request is 30 s, and a lease is renewed at a third of its life. */
export const leaseTimes: LeaseTimes = { leaseMs: 60_000, waitMs: 60_000 };

/** Pause before a release that failed is tried again, in ms. */
const releaseAgainMs = 1_000;

/** A lease that was just taken, and what is stored under its key. */
export interface Taken {
  readonly lease: Lease;
  /** Null when nothing is stored, undefined when taking the lease did not tell. */
  readonly row: EntryRow | null | undefined;
}

interface Lent extends Lease {
  /** In ms of `performance.now()`. */
  readonly since: number;
}

type Answer = Omit<EntryRow, "generation"> & {
  readonly state: "taken" | "held" | "gone";
  /** Null when it is gone. */
  readonly fence: string | null;
  readonly generation: string | null;
};

export class Leases {
  readonly #query: Query;
  readonly #session: OwnerSession;
  readonly #times: LeaseTimes;
  readonly #turns: KeyedMutex;
  /** The leases that this process holds, by the name of their place. */
  readonly #held = new Map<string, Lease>();
  /** Of these, the ones that were {@link lend}ed: who asks for such a place uses that lease, and leaves its end to the lender. */
  readonly #lent = new Map<string, Lent>();
  readonly #ending = new Map<Lease, () => void>();
  readonly #bodies = new Set<Promise<unknown>>();
  readonly #renewals: LeaseRenewals;
  #closed = false;

  constructor(query: Query, session: OwnerSession, times: LeaseTimes) {
    this.#query = query;
    this.#session = session;
    this.#times = times;
    this.#turns = new KeyedMutex(times.waitMs);
    this.#renewals = new LeaseRenewals(query, session, times.leaseMs, this.#held);
    session.onLost = () => this.#renewals.followSession();
  }

  /** The fence of the lease that this process holds here; null for none. */
  fenceAt(place: Place): string | null {
    return this.#held.get(placeName(place))?.fence ?? null;
  }

  /**
   * Runs `body` while this process holds the lease of a place, which is renewed meanwhile. What becomes of the lease when
   * the database is lost does not stop the body: its writes compare what they replace.
   * @throws HARN-OAU-010, retryable, when the lease was not free in time or the database cannot be reached.
   */
  async whileHeld<T>(place: Place, body: (taken: Taken) => Promise<T>): Promise<T> {
    const turn = this.#inTurn(place, async (over) => {
      const lent = await this.#lentAt(place);
      const taken = lent ? { lease: lent, row: undefined } : await this.#take(place, true, over);
      const stop = this.#renewals.keepRenewing(taken.lease);
      try {
        return await body(taken);
      } finally {
        stop();
        // Also when its lender waited in vain to take it back: what was renewed since ends by itself for this process alone.
        if (lent === null || this.#lent.get(placeName(place)) !== lent) await this.#end(taken.lease);
      }
    });
    return await this.#beforeClose(turn);
  }

  /** Takes a lease that ends with {@link release}, or by itself when its life is over. Throws as {@link whileHeld}. */
  async acquire(place: Place): Promise<Taken> {
    // Its lender needs a turn to take it back.
    for (const end = performance.now() + this.#times.waitMs; this.#lent.has(placeName(place)); ) {
      if (performance.now() > end) throw postgresError("lock_timeout");
      await wait(randomInt(20, 60));
    }
    const turn = this.#inTurn(place, async (over) => {
      const taken = await this.#take(place, false, over);
      if (this.#closed) {
        await this.#end(taken.lease);
        throw postgresError("closed");
      }
      const timer = setTimeout(() => void this.#end(taken.lease), this.#times.leaseMs).unref();
      this.#ending.set(taken.lease, () => clearTimeout(timer));
      return taken;
    });
    return await this.#beforeClose(turn);
  }

  /** The number of this process. Throws as {@link whileHeld}. */
  async owner(): Promise<number> {
    return await this.#session.owner();
  }

  /** Gives up what the database may hold for this process without its knowledge. */
  disown(): void {
    this.#session.disown();
  }

  /** Keeps a lease that was taken for the number `owner` of this process by other means, until {@link takeBack}: {@link whileHeld} then runs under it. */
  lend(lease: Lease, owner: number): void {
    const name = placeName(lease.place);
    const lent = { ...lease, since: performance.now() };
    this.#keep(lent, owner);
    this.#lent.set(name, lent);
  }

  /**
   * Waits for the body that runs under a lent lease, and ends the lease by `end` before another one can begin.
   * @throws what `end` throws; the lease then ends by itself.
   */
  async takeBack({ place, fence }: Lease, end: () => Promise<void>): Promise<void> {
    const name = placeName(place);
    const isOurs = (lease?: Lease): boolean => lease?.fence === fence;
    try {
      await this.#turns.runOwn(name, async () => {
        if (isOurs(this.#lent.get(name))) this.#lent.delete(name);
        await end();
      });
    } finally {
      if (isOurs(this.#lent.get(name))) this.#lent.delete(name);
      if (isOurs(this.#held.get(name))) this.#held.delete(name);
    }
  }

  /** Ends a lease of {@link acquire}. One that is over already is no error. */
  async release(place: Place, fence: unknown): Promise<void> {
    const lease = this.#held.get(placeName(place));
    if (lease && lease.fence === fence) await this.#end(lease);
  }

  /** Takes no new leases, waits for the bodies that run, and gives the session up. */
  async close(): Promise<void> {
    this.#closed = true;
    await Promise.allSettled(this.#bodies);
    await Promise.all([...this.#held.values()].map((lease) => this.#end(lease)));
    this.#session.close();
  }

  /** {@link close} waits for it. */
  async #beforeClose<T>(turn: Promise<T>): Promise<T> {
    this.#bodies.add(turn);
    try {
      return await turn;
    } finally {
      this.#bodies.delete(turn);
    }
  }

  /** First come, first served in this process, and one at a time asks the database. */
  async #inTurn<T>(place: Place, body: (over: () => boolean) => Promise<T>): Promise<T> {
    if (this.#closed) throw postgresError("closed");
    let isOver = false;
    const timer = setTimeout(() => (isOver = true), this.#times.waitMs);
    try {
      return await this.#turns.run(placeName(place), () => body(() => isOver));
    } finally {
      clearTimeout(timer);
    }
  }

  /** The lent lease of a place, while it is surely this process's. */
  async #lentAt(place: Place): Promise<Lent | null> {
    const name = placeName(place);
    const lent = this.#lent.get(name);
    if (!lent) return null;
    const isYoung = performance.now() - lent.since < this.#times.leaseMs / 12;
    if (isYoung || (await this.#renewals.renew(lent))) return lent;
    if (this.#lent.get(name) === lent) this.#lent.delete(name);
    return null;
  }

  /** `quick`: the holder writes its intent before it sends, so that others need not wait for long when this process is gone. */
  async #take(place: Place, quick: boolean, over: () => boolean): Promise<Taken> {
    for (;;) {
      const owner = await this.#session.owner();
      const { state, fence, generation, ...row } = await this.#ask(place, quick, owner);
      if (state === "taken" && fence !== null) {
        const lease: Lease = { place, fence };
        this.#keep(lease, owner);
        // It was taken over from there: a claim whose answer came after this question was asked.
        this.#lent.delete(placeName(place));
        return { lease, row: generation === null ? null : { generation, ...row } };
      }
      if (state === "gone") this.#session.disown();
      if (over()) throw postgresError("lock_timeout");
      await this.#session.released(fence ?? "", randomInt(20, 60));
    }
  }

  async #ask({ tenant, scope, key }: Place, quick: boolean, owner: number): Promise<Answer> {
    const known = this.#held.get(placeName({ tenant, scope, key }));
    let wasCut = false;
    try {
      const values = [
        tenant,
        scope,
        key,
        owner,
        this.#session.numbers,
        known ? [known.fence] : [],
        this.#times.leaseMs,
        quick,
      ];
      const onCut = (): void => void (wasCut = true);
      const rows = await this.#query(
        "select * from holdfast.acquire($1, $2, $3, $4, $5, $6, $7, $8)",
        values,
        onCut,
      );
      // No row: the holder let go between the two looks.
      return (rows[0] ?? { state: "held", fence: null }) as Answer;
    } catch (error) {
      // It may have been given all the same, and then nobody would end it.
      if (wasCut || !isOfOne(error)) this.#session.disown();
      throw error;
    }
  }

  /** `owner`: the number that it was taken under, which may be given up by now. */
  #keep(lease: Lease, owner: number): void {
    this.#held.set(placeName(lease.place), lease);
    if (!this.#session.isCurrent(owner)) this.#renewals.followSession();
  }

  /** Never throws: the work under the lease is done. */
  async #end(lease: Lease): Promise<void> {
    const name = placeName(lease.place);
    this.#ending.get(lease)?.();
    this.#ending.delete(lease);
    const isReleased = await this.#release(lease).then(
      () => true,
      () => false,
    );
    // Before the number is given up: the next one must not take it along.
    if (this.#held.get(name) === lease) this.#held.delete(name);
    if (isReleased) return;
    this.#session.disown();
    this.#releaseLater(lease, Math.ceil(this.#times.leaseMs / releaseAgainMs));
  }

  async #release({ place, fence }: Lease): Promise<void> {
    const values = [place.tenant, place.scope, place.key, fence];
    await this.#query("select holdfast.release($1, $2, $3, $4)", values);
  }

  /** Others need not wait for the end of its life when the database comes back sooner. */
  #releaseLater(lease: Lease, times: number): void {
    if (times === 0 || this.#closed) return;
    setTimeout(() => {
      this.#release(lease).catch(() => this.#releaseLater(lease, times - 1));
    }, releaseAgainMs).unref();
  }
}
