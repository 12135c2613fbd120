/**
 * `npm run conformance:mutants [-- part of a name]`: shows for each deliberate fault which case catches it. Exit code 1
 * when one is missed.
 *
 * @module
 */

import { checkMutants } from "./check.ts";
import { mutants } from "./mutants.ts";

const [part = ""] = process.argv.slice(2);
const chosen = mutants.filter(({ name }) => name.includes(part));
const verdicts = await checkMutants(chosen, ({ mutant, caughtBy, note, ms }) => {
  console.log(`${caughtBy === null ? "MISSED" : "caught"}  ${mutant.name}: ${note}, ${ms} ms`);
});
const missed = verdicts.filter(({ caughtBy }) => caughtBy === null).length;
console.log(`${verdicts.length - missed} caught, ${missed} missed`);
if (missed > 0 || verdicts.length === 0) process.exitCode = 1;
