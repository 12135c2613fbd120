/**
 * `npm run soak`: long runs that look for what shows itself late. Its last line has the figures; it ends with 1 when something was lost,
 * left behind, or grew.
 *
 * `--short` ends within 45 seconds, the build included; `--only` runs one part, and `--seed` runs one again.
 *
 * @module
 */

import { randomInt } from "node:crypto";
import { parseArgs } from "node:util";
import type { Part } from "./part.ts";
import { postgresPart, refreshPart } from "./refresh-part.ts";
import { sandboxPart } from "./sandbox-part.ts";

const parts: Readonly<Record<string, Part>> = {
  sandbox: sandboxPart,
  refresh: refreshPart,
  postgres: postgresPart,
};

const { values } = parseArgs({
  options: { short: { type: "boolean", default: false }, only: { type: "string" }, seed: { type: "string" } },
});
const { short, only, seed: given } = values;
if (only !== undefined && !Object.hasOwn(parts, only))
  refuse(`--only must be one of ${Object.keys(parts).join(", ")}`);
if (given !== undefined && !/^[1-9][0-9]{0,8}$/.test(given)) refuse("--seed must be a whole number");
const seed = given === undefined ? randomInt(1, 10 ** 9) : Number(given);

// So that what ends with the process does: worker processes, folders.
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(130));
console.log(`seed ${seed}`);
const chosen = Object.entries(parts).flatMap(([name, part]) =>
  only === undefined || only === name ? [part] : [],
);
const run = (part: Part): ReturnType<Part> =>
  part(short, seed, (text) => {
    if (process.stderr.isTTY) process.stderr.write(`\r${text}`);
  });
// In the short form all at once: most of each is waiting.
const begun = short ? chosen.map(run) : [];
const figures: string[] = [];
for (const [index, part] of chosen.entries()) {
  const result = await (begun[index] ?? run(part));
  if (process.stderr.isTTY) process.stderr.write("\n");
  for (const fault of result.faults) console.log(fault);
  if (result.faults.length > 0) process.exitCode = 1;
  figures.push(result.figures);
}
console.log(figures.join("; "));

function refuse(why: string): never {
  console.error(`soak: ${why}`);
  process.exit(2);
}
