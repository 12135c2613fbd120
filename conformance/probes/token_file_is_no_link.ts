/**
 * A token file that is a link, a folder or a pipe is refused: nothing is read through it and nothing written.
 *
 * @module
 */

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { statSync } from "node:fs";
import { lstat, mkdir, readFile, realpath, rename, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createOAuth } from "../../stdlib/oauth/node.ts";
import type { Entry } from "../../stdlib/oauth/storage/entry.ts";
import { FileKey } from "../../stdlib/oauth/storage/file/file-key.ts";
import { FileStore } from "../../stdlib/oauth/storage/file/file-store.ts";
import { type FileSystem, nodeFileSystem } from "../../stdlib/oauth/storage/file/file-system.ts";
import type { Probe } from "./probe.ts";
import { filesIn } from "./files-in.ts";

const key = "a key of enough characters";
const set = { access_token: "made up for this row", token_type: "Bearer" };

const entry: Entry = {
  token_set: set,
  ttl_seconds: null,
  binding: null,
  generation: "g",
  version: 1,
  updated_at_unix: 1,
  intent: null,
};
const storeAt = (path: string, system: FileSystem = nodeFileSystem): FileStore =>
  new FileStore(path, new FileKey("raw", new Uint8Array(32)), system);

export const probe: Probe = async ({ folder }) => {
  const own = createOAuth();
  const at = (name: string): string => join(folder, name);
  const refused = async (path: string, message: RegExp): Promise<void> => {
    const store = own.storage.file(path, key);
    for (const call of [() => store.get("acme"), () => store.set("acme", set), () => store.delete("acme")])
      await assert.rejects(call, { code: "HARN-OAU-010", message, retryable: false });
  };
  try {
    await own.storage.file(at("real.bin"), key).set("acme", set);
    const before = await readFile(at("real.bin"));
    await symlink(at("real.bin"), at("to_a_store.bin"));
    await refused(at("to_a_store.bin"), /symbolic link/);
    assert.deepEqual(await readFile(at("real.bin")), before);

    await writeFile(at("victim.txt"), "not a token");
    await symlink(at("victim.txt"), at("to_a_file.bin"));
    await refused(at("to_a_file.bin"), /symbolic link/);
    assert.equal(await readFile(at("victim.txt"), "utf8"), "not a token");

    await symlink(at("nothing.bin"), at("dangling.bin"));
    await refused(at("dangling.bin"), /symbolic link/);
    await assert.rejects(() => lstat(at("nothing.bin")), { code: "ENOENT" });

    await mkdir(at("folder.bin"));
    await refused(at("folder.bin"), /regular file/);
    assert.equal(spawnSync("mkfifo", [at("pipe.bin")]).status, 0);
    await refused(at("pipe.bin"), /regular file/);

    // The link appears after the look at the path, or where links cannot be refused at opening.
    for (const system of [
      { ...nodeFileSystem, look: (path: string) => statSync(path, { bigint: true }) },
      {
        ...nodeFileSystem,
        openToRead: async (path: string) => await nodeFileSystem.openToRead(await realpath(path)),
      },
    ])
      await assert.rejects(() => storeAt(at("to_a_store.bin"), system).read("acme"), {
        message: /symbolic link/,
      });

    // The temporary file is there already: a link that somebody guessed.
    const planted = at(`.other.bin.${process.pid}.${"A".repeat(12)}.tmp`);
    await symlink(at("victim.txt"), planted);
    const guessed = { bytes: (length: number) => new Uint8Array(length) };
    await assert.rejects(() => storeAt(at("other.bin")).change("acme", guessed, () => entry), {
      code: "HARN-OAU-010",
    });
    assert.equal(await readFile(at("victim.txt"), "utf8"), "not a token");

    // The folder becomes a link to another one after the store was made.
    await mkdir(at("room"));
    await mkdir(at("elsewhere"));
    const store = own.storage.file(join(at("room"), "tokens.bin"), key);
    await store.set("acme", set);
    await rename(at("room"), at("moved"));
    await symlink(at("elsewhere"), at("room"));
    await assert.rejects(() => store.set("acme", set), { code: "HARN-OAU-010" });
    assert.deepEqual(await filesIn(at("elsewhere")), []);
  } finally {
    await own.close();
  }
};
