import { setTimeout as wait } from "node:timers/promises";
import pg from "pg";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { createOAuth } from "../../node.ts";
import { lineageOf } from "../lineage.ts";
import { type Fleet, startFleet, type TestHost, testEntry } from "./fleet.test.support.ts";
import type { PostgresClient, PostgresPool } from "./pool.ts";
import { entriesOf, openPostgresStorage, postgresStorage } from "./postgres-storage.ts";
import { Refresher } from "./refresher.ts";
import { makeDue } from "./refreshers.test.support.ts";

let fleet: Fleet;
let keys = 0;
const newKey = (): string => `key ${++keys}`;
const failure = (message: string, retryable: boolean) => ({
  code: "HARN-OAU-010",
  retryable,
  message: expect.stringContaining(message),
});

beforeAll(async () => {
  fleet = await startFleet();
});
const cuts: Cutting[] = [];
afterEach(async () => {
  for (const cut of cuts.splice(0)) await cut.stop();
});
afterAll(() => fleet.close());

interface Cutting {
  /** Waits until so many sessions were cut in all. */
  reached(sessions: number): Promise<void>;
  stop(): Promise<void>;
}

/** Cuts most sessions of the hosts, again and again, until it is stopped. */
function cutting(everyMs: number): Cutting {
  let running = true;
  let cut = 0;
  const loop = (async () => {
    while (running) {
      const [row] = await fleet.server.sql(
        `select count(pg_terminate_backend(pid))::int as cut from pg_stat_activity
         where usename = 'app' and random() < 0.7`,
      );
      cut += Number(row?.["cut"]);
      await wait(everyMs);
    }
  })();
  const made = {
    async reached(sessions: number) {
      while (cut < sessions) await wait(10);
    },
    async stop() {
      running = false;
      await loop;
    },
  };
  cuts.push(made);
  return made;
}

/** Writes successors over one key, each over the one before; answers the last one that was acknowledged, and what was tried after. */
async function chain(
  host: TestHost,
  key: string,
  go: () => boolean,
): Promise<{ acknowledged: number; tried: number }> {
  let acknowledged = 0;
  await host.store.write(key, testEntry("0"));
  let next = 0;
  while (go()) {
    next += 1;
    const [before, after] = [testEntry(String(acknowledged)), testEntry(String(next))];
    try {
      if (await host.store.write(key, after, lineageOf(before))) acknowledged = next;
      else {
        // Only an earlier one of ours, whose acknowledgement was lost, can stand there.
        const found = await host.store.read(key);
        acknowledged = Number(found?.token_set.access_token.split(" ")[1]);
      }
    } catch (error) {
      expect(error).toMatchObject({ code: "HARN-OAU-010", retryable: true });
    }
  }
  return { acknowledged, tried: next };
}

describe("sessions that are cut", () => {
  test("lose no acknowledged write, and leak no connection", async () => {
    const host = await fleet.host("acme", { max: 4 });
    const names = Array.from({ length: 8 }, newKey);
    let going = true;
    const writers = names.map((key) => chain(host, key, () => going));
    const sessions = cutting(15);
    await sessions.reached(50);
    going = false;
    const results = await Promise.all(writers);
    await sessions.stop();
    for (const [index, key] of names.entries()) {
      const found = Number((await host.store.read(key))?.token_set.access_token.split(" ")[1]);
      expect(found).toBeGreaterThanOrEqual(results[index]?.acknowledged ?? Number.NaN);
      expect(found).toBeLessThanOrEqual(results[index]?.tried ?? Number.NaN);
    }
    expect(host.pool.totalCount).toBeLessThanOrEqual(4);
    expect(host.pool.waitingCount).toBe(0);
    // All but the one of the session are idle.
    expect(host.pool.totalCount - host.pool.idleCount).toBeLessThanOrEqual(1);
  });

  test("never let two hosts into one key", async () => {
    const hosts = await Promise.all([1, 2, 3].map(() => fleet.host("acme", { max: 4 })));
    const key = newKey();
    let [inside, most, count] = [0, 0, 0];
    let going = true;
    const sessions = cutting(20);
    const loops = hosts.map(async ({ store }) => {
      while (going) {
        const done = store.withRefreshLock(key, async () => {
          inside += 1;
          most = Math.max(most, inside);
          count += 1;
          await wait(5);
          inside -= 1;
        });
        await done.catch((error: unknown) =>
          expect(error).toMatchObject({ code: "HARN-OAU-010", retryable: true }),
        );
      }
    });
    await sessions.reached(50);
    going = false;
    await sessions.stop();
    // Leases of sessions that were cut run out.
    await fleet.server.sql("update holdfast.schedule set lease_until = clock_timestamp() where key = $1", [
      key,
    ]);
    await Promise.all(loops);
    expect(most).toBe(1);
    expect(count).toBeGreaterThan(1);
  });
});

describe("an answer that is lost", () => {
  /** A pool whose next statement of a kind reaches the server, and whose answer is lost. */
  function losing(pool: pg.Pool): {
    readonly pool: PostgresPool;
    lose(text: string): void;
    lost(): number;
    /** How many statements of a kind there were. */
    asked(text: string): number;
  } {
    let target = "";
    let lost = 0;
    const asked: string[] = [];
    return {
      lose: (text) => (target = text),
      lost: () => lost,
      asked: (wanted) => asked.filter((text) => text.includes(wanted)).length,
      pool: {
        connect(taken): void {
          pool.connect((error, client) => taken(error, client && losingClient(client)));
        },
      },
    };
    function losingClient(client: pg.PoolClient): PostgresClient {
      return {
        async query(text, values) {
          asked.push(text);
          const result = await client.query(text, values);
          if (target === "" || !text.includes(target)) return result as { rows: unknown[] };
          target = "";
          lost += 1;
          throw new Error("Connection terminated unexpectedly");
        },
        release: (destroy) => client.release(destroy),
        on: ((event: "error", listener: () => void) => client.on(event, listener)) as PostgresClient["on"],
      };
    }
  }

  test("is found out: each operation is done once", async () => {
    const wrapped = losing(fleet.server.pool("app"));
    const storage = await openPostgresStorage(
      { pool: wrapped.pool, tenant: "acme", keys: fleet.keys },
      { leaseMs: 60_000, waitMs: 1_000 },
    );
    const host = await fleet.host("acme");
    const store = entriesOf(storage, "org");
    const key = newKey();
    const [one, two] = [testEntry("one"), testEntry("two", { version: 2 })];

    wrapped.lose("write_entries");
    expect(await store.write(key, one)).toBe(true);
    wrapped.lose("write_successors");
    expect(await store.write(key, two, lineageOf(one))).toBe(true);
    expect(await host.store.read(key)).toEqual(two);

    const read = (await store.read(key)) ?? testEntry("never");
    const begun = { ...read, version: 3, intent: { refresh_hash: "x", started_at_unix: 1 } };
    wrapped.lose("write_intents");
    expect(await store.write(key, begun, lineageOf(read))).toBe(true);

    wrapped.lose("acquire");
    expect(await store.withRefreshLock(key, async (found) => found?.version)).toBe(3);
    wrapped.lose("release");
    await store.withRefreshLock(key, async () => {});
    expect(await host.store.withRefreshLock(key, async () => "in")).toBe("in");

    let count = 0;
    wrapped.lose("write_entries");
    await store.replace(key, (current) => {
      count += 1;
      return testEntry("three", { version: (current?.version ?? 0) + 1 });
    });
    expect(count).toBe(1);
    wrapped.lose("write_entries");
    await store.remove(key);
    expect(await host.store.read(key)).toBeNull();
    expect(wrapped.lost()).toBe(7);
    await storage.close();
  });

  test("is the same for all who wait for it: the keys of a new tenant are asked for once", async () => {
    const wrapped = losing(fleet.server.pool("app"));
    const storage = await openPostgresStorage(
      { pool: wrapped.pool, tenant: "new", keys: fleet.keys },
      { leaseMs: 60_000, waitMs: 1_000 },
    );
    const store = entriesOf(storage, "org");
    await Promise.all(Array.from({ length: 100 }, (_, number) => store.write(`${number}`, testEntry("one"))));
    expect(wrapped.asked("add_tenant_key")).toBe(1);
    expect(wrapped.asked("tenant_keys")).toBe(2);
    // The first one was sent at once, the others together.
    expect(wrapped.asked("write_entries")).toBe(2);
    await storage.close();
  });

  test("of a claim leaves no connection that only this process could take", async () => {
    const host = await fleet.host("acme", { times: { leaseMs: 60_000, waitMs: 1_000 } });
    const key = newKey();
    await host.storage.cloud_set({ scope: "org", key, token: testEntry("one").token_set });
    await makeDue(fleet);
    const [pool, scheduler] = [fleet.server.pool("app"), losing(fleet.server.pool("scheduler"))];
    const oauth = createOAuth();
    const options = { oauth, pool, scheduler: scheduler.pool, keys: fleet.keys, clientFor: () => null };
    const refresher = await Refresher.open(options, { leaseMs: 60_000, waitMs: 1_000 });
    scheduler.lose("claim_due");
    await refresher.run({ number: 0, of: 1 });
    expect(scheduler.lost()).toBe(1);
    await fleet.server.sql("update holdfast.schedule set lease_until = clock_timestamp()");
    expect(await host.store.withRefreshLock(key, async () => "in")).toBe("in");
    await refresher.close();
    await oauth.close();
  });
});

describe("a server that crashes", () => {
  test("keeps every acknowledged token, and hosts go on by themselves", async () => {
    const host = await fleet.host("acme", { max: 4 });
    const names = Array.from({ length: 4 }, newKey);
    let going = true;
    const writers = names.map((key) => chain(host, key, () => going));
    for (let crash = 0; crash < 3; crash += 1) {
      await wait(300);
      await fleet.server.crash();
      await wait(100);
      await fleet.server.start();
    }
    await wait(300);
    going = false;
    const results = await Promise.all(writers);
    for (const [index, key] of names.entries()) {
      const found = Number((await host.store.read(key))?.token_set.access_token.split(" ")[1]);
      expect(found).toBeGreaterThanOrEqual(results[index]?.acknowledged ?? Number.NaN);
    }
    expect(await host.store.withRefreshLock(newKey(), async () => "in")).toBe("in");
  });
});

describe("each failure is an error of its own", () => {
  test("a server that is not there", async () => {
    const pool = new pg.Pool({ host: "/nonexistent", user: "app" });
    await expect(postgresStorage({ pool, tenant: "acme", keys: fleet.keys })).rejects.toMatchObject({
      ...failure("could not be reached", true),
      cause: expect.objectContaining({ code: "ENOENT" }),
    });
  });

  test("a login that is refused", async () => {
    const pool = new pg.Pool({ ...fleet.server.config("nobody here") });
    const opened = postgresStorage({ pool, tenant: "acme", keys: fleet.keys });
    await expect(opened).rejects.toMatchObject(failure("refused the login", false));
  });

  test("a role without rights", async () => {
    await fleet.server.sql("create role bare login");
    const pool = fleet.server.pool("bare");
    const opened = postgresStorage({ pool, tenant: "acme", keys: fleet.keys });
    await expect(opened).rejects.toMatchObject(failure("has no right to do this", false));
  });

  test("rows that another transaction keeps, a standby, and a function that is gone", async () => {
    const host = await fleet.host("acme");
    const key = newKey();
    await host.store.write(key, testEntry("one"));
    await fleet.server.sql("alter function holdfast.write_entries set lock_timeout = '50ms'");
    const keeper = await fleet.server.pool("postgres").connect();
    await keeper.query("begin");
    await keeper.query("select from holdfast.schedule where key = $1 for update", [key]);
    await expect(host.store.write(key, testEntry("two"))).rejects.toMatchObject(
      failure("kept the rows", true),
    );
    await keeper.query("rollback");
    keeper.release();
    expect(await host.store.write(key, testEntry("two"))).toBe(true);

    await fleet.server.sql("alter role app set default_transaction_read_only = on");
    const reader = await fleet.host("acme");
    expect(await reader.store.read(key)).toEqual(testEntry("two"));
    await expect(reader.store.write(key, testEntry("three"))).rejects.toMatchObject(
      failure("takes no writes", true),
    );
    await fleet.server.sql("alter role app reset default_transaction_read_only");

    await fleet.server.sql("alter function holdfast.read_entries rename to gone");
    await expect(host.store.read(key)).rejects.toMatchObject(failure("refused the statement", false));
    await fleet.server.sql("alter function holdfast.gone rename to read_entries");
  });

  test("of many that share a statement only the one whose row is kept fails", async () => {
    const host = await fleet.host("acme");
    const other = await openPostgresStorage(
      { pool: host.pool, tenant: "globex", keys: fleet.keys },
      { leaseMs: 60_000, waitMs: 1_000 },
    );
    const theirs = entriesOf(other, "org");
    const [kept, free] = [newKey(), newKey()];
    const one = testEntry("one");
    await Promise.all([host.store.write(kept, one), host.store.write(free, one), theirs.write(free, one)]);
    await fleet.server.sql("alter function holdfast.write_successors set lock_timeout = '50ms'");
    const keeper = await fleet.server.pool("postgres").connect();
    await keeper.query("begin");
    await keeper.query("select from holdfast.schedule where key = $1 for update", [kept]);
    const next = testEntry("two", { version: 2 });
    const stale = testEntry("three", { version: 2 });
    const answers = await Promise.allSettled([
      host.store.write(newKey(), next, lineageOf(one)),
      host.store.write(kept, next, lineageOf(one)),
      host.store.write(free, next, lineageOf(one)),
      theirs.write(free, next, lineageOf(one)),
      theirs.write(free, stale, lineageOf(stale)),
    ]);
    await keeper.query("rollback");
    keeper.release();
    expect(answers.map((answer) => (answer.status === "fulfilled" ? answer.value : "failed"))).toEqual([
      false,
      "failed",
      true,
      true,
      false,
    ]);
    expect(await theirs.read(free)).toEqual(next);
    await fleet.server.sql("alter function holdfast.write_successors set lock_timeout = '2s'");
    await other.close();
  });

  test("too many connections", async () => {
    await fleet.server.sql("create role crowd login in role app connection limit 1");
    const first = fleet.server.pool("crowd", { max: 1 });
    const held = await first.connect();
    const pool = fleet.server.pool("crowd");
    const opened = postgresStorage({ pool, tenant: "acme", keys: fleet.keys });
    await expect(opened).rejects.toMatchObject(failure("no connection left", true));
    held.release();
  });

  test("an entry that cannot be opened keeps no lease", async () => {
    const host = await fleet.host("acme");
    const key = newKey();
    await host.store.write(key, testEntry("one"));
    await fleet.server.sql("update holdfast.token set ciphertext = 'damaged' where key = $1", [key]);
    const acquired = host.storage.cloud_acquire_refresh_lock({ scope: "org", key });
    await expect(acquired).rejects.toMatchObject(failure("was changed outside", false));
    const rows = await fleet.server.sql("select owner from holdfast.schedule where key = $1", [key]);
    expect(rows).toEqual([{ owner: null }]);
  });

  test("a lease that comes after close is given back, with the session", async () => {
    const [holder, host] = [await fleet.host("acme"), await fleet.host("acme")];
    const key = newKey();
    const held = await holder.storage.cloud_acquire_refresh_lock({ scope: "org", key });
    const acquired = host.storage.cloud_acquire_refresh_lock({ scope: "org", key });
    const refused = acquired.catch((error: unknown) => error);
    const rows = (): Promise<unknown> =>
      fleet.server.sql("select awaited from holdfast.schedule where key = $1", [key]);
    await expect.poll(rows).toEqual([{ awaited: true }]);
    const closed = host.storage.close();
    await holder.storage.cloud_release_refresh_lock({ scope: "org", key, lock: held.lock });
    await closed;
    expect(await refused).toMatchObject(failure("is closed", false));
    expect(host.pool.totalCount).toBe(host.pool.idleCount);
    expect(await rows()).toEqual([]);
  });

  test("use after close", async () => {
    const host = await fleet.host("acme");
    await host.storage.close();
    await host.storage.close();
    await expect(host.storage.cloud_get({ scope: "org", key: "k" })).rejects.toMatchObject(
      failure("is closed", false),
    );
  });
});
