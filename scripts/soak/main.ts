/**
 * `npm run soak`: long runs that look for what shows itself late. Its last line has the figures; it ends with 1 when something was lost,
 * left behind, or grew.
 *
 * `--short` ends within 45 seconds; `--runs N` and `--seed N` are for running one again.
 *
 * @module
 */

import { randomInt } from "node:crypto";
import { parseArgs } from "node:util";
import { soakSandbox } from "./sandbox.ts";

const { values } = parseArgs({
  options: { short: { type: "boolean", default: false }, runs: { type: "string" }, seed: { type: "string" } },
});
const runs = wholeNumber("runs", values.runs) ?? (values.short ? 8_000 : 200_000);
const seed = wholeNumber("seed", values.seed) ?? randomInt(2 ** 31);
/** MiB that the process may grow by from the second tenth of the runs to the last. */
const mostGrowth = 64;

console.log(`seed ${seed}`);
const result = await soakSandbox({
  runs,
  seed,
  onProgress(done) {
    if (process.stderr.isTTY) process.stderr.write(`\r${done} of ${runs}`);
  },
});
if (process.stderr.isTTY) process.stderr.write("\n");
const [, early = Number.NaN, ...later] = result.memory;
const late = later.at(-1) ?? Number.NaN;
const faults = [
  ...result.faults,
  ...(late - early > mostGrowth ? [`memory grew from ${early.toFixed(0)} to ${late.toFixed(0)} MiB`] : []),
];
for (const text of faults) console.log(text);
console.log(
  `sandbox: ${result.runs} runs, ${result.attacks} attacks, ${faults.length} faults, ${result.seconds.toFixed(0)} s, ` +
    `${(result.runs / result.seconds).toFixed(0)} runs per s, MiB by tenths ${result.memory.map((value) => value.toFixed(0)).join(" ")}`,
);
process.exitCode = faults.length === 0 ? 0 : 1;

function wholeNumber(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (/^[1-9][0-9]{0,8}$/.test(text)) return Number(text);
  console.error(`soak: --${name} must be a whole number`);
  process.exit(2);
}
