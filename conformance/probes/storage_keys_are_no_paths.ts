/**
 * Storage keys are texts: whatever they look like, they stay inside the one file and on their own entry.
 *
 * @module
 */

import assert from "node:assert/strict";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { createOAuth, type StorageHandle } from "../../stdlib/oauth/node.ts";
import type { Probe } from "./probe.ts";
import { filesIn } from "./files-in.ts";

const keys = [
  "../escaped",
  "../../../../etc/passwd",
  "/absolute",
  "a/b/c",
  "a\\b",
  "C:\\tokens",
  ".",
  "..",
  "a\0b",
  "a\nb",
  " a",
  "a",
  "A",
  "é",
  "e\u0301",
  "%2e%2e%2f",
  "__proto__",
  "constructor",
  "toString",
  "hasOwnProperty",
  "k".repeat(512),
];

export const probe: Probe = async ({ folder }) => {
  const room = join(folder, "room");
  const own = createOAuth();
  const stores: StorageHandle[] = [
    own.storage.memory(),
    own.storage.file(join(room, "tokens.bin"), "a key of enough characters"),
  ];
  try {
    for (const store of stores) {
      for (const key of keys) assert.equal(await store.get(key), null, `there is something under ${key}`);
      for (const key of keys)
        await store.set(key, { access_token: `made up for ${key}`, token_type: "Bearer" });
      for (const key of keys) assert.equal((await store.get(key))?.access_token, `made up for ${key}`);
      for (const key of ["", "k".repeat(513), "é".repeat(257), "\ud800", 7, null, {}])
        await assert.rejects(() => store.get(key as string), { code: "HARN-OAU-011" });
    }
    assert.deepEqual(await filesIn(room), ["tokens.bin"]);
    assert.deepEqual(await readdir(folder), ["room"]);
    assert.equal(Reflect.get({}, "access_token"), undefined);
  } finally {
    await own.close();
  }
};
