/**
 * Whose turn it is: runs wait here until they may have a thread.
 *
 * A tenant takes a further thread only while it holds fewer than are free (Choudhury and Hahne, 1998). So no tenant can
 * take all of them, and one that comes new finds room at once: with `n` tenants that want more, each gets one part of
 * `n + 1`, and one part stays free.
 *
 * @module
 */

import { RunError } from "../host/run-error.ts";

/** How many runs there may be. */
export interface QueueLimits {
  /** Runs at the same time, of all tenants. */
  readonly threads: number;
  /** Runs of one tenant that may wait. */
  readonly waiting: number;
}

/** What holds when nothing is said. */
const defaults: QueueLimits = { threads: 64, waiting: 1_000 };
const highest: QueueLimits = { threads: 1_024, waiting: 1_000_000 };
const lowest: QueueLimits = { threads: 1, waiting: 0 };

/**
 * The defaults with what was given in their place.
 *
 * @throws RunError HARN-RUN-015 when a number is not whole, or out of its range.
 */
export function resolveQueueLimits(
  given: {
    readonly [name in keyof QueueLimits]?: number | undefined;
  },
): QueueLimits {
  const resolved = (name: keyof QueueLimits): number => {
    const value = given[name] ?? defaults[name];
    if (Number.isSafeInteger(value) && value >= lowest[name] && value <= highest[name]) return value;
    throw new RunError("HARN-RUN-015", `createRuntime: ${name} is out of its range`, {
      hint: `Give a whole number from ${lowest[name]} to ${highest[name]}.`,
    });
  };
  return { threads: resolved("threads"), waiting: resolved("waiting") };
}

export interface Queue {
  /**
   * Waits for the turn of one run of this tenant. Answers a function to be called, once, when the run has given its thread back.
   *
   * @throws RunError HARN-RUN-016 when too many runs of the tenant wait already; the signal's reason when it aborts first.
   */
  enter(tenant: string, signal: AbortSignal): Promise<() => void>;
  /** Runs that have a thread. */
  readonly running: number;
  /** Runs that wait. */
  readonly waiting: number;
}

interface Tenant {
  running: number;
  readonly waiting: Set<() => void>;
}

/** Makes one. */
export function createQueue({ threads, waiting: mostWaiting }: QueueLimits): Queue {
  /** Those that run or wait; the one that was served longest ago comes first. */
  const tenants = new Map<string, Tenant>();
  let running = 0;
  let waiting = 0;

  const mayRun = (tenant: Tenant): boolean => tenant.running < threads - running;
  /** Lets run who may: of the tenants that wait the one that has fewest threads, and then the one served longest ago. */
  const advance = (): void => {
    for (;;) {
      let next: [name: string, tenant: Tenant] | undefined;
      for (const entry of tenants) {
        if (entry[1].waiting.size > 0 && entry[1].running < (next?.[1].running ?? Number.POSITIVE_INFINITY))
          next = entry;
      }
      const [first] = next?.[1].waiting ?? [];
      if (next === undefined || first === undefined || !mayRun(next[1])) return;
      first();
    }
  };
  const moveBack = (name: string, tenant: Tenant): void => {
    tenants.delete(name);
    if (tenant.running > 0 || tenant.waiting.size > 0) tenants.set(name, tenant);
  };
  const start = (name: string, tenant: Tenant): (() => void) => {
    tenant.running += 1;
    running += 1;
    moveBack(name, tenant);
    return () => {
      tenant.running -= 1;
      running -= 1;
      moveBack(name, tenant);
      advance();
    };
  };

  return {
    enter(name, signal) {
      if (signal.aborted) return Promise.reject(signal.reason);
      const tenant = tenants.get(name) ?? { running: 0, waiting: new Set() };
      if (tenant.waiting.size === 0 && mayRun(tenant)) return Promise.resolve(start(name, tenant));
      if (tenant.waiting.size >= mostWaiting) {
        const error = new RunError("HARN-RUN-016", `${mostWaiting} runs of this tenant wait already`);
        return Promise.reject(error);
      }
      return new Promise((resolve, reject) => {
        const leave = (): void => {
          signal.removeEventListener("abort", abort);
          tenant.waiting.delete(go);
          waiting -= 1;
        };
        const go = (): void => {
          leave();
          resolve(start(name, tenant));
        };
        const abort = (): void => {
          leave();
          if (tenant.running === 0 && tenant.waiting.size === 0) tenants.delete(name);
          reject(signal.reason);
        };
        tenants.set(name, tenant);
        tenant.waiting.add(go);
        waiting += 1;
        signal.addEventListener("abort", abort);
      });
    },
    get running() {
      return running;
    },
    get waiting() {
      return waiting;
    },
  };
}
