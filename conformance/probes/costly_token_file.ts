/**
 * A planted token file cannot order a key derivation that takes hours or all memory.
 *
 * @module
 */

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createOAuth } from "../../stdlib/oauth/node.ts";
import type { Probe } from "./probe.ts";

export const probe: Probe = async ({ folder }) => {
  const own = createOAuth();
  try {
    const path = join(folder, "tokens.bin");
    await own.storage
      .file(path, "a key of enough characters")
      .set("acme", { access_token: "made up for this row", token_type: "Bearer" });
    const { digest: _, ...members } = JSON.parse(await readFile(path, "utf8")) as { keys: [object] } & Record<
      string,
      unknown
    >;
    const salt = Buffer.alloc(32, 1).toString("base64url");
    for (const [n, r, p] of [
      [2 ** 30, 8, 1],
      [2 ** 21, 1, 1],
      [2 ** 14, 2 ** 20, 1],
      [2 ** 14, 8, 2 ** 20],
      [2 ** 20, 8, 1],
    ]) {
      const keys = [{ ...members.keys[0], kdf: { name: "scrypt", salt, n, r, p } }];
      const text = JSON.stringify({ ...members, keys }).slice(0, -1);
      const right = createHash("sha256").update(text).digest("base64url");
      await writeFile(path, `${text},"digest":"${right}"}\n`);
      const began = performance.now();
      await assert.rejects(() => own.storage.file(path, { passphrase: "of this row" }).get("acme"), {
        code: "HARN-OAU-010",
        message: /limit/,
      });
      // Scrypt at its own limits takes seconds.
      assert.ok(performance.now() - began < 300);
    }
  } finally {
    await own.close();
  }
};
