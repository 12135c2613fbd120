/**
 * Known values alone, without the catalogue.
 *
 * @module
 */

import { knownForms } from "../../../stdlib/oauth/redaction/known-forms.ts";
import { KnownValues } from "../../../stdlib/oauth/redaction/known-values.ts";
import type { Bench } from "./bench.ts";
import { inUnit, measured, type Side } from "./cpu-time.ts";
import type { GoalRow } from "../goal-row.ts";
import { knownSecrets } from "./known-secrets.ts";

/** The rows. */
export async function knownRows({ corpus, budget }: Bench): Promise<readonly GoalRow[]> {
  const { pieces, lines } = corpus;
  const thousand = knownSecrets(1_000);
  const known = new KnownValues();
  for (const secret of thousand) known.register(secret, "access_token");
  const few = pieces.filter((_, i) => i % 50 === 0);
  const scan = (texts: readonly string[]): (() => void) => {
    return () => {
      for (const text of texts) known.scan(text);
    };
  };
  const includes = (texts: readonly string[], secrets: readonly string[]): (() => number) => {
    const needles = secrets.flatMap((secret) => knownForms(secret));
    return () => {
      let found = 0;
      for (const text of texts) for (const needle of needles) if (text.includes(needle)) found++;
      return found;
    };
  };
  const size = (texts: readonly string[]): number => texts.reduce((sum, text) => sum + text.length, 0);
  const sides: readonly Side[] = [
    { name: "ours", work: size(pieces), pass: scan(pieces) },
    { name: "ours, lines", work: lines.length, pass: scan(lines) },
    { name: "includes, 1,000", work: size(few), pass: includes(few, thousand) },
    { name: "includes, 10", work: size(few), pass: includes(few, thousand.slice(0, 10)) },
    { name: "includes, lines", work: 16, pass: includes(lines.slice(0, 16), thousand) },
  ];
  const [text, line, includesAll, includesTen, includesLine] = await measured(sides, budget * 2);
  const speed = (microseconds: number): number => 1 / microseconds;
  const nanoseconds = (microseconds: number): number => microseconds * 1_000;
  const forms = knownForms(thousand[0] ?? "").length;
  return [
    {
      what: `1,000 known values alone, ${forms} forms each, clean text`,
      unit: "MB/s",
      isMore: true,
      goal: { least: 1_000 },
      ours: text ? inUnit(text, speed) : null,
      beside: [
        { name: "includes for each form", figure: includesAll ? inUnit(includesAll, speed) : null },
        {
          name: "the same with 10 known values",
          isOther: true,
          figure: includesTen ? inUnit(includesTen, speed) : null,
        },
      ],
    },
    {
      what: "1,000 known values alone, clean line of 100 characters",
      unit: "ns",
      goal: { most: 50 },
      ours: line ? inUnit(line, nanoseconds) : null,
      beside: [
        { name: "includes for each form", figure: includesLine ? inUnit(includesLine, nanoseconds) : null },
      ],
    },
  ];
}
