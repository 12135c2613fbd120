/**
 * The real source of randomness.
 *
 * @module
 */

import { randomFillSync } from "node:crypto";
import type { Random } from "../ports.ts";

/** Random bytes from the operating system's generator. */
export function systemRandom(): Random {
  return {
    bytes: (length) => randomFillSync(new Uint8Array(length)),
  };
}
