/**
 * Many runs in one runtime, and how the memory of the process grows over them.
 *
 * @module
 */

import type { Part } from "./part.ts";
import { soakSandbox } from "./sandbox.ts";

/** MiB that the process may grow by from the fourth tenth of the runs to the last. */
const mostGrowth = 64;

export const sandboxPart: Part = async (isShort, seed, progress) => {
  const runs = isShort ? 2_000 : 200_000;
  const result = await soakSandbox({ runs, seed, onProgress: (done) => progress(`${done} of ${runs} runs`) });
  const [early = Number.NaN, late = Number.NaN] = [result.memory[3], result.memory.at(-1)];
  const growth = `memory grew from ${early.toFixed(0)} to ${late.toFixed(0)} MiB`;
  const faults = [...result.faults, ...(late - early > mostGrowth ? [growth] : [])];
  const memory = result.memory.map((value) => value.toFixed(0)).join(" ");
  return {
    faults,
    figures:
      `sandbox: ${result.runs} runs, ${result.attacks} attacks, ${faults.length} faults, ${result.seconds.toFixed(0)} s, ` +
      `${(result.runs / result.seconds).toFixed(0)} runs per s, MiB by tenths ${memory}`,
  };
};
