/**
 * The real clock.
 *
 * @module
 */

import type { Clock } from "../ports.ts";

/** The longest delay that a Node timer takes; a longer one would fire at once. */
export const longestTimerMs: number = 2 ** 31 - 1;

/** The system's wall clock, monotonic clock and timers. A sleep of any length is waited out in steps. */
export function systemClock(): Clock {
  return {
    now: () => Date.now(),
    monotonic: () => performance.now(),
    sleep(ms, signal) {
      return new Promise<void>((resolve, reject) => {
        let left = Number.isNaN(ms) ? 0 : Math.max(0, ms);
        let timer: NodeJS.Timeout | undefined;
        const onAbort = () => {
          clearTimeout(timer);
          reject(signal?.reason as Error);
        };
        if (signal?.aborted) return onAbort();
        const step = () => {
          if (left <= 0) {
            signal?.removeEventListener("abort", onAbort);
            return resolve();
          }
          const wait = Math.min(left, longestTimerMs);
          left -= wait;
          timer = setTimeout(step, wait);
        };
        signal?.addEventListener("abort", onAbort, { once: true });
        // A sleep of 0 still yields once.
        if (left === 0) timer = setTimeout(step, 0);
        else step();
      });
    },
  };
}
