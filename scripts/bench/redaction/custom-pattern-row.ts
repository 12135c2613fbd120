/**
 * Custom patterns on hostile texts: refused at registration, or linear.
 *
 * @module
 */

import { createRedactor } from "../../../stdlib/oauth/redaction/engine.ts";
import { repeated } from "./adversarial.ts";
import { type Bench, sized } from "./bench.ts";
import { counted, cpuOf, figureOf } from "./cpu-time.ts";
import type { Beside, GoalRow } from "../goal-row.ts";

const mebibyte = 1_048_576;

/** What people write, and what they should not. */
const patterns: readonly string[] = [
  "acme_[a-z0-9]{16,}",
  "acme_[a-z0-9]{16,}_end",
  "\\bacme[-_][A-Za-z]+\\b",
  "[A-Z]{2,8}-[0-9]{4,}",
  "[0-9]{13,19}",
  "[a-z]+[0-9]+[a-z]+[0-9]+x",
  "a{1,50}b",
  "(?:ab)+c",
  "(?:a|aa)+b",
  "(a+)+b",
  "(x+x+)+y",
  "(?:[a-z]+-)*end",
  ".*secret",
  "(?:a?){30}a{30}",
  "[a-z]*[a-z]*[a-z]*!",
  "(?=a)a+",
  "(a)\\1+",
];

const pieces: readonly string[] = [
  "a",
  "ab",
  "acme_",
  "acme_aaaaaaaaaaaaaaaaaaaa",
  "x",
  "AB-1234",
  "0",
  "a1",
  "aaaa-",
  " ",
  "z\n",
];

/** The row. */
export async function customPatternRow(bench: Bench): Promise<GoalRow> {
  const rounds = sized(bench, 1, 3);
  const texts = pieces.map((piece) => repeated(piece, mebibyte));
  let refused = 0;
  let slowest = { what: "", figure: counted(0) };
  let slowestBare = { what: "", milliseconds: 0 };
  for (const pattern of patterns) {
    const redactor = createRedactor();
    try {
      redactor.registerPattern("own", pattern);
    } catch {
      refused += 1;
      continue;
    }
    const bare = new RegExp(pattern, "gu");
    for (const text of texts) {
      const values: number[] = [];
      for (let round = 0; round < rounds; round++)
        values.push((await cpuOf(() => redactor.redact(text))) / 1_000);
      const figure = figureOf(values);
      const what = `/${pattern}/ on ${JSON.stringify(text.slice(0, 8))}…`;
      if (figure.best > slowest.figure.best) slowest = { what, figure };
      // Twenty-two characters are enough for an exponential one.
      for (const short of [text.slice(0, 22), text.slice(0, 8_192)]) {
        if (short.length > 22 && /\+\)\+|aa\)\+|\?\)\{/.test(pattern)) continue;
        const milliseconds = (await cpuOf(() => short.replace(bare, ""))) / 1_000;
        if (milliseconds > slowestBare.milliseconds)
          slowestBare = { what: `RegExp: /${pattern}/ on ${short.length} characters`, milliseconds };
      }
    }
  }
  const beside: Beside = { name: slowestBare.what, figure: counted(slowestBare.milliseconds), isOther: true };
  return {
    what: `custom patterns, the worst on 1 MiB: ${slowest.what}`,
    unit: "ms",
    goal: { most: 100 },
    ours: slowest.figure,
    beside: [beside],
    note: `${patterns.length} expressions, ${refused} of them refused at registration; ${pieces.length} texts; RegExp gets far shorter ones`,
  };
}
