/**
 * No two writes of token files share a key, nor a temporary name, however many run at once and whoever makes them.
 *
 * @module
 */

import assert from "node:assert/strict";
import { join } from "node:path";
import { systemRandom } from "../../runtime/host/random.ts";
import type { Entry } from "../../stdlib/oauth/storage/entry.ts";
import { FileKey } from "../../stdlib/oauth/storage/file/file-key.ts";
import { FileStore } from "../../stdlib/oauth/storage/file/file-store.ts";
import { type FileSystem, nodeFileSystem } from "../../stdlib/oauth/storage/file/file-system.ts";
import type { Probe } from "./probe.ts";

const entry: Entry = {
  token_set: { access_token: "the same in every write", token_type: "Bearer" },
  ttl_seconds: null,
  binding: null,
  generation: "the same",
  version: 1,
  updated_at_unix: 1,
  intent: null,
};

export const probe: Probe = async ({ folder }) => {
  const texts: string[] = [];
  const names: string[] = [];
  const noting: FileSystem = {
    ...nodeFileSystem,
    create: async (path, mode) => {
      names.push(path);
      const file = await nodeFileSystem.create(path, mode);
      return {
        ...file,
        writeFile: async (bytes) => {
          texts.push(Buffer.from(bytes).toString("utf8"));
          await file.writeFile(bytes);
        },
      };
    },
  };
  const key = new FileKey("raw", new Uint8Array(32).fill(7));
  const random = systemRandom();
  const stores = ["a.bin", "a.bin", "b.bin", "c.bin"].map(
    (name) => new FileStore(join(folder, name), key, noting),
  );
  await Promise.all(
    stores.flatMap((store) =>
      Array.from({ length: 60 }, (_, n) => store.change(`key-${n % 7}`, random, () => entry)),
    ),
  );
  const salts = texts.map((text) => (JSON.parse(text) as { write_salt: string }).write_salt);
  assert.equal(salts.length, 240);
  assert.equal(new Set(salts).size, salts.length);
  for (const salt of salts) assert.equal(Buffer.from(salt, "base64url").length, 32);
  // One plaintext, one file key: still nothing of two ciphertexts is the same.
  const ciphertexts = texts.flatMap((text) => (JSON.parse(text) as { entries: string[] }).entries);
  assert.equal(new Set(ciphertexts.map((text) => text.slice(0, 16))).size, ciphertexts.length);
  assert.equal(new Set(names).size, names.length);
};
