/**
 * A process that is killed while it writes the token file leaves the old file or the new one, whole; what it left beside it is
 * removed by the next one.
 *
 * @module
 */

import assert from "node:assert/strict";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createOAuth } from "../../stdlib/oauth/node.ts";
import { childHead, startModule } from "./child.ts";
import type { Probe } from "./probe.ts";
import { filesIn } from "./files-in.ts";

const child = `${childHead}
const { storage } = createOAuth();
const store = storage.file(process.argv[2], "a key of enough characters");
const rest = "x".repeat(200_000);
let n = Number(process.argv[3]);
for (;;) {
  n += 1;
  await store.set("acme", { access_token: "number " + n, token_type: "Bearer", metadata: { n, rest } });
  process.stdout.write(n + "\\n");
}
`;

export const probe: Probe = async ({ folder }) => {
  const path = join(folder, "tokens.bin");
  const reader = createOAuth();
  let last = 0;
  try {
    for (let round = 0; round < 6; round += 1) {
      const writer = await startModule(folder, child, [path, String(last)]);
      let acknowledged = last;
      writer.stdout?.setEncoding("utf8").on("data", (text: string) => {
        acknowledged = Math.max(acknowledged, ...text.trim().split("\n").map(Number));
      });
      while (acknowledged < last + 3) await new Promise((resolve) => setTimeout(resolve, 1 + round * 2));
      writer.kill("SIGKILL");
      await once(writer, "close");
      const set = await reader.storage.file(path, "a key of enough characters").get("acme");
      const found = set?.metadata?.["n"];
      assert.equal(set?.access_token, `number ${String(found)}`);
      assert.ok(Number(found) >= acknowledged, `${String(found)} is there, ${acknowledged} was acknowledged`);
      last = Number(found);
    }
    // What a killed process may leave, and what a living one is writing now.
    const dead = join(folder, ".tokens.bin.999999999.AAAAAAAAAAAA.tmp");
    const alive = join(folder, `.tokens.bin.${process.ppid}.AAAAAAAAAAAA.tmp`);
    await writeFile(dead, "half a file");
    await writeFile(alive, "half a file");
    const next = await startModule(folder, child, [path, String(last)]);
    await once(next.stdout ?? next, "data");
    next.kill("SIGKILL");
    await once(next, "close");
    const names = await filesIn(folder);
    assert.ok(!names.includes(".tokens.bin.999999999.AAAAAAAAAAAA.tmp"), names.join());
    assert.ok(names.includes(`.tokens.bin.${process.ppid}.AAAAAAAAAAAA.tmp`), names.join());
  } finally {
    await reader.close();
  }
};
