/**
 * What a worker works with: the client of each account, over the storage that its arguments name.
 *
 * @module
 */

import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import {
  type ClientHandle,
  createOAuth,
  type OAuth,
  OAuthError,
  type StorageHandle,
} from "../../../stdlib/oauth/node.ts";
import {
  openPostgresStorage,
  type PostgresStorage,
} from "../../../stdlib/oauth/storage/postgres/postgres-storage.ts";
import { brokenStorage, type BrokenKind } from "./broken-storage.ts";

/** Where tokens are kept. Passed to processes as JSON. */
export type StoragePlace =
  | {
      readonly kind: "file" | BrokenKind;
      readonly folder: string;
      /** Base64url. */
      readonly key: string;
    }
  | { readonly kind: "postgres"; readonly config: pg.PoolConfig; readonly key: string };

/** The accounts, the server and the storage. Passed to processes as JSON. */
export interface AccountsPlan {
  readonly accounts: number;
  /** The server's origin. */
  readonly server: string;
  /** What the provider record says of the server. */
  readonly reuse: "grace" | "strict";
  readonly graceSeconds: number;
  /** How long the server may still act on a request whose client is gone. */
  readonly boundSeconds: number;
  readonly place: StoragePlace;
}

export interface Accounts {
  readonly oauth: Pick<OAuth, "client" | "ports" | "close">;
  readonly clients: readonly ClientHandle[];
  storageOf(account: number): StorageHandle;
}

/** Accounts that share a file. */
const perFile = 8;

/** Opens them. `worker` says to the server who asks. */
export async function openAccounts(plan: AccountsPlan, worker: number): Promise<Accounts> {
  const { oauth, storageOf } = await openStorage(plan);
  const refresh_handling = {
    strategy: "soak",
    expires_in_field: "expires_in",
    expires_at_field: null,
    refresh_grant: "refresh_token",
    rotates_refresh_token: true,
    notes: [],
    reuse: plan.reuse,
    grace_seconds: plan.reuse === "grace" ? plan.graceSeconds : 0,
    processing_bound_seconds: plan.boundSeconds,
    invalid_grant_errors: [],
  };
  const provider = {
    id: "soak",
    auth_url: `${plan.server}/authorize`,
    token_url: `${plan.server}/token?from=${worker}`,
    resource_origins: [plan.server],
    refresh_handling,
  };
  const clients = Array.from({ length: plan.accounts }, (_, account) =>
    oauth.client.client(provider, {
      client_id: "soak",
      storage: storageOf(account),
      storage_key: keyOf(account),
    }),
  );
  return { oauth, clients, storageOf };
}

/** The storage key of an account. */
export function keyOf(account: number): string {
  return `account-${account}`;
}

/** The one place that knows the kinds of storage. */
async function openStorage({ accounts, place }: AccountsPlan): Promise<Omit<Accounts, "clients">> {
  if (place.kind === "postgres") return await openDatabase(place.config, place.key);
  const oauth = createOAuth();
  const { kind, folder, key } = place;
  const handles = Array.from({ length: Math.ceil(accounts / perFile) }, (_, number) => {
    const file = oauth.storage.file(join(folder, `tokens-${number}.bin`), Buffer.from(key, "base64url"));
    return kind === "file" ? file : brokenStorage(oauth, file, kind);
  });
  return {
    oauth,
    storageOf(account) {
      const handle = handles[Math.floor(account / perFile)];
      if (handle === undefined) throw new Error(`there is no account ${account}`);
      return handle;
    },
  };
}

/** Longer than all requests of a refresh at this server together, and short enough to see what was a dead process's taken over. */
const times = { leaseMs: 8_000, waitMs: 60_000 };

async function openDatabase(config: pg.PoolConfig, key: string): Promise<Omit<Accounts, "clients">> {
  const pool = new pg.Pool({ ...config, max: 6 });
  pool.on("error", () => {}); // A session that was cut while it was idle.
  const keys = { current: { id: "soak", key: Buffer.from(key, "base64url") } };
  const open = async (): Promise<PostgresStorage> =>
    await openPostgresStorage({ pool, tenant: "soak", keys }, times).catch(async (error: unknown) => {
      if (!(error instanceof OAuthError) || !error.retryable) throw error;
      await sleep(100);
      return await open();
    });
  const storage = await open();
  const oauth = createOAuth({ capabilities: { oauth_storage: storage } });
  const handle = oauth.storage.harn_cloud_org();
  return {
    oauth: {
      ...oauth,
      async close() {
        await oauth.close();
        await storage.close();
        await pool.end();
      },
    },
    storageOf: () => handle,
  };
}
