/**
 * The lock of the login between the processes: one that ends with its holder, or a lease.
 *
 * @module
 */

import type { Process } from "./process.test.support.ts";

/** Life of a lease, in ms. */
export const leaseMs = 60_000;

export class LockBetween {
  readonly #kind: "kernel" | "lease";
  #held: { readonly holder: Process; readonly until: number } | null = null;
  #waiting: { readonly process: Process; readonly enter: () => void }[] = [];

  /** As `store` of a shape. */
  constructor(kind: "kernel" | "lease") {
    this.#kind = kind;
  }

  get isHeld(): boolean {
    return this.#held !== null;
  }

  /** Waits for the lock. `now` in ms. */
  async take(process: Process, now: () => number): Promise<void> {
    if (this.#held !== null)
      await new Promise<void>((resolve) => {
        const enter = (): void => {
          this.#held = { holder: process, until: now() + leaseMs };
          resolve();
        };
        this.#waiting.push({ process, enter });
      });
    else this.#held = { holder: process, until: now() + leaseMs };
    process.isBusy = true;
  }

  /** Gives it back, when it is still this process's. */
  leave(process: Process): void {
    if (this.#held?.holder === process && !process.isDead) this.#pass();
  }

  /** The process is gone. */
  crash(process: Process): void {
    this.#waiting = this.#waiting.filter((one) => one.process !== process);
    if (this.#held?.holder === process && this.#kind === "kernel") this.#pass();
  }

  /** Time has passed. */
  expire(now: number): void {
    if (this.#held !== null && this.#kind === "lease" && now >= this.#held.until) this.#pass();
  }

  #pass(): void {
    this.#held = null;
    this.#waiting.shift()?.enter();
  }
}
