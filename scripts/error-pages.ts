/**
 * Writes `docs/errors.md` from the two tables of error codes. `scripts/docs.test.ts` fails when the page is not what this makes.
 *
 *     node dist/scripts/error-pages.js
 *
 * @module
 */

import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { runErrorCodes } from "../runtime/index.ts";
import { errorCodes } from "../stdlib/oauth/node.ts";

/** The page's path. */
export const errorsPage: string = fileURLToPath(new URL("../../docs/errors.md", import.meta.url));

/** The page's text. */
export function errorsText(): string {
  return `# Error codes

Generated from \`stdlib/oauth/errors.ts\` and \`runtime/host/run-error.ts\` by \`node dist/scripts/error-pages.js\`.

A retryable error can go away by itself; the others need somebody to do something. Each error's \`hint\` says what.

## std/oauth

| code | meaning | retryable |
|---|---|---|
${rows(Object.entries(errorCodes).map(([code, { meaning, retryable }]) => [code, meaning, retryable] as const))}

## The runtime

| code | meaning | retryable |
|---|---|---|
${rows(Object.entries(runErrorCodes).map(([code, { title, retryable }]) => [code, title, retryable] as const))}
`;
}

function rows(entries: readonly (readonly [string, string, boolean | null])[]): string {
  const words = (retryable: boolean | null): string =>
    retryable === null ? "says which" : retryable ? "yes" : "no";
  return entries
    .map(([code, meaning, retryable]) => `| ${code} | ${meaning} | ${words(retryable)} |`)
    .join("\n");
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(errorsPage, errorsText());
