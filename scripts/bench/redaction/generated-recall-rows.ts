/**
 * Tokens that the catalogue makes up, in seventeen contexts.
 *
 * @module
 */

import { seededRandom } from "../../../stdlib/oauth/redaction/catalogue/sample-token.test.support.ts";
import { createRedactor } from "../../../stdlib/oauth/redaction/engine.ts";
import { type Bench, sized } from "./bench.ts";
import { contexts } from "./contexts.ts";
import { counted } from "./cpu-time.ts";
import type { Beside, GoalRow } from "../goal-row.ts";
import { isGone } from "./leak.ts";
import { type TokenKind, tokenKinds } from "./sample-tokens.ts";

interface Case {
  readonly kind: TokenKind;
  readonly context: string;
  readonly isGlued: boolean;
  /** As long as the vendor makes them: the others have more, which no exact pattern takes. */
  readonly isLeast: boolean;
  readonly text: string;
  readonly secret: string;
}

type Redact = (text: string) => string | Promise<string>;

/** The rows. */
export async function generatedRecallRows(bench: Bench): Promise<readonly GoalRow[]> {
  const cases = generatedCases(sized(bench, 6, 40));
  const redactor = createRedactor();
  const groups: readonly (readonly [what: string, belongs: (one: Case) => boolean, hasGoal: boolean])[] = [
    ["strong shapes", ({ kind }) => kind.isStrong, true],
    ["weak shapes, no letter or digit before", ({ kind, isGlued }) => !kind.isStrong && !isGlued, true],
    ["weak shapes behind a letter or digit", ({ kind, isGlued }) => !kind.isStrong && isGlued, false],
  ];
  const rows: GoalRow[] = [];
  for (const [what, belongs, hasGoal] of groups) {
    const group = cases.filter(belongs);
    const { share, missed } = await found(group, (text) => redactor.redact(text));
    const kinds = new Set(group.map(({ kind }) => kind)).size;
    const besides: Beside[] = [];
    for (const { name, redact, note, speed } of bench.peers) {
      // The slow ones get some of them.
      const least = group.filter(({ isLeast }) => isLeast);
      const step = Math.ceil(least.length / (speed < 1e6 ? 200 : 4_000));
      const some = least.filter((_, i) => i % step === 0);
      besides.push({
        name,
        note,
        figure: redact === null ? null : counted((await found(some, redact)).share),
      });
    }
    rows.push({
      what: `generated tokens found, ${what}`,
      unit: "%",
      isMore: true,
      goal: hasGoal ? { least: 100 } : null,
      ours: counted(share),
      beside: besides,
      note: `${group.length.toLocaleString("en")} texts, ${kinds} shapes, ${contexts.length} contexts in all; peers get tokens of the least length only, made up from our shapes${missed === "" || !hasGoal ? "" : `; missed: ${missed}`}`,
    });
  }
  return rows;
}

function generatedCases(samples: number): readonly Case[] {
  const random = seededRandom(17);
  return tokenKinds.flatMap((kind) =>
    contexts.flatMap(({ name, before, after, isGlued }) =>
      Array.from({ length: samples }, (_, i): Case => {
        const isLeast = i % 2 === 0;
        const { text, secret } = kind.sample(random, isLeast ? 0 : 6);
        return {
          kind,
          context: name,
          isGlued: isGlued === true,
          isLeast,
          text: before + text + after,
          secret,
        };
      }),
    ),
  );
}

async function found(cases: readonly Case[], redact: Redact): Promise<{ share: number; missed: string }> {
  const misses = new Map<string, number>();
  let gone = 0;
  for (const { kind, context, text, secret } of cases) {
    if (isGone(secret, await redact(text))) gone++;
    else {
      const where = `${kind.family} (${context})`;
      misses.set(where, (misses.get(where) ?? 0) + 1);
    }
  }
  const worst = [...misses].toSorted(([, a], [, b]) => b - a).slice(0, 12);
  const missed = worst.map(([where, count]) => `${where} ${count}`).join(", ");
  return { share: (gone / cases.length) * 100, missed };
}
