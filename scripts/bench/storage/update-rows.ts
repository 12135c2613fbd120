/**
 * A durable update of a token file, beside what the disk alone takes for it.
 *
 * @module
 */

import { randomBytes } from "node:crypto";
import { open, rename, stat } from "node:fs/promises";
import { join } from "node:path";
import type { GoalRow } from "../goal-row.ts";
import { median, microsecondsPerCall } from "../measure.ts";
import { inTurn } from "../sandbox/sandbox-bench.ts";
import { type StorageBench, tokenSet } from "./storage-bench.ts";

const entries = 10;
const updates = 20;

/** The rows. */
export async function updateRows({ isFull, oauth, folder }: StorageBench): Promise<readonly GoalRow[]> {
  const path = join(folder, "write.bin");
  const store = oauth.storage.file(path, randomBytes(32));
  for (let entry = 0; entry < entries; entry += 1) await store.set(`account-${entry}`, tokenSet());
  const bytes = randomBytes((await stat(path)).size);
  const milliseconds = async (work: () => Promise<void>): Promise<number> =>
    (await microsecondsPerCall(updates, work)) / 1_000;
  const ratios: number[] = [];
  let ours = 0;
  const disk = {
    name: "write, fsync, rename, fsync of the folder",
    note: "as many bytes",
    side: async () => {
      const alone = await milliseconds(() => replace(folder, bytes));
      ratios.push(ours / alone);
      return alone;
    },
  };
  const measured = await inTurn(
    isFull ? 15 : 7,
    async () => (ours = await milliseconds(() => store.set("account-3", tokenSet()))),
    [disk],
  );
  const counted = ratios.slice(1);
  return [
    { what: `durable update of a file with ${entries} entries`, unit: "ms", goal: null, ...measured },
    {
      what: "the same, in times of the disk's own",
      unit: "×",
      goal: { most: 2 },
      ours: { best: Math.min(...counted), median: median(counted) },
      beside: [],
    },
  ];
}

async function replace(folder: string, bytes: Uint8Array): Promise<void> {
  const temporary = join(folder, "bare.tmp");
  const file = await open(temporary, "w", 0o600);
  await file.writeFile(bytes);
  await file.sync();
  await file.close();
  await rename(temporary, join(folder, "bare.bin"));
  const directory = await open(folder, "r");
  await directory.sync();
  await directory.close();
}
