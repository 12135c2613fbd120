/**
 * The one session that tells the database that this process lives, and hears when a lease ends.
 *
 * It holds an advisory lock on the number that stands in this process's leases. The lock ends with the session: a killed
 * process loses it in milliseconds, a frozen one keeps it.
 *
 * @module
 */

import { EventEmitter } from "node:events";
import { takeConnection } from "./connection.ts";
import { judgeDatabaseError } from "./database-error.ts";
import { isOwnError, startLimit } from "./limit.ts";
import type { PostgresPool } from "./pool.ts";
import { postgresError } from "./postgres-fault.ts";

interface Opened {
  readonly number: number;
  readonly end: () => void;
}

export class OwnerSession {
  readonly #pool: PostgresPool;
  readonly #releases = new EventEmitter().setMaxListeners(0);
  #opening: Promise<Opened> | null = null;
  #numbers: readonly number[] = [];
  /** Called when a number was given up: the leases under it are to be renewed under the next one. */
  onLost = (): void => {};
  #closed = false;
  /** The number that was told last and not given up since. */
  #current: number | null = null;

  constructor(pool: PostgresPool) {
    this.#pool = pool;
  }

  /**
   * The number of this process; a new one after the session was lost.
   * @throws HARN-OAU-010 when no session can be opened, or after {@link close}.
   */
  async owner(): Promise<number> {
    if (this.#closed) throw postgresError("closed");
    const opening = (this.#opening ??= this.#open());
    try {
      const { number } = await opening;
      if (this.#opening === opening) this.#current = number;
      return number;
    } catch (error) {
      if (this.#opening === opening) this.#opening = null;
      throw error;
    }
  }

  /** Whether this number was not given up, as far as this process knows. */
  isCurrent(number: number): boolean {
    return this.#current === number;
  }

  /** Gives the session up for good. */
  close(): void {
    this.#closed = true;
    this.disown();
  }

  /** The latest numbers of this process: what they lease and nobody here knows of is nobody's. */
  get numbers(): readonly number[] {
    return this.#numbers;
  }

  /**
   * Gives the number up, so that leases under it end soon. For when the database may hold a lease of this process that the
   * process does not know of. What it knows of is renewed for the next number, see {@link onLost}.
   */
  disown(): void {
    const opening = this.#opening;
    this.#opening = null;
    this.#current = null;
    opening?.then(({ end }) => end()).catch(() => {}); // It never opened.
    if (opening) this.onLost();
  }

  /** Waits until the lease with this fence is released, at most `ms`. */
  async released(fence: string, ms: number): Promise<void> {
    const event = `fence ${fence}`;
    await new Promise<void>((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        this.#releases.off(event, done);
        resolve();
      };
      const timer = setTimeout(done, ms);
      this.#releases.on(event, done);
    });
  }

  async #open(): Promise<Opened> {
    const limit = startLimit();
    let opened: Opened | undefined;
    let broken = false;
    const onBroken = (): void => {
      broken = true;
      if (opened) this.#lost(opened);
    };
    try {
      const client = await takeConnection(this.#pool, limit);
      try {
        client.on("error", onBroken);
        client.on("end", onBroken);
        // Named with a prefix: anybody in the database can send any text, and "error" is special to emitters.
        client.on("notification", ({ payload }) => this.#releases.emit(`fence ${payload ?? ""}`));
        await limit.race(client.query("listen holdfast_release"));
        const { rows } = await limit.race(client.query("select holdfast.open_owner() as number"));
        const { number } = rows[0] as { readonly number: number };
        this.#numbers = [...this.#numbers, number].slice(-16);
        // Never given back: a lock and a subscription hang on it.
        opened = { number, end: () => client.release(true) };
        if (broken) throw new Error("the session broke while it was opened");
        return opened;
      } catch (error) {
        client.release(true);
        throw error;
      }
    } catch (error) {
      throw isOwnError(error) ? error : postgresError(judgeDatabaseError(error, false).fault, error);
    } finally {
      limit.clear();
    }
  }

  #lost(opened: Opened): void {
    const opening = this.#opening;
    void opening
      ?.then((current) => {
        if (current === opened && this.#opening === opening) this.disown();
      })
      .catch(() => {}); // The next one could not be opened either.
  }
}
