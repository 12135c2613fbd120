/**
 * An older copy of the token file, put back, is refused by whoever has seen a later one.
 *
 * @module
 */

import assert from "node:assert/strict";
import { copyFile, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { createOAuth } from "../../stdlib/oauth/node.ts";
import type { Probe } from "./probe.ts";

const set = (access_token: string): { access_token: string; token_type: string } => ({
  access_token,
  token_type: "Bearer",
});

export const probe: Probe = async ({ folder }) => {
  const path = join(folder, "tokens.bin");
  const copy = join(folder, "copy.bin");
  const one = createOAuth();
  const other = createOAuth();
  const key = "a key of enough characters";
  try {
    const store = one.storage.file(path, key);
    await store.set("acme", set("from the first write"));
    await copyFile(path, copy);
    await store.set("acme", set("from the second write"));
    const rolledBack = { code: "HARN-OAU-010", message: /older/, retryable: false };
    await copyFile(copy, path);
    const before = await readFile(path);
    for (const { storage } of [one, other]) {
      const again = storage.file(path, key);
      await assert.rejects(() => again.get("acme"), rolledBack);
      await assert.rejects(() => again.set("acme", set("over it")), rolledBack);
      await assert.rejects(() => again.delete("acme"), rolledBack);
    }
    assert.deepEqual(await readFile(path), before);
    // Also when the file had been removed with its last entry in the meantime.
    await rm(path);
    const fresh = join(folder, "fresh.bin");
    const removed = one.storage.file(fresh, key);
    await removed.set("acme", set("revoked since"));
    await copyFile(fresh, copy);
    await removed.delete("acme");
    await copyFile(copy, fresh);
    await assert.rejects(() => removed.get("acme"), rolledBack);
  } finally {
    await one.close();
    await other.close();
  }
};
