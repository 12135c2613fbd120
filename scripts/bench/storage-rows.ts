/**
 * A durable update of a token file, beside what the disk alone takes for it.
 *
 * @module
 */

import { randomBytes } from "node:crypto";
import { open, rename, stat } from "node:fs/promises";
import { join } from "node:path";
import type { OAuth, TokenSet } from "../../stdlib/oauth/node.ts";
import { microsecondsPerCall, type Row } from "./measure.ts";

const entries = 10;
const updates = 20;

/** The row. `folder` is where the files go. */
export async function storageRows(oauth: OAuth, folder: string): Promise<readonly Row[]> {
  const path = join(folder, "write.bin");
  const store = oauth.storage.file(path, randomBytes(32));
  for (let entry = 0; entry < entries; entry += 1) await store.set(`account-${entry}`, tokenSet());
  const bytes = randomBytes((await stat(path)).size);
  return [
    {
      name: `durable update of a token file, ${entries} entries`,
      unit: "ms",
      ours: async () => (await microsecondsPerCall(updates, () => store.set("account-3", tokenSet()))) / 1000,
      peers: {
        "write, fsync, rename, fsync of the folder": async () =>
          (await microsecondsPerCall(updates, () => replace(folder, bytes))) / 1000,
      },
    },
  ];
}

function tokenSet(): TokenSet {
  const token = (): string => randomBytes(32).toString("base64url");
  return {
    access_token: token(),
    refresh_token: token(),
    token_type: "Bearer",
    expires_at_unix: Math.floor(Date.now() / 1000) + 3600,
    scopes: ["read"],
  };
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
