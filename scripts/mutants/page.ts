/**
 * `docs/mutants.md`: which case catches which fault.
 *
 * @module
 */

import { fileURLToPath } from "node:url";
import type { Verdict } from "./check.ts";

export const pagePath: string = fileURLToPath(new URL("../../../docs/mutants.md", import.meta.url));

const head = `# Deliberate faults

The suite is run against copies of the library with one fault each; every fault must be caught. The table names the case that fails first.
\`npm run conformance:mutants -- --write\` makes it anew from \`scripts/mutants/\`.

| fault | in | caught by |
|---|---|---|
`;

/** The page for these verdicts. */
export function mutantsPage(verdicts: readonly Verdict[]): string {
  const rows = verdicts.map(
    ({ mutant, caughtBy }) => `| ${mutant.name} | \`${mutant.file}\` | ${caughtBy ?? "**nothing**"} |\n`,
  );
  return head + rows.join("");
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
