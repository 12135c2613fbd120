/**
 * How a failure reads.
 *
 * @module
 */

import type { CaseResult } from "./run-case.ts";

/** Everything that a reader needs for one failed case, and the command that runs it again. */
export function failureText(result: CaseResult): string {
  const { name, mode, title, why, sources, findings, exchange } = result;
  return [
    `FAILED ${name} (${mode})`,
    `  ${title}`,
    `  why: ${why}`,
    `  from: ${sources.join("; ")}`,
    ...findings.flatMap(({ where, differences }) => [
      `  ${where}`,
      ...differences.flatMap(({ at, expected, actual }) => [
        ...(at === "" ? [] : [`    at ${at}`]),
        `    expected  ${expected}`,
        `    actual    ${actual}`,
      ]),
    ]),
    ...(exchange.length === 0 ? [] : ["  http", ...exchange.map((line) => `    ${line}`)]),
    `  again: holdfast conformance ${name} --mode ${mode}`,
  ].join("\n");
}

/** The last line of a report. */
export function totals(passed: number, failed: number): string {
  return `${passed} passed, ${failed} failed`;
}
