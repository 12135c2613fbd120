/**
 * Waiting for a promise without asking `Promise`.
 *
 * @module
 */

import { put } from "./own-members.ts";
import { thenOf } from "./primordials.ts";

/** Runs the function after the promise, whatever the script made of `Promise`. */
export function after(
  promise: Promise<unknown>,
  ok: (value: unknown) => void,
  no?: (reason: unknown) => void,
): void {
  // Without a `constructor` the derived promise is of the built-in class (SpeciesConstructor, step 3).
  put(promise, "constructor", undefined, false);
  thenOf(promise, ok, no);
}
