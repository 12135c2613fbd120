/**
 * Asking for a token that is valid.
 *
 * @module
 */

import { randomBytes } from "node:crypto";
import { join } from "node:path";
import type { ClientHandle } from "../../../stdlib/oauth/node.ts";
import type { GoalRow } from "../goal-row.ts";
import { microsecondsPerCall } from "../measure.ts";
import { inTurn } from "../sandbox/sandbox-bench.ts";
import { loggedIn, type StorageBench } from "./storage-bench.ts";

const calls = 5_000;

/** The rows. */
export async function tokenRows(bench: StorageBench): Promise<readonly GoalRow[]> {
  const { isFull, oauth, folder } = bench;
  const file = oauth.storage.file(join(folder, "read.bin"), randomBytes(32));
  const row = async (what: string, most: number, cli: ClientHandle): Promise<GoalRow> => ({
    what,
    unit: "µs",
    goal: { most },
    ...(await inTurn(isFull ? 15 : 7, () => microsecondsPerCall(calls, () => oauth.client.token(cli)))),
  });
  return [
    await row(
      "await token(cli), valid, memory",
      2,
      await loggedIn(bench, oauth.storage.memory(), "account-0"),
    ),
    await row("await token(cli), valid, unchanged file", 20, await loggedIn(bench, file, "account-0")),
  ];
}
