/**
 * Long clean text: what nearly all text is.
 *
 * @module
 */

import { createRedactor } from "../../../stdlib/oauth/redaction/engine.ts";
import { type Bench } from "./bench.ts";
import type { Figure } from "../goal-row.ts";
import { inUnit, measured, type Side } from "./cpu-time.ts";
import type { Goal, GoalRow } from "../goal-row.ts";
import type { Corpus } from "./corpus.ts";
import { redactorKnowing } from "./known-secrets.ts";
import type { TextPeer } from "./peers.ts";

const unit = "MB/s";
/** For catalogues of 70 families and more. */
const leastWasm: Goal = { least: 1_000 };
const leastJs: Goal = { least: 350 };

/** The lane that this process has. */
export type LaneName = "WASM" | "JS";

/** The lane that this process has. */
export const lane: LaneName = typeof WebAssembly === "undefined" ? "JS" : "WASM";

/** Rows of the lane of this process. */
export async function throughputRows({ corpus, peers, budget }: Bench): Promise<readonly GoalRow[]> {
  const goal = lane === "WASM" ? leastWasm : leastJs;
  const plain = createRedactor();
  const ours: readonly (readonly [what: string, side: Side])[] = [
    ["one-byte", over(corpus.pieces, plain.redact.bind(plain))],
    ["two-byte", over(corpus.widePieces, plain.redact.bind(plain))],
    ...[10, 1_000].map((count) => {
      const knowing = redactorKnowing(count);
      return [
        `one-byte, ${count.toLocaleString("en")} known values`,
        over(corpus.pieces, knowing.redact.bind(knowing)),
      ] as const;
    }),
  ];
  // Once more in one piece, to show that the size does not matter.
  const whole: Side = { name: "ours", work: corpus.text.length, pass: () => plain.redact(corpus.text) };
  const theirs = lane === "WASM" ? peers : [];
  const figures = await measured(
    [...ours.map(([, side]) => side), whole, ...theirs.flatMap((peer) => peerSide(peer, corpus))],
    budget * 4,
  );
  const speeds = figures.map((figure) => inUnit(figure, (microseconds) => 1 / microseconds));
  const rows = ours.map(
    ([what], index): GoalRow => ({
      what: `clean text, ${lane} lane, ${what}`,
      unit,
      isMore: true,
      goal,
      ours: speeds[index] ?? null,
      beside: index > 0 ? [] : besides(theirs, speeds.slice(ours.length + 1)),
    }),
  );
  const [first, ...rest] = rows;
  if (first === undefined) return [];
  const inOne: GoalRow = {
    ...first,
    what: `clean text, ${lane} lane, one-byte, 10 MB in one call`,
    ours: speeds[ours.length] ?? null,
    beside: [],
  };
  return [first, inOne, ...rest];
}

function over(pieces: readonly string[], redact: (text: string) => string): Side {
  return {
    name: "ours",
    work: pieces.reduce((sum, text) => sum + text.length, 0),
    pass: () => {
      for (const text of pieces) redact(text);
    },
  };
}

/** A peer has as much text as it gets through in some tenths of a second. */
function peerSide({ name, redact, speed }: TextPeer, { pieces }: Corpus): readonly Side[] {
  if (redact === null) return [];
  const pass = async (texts: readonly string[]): Promise<void> => {
    for (const text of texts) await redact(text);
  };
  const count = Math.min(pieces.length, Math.floor((speed * 0.3) / 65_536));
  if (count > 0) {
    // Evenly spread, so that each kind of text has its part.
    const chosen = Array.from(
      { length: count },
      (_, i) => pieces[Math.floor((i * pieces.length) / count)] ?? "",
    );
    return [{ name, work: chosen.length * 65_536, pass: () => pass(chosen) }];
  }
  const some = pieces.filter((_, i) => i % 15 === 0).map((text) => text.slice(0, 1_500));
  return [{ name, work: some.length * 1_500, pass: () => pass(some) }];
}

function besides(peers: readonly TextPeer[], figures: readonly Figure[]): GoalRow["beside"] {
  let next = 0;
  return peers.map(({ name, redact, note }) => ({
    name,
    note,
    figure: redact === null ? null : (figures[next++] ?? null),
  }));
}
