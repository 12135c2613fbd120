/**
 * Writes `docs/redaction-patterns.md` from the catalogue. `scripts/docs.test.ts` fails when the page is not what this makes.
 *
 *     node dist/scripts/pattern-page.js
 *
 * @module
 */

import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { catalogueVersion, tokenFamilies } from "../stdlib/oauth/redaction/catalogue/index.ts";
import type { SpecialForm, TokenFamily, TokenShape } from "../stdlib/oauth/redaction/token-shape.ts";

/** The page's path. */
export const patternsPage: string = fileURLToPath(
  new URL("../../docs/redaction-patterns.md", import.meta.url),
);

const specialForms: Readonly<Record<SpecialForm, string>> = {
  jwt: "base64url segments with dots, the first a JSON object",
  "private-key": "`-----BEGIN … PRIVATE KEY-----` to its END",
  bearer: "`Bearer` or `DPoP`, and a token",
  basic: "`Basic`, and base64 that decodes to text with a colon",
  assignment: "`password = …`, `api_key: …`",
};

/** The page's text. */
export function patternsText(): string {
  return `# Patterns

Generated from \`stdlib/oauth/redaction/catalogue/\` by \`node dist/scripts/pattern-page.js\`. Version ${catalogueVersion}, ${tokenFamilies.length} families. Where two match from the same place on,
the one that stands first gives the name.

A **strong** pattern is found inside a word too. A **weak** one begins with something short or common: directly behind an ASCII letter or digit it is not found, unless that
ends an escape (\`\\n\`, \`%3D\`, a terminal colour). A *guess* is what only its surroundings make likely. "Least" is the shortest token, its beginning with it; what follows
in the same characters is always taken with it.

| name | what | begins with, or holds | least | since | source |
|---|---|---|---|---|---|
${tokenFamilies.map(row).join("\n")}
`;
}

function row(family: TokenFamily): string {
  const { name, shapes, special, since, source } = family;
  const literals = [...new Set(shapes.flatMap((shape) => shape.literals))];
  const shown = literals.slice(0, 6).map((literal) => `\`${literal.replaceAll("|", "\\\\|")}\``);
  const more = literals.length > 6 ? [`and ${literals.length - 6} more`] : [];
  const form = special === undefined ? [] : [specialForms[special]];
  const least = shapes.length === 0 ? "" : String(Math.min(...shapes.map(leastOf)));
  const from = source.startsWith("https://") ? `[${new URL(source).hostname}](${source})` : source;
  const what = [...form, ...shown, ...more].join(", ");
  return `| ${name} | ${strength(family)} | ${what} | ${least} | ${since ?? ""} | ${from} |`;
}

function strength({ confidence, shapes, special }: TokenFamily): string {
  if (confidence === "heuristic") return "guess";
  const guards = new Set(shapes.map(({ guard }) => guard));
  if (special !== undefined || guards.size === 2) return "strong, some weak";
  return guards.has("none") ? "strong" : "weak";
}

function leastOf({ before, literals, least }: TokenShape): number {
  const literal = Math.min(...literals.map((text) => text.length));
  return (before?.min ?? 0) + literal + least.reduce((sum, part) => sum + part.length, 0);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(patternsPage, patternsText());
