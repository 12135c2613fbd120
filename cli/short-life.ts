/**
 * What V8 is told about a process that runs one script and ends.
 *
 * @module
 */

import { setFlagsFromString } from "node:v8";

/** V8's flags are no stable interface and an unknown one is complained about: the newest Node whose V8 is known to have these. */
const newestKnown = 24;

/** Tells V8 that this process will be short. To be called before anything is compiled. */
export function expectShortLife(): void {
  if (Number.parseInt(process.versions.node, 10) > newestKnown) return;
  // Few scripts run long enough to repay the optimizing WebAssembly compiler. It would take a core while the command
  // starts, and Node waits for it at the exit; with this budget it comes only to scripts that compute for seconds.
  setFlagsFromString("--wasm-tiering-budget=1000000000");
  // The import scanner is asm.js. Running it as plain JavaScript is quicker than compiling all of it for one source.
  setFlagsFromString("--no-validate-asm");
}
