/**
 * The token file, its folders and its temporary files are for their owner alone, whatever the process would let others do.
 *
 * @module
 */

import assert from "node:assert/strict";
import { chmod, stat } from "node:fs/promises";
import { join } from "node:path";
import { childHead, ended, startModule } from "./child.ts";
import { filesIn } from "./files-in.ts";
import type { Probe } from "./probe.ts";

const child = `${childHead}
import { watch } from "node:fs";
import { statSync } from "node:fs";
process.umask(0);
const [path, folder] = process.argv.slice(2);
const { storage } = createOAuth();
const store = storage.file(path, "a key of enough characters");
await store.set("acme", { access_token: "made up for this row", token_type: "Bearer" });
// What stands in the folder while it is written again and again.
const modes = new Set();
const seen = watch(folder, (_, name) => {
  try { modes.add((statSync(folder + "/" + name).mode & 0o777).toString(8)); } catch {}
});
for (let n = 0; n < 20; n += 1)
  await store.set("acme", { access_token: "made up for this row " + n, token_type: "Bearer" });
seen.close();
console.log(JSON.stringify([...modes]));
`;

const modeOf = async (path: string): Promise<string> => ((await stat(path)).mode & 0o777).toString(8);

export const probe: Probe = async ({ folder }) => {
  const room = join(folder, "a", "b");
  const path = join(room, "tokens.bin");
  const write = async (): Promise<readonly string[]> => {
    const { code, stdout, stderr } = await ended(await startModule(folder, child, [path, room]));
    assert.equal(code, 0, stderr);
    return JSON.parse(stdout) as string[];
  };
  assert.deepEqual(await write(), ["600"]);
  assert.equal(await modeOf(path), "600");
  assert.equal(await modeOf(room), "700");
  assert.equal(await modeOf(join(folder, "a")), "700");
  assert.deepEqual(await filesIn(room), ["tokens.bin"]);
  // A file that somebody opened to all, in a folder that is open to all: the next write is private again.
  await chmod(path, 0o644);
  await chmod(room, 0o755);
  await write();
  assert.equal(await modeOf(path), "600");
};
