/**
 * `std/time`: the clock of the run.
 *
 * @module
 */

import { plain } from "../plugin.ts";
import type { Ports } from "../ports.ts";
import { numberWithin } from "./arguments.ts";

/** The longest sleep in milliseconds: what a 32-bit timer holds. */
export const maxSleep: number = 2 ** 31 - 1;

/** What a script imports from `std/time`. */
export type TimeModule = {
  /** Milliseconds since the Unix epoch. */
  readonly now: () => number;
  /** Waits `ms` milliseconds, at most 2,147,483,647. Throws HARN-RUN-015. */
  readonly sleep: (ms: number) => Promise<void>;
};

/** Makes `std/time` over the run's clock, which `std/testing` can set. */
export function timeModule(ports: Ports): TimeModule {
  return {
    now: plain(() => ports.clock.now()),
    sleep: async (ms: unknown) =>
      ports.clock.sleep(numberWithin("std/time: sleep", "ms", ms, 0, maxSleep), ports.run.signal),
  };
}
