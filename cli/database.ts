/**
 * The database of the command, from the environment: where it is, and the keys of what is stored there.
 *
 * @module
 */

import { OAuthError } from "../stdlib/oauth/errors.ts";
import type { KeyEncryptionKey, KeyEncryptionKeys } from "../stdlib/oauth/storage/postgres/key-wrap.ts";
import { openPool, type OwnPool } from "../stdlib/oauth/storage/postgres/open-pool.ts";
import { type PostgresStorage, postgresStorage } from "../stdlib/oauth/storage/postgres/postgres-storage.ts";
import { addressVariable, keysVariable } from "./database-variables.ts";
import { UsageError } from "./usage-error.ts";

type Env = Record<string, string | undefined>;

function taken(env: Env, name: string): string | null {
  const value = env[name];
  delete env[name];
  return value === undefined || value === "" ? null : value;
}

/** Takes the address out of an environment, so that no script can read it there. Null: there is none. Throws UsageError for another scheme. */
export function takeAddress(env: Env, name: string = addressVariable): string | null {
  const url = taken(env, name);
  if (url !== null && !/^postgres(?:ql)?:\/\//.test(url))
    throw new UsageError(`${name} must begin with postgres://`);
  return url;
}

/** Takes the keys out of an environment. Null: there are none. Throws UsageError, which shows no key. */
export function takeStoreKeys(env: Env): KeyEncryptionKeys | null {
  const text = taken(env, keysVariable);
  if (text === null) return null;
  const [current, ...others] = text.split(",").map((entry) => storeKey(entry.trim()));
  if (current === undefined) throw wrongKeys();
  return { current, others };
}

function storeKey(text: string): KeyEncryptionKey {
  const [, id, spelled] = /^([^:]+):([\w-]{43})=?$/.exec(text) ?? [];
  const key = Buffer.from(spelled ?? "", "base64url");
  if (id === undefined || key.length !== 32) throw wrongKeys();
  return { id, key: new Uint8Array(key) };
}

function wrongKeys(): UsageError {
  return new UsageError(
    `${keysVariable} must be keys as id:key, each of 32 bytes in base64url, separated by commas`,
  );
}

/** Opens a pool. Throws UsageError without the package. */
export async function connect(url: string, max: number): Promise<OwnPool> {
  const pool = await openPool(url, max);
  if (pool === null) throw new UsageError("PostgreSQL needs the package pg beside holdfast: npm install pg");
  return pool;
}

/** The storage of a tenant, and its end. */
export interface TenantStorage {
  readonly storage: PostgresStorage;
  close(): Promise<void>;
}

/** Opens the storage of `--tenant`. Throws UsageError for whatever is missing or cannot be used. */
export async function openTenant(tenant: string, env: Env): Promise<TenantStorage> {
  const url = takeAddress(env);
  const keys = takeStoreKeys(env);
  if (url === null) throw new UsageError(`--tenant needs the address of a database in ${addressVariable}`);
  if (keys === null) throw new UsageError(`--tenant needs keys in ${keysVariable}: id:key`);
  const pool = await connect(url, 5);
  try {
    const storage = await postgresStorage({ pool, tenant, keys });
    return {
      storage,
      async close() {
        await storage.close();
        await pool.end();
      },
    };
  } catch (error) {
    await pool.end();
    if (!(error instanceof OAuthError)) throw error;
    throw new UsageError(`--tenant: ${error.message.replace(/^std\/oauth\/storage: /, "")}. ${error.hint}`);
  }
}
