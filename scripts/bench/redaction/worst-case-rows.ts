/**
 * The worst that a text of 1 MiB can do, and whether time grows with length only.
 *
 * @module
 */

import { createRedactor, type RedactorEngine } from "../../../stdlib/oauth/redaction/engine.ts";
import {
  adversaries,
  type Adversary,
  knownRepeating,
  knownToAll,
  literalAdversary,
  literals,
} from "./adversarial.ts";
import { type Bench, sized } from "./bench.ts";
import type { Figure } from "../goal-row.ts";
import { cpuOf, figureOf } from "./cpu-time.ts";
import type { Beside, GoalRow } from "../goal-row.ts";

const mebibyte = 1_048_576;
/** Below this many ms for the shorter text a ratio says nothing. */
const leastRatioTime = 2;
/** One round is enough when it took so many ms. */
const hopeless = 400;

interface Timed {
  readonly name: string;
  readonly figure: Figure;
}

/** The rows. */
export async function worstCaseRows(bench: Bench): Promise<readonly GoalRow[]> {
  const redactor = createRedactor();
  redactor.register(knownToAll, "access_token");
  redactor.register(knownRepeating, "access_token");
  const rounds = sized(bench, 3, 9);
  const suite = [...adversaries, ...(await worstLiterals(redactor, sized(bench, 6, 40)))];
  const whole: Timed[] = [];
  const growth: Timed[] = [];
  for (const { name, text } of suite) {
    const long = await timed(redactor, text(mebibyte), rounds);
    whole.push({ name, figure: long });
    const quarter = text(mebibyte / 4);
    const short = await timed(redactor, quarter, rounds * 2);
    if (short.best < leastRatioTime) continue;
    growth.push({
      name,
      figure: { best: long.best / short.best, median: long.median / short.median },
    });
  }
  const slowest = worst(whole);
  const steepest = worst(growth);
  const next = whole
    .toSorted((a, b) => b.figure.best - a.figure.best)
    .slice(1, 5)
    .map(({ name, figure }) => `${name} ${figure.best.toFixed(1)}`)
    .join(", ");
  return [
    {
      what: `worst of ${suite.length} hostile texts of 1 MiB: ${slowest?.name ?? "none"}`,
      unit: "ms",
      goal: { most: 50 },
      ours: slowest?.figure ?? null,
      beside: await peersAt(bench),
      note: `known values too; next: ${next}`,
    },
    {
      what: `time(1 MiB) / time(256 KiB), the worst: ${steepest?.name ?? "none took 2 ms"}`,
      unit: "",
      goal: { most: 4.5 },
      ours: steepest?.figure ?? null,
      beside: [],
      note: `of the ${growth.length} texts of which 256 KiB take ${leastRatioTime} ms or more`,
    },
  ];
}

/** Every literal, on a shorter text; the slowest go on to 1 MiB. */
async function worstLiterals(redactor: RedactorEngine, count: number): Promise<readonly Adversary[]> {
  const tried: { adversary: Adversary; best: number }[] = [];
  for (const literal of literals) {
    const adversary = literalAdversary(literal);
    const { best } = await timed(redactor, adversary.text(mebibyte / 16), 2);
    tried.push({ adversary, best });
  }
  return tried
    .toSorted((a, b) => b.best - a.best)
    .slice(0, count)
    .map(({ adversary }) => adversary);
}

/** The peers on far shorter texts: some of them would never come back. */
async function peersAt(bench: Bench): Promise<readonly Beside[]> {
  const length = sized(bench, 8_192, 32_768);
  const besides: Beside[] = [];
  for (const { name, redact, speed } of bench.peers) {
    if (redact === null) {
      besides.push({ name, figure: null });
      continue;
    }
    if (speed < 1e6 && !bench.isFull) continue;
    const times: Timed[] = [];
    for (const adversary of adversaries) {
      const text = adversary.text(length);
      const took = (await cpuOf(() => redact(text))) / 1_000;
      times.push({ name: adversary.name, figure: { best: took, median: took } });
    }
    const slowest = worst(times);
    besides.push({
      name: `${name}, ${length / 1_024} KiB: ${slowest?.name ?? ""}`,
      figure: slowest?.figure ?? null,
      isOther: true,
      note: `${length / 1_024} KiB only: they are quadratic or worse, so no ratio is fair; one round`,
    });
  }
  return besides;
}

async function timed(redactor: RedactorEngine, text: string, rounds: number): Promise<Figure> {
  const values: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const took = (await cpuOf(() => redactor.redact(text))) / 1_000;
    values.push(took);
    if (took > hopeless) break;
  }
  return figureOf(values);
}

function worst(times: readonly Timed[]): Timed | undefined {
  return times.toSorted((a, b) => b.figure.best - a.figure.best)[0];
}
