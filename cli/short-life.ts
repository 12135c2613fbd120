/**
 * What V8 is told about a process that runs one script and ends.
 *
 * @module
 */

import { cachedDataVersionTag, setFlagsFromString } from "node:v8";

/** V8's flags are no stable interface and an unknown one is complained about: the newest Node whose V8 is known to have these. */
const newestKnown = 26;
/** Few scripts run long enough to repay the optimizing compiler, which takes a core, and Node waits for it at the exit. */
const budget = "--wasm-tiering-budget";
const budgetForSeconds = 1_000_000_000;
/** What V8 has when it is told nothing, by its version. */
const usualBudgets = [1_800_000, 13_000_000];

/**
 * Lets `compile` compile WebAssembly for a process that will be short: functions are checked when they are first called, and
 * optimized only in scripts that compute for seconds.
 *
 * A module keeps what was set when it was compiled, so the flags are put back at once: while V8's flags are others than those
 * that Node was built with, Node compiles its own modules from source.
 */
export function forShortLife(compile: () => unknown): void {
  if (Number.parseInt(process.versions.node, 10) > newestKnown) return;
  const usual = cachedDataVersionTag();
  setFlagsFromString(`${budget}=${budgetForSeconds}`);
  setFlagsFromString("--wasm-lazy-validation");
  compile();
  setFlagsFromString("--no-wasm-lazy-validation");
  for (const usualBudget of usualBudgets) {
    setFlagsFromString(`${budget}=${usualBudget}`);
    // The tag is made of V8's version and flags.
    if (cachedDataVersionTag() === usual) return;
  }
}
