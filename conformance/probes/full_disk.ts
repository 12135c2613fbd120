/**
 * Whatever step of a write fails (no space, a broken device, a lost right), what was stored is still there and nothing is left beside it.
 *
 * @module
 */

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { systemRandom } from "../../runtime/host/random.ts";
import type { Entry } from "../../stdlib/oauth/storage/entry.ts";
import { FileKey } from "../../stdlib/oauth/storage/file/file-key.ts";
import { FileStore } from "../../stdlib/oauth/storage/file/file-store.ts";
import {
  type FileSystem,
  nodeFileSystem,
  type OpenFile,
} from "../../stdlib/oauth/storage/file/file-system.ts";
import type { Probe } from "./probe.ts";
import { filesIn } from "./files-in.ts";

const entry = (access_token: string): Entry => ({
  token_set: { access_token, token_type: "Bearer" },
  ttl_seconds: null,
  binding: null,
  generation: "g",
  version: 1,
  updated_at_unix: 1,
  intent: null,
});

const failure = (code: string): never => {
  throw Object.assign(new Error(`${code}: no such luck`), { code });
};

/** A write of which one step fails: `half` writes a part of the bytes first. */
function failing(step: "create" | "half" | "sync" | "rename", code: string): FileSystem {
  const file = (real: OpenFile): OpenFile => ({
    ...real,
    writeFile: async (bytes) => {
      await real.writeFile(step === "half" ? bytes.subarray(0, bytes.length / 2) : bytes);
      if (step === "half") failure(code);
    },
    sync: async () => (step === "sync" ? failure(code) : await real.sync()),
  });
  return {
    ...nodeFileSystem,
    create: async (path, mode) =>
      step === "create" ? failure(code) : file(await nodeFileSystem.create(path, mode)),
    rename: async (from, to) => (step === "rename" ? failure(code) : await nodeFileSystem.rename(from, to)),
  };
}

export const probe: Probe = async ({ folder }) => {
  const path = join(folder, "tokens.bin");
  const key = new FileKey("raw", new Uint8Array(32).fill(7));
  const random = systemRandom();
  await new FileStore(path, key).change("acme", random, () => entry("the old one"));
  const before = await readFile(path);
  for (const step of ["create", "half", "sync", "rename"] as const)
    for (const code of ["ENOSPC", "EDQUOT", "EIO", "EROFS", "EACCES", "EMFILE"]) {
      const store = new FileStore(path, key, failing(step, code));
      await assert.rejects(
        () => store.change("acme", random, () => entry("the new one")),
        (error: Error & { code?: string }) =>
          error.code === "HARN-OAU-010" && !error.message.includes("luck"),
      );
      assert.equal((await store.read("acme"))?.token_set.access_token, "the old one");
      assert.deepEqual(await readFile(path), before);
      assert.deepEqual(await filesIn(folder), ["tokens.bin"], `${step} ${code}`);
    }
};
