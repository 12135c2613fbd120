/**
 * A write that would make the token file too large to be read again is refused before anything is written.
 *
 * @module
 */

import assert from "node:assert/strict";
import { join } from "node:path";
import { createOAuth } from "../../stdlib/oauth/node.ts";
import type { Probe } from "./probe.ts";
import { filesIn } from "./files-in.ts";

export const probe: Probe = async ({ folder }) => {
  const own = createOAuth();
  try {
    const store = own.storage.file(join(folder, "tokens.bin"), "a key of enough characters");
    await store.set("acme", { access_token: "of acme", token_type: "Bearer" });
    // Encrypted and in base64url it is over 64 MiB.
    const metadata = { text: "x".repeat(49 * 1024 * 1024) };
    await assert.rejects(
      () => store.set("large", { access_token: "of large", token_type: "Bearer", metadata }),
      { code: "HARN-OAU-010", message: /64 MiB/, retryable: false },
    );
    assert.equal((await store.get("acme"))?.access_token, "of acme");
    assert.equal(await store.get("large"), null);
    assert.deepEqual(await filesIn(folder), ["tokens.bin"]);
  } finally {
    await own.close();
  }
};
