/**
 * What all rows of the storage are measured with.
 *
 * @module
 */

import { fork } from "node:child_process";
import { once } from "node:events";
import { randomBytes } from "node:crypto";
import { fileURLToPath } from "node:url";
import type { ClientHandle, OAuth, StorageHandle, TokenSet } from "../../../stdlib/oauth/node.ts";

/** Given to each group of rows. */
export interface StorageBench {
  readonly isFull: boolean;
  readonly oauth: OAuth;
  /** The origin of a token server in a process of its own. */
  readonly server: string;
  /** An empty folder. */
  readonly folder: string;
}

/** A token set of an hour, as a login gives it. */
export function tokenSet(): TokenSet {
  const token = (): string => randomBytes(32).toString("base64url");
  const issued_at_unix = Math.floor(Date.now() / 1_000);
  return {
    access_token: token(),
    refresh_token: token(),
    token_type: "Bearer",
    issued_at_unix,
    expires_in: 3_600,
    expires_at_unix: issued_at_unix + 3_600,
    scopes: ["read"],
  };
}

/** A client of the server whose storage holds a valid token. */
export async function loggedIn(
  { oauth, server }: Pick<StorageBench, "oauth" | "server">,
  storage: StorageHandle,
  storage_key: string,
): Promise<ClientHandle> {
  await storage.set(storage_key, tokenSet());
  const provider = oauth.providers.custom({
    id: "bench",
    auth_url: `${server}/authorize`,
    token_url: `${server}/token`,
    resource_origins: [server],
  });
  return oauth.client.client(provider, { client_id: "c1", storage, storage_key });
}

/** Accounts that are refreshed at a time, each by itself. */
export const refreshWidth = 32;

/** One account: refreshes it once. */
export type Lane = () => Promise<unknown>;

/** Refreshes `count` times, by all lanes at a time; answers how many in a second. */
export async function perSecond(count: number, lanes: readonly Lane[]): Promise<number> {
  const began = performance.now();
  let left = count;
  await Promise.all(
    lanes.map(async (lane) => {
      while (left > 0) {
        left -= 1;
        await lane();
      }
    }),
  );
  return (count * 1_000) / (performance.now() - began);
}

/** Starts the token server. It ends with this process, or when it is told to. */
export async function startServerProcess(): Promise<{ readonly origin: string; readonly end: () => void }> {
  const child = fork(fileURLToPath(new URL("./server-process.js", import.meta.url)));
  const [origin] = (await once(child, "message")) as [string];
  return { origin, end: () => child.disconnect() };
}
