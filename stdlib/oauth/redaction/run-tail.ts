/**
 * Matches that go on with a run of characters: the whole run is taken, without an upper limit.
 *
 * @module
 */

import type { Reading, RunClass, Tail } from "./reading.ts";

/** Dots at the end that are taken for punctuation. */
const mostDots = 3;

/** The run of a set; with `trimDots` without up to three dots at its end. */
export function runTail(body: RunClass, trimDots: boolean): Tail {
  return {
    endFrom(reading: Reading, at: number): number {
      const end = reading.runEnd(body, at);
      let trimmed = end;
      if (trimDots)
        while (trimmed > at && end - trimmed < mostDots && reading.text[trimmed - 1] === ".") trimmed--;
      return reading.isOver(end) ? ~trimmed : trimmed;
    },
  };
}
