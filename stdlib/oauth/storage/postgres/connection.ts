/**
 * Connections of the pool that are taken in time, and cannot end the process by breaking.
 *
 * @module
 */

import type { Limit } from "./limit.ts";
import type { PostgresClient, PostgresPool } from "./pool.ts";

/** Connections with a listener for errors: the pool has none on one that is taken, or thrown away. */
const guarded = new WeakSet<PostgresClient>();

/**
 * Takes a connection, which is given back with `release`. When it breaks, the statement on it fails and nothing else does.
 * Throws what the pool throws, and HARN-OAU-010 when the limit is over.
 */
export async function takeConnection(pool: PostgresPool, limit: Limit): Promise<PostgresClient> {
  const connecting = connect(pool);
  return await limit.race(connecting, () => {
    // It comes when nobody waits any more.
    void connecting.then((late) => late.release()).catch(() => {});
  });
}

// With a callback, which is called at once: what ends the session may stand in the very bytes that opened it.
function connect(pool: PostgresPool): Promise<PostgresClient> {
  return new Promise((resolve, reject) => {
    pool.connect((error, client) => {
      if (!client) {
        reject(error ?? new Error("the pool gave no connection"));
        return;
      }
      if (!guarded.has(client)) {
        guarded.add(client);
        client.on("error", () => {});
      }
      resolve(client);
    });
  });
}
