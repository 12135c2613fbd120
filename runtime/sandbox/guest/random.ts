/**
 * `Math.random`. The engine's own would go on from a state that is part of the template, so that two runs could get the
 * same numbers; this one is seeded by the host at its first call in a run.
 *
 * The generator is sfc32 (C. Doty-Humphrey, PractRand): not for secrets, as the standard's is not either.
 *
 * @module
 */

import { seed } from "./door.ts";

let seeded = false;
let a = 0;
let b = 0;
let c = 0;
let counter = 1;

function word(): number {
  const sum = (a + b + counter) | 0;
  counter = (counter + 1) | 0;
  a = b ^ (b >>> 9);
  b = (c + (c << 3)) | 0;
  c = ((c << 21) | (c >>> 11)) + sum;
  c |= 0;
  return sum >>> 0;
}

/** A number from 0 to just below 1, with 53 random bits. */
export function random(): number {
  if (!seeded) {
    const words = seed();
    a = words[0] as number;
    b = words[1] as number;
    c = words[2] as number;
    counter = words[3] as number;
    // The words of the seed must mix before the first number.
    for (let i = 0; i < 15; i++) word();
    seeded = true;
  }
  return ((word() >>> 5) * 67_108_864 + (word() >>> 6)) / 9_007_199_254_740_992;
}
