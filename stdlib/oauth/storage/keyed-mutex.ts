/**
 * A mutex per name, in this process: first come, first served.
 *
 * @module
 */

import { AsyncLocalStorage } from "node:async_hooks";
import { storageError } from "./storage-fault.ts";

interface Hold {
  readonly mutex: KeyedMutex;
  readonly name: string;
  readonly outer: Hold | undefined;
  active: boolean;
}

/** One for all mutexes: Node asks each storage that was ever used at each promise, and never lets one go. */
const holds = new AsyncLocalStorage<Hold>();

export class KeyedMutex {
  /** A name that is held has a queue, empty or not. */
  readonly #queues = new Map<string, (() => void)[]>();
  readonly #waitMs: number;

  /** `waitMs`: how long a caller waits for its turn. */
  constructor(waitMs = 60_000) {
    this.#waitMs = waitMs;
  }

  /**
   * Runs `body` while no other body of this name runs, and answers its result. The name is free again when the body
   * has ended, however it ended.
   * @throws HARN-OAU-010, retryable, when the turn did not come in time; not retryable, when asked from inside a body of the
   *   same name, which could only wait for itself.
   */
  async run<T>(name: string, body: () => T | Promise<T>): Promise<T> {
    return await this.runOwn(name, async () => {
      const hold: Hold = { mutex: this, name, outer: holds.getStore(), active: true };
      try {
        return await holds.run(hold, body);
      } finally {
        hold.active = false;
      }
    });
  }

  /**
   * The same for a body that calls no one else's code and so cannot ask again: it need not be followed through its promises, which
   * costs every promise of the process.
   */
  async runOwn<T>(name: string, body: () => T | Promise<T>): Promise<T> {
    for (let hold = holds.getStore(); hold; hold = hold.outer) {
      // Work that outlives its body may ask again: the hold is no longer active then.
      if (hold.active && hold.mutex === this && hold.name === name) throw storageError("lock_reentered");
    }
    await this.#acquire(name);
    try {
      return await body();
    } finally {
      this.#release(name);
    }
  }

  #acquire(name: string): Promise<void> {
    const queue = this.#queues.get(name);
    if (!queue) {
      this.#queues.set(name, []);
      return Promise.resolve();
    }
    return new Promise((resolve, reject) => {
      // A real timer: a script's test clock must not end the wait for another call's real work.
      const timer = setTimeout(() => {
        queue.splice(queue.indexOf(enter), 1);
        reject(storageError("lock_timeout"));
      }, this.#waitMs);
      const enter = (): void => {
        clearTimeout(timer);
        resolve();
      };
      queue.push(enter);
    });
  }

  #release(name: string): void {
    const next = this.#queues.get(name)?.shift();
    if (next) next();
    else this.#queues.delete(name);
  }
}
