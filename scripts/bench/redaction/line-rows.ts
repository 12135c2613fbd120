/**
 * Lines of a log, one call each: clean ones, very short ones, and ones with a token.
 *
 * @module
 */

import { seededRandom } from "../../../stdlib/oauth/redaction/catalogue/sample-token.test.support.ts";
import { createRedactor } from "../../../stdlib/oauth/redaction/engine.ts";
import { fieldPlaceholderNames } from "../../../stdlib/oauth/redaction/field-names.ts";
import { literals } from "./adversarial.ts";
import { bytesPerCall } from "./allocation.ts";
import type { Bench } from "./bench.ts";
import { logStart } from "./corpus-parts.ts";
import { flat, wide } from "./corpus.ts";
import { counted, inUnit, measured, type Side } from "./cpu-time.ts";
import type { Beside, GoalRow } from "../goal-row.ts";
import { isGone } from "./leak.ts";
import type { TextPeer } from "./peers.ts";
import { commonTokens } from "./sample-tokens.ts";
import { lane } from "./throughput-rows.ts";

const mostOfStringify = 60;
/** What makes the redactor look closer at a line. */
const marks = anyOf([
  ...literals,
  ...fieldPlaceholderNames.map((name) => name.split(/[_-]/).at(-1) ?? name),
  ...["://", "eyj", "eyai", "ewog", "bearer", "dpop", "basic", "-----begin", "<redacted:"],
]);
/** How many lines a slow peer gets. */
const slowLines = 16;

/** The rows. */
export async function lineRows(bench: Bench): Promise<readonly GoalRow[]> {
  const { corpus, peers, budget } = bench;
  const { lines } = corpus;
  const redactor = createRedactor();
  const redact = redactor.redact.bind(redactor);
  const wideLines = lines.map((line) => wide(`\u{1f600}${line.slice(2)}`));
  const short = lines.map((line) => flat(line.slice(40, 52))).filter((text) => redact(text) === text);
  const theirs = lane === "WASM" ? peers : [];
  const plain = lines.filter((text) => !marks.test(text));

  const clean = await timed(
    [
      line("ours", lines, redact),
      line("JSON.stringify", lines, JSON.stringify),
      line("ours", wideLines, redact),
      line("ours", short, redact),
      line("ours", plain, redact),
      ...theirs.flatMap((peer) => (peer.redact === null ? [] : [peerLine(peer, lines)])),
    ],
    budget * 2,
  );
  const [ours, stringify, oursWide, oursShort, oursPlain, ...others] = clean;
  const share =
    ours && stringify
      ? { best: (ours.best / stringify.best) * 100, median: (ours.median / stringify.median) * 100 }
      : null;
  const rows: GoalRow[] = [
    {
      what: `clean line of 100 characters, ${lane} lane`,
      unit: "ns",
      goal: { most: 150 },
      ours: ours ?? null,
      beside: [{ name: "JSON.stringify of the line", figure: stringify ?? null }, ...besides(theirs, others)],
    },
    {
      what: `of them, ${plain.length} of ${lines.length} without any literal, ${lane} lane`,
      unit: "ns",
      goal: { most: 150 },
      ours: oursPlain ?? null,
      beside: [],
      note: "no literal of the catalogue, no word that credential fields end with, no scheme, no URL: no rule is asked",
    },
    {
      what: `clean line as a share of JSON.stringify, ${lane} lane`,
      unit: "%",
      goal: { most: mostOfStringify },
      ours: share,
      beside: [],
    },
    {
      what: `clean line of 100 characters, two-byte, ${lane} lane`,
      unit: "ns",
      goal: { most: 150 },
      ours: oursWide ?? null,
      beside: [],
    },
    {
      what: `clean text of 12 characters, ${lane} lane`,
      unit: "ns",
      goal: { most: 5 },
      ours: oursShort ?? null,
      beside: [],
    },
    {
      what: `memory that a clean line allocates, ${lane} lane`,
      unit: "B",
      goal: { most: 0.1 },
      ours: counted(bytesPerCall(lines, redact)),
      beside: [],
    },
    {
      what: `memory that a clean line without any literal allocates, ${lane} lane`,
      unit: "B",
      goal: { most: 0.1 },
      ours: counted(bytesPerCall(plain, redact)),
      beside: [{ name: "JSON.stringify of the line", figure: counted(bytesPerCall(lines, JSON.stringify)) }],
      note: "growth of the heap over 1,000,000 calls, in slices of 1,000, those left out in which memory was collected; the goal is 0 and what the method itself may err",
    },
  ];
  return [...rows, ...(await tokenLineRows(bench))];
}

async function tokenLineRows({ peers, budget }: Bench): Promise<readonly GoalRow[]> {
  const random = seededRandom(3);
  const tokens = commonTokens(random, 512);
  const lines = tokens.map((token) =>
    flat(`${logStart(random).slice(0, 39).padEnd(39, ".")} ${token} status=200 took 31 ms`),
  );
  const redactor = createRedactor();
  const theirs = lane === "WASM" ? peers : [];
  const [ours, ...others] = await timed(
    [
      line("ours", lines, redactor.redact.bind(redactor)),
      ...theirs.flatMap((peer) => (peer.redact === null ? [] : [peerLine(peer, lines)])),
    ],
    budget * 2,
  );
  const finds = async (redact: NonNullable<TextPeer["redact"]>, count = lines.length): Promise<string> => {
    let found = 0;
    for (const [index, text] of lines.slice(0, count).entries())
      if (isGone(tokens[index] ?? "", await redact(text))) found++;
    return `finds ${found} of ${count} tokens`;
  };
  const notes: string[] = [];
  for (const peer of theirs)
    notes.push(
      peer.redact === null ? "" : await finds(peer.redact, peer.speed < 1e6 ? slowLines : lines.length),
    );
  return [
    {
      what: `line with a token, audit entry included, ${lane} lane`,
      unit: "ns",
      goal: { most: 600 },
      ours: ours ?? null,
      beside: besides(theirs, others, notes),
      note: `40 characters of log, a token of one of the common families, a tail; ours ${await finds(redactor.redact.bind(redactor))}`,
    },
  ];
}

function anyOf(texts: readonly string[]): RegExp {
  return new RegExp(texts.map((text) => text.replace(/[.*+?^${}()|[\]\\/]/g, "\\$&")).join("|"), "i");
}

function line(name: string, lines: readonly string[], redact: (text: string) => unknown): Side {
  return {
    name,
    work: lines.length,
    pass: () => {
      for (const text of lines) redact(text);
    },
  };
}

function peerLine({ name, redact, speed }: TextPeer, lines: readonly string[]): Side {
  const some = lines.slice(0, speed < 1e6 ? slowLines : lines.length);
  return {
    name,
    work: some.length,
    pass: async () => {
      for (const text of some) {
        const result = redact?.(text);
        if (result instanceof Promise) await result;
      }
    },
  };
}

/** In ns for each call. */
async function timed(
  sides: readonly Side[],
  budget: number,
): Promise<readonly NonNullable<Beside["figure"]>[]> {
  return (await measured(sides, budget)).map((figure) =>
    inUnit(figure, (microseconds) => microseconds * 1_000),
  );
}

function besides(
  peers: readonly TextPeer[],
  figures: readonly NonNullable<Beside["figure"]>[],
  notes?: readonly string[],
): readonly Beside[] {
  let next = 0;
  return peers.map(({ name, redact, note }, index) => ({
    name,
    figure: redact === null ? null : (figures[next++] ?? null),
    note: notes?.[index] || note,
  }));
}
