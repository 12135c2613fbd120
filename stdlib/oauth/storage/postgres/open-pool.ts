/**
 * A pool of the optional package `pg`, for who has an address of a database and no pool.
 *
 * @module
 */

import type { PostgresPool } from "./pool.ts";

export interface OwnPool extends PostgresPool {
  end(): Promise<void>;
}

/**
 * Opens a pool of at most `max` connections. Null when the package `pg` is not installed. Nothing is connected yet.
 * Throws what `pg` throws for an address that is none.
 */
export async function openPool(connectionString: string, max: number): Promise<OwnPool | null> {
  const pg = await import("pg").catch(() => null);
  if (pg === null) return null;
  const pool = new pg.default.Pool({ connectionString, max });
  // A connection that breaks while it is idle must not end the process.
  pool.on("error", () => {});
  return pool;
}
