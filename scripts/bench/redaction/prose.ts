/**
 * What people wrote: the documentation of this repository and of the packages it has installed.
 *
 * @module
 */

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** The folder of this checkout. */
export const root: string = fileURLToPath(new URL("../../../..", import.meta.url));

/** About `length` characters of it, or less when there is less; ASCII only. */
export function prose(length: number): string {
  const own = [
    "README.md",
    "CONTRIBUTING.md",
    ...readdirSync(join(root, "docs")).map((name) => join("docs", name)),
  ];
  const installed = readdirSync(join(root, "node_modules"), { recursive: true, encoding: "utf8" })
    .filter((name) => /\.md$/i.test(name))
    .toSorted()
    .map((name) => join("node_modules", name));
  let text = "";
  for (const name of [...own, ...installed]) {
    if (text.length >= length) break;
    if (/\.md$/i.test(name)) text += readFileSync(join(root, name), "utf8").replace(/[^\n\t\x20-\x7e]/g, "");
  }
  return text.slice(0, length);
}
