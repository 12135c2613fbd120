/**
 * Part of the build: makes the anchor table of the catalogue, and writes it into the compiled prepared-table.js.
 *
 * @module
 */

import { writeFileSync } from "node:fs";
import { anchorTable } from "../../stdlib/oauth/redaction/anchor-table.ts";
import { tokenFamilies } from "../../stdlib/oauth/redaction/catalogue/index.ts";
import { packed } from "../../stdlib/oauth/redaction/packed-table.ts";
import { rulesOf } from "../../stdlib/oauth/redaction/rules.ts";

const literals = rulesOf(tokenFamilies).map(({ literal }) => literal);
const text = JSON.stringify(packed(anchorTable(literals)));
writeFileSync(
  new URL("../../stdlib/oauth/redaction/prepared-table.js", import.meta.url),
  `export const preparedTable = ${text};\n`,
);
