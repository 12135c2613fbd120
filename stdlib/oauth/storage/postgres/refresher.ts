/**
 * Refreshes the connections that are due, by the algorithm that callers use (`refresh.ts`): a claim is the refresh lock of
 * its connection, and all the rest is as in a call of `refresh`.
 *
 * @module
 */

import { randomInt } from "node:crypto";
import { setTimeout as wait } from "node:timers/promises";
import type { Ports } from "../../../../runtime/ports.ts";
import type { ProviderLike } from "../../client.ts";
import type { ClientContext } from "../../client-context.ts";
import { clientContext, type ClientOptions, clientOptionNames } from "../../client-options.ts";
import { OAuthError } from "../../errors.ts";
import { forcedRefresh } from "../../refresh.ts";
import { pauseLeft } from "../../refresh-pace.ts";
import { makeHandle } from "../handle.ts";
import { type Claim, Claims, type Shard, type Verdict } from "./claims.ts";
import { type DatabaseHost, leaveHost, shareHost } from "./database-host.ts";
import type { KeyEncryptionKeys } from "./key-wrap.ts";
import type { LeaseTimes } from "./lease.ts";
import { keyOf } from "./place.ts";
import type { PostgresPool } from "./pool.ts";
import { entriesOf, openPostgresStorage, type PostgresStorage } from "./postgres-storage.ts";
import { checkScheduler } from "./start-check.ts";
import { statementsOver } from "./statement.ts";
import { TenantStorages } from "./tenant-storages.ts";

/** One stored login. */
export interface Connection {
  readonly tenant: string;
  /** `org` or `session`. */
  readonly scope: string;
  /** The storage key. */
  readonly key: string;
}

/** The client of a connection: its provider, and the options of `client` but for where the tokens are. */
export type ConnectionClient = Omit<ClientOptions, "storage" | "storage_key" | "account"> & {
  readonly provider: ProviderLike;
};

/** Answers the client of a connection; null leaves the connection alone. What it throws puts the connection off. */
export type ClientFor = (
  connection: Connection,
) => ConnectionClient | null | Promise<ConnectionClient | null>;

export interface RefreshDueOptions {
  /** What `createOAuth()` answered: requests leave and events arrive there. It stays the caller's to close. */
  readonly oauth: { readonly ports: Ports };
  /** As for `postgresStorage`: connects as a role of `roles.app`. */
  readonly pool: PostgresPool;
  /** Connects as a role of `roles.scheduler`, which sees the schedule of all tenants and no token. */
  readonly scheduler: PostgresPool;
  readonly keys: KeyEncryptionKeys;
  readonly clientFor: ClientFor;
}

/** How often each happened. */
export interface RefreshCounts {
  refreshed: number;
  /** Put off, or taken off the schedule because consent is needed. */
  failed: number;
  /** There was no client for them. */
  leftAlone: number;
}

/** Refreshes of this process at a time, and of these with one client at one provider. */
const lanes = 500;
const lanesPerClient = 250;
/** A claim is not worth its statement for fewer. */
const smallestClaim = 100;
/** Between two claims when there is no more, or no place for more. */
const pauseMs = 200;
/** Seconds until a connection without a client is looked at again. */
const leftAloneSeconds = 300;
/** Seconds after the first failure, and at most: each doubles the pause. */
const retryable = { first: 5, most: 300 };
const lasting = { first: 60, most: 3_600 };

type Ending = "refreshed" | "failed" | "leftAlone" | "waits";

export class Refresher {
  readonly #options: RefreshDueOptions;
  readonly #host: DatabaseHost;
  readonly #claims: Claims;
  readonly #storages: TenantStorages;
  readonly #busyClients = new Map<string, number>();
  /** When a connection last had to wait because its client has too many. */
  #crowdedAt = Number.NEGATIVE_INFINITY;
  #free = lanes;
  #freed = (): void => {};

  private constructor(options: RefreshDueOptions, host: DatabaseHost, times: LeaseTimes) {
    const { pool, scheduler, keys } = options;
    this.#options = options;
    this.#host = host;
    this.#claims = new Claims(statementsOver(scheduler), host.leases, times.leaseMs);
    this.#storages = new TenantStorages((tenant) => openPostgresStorage({ pool, tenant, keys }, times));
  }

  /** Throws as `refreshDue`. */
  static async open(options: RefreshDueOptions, times: LeaseTimes): Promise<Refresher> {
    await checkScheduler(statementsOver(options.scheduler));
    return new Refresher(options, await shareHost(options.pool, times), times);
  }

  /** Claims and refreshes until nothing of the shard is due, or no more is to be begun; then ends what was begun. */
  async run(shard: Shard, signal?: AbortSignal): Promise<RefreshCounts> {
    const counts: RefreshCounts = { refreshed: 0, failed: 0, leftAlone: 0 };
    const flying = new Set<Promise<void>>();
    try {
      while (!signal?.aborted) {
        if (this.#free < smallestClaim) {
          await this.#nextFree();
          continue;
        }
        const limit = this.#free;
        this.#free = 0;
        const claims = await this.#claims.take(limit, shard).finally(() => this.#giveBack(limit));
        this.#free -= claims.length;
        for (const claim of claims) {
          const flight: Promise<void> = this.#refresh(claim).then((ending) => {
            flying.delete(flight);
            this.#giveBack(1);
            if (ending !== "waits") counts[ending] += 1;
          });
          flying.add(flight);
        }
        if (claims.length === 0 && flying.size === 0) break;
        const isCrowded = performance.now() - this.#crowdedAt < pauseMs;
        // What is on its way may take half a minute, and more may be due before.
        if (claims.length < limit || isCrowded) await Promise.race([wait(pauseMs), Promise.all(flying)]);
      }
    } finally {
      await Promise.all(flying);
    }
    return counts;
  }

  /** Ends the storages. What still runs must have ended. */
  async close(): Promise<void> {
    await this.#storages.close();
    await leaveHost(this.#options.pool, this.#host);
  }

  #giveBack(count: number): void {
    this.#free += count;
    this.#freed();
  }

  async #nextFree(): Promise<void> {
    await new Promise<void>((resolve) => {
      const before = this.#freed;
      this.#freed = () => {
        this.#freed = () => {};
        before();
        resolve();
      };
    });
  }

  /** Never throws. */
  async #refresh(claim: Claim): Promise<Ending> {
    const { tenant, scope, key } = claim.lease.place;
    const connection: Connection = { tenant, scope, key: keyOf(key) };
    const { ending, delay } = await this.#try(connection, claim);
    const attempts = ending === "failed" ? claim.attempts + 1 : claim.attempts;
    await this.#claims.settle(claim, { delay, attempts });
    return ending;
  }

  async #try(connection: Connection, claim: Claim): Promise<Pick<Verdict, "delay"> & { ending: Ending }> {
    let context: ClientContext | undefined;
    try {
      const client = await this.#options.clientFor(connection);
      if (client === null) return { ending: "leftAlone", delay: leftAloneSeconds };
      return await this.#storages.use(connection.tenant, async (storage) => {
        context = this.#contextOf(connection, client, storage);
        const name = JSON.stringify([context.provider.token_url, context.credentials.client_id]);
        const busy = this.#busyClients.get(name) ?? 0;
        if (busy >= lanesPerClient) {
          this.#crowdedAt = performance.now();
          return { ending: "waits", delay: randomInt(500, 1_500) / 1_000 };
        }
        this.#busyClients.set(name, busy + 1);
        try {
          await forcedRefresh(context);
          return { ending: "refreshed", delay: null };
        } finally {
          const left = (this.#busyClients.get(name) ?? 1) - 1;
          if (left > 0) this.#busyClients.set(name, left);
          else this.#busyClients.delete(name);
        }
      });
    } catch (error) {
      return { ending: "failed", delay: await this.#delayAfter(error, connection, claim, context) };
    } finally {
      context?.ports.redactor.release();
    }
  }

  #contextOf(
    { tenant, scope, key }: Connection,
    { provider, ...options }: ConnectionClient,
    storage: PostgresStorage,
  ): ClientContext {
    const { ports } = this.#options.oauth;
    // Forgets the tokens when they are done with: a process that lives long sees all of them.
    const own: Ports = { ...ports, redactor: ports.redactor.fork() };
    const handle = makeHandle(own, entriesOf(storage, scope), { kind: "postgres", id: tenant });
    const all = { ...options, storage: handle, storage_key: key };
    return clientContext("client", own, provider, all, clientOptionNames).context;
  }

  /** Seconds, or infinity. Leaves an event. */
  async #delayAfter(
    error: unknown,
    { tenant, scope, key }: Connection,
    claim: Claim,
    context?: ClientContext,
  ): Promise<number> {
    const code = error instanceof OAuthError ? error.code : null;
    const connection = { tenant, scope, storage_key: key };
    const { events } = this.#options.oauth.ports;
    if (code === "HARN-OAU-002") {
      events.emit("oauth.refresh.audit", "consent_needed", { ...connection, code });
      return Number.POSITIVE_INFINITY;
    }
    const { first, most } = error instanceof OAuthError && error.retryable ? retryable : lasting;
    const doubled = Math.min(most, first * 2 ** Math.min(claim.attempts, 20));
    const asked = context === undefined ? 0 : await askedSeconds(context);
    const seconds = Math.max(asked, (doubled * randomInt(500, 1_500)) / 1_000);
    events.emit("oauth.refresh.audit", "put_off", {
      ...connection,
      code,
      attempts: claim.attempts + 1,
      seconds,
    });
    return seconds;
  }
}

/** What the algorithm's own pause after this failure still lasts: the server may have asked for it. */
async function askedSeconds(context: ClientContext): Promise<number> {
  try {
    const entry = await context.store.read(context.storageKey);
    return entry === null ? 0 : pauseLeft(context, entry.token_set) / 1_000;
  } catch {
    return 0; // The storage fails, which is then the failure.
  }
}
