/**
 * One statement on a connection of the pool: in time, and sent again when the connection fails.
 *
 * @module
 */

import { setTimeout as wait } from "node:timers/promises";
import { takeConnection } from "./connection.ts";
import { judgeDatabaseError } from "./database-error.ts";
import { isOwnError, startLimit } from "./limit.ts";
import type { PostgresPool } from "./pool.ts";
import { postgresError } from "./postgres-fault.ts";

/** Runs one statement and answers its rows. `onCut`: an answer was lost, and the statement is sent again. */
export type Query = (text: string, values?: unknown[], onCut?: () => void) => Promise<readonly unknown[]>;

/** Waits before a statement is sent again, in ms. */
const pauses: readonly number[] = [50, 200, 800];

/**
 * Statements over a pool. Each must be one that may be sent again when its answer was lost: what became of the first
 * sending is then unknown, and the second one finds out.
 *
 * What it answers throws HARN-OAU-010, with what the database threw as its cause; retryable where it may pass. The connection
 * goes back to the pool, or is closed when it broke or hangs.
 */
export function statementsOver(pool: PostgresPool): Query {
  return async (text, values = [], onCut) => {
    let wasCut = false;
    for (let attempt = 0; ; attempt += 1) {
      const sending = { sent: false };
      try {
        return await sendOnce(pool, text, values, sending);
      } catch (error) {
        if (isOwnError(error)) throw error;
        const { fault, again } = judgeDatabaseError(error, sending.sent);
        wasCut ||= fault === "cut";
        const pause = pauses[attempt];
        if (!again || pause === undefined) {
          throw postgresError(fault === "unreachable" && wasCut ? "cut" : fault, error);
        }
        if (fault === "cut") onCut?.();
        await wait(pause);
      }
    }
  };
}

async function sendOnce(
  pool: PostgresPool,
  text: string,
  values: unknown[],
  sending: { sent: boolean },
): Promise<readonly unknown[]> {
  const limit = startLimit();
  try {
    const client = await takeConnection(pool, limit);
    let destroy = true;
    try {
      sending.sent = true;
      const { rows } = await limit.race(client.query(text, values));
      destroy = false;
      return rows;
    } catch (error) {
      // After an answer of the server the session is as good as before.
      destroy = isOwnError(error) || judgeDatabaseError(error, true).fault === "cut";
      throw error;
    } finally {
      client.release(destroy);
    }
  } finally {
    limit.clear();
  }
}
