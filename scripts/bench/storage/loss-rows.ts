/**
 * What becomes of grants that several processes refresh at a strict server, with nothing injected: no kill, no damaged answer.
 *
 * @module
 */

import { soakRefresh } from "../../soak/refresh.ts";
import type { GoalRow } from "../goal-row.ts";
import type { StorageBench } from "./storage-bench.ts";

const accounts = 20;

/** The row. */
export async function lossRows({ isFull }: StorageBench): Promise<readonly GoalRow[]> {
  const lost = async (storage: "file" | "last_write_wins"): Promise<{ best: number; median: number }> => {
    const { losses } = await soakRefresh({
      storage,
      seed: 1,
      reuse: "strict",
      accounts,
      workers: 4,
      refreshes: isFull ? 500 : 100,
      blows: { kill: 0, terminate: 0, freeze: 0 },
      faultShare: 0,
      mostSeconds: isFull ? 60 : 10,
    });
    const count = new Set(losses.map(({ account }) => account)).size;
    return { best: count, median: count };
  };
  return [
    {
      what: `grants lost of ${accounts}, 4 processes, strict server, no fault`,
      unit: "",
      goal: { most: 0 },
      ours: await lost("file"),
      note: "an account that was lost logs in again, and counts once",
      beside: [
        {
          name: "a store where the last write wins",
          figure: await lost("last_write_wins"),
          note: "the same client and files, without the lock and the comparison",
        },
      ],
    },
  ];
}
