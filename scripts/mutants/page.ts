/**
 * `docs/mutants.md`: which case catches which fault.
 *
 * @module
 */

import { fileURLToPath } from "node:url";
import type { Verdict } from "./check.ts";

export const pagePath: string = fileURLToPath(new URL("../../../docs/mutants.md", import.meta.url));

const head = `# Deliberate faults

The suite is run against copies of the library with one fault each; every fault must be caught. The tables name the case that fails first.
\`npm run conformance:mutants -- --write\` makes them anew from \`scripts/mutants/\`.
`;
const columns = "| fault | in | caught by |\n|---|---|---|\n";

/** The page for these verdicts: what any case catches, then the rules of the attack table, which its own rows must catch. */
export function mutantsPage(verdicts: readonly Verdict[]): string {
  const rules = verdicts.filter(({ mutant }) => mutant.rows !== undefined);
  const others = verdicts.filter(({ mutant }) => mutant.rows === undefined);
  return [
    head,
    `## The library: ${others.length}\n`,
    columns + tableOf(others),
    `## The rules of the attack table: ${rules.length}\n`,
    `Each of these breaks one rule, and a row of the [attack table](attack-table.md) that states the rule turns red.\n`,
    columns + tableOf(rules),
  ].join("\n");
}

function tableOf(verdicts: readonly Verdict[]): string {
  return verdicts
    .map(({ mutant, caughtBy }) => `| ${mutant.name} | \`${mutant.file}\` | ${caughtBy ?? "**nothing**"} |\n`)
    .join("");
}

/** The rows of a page: fault, file, and case with its mode. */
export function rowsOf(
  page: string,
): readonly { readonly name: string; readonly file: string; readonly caughtBy: string }[] {
  return [...page.matchAll(/^\| (.+) \| `(.+)` \| (.+) \|$/gm)].map(
    ([, name = "", file = "", caughtBy = ""]) => ({
      name,
      file,
      caughtBy,
    }),
  );
}
