/**
 * Background refreshers over one database, each as a host of its own, and the logins that they work on.
 *
 * @module
 */

import { memorySink } from "../../../../runtime/host/sinks.ts";
import type { Redactor } from "../../../../runtime/ports.ts";
import { createOAuth } from "../../node.ts";
import type { TokenSet } from "../../token-set.ts";
import type { Fleet } from "./fleet.test.support.ts";
import { type LeaseTimes, leaseTimes } from "./lease.ts";
import { type ClientFor, type ConnectionClient, type RefreshCounts, Refresher } from "./refresher.ts";

export interface TestRefresher {
  readonly sink: ReturnType<typeof memorySink>;
  readonly redactor: Redactor;
  /** One round. */
  round(signal?: AbortSignal): Promise<RefreshCounts>;
  close(): Promise<void>;
}

/** A host with pools, a session and ports of its own. */
export async function openRefresher(
  fleet: Fleet,
  clientFor: ClientFor,
  times: LeaseTimes = leaseTimes,
): Promise<TestRefresher> {
  const sink = memorySink();
  const oauth = createOAuth({ sinks: [sink] });
  const [pool, scheduler] = [fleet.server.pool("app"), fleet.server.pool("scheduler")];
  const refresher = await Refresher.open({ oauth, pool, scheduler, keys: fleet.keys, clientFor }, times);
  return {
    sink,
    redactor: oauth.ports.redactor,
    round: (signal) => refresher.run({ number: 0, of: 1 }, signal),
    async close() {
      await refresher.close();
      await oauth.close();
      await Promise.all([pool.end(), scheduler.end()]);
    },
  };
}

/** A client at a server that rotates refresh tokens and takes the last one for a minute. */
export function clientAt(origin: string, worker = 1): ConnectionClient {
  return {
    provider: {
      id: "acme",
      auth_url: `${origin}/authorize`,
      token_url: `${origin}/token?from=${worker}`,
      refresh_handling: {
        strategy: "test",
        expires_in_field: "expires_in",
        expires_at_field: null,
        refresh_grant: "refresh_token",
        rotates_refresh_token: true,
        notes: [],
        reuse: "grace",
        grace_seconds: 60,
        processing_bound_seconds: 3,
        invalid_grant_errors: [],
      },
    },
    client_id: "c1",
  };
}

/** A token set of a login just now. */
export function freshTokens(
  { access_token, refresh_token }: Pick<TokenSet, "access_token"> & { readonly refresh_token: string },
  expires_in = 3_600,
): TokenSet {
  const issued_at_unix = Math.floor(Date.now() / 1_000);
  return {
    access_token,
    refresh_token,
    token_type: "Bearer",
    issued_at_unix,
    expires_in,
    expires_at_unix: issued_at_unix + expires_in,
  };
}

/** Makes every connection due. */
export async function makeDue({ server }: Fleet): Promise<void> {
  await server.sql(
    "update holdfast.schedule set refresh_at = clock_timestamp() - interval '1 second', not_before = null",
  );
}

/** What the schedule says of a key, or of all. */
export async function scheduleOf({ server }: Fleet, key?: string): Promise<Record<string, unknown>[]> {
  return await server.sql(
    `select tenant, key, owner, attempts, extract(epoch from refresh_at - clock_timestamp())::float8 as due_in,
       extract(epoch from not_before - clock_timestamp())::float8 as not_before_in
     from holdfast.schedule where $1::text is null or key = $1 order by tenant, key`,
    [key ?? null],
  );
}
