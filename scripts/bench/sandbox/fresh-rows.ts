/**
 * Fresh sandboxes, without a thread between.
 *
 * @module
 */

import type { GoalRow } from "../goal-row.ts";
import * as engine from "./engine-figures.ts";
import { inTurn, microseconds, type SandboxBench } from "./sandbox-bench.ts";

/** The rows. */
export async function freshRows({ isFull, peers }: SandboxBench): Promise<readonly GoalRow[]> {
  const subject = await engine.makeSubject();
  const rounds = isFull ? 9 : 3;
  const beside = peers
    .filter(({ name }) => name !== "run" && name !== "@sebastianwessel/quickjs")
    .map(({ name, note, fresh }) => ({ name, note, side: fresh && (() => microseconds(30, fresh)) }));
  const row = (what: string, most: number | null, measured: Awaited<ReturnType<typeof inTurn>>): GoalRow => ({
    what,
    unit: "µs",
    goal: most === null ? null : { most },
    ...measured,
  });
  return [
    row(
      "fresh sandbox with all std modules, in-thread: reset",
      15,
      await inTurn(rounds, () => engine.reset(subject), beside),
    ),
    row(
      "fresh sandbox, an import and a plain host call, in-thread",
      100,
      await inTurn(rounds, () => engine.resetImportAndCall(subject), beside),
    ),
    row(
      "reset between two tenants: all memory zeroed",
      null,
      await inTurn(rounds, () => engine.resetBetweenTenants(subject)),
    ),
    row(
      "another engine, after one was dropped",
      null,
      await inTurn(rounds, () => engine.engineFromImage(subject)),
    ),
  ];
}
