/**
 * `npm run conformance:mutants [-- part of a name or row] [--write]`: shows for each deliberate fault which case catches it. Exit
 * code 1 when one is missed. `--write` judges all of them and writes docs/mutants.md.
 *
 * @module
 */

import { writeFileSync } from "node:fs";
import { checkMutants } from "./check.ts";
import { mutants } from "./mutants.ts";
import { mutantsPage, pagePath } from "./page.ts";

const words = process.argv.slice(2);
const write = words.includes("--write");
const part = write ? "" : (words[0] ?? "");
const chosen = mutants.filter(({ name, rows = [] }) => [name, ...rows].some((text) => text.includes(part)));
const verdicts = await checkMutants(chosen, ({ mutant, caughtBy, note, ms }) => {
  console.log(`${caughtBy === null ? "MISSED" : "caught"}  ${mutant.name}: ${note}, ${ms} ms`);
});
const missed = verdicts.filter(({ caughtBy }) => caughtBy === null).length;
console.log(`${verdicts.length - missed} caught, ${missed} missed`);
if (write) writeFileSync(pagePath, mutantsPage(verdicts));
if (missed > 0 || verdicts.length === 0) process.exitCode = 1;
