/**
 * The command from nothing to its end.
 *
 * @module
 */

import type { GoalRow } from "../goal-row.ts";
import { commandRows as rowsOfCommand } from "../command-rows.ts";
import { inTurn, type SandboxBench } from "./sandbox-bench.ts";

/** The row: the command's time without that of a Node that does nothing, of the same round. */
export async function commandRows({ isFull, folder }: SandboxBench): Promise<readonly GoalRow[]> {
  const [command] = rowsOfCommand(folder);
  const bare = command?.peers?.["node -e 0"];
  if (command === undefined || bare === undefined) return [];
  const over = await inTurn(isFull ? 30 : 20, async () => (await command.ours()) - (await bare()));
  return [{ what: "the cold command, over node -e 0", unit: "ms", goal: { most: 80 }, ...over }];
}
