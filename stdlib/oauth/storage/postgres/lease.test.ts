import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { setTimeout as wait } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import type pg from "pg";
import { lineageOf } from "../lineage.ts";
import { type Fleet, startFleet, type TestHost, testEntry } from "./fleet.test.support.ts";
import type { PostgresClient, PostgresPool } from "./pool.ts";
import { entriesOf, openPostgresStorage } from "./postgres-storage.ts";

const short = { leaseMs: 300, waitMs: 20_000 };
let fleet: Fleet;
let host: TestHost;
let other: TestHost;
let impatient: TestHost;
let keys = 0;
const newKey = (): string => `key ${++keys}`;
const children: ChildProcess[] = [];

beforeAll(async () => {
  fleet = await startFleet();
  [host, other, impatient] = await Promise.all([
    fleet.host("acme", { times: short }),
    fleet.host("acme", { times: short }),
    fleet.host("acme", { times: { leaseMs: 300, waitMs: 600 } }),
  ]);
});
afterEach(() => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
});
afterAll(() => fleet.close());

interface Row {
  readonly owner: number | null;
  readonly fence: string;
  readonly over: boolean;
  /** Over within 3 s. */
  readonly soon: boolean;
}

async function row(key: string): Promise<Row | undefined> {
  const rows = await fleet.server.sql(
    `select owner, fence, lease_until < clock_timestamp() as over,
       lease_until < clock_timestamp() + interval '3 seconds' as soon
     from holdfast.schedule where key = $1`,
    [key],
  );
  return rows[0] as Row | undefined;
}

async function until(check: () => Promise<boolean>): Promise<void> {
  while (!(await check())) await wait(20);
}

function gate(): { readonly opened: Promise<void>; readonly open: () => void } {
  let open = (): void => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}

/** Takes the lock and keeps it until `leave`. */
async function hold(by: TestHost, key: string): Promise<{ leave(): Promise<void> }> {
  const [entered, leaving] = [gate(), gate()];
  const held = by.store.withRefreshLock(key, async () => {
    entered.open();
    await leaving.opened;
  });
  await Promise.race([entered.opened, held]);
  return {
    async leave() {
      leaving.open();
      await held;
    },
  };
}

/** Ends the session that marks a host as alive. */
async function cutOwner(owner: number): Promise<void> {
  await fleet.server.sql(
    "select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory' and objid = $1",
    [owner],
  );
}

describe("a lease", () => {
  test("brings what is stored, and is gone from the table when it ends", async () => {
    const key = newKey();
    await host.store.withRefreshLock(key, async (found) => expect(found).toBeNull());
    expect(await row(key)).toBeUndefined();
    await host.store.write(key, testEntry("one"));
    await other.store.withRefreshLock(key, async (found) => expect(found).toEqual(testEntry("one")));
    expect(await row(key)).toMatchObject({ owner: null });
  });

  test("excludes other hosts, also far beyond its life while its holder lives", async () => {
    const key = newKey();
    let inside = 0;
    let most = 0;
    const body = async (): Promise<void> => {
      inside += 1;
      most = Math.max(most, inside);
      await wait(450);
      inside -= 1;
    };
    await Promise.all([host, other, host, other].map((by) => by.store.withRefreshLock(key, body)));
    expect(most).toBe(1);
  });

  test("that is not free in time is a retryable error, and is never taken all the same", async () => {
    const key = newKey();
    const held = await hold(host, key);
    const late = impatient.store.withRefreshLock(key, async () => "in");
    await expect(late).rejects.toMatchObject({
      code: "HARN-OAU-010",
      retryable: true,
      message: expect.stringContaining("another host kept the refresh lock"),
    });
    await held.leave();
    expect(await impatient.store.withRefreshLock(key, async () => "in")).toBe("in");
  });

  async function leaseOfNobody(key: string, quick: boolean): Promise<void> {
    await fleet.server.sql(
      `insert into holdfast.schedule (tenant, scope, key, owner, fence, lease_until, quick)
       values ('acme', 'org', $1, 2000000001, nextval('holdfast.fence'), clock_timestamp() + interval '1 hour', $2)`,
      [key, quick],
    );
  }

  test("of a process that is gone and notes its intents is taken in seconds, and not at once", async () => {
    const key = newKey();
    await leaseOfNobody(key, true);
    await expect(impatient.store.withRefreshLock(key, async () => {})).rejects.toThrow("another host kept");
    expect((await row(key))?.soon).toBe(true);
    expect(await other.store.withRefreshLock(key, async () => "in")).toBe("in");
  });

  test("of a process that is gone and notes none is not taken before its life is over", async () => {
    const key = newKey();
    await leaseOfNobody(key, false);
    await expect(impatient.store.withRefreshLock(key, async () => {})).rejects.toThrow("another host kept");
    expect((await row(key))?.soon).toBe(false);
    await fleet.server.sql("update holdfast.schedule set lease_until = clock_timestamp() where key = $1", [
      key,
    ]);
    expect(await impatient.store.withRefreshLock(key, async () => "in")).toBe("in");
  });

  test("wakes who waits for it, and notifies only then", async () => {
    const listener = await fleet.server.pool("postgres").connect();
    const heard: (string | undefined)[] = [];
    listener.on("notification", ({ payload }) => heard.push(payload));
    await listener.query("listen holdfast_release");
    const key = newKey();
    await (await hold(host, key)).leave();
    const held = await hold(host, key);
    const fence = (await row(key))?.fence;
    const waiting = other.store.withRefreshLock(key, async () => "in");
    await until(
      async () =>
        (await fleet.server.sql("select awaited from holdfast.schedule where key = $1", [key]))[0]?.[
          "awaited"
        ] === true,
    );
    await held.leave();
    expect(await waiting).toBe("in");
    await listener.query("select 1");
    listener.release(true);
    expect(heard).toEqual([fence]);
  });

  test("has a fence that no other lease has had", async () => {
    const key = newKey();
    const fences = new Set<string>();
    for (const by of [host, other, host]) {
      await by.store.withRefreshLock(key, async () => {
        fences.add((await row(key))?.fence ?? "");
      });
    }
    expect(fences.size).toBe(3);
  });
});

/** A pool whose answers to one kind of statement are held back. */
function gated(
  pool: pg.Pool,
  text: string,
): { readonly pool: PostgresPool; arrived: Promise<void>; open(): void } {
  const [arriving, opening] = [gate(), gate()];
  const gatedClient = (client: pg.PoolClient): PostgresClient => ({
    async query(asked, values) {
      const result = await client.query(asked, values);
      if (asked.includes(text)) {
        arriving.open();
        await opening.opened;
      }
      return result as { rows: unknown[] };
    },
    release: (destroy) => client.release(destroy),
    on: ((event: "error", listener: () => void) => client.on(event, listener)) as PostgresClient["on"],
  });
  return {
    arrived: arriving.opened,
    open: opening.open,
    pool: {
      connect: (taken) => pool.connect((error, client) => taken(error, client && gatedClient(client))),
    },
  };
}

/** A host whose answers to one kind of statement are held back. */
async function gatedHost(text: string, leaseMs: number) {
  const pool = fleet.server.pool("app");
  const through = gated(pool, text);
  const options = { pool: through.pool, tenant: "acme", keys: fleet.keys };
  const storage = await openPostgresStorage(options, { leaseMs, waitMs: 20_000 });
  return { pool, storage, store: entriesOf(storage, "org"), gate: through };
}

describe("the session of an owner", () => {
  test("that was cut gets a new number, and the running leases follow", async () => {
    const key = newKey();
    const held = await hold(host, key);
    const before = (await row(key))?.owner ?? 0;
    await cutOwner(before);
    await until(async () => (await row(key))?.owner !== before);
    const after = await row(key);
    expect(after?.owner).toBeGreaterThan(0);
    await expect(impatient.store.withRefreshLock(key, async () => {})).rejects.toThrow("another host kept");
    await held.leave();
    expect(await other.store.withRefreshLock(key, async () => "in")).toBe("in");
  });

  test("that was cut is followed by a lease of any length at once, however often", async () => {
    const calm = await fleet.host("acme", { times: { leaseMs: 3_600_000, waitMs: 20_000 } });
    const key = newKey();
    const held = await hold(calm, key);
    for (let cut = 0; cut < 3; cut += 1) {
      const before = (await row(key))?.owner ?? 0;
      await cutOwner(before);
      // The lease's own renewal would come after twenty minutes.
      await until(async () => (await row(key))?.owner !== before);
    }
    await expect(impatient.store.withRefreshLock(key, async () => {})).rejects.toThrow("another host kept");
    expect((await row(key))?.over).toBe(false);
    await held.leave();
  });

  test("that was cut while the answer about a lease was on its way is followed by that lease too", async () => {
    const slow = await gatedHost("acquire", 3_600_000);
    const [key, leaving] = [newKey(), gate()];
    const held = slow.store.withRefreshLock(key, () => leaving.opened);
    await slow.gate.arrived;
    const before = (await row(key))?.owner ?? 0;
    await cutOwner(before);
    await until(async () => {
      const { rows } = await slow.pool.query("select count(*)::int as n from pg_locks where objid = $1", [
        before,
      ]);
      return (rows[0] as { n: number }).n === 0;
    });
    slow.gate.open();
    await until(async () => (await row(key))?.owner !== before);
    leaving.open();
    await held;
    await slow.storage.close();
  });

  test("that was cut is followed by the leases whose rows nobody keeps", async () => {
    const calm = await fleet.host("acme", { times: { leaseMs: 3_600_000, waitMs: 20_000 } });
    const [first, kept, free] = [newKey(), newKey(), newKey()];
    // The first is renewed by itself, the others in one statement.
    const held = [await hold(calm, first), await hold(calm, kept), await hold(calm, free)];
    const before = (await row(free))?.owner ?? 0;
    const keeper = await fleet.server.pool("postgres").connect();
    await keeper.query("begin");
    await keeper.query("select from holdfast.schedule where key = $1 for update", [kept]);
    await cutOwner(before);
    await until(async () => (await row(free))?.owner !== before);
    await keeper.query("rollback");
    keeper.release();
    await until(async () => (await row(kept))?.owner !== before);
    await Promise.all(held.map((one) => one.leave()));
  });

  test("is not opened again after close", async () => {
    const slow = await gatedHost("renew", 60);
    const leaving = gate();
    const bodies = [newKey(), newKey()].map((key) => slow.store.withRefreshLock(key, () => leaving.opened));
    await slow.gate.arrived;
    await wait(100);
    leaving.open();
    await Promise.all(bodies);
    await slow.storage.close();
    slow.gate.open();
    // The renewal that waited behind the other one is sent now, or is not.
    await wait(200);
    await slow.pool.end();
    expect(slow.pool.totalCount).toBe(0);
  });

  test("prolongs a lease that is asked for twice", async () => {
    const key = newKey();
    const held = await hold(host, key);
    const { owner, fence } = (await row(key)) ?? { owner: 0, fence: "" };
    const { rows } = await host.pool.query(
      "select holdfast.renew('{acme,acme,acme}', '{org,org,org}', $1, $2, $3, 1000) as ours",
      [[key, key, key], [fence, fence, 1], owner],
    );
    expect(rows).toEqual([{ ours: [true, true, false] }]);
    await held.leave();
  });

  test("that the server lost without the host hearing of it is found at the next lease", async () => {
    const key = newKey();
    let owner = 0;
    await host.store.withRefreshLock(key, async () => {
      owner = (await row(key))?.owner ?? 0;
    });
    await cutOwner(owner);
    // At once, before the host can have heard.
    await host.store.withRefreshLock(key, async () => {
      expect((await row(key))?.owner).not.toBe(owner);
    });
  });

  test("is asked for whenever a lease is", async () => {
    const { rows } = await host.pool.query(
      "select state from holdfast.acquire('acme', 'org', $1, 1999999999, '{}', '{}', 1000, true)",
      [newKey()],
    );
    expect(rows).toEqual([{ state: "gone" }]);
  });

  test("is no obstacle to a lease whose acknowledgement was lost", async () => {
    const key = newKey();
    const owner = await ownerOf(host);
    // Under its former number too.
    await cutOwner(owner);
    await expect.poll(() => ownerOf(host)).not.toBe(owner);
    await fleet.server.sql(
      `insert into holdfast.schedule (tenant, scope, key, owner, fence, lease_until)
       values ('acme', 'org', $1, $2, nextval('holdfast.fence'), clock_timestamp() + interval '1 hour')`,
      [key, owner],
    );
    // Nobody in this process knows of that lease: its answer never came.
    expect(await host.store.withRefreshLock(key, async () => "in")).toBe("in");
  });

  test("is given up at close", async () => {
    const leaving = await fleet.host("acme");
    const key = newKey();
    await leaving.store.withRefreshLock(key, async () => {});
    const owner = await ownerOf(leaving);
    const held = await hold(leaving, key);
    const closing = leaving.close();
    await expect(leaving.store.withRefreshLock(newKey(), async () => {})).rejects.toThrow("is closed");
    await held.leave();
    await closing;
    const locks = await fleet.server.sql(
      "select pid from pg_locks where locktype = 'advisory' and objid = $1",
      [owner],
    );
    expect(locks).toEqual([]);
  });
});

/** The number that a host stands in its leases with. */
async function ownerOf(by: TestHost): Promise<number> {
  const key = newKey();
  let owner = 0;
  await by.store.withRefreshLock(key, async () => {
    owner = (await row(key))?.owner ?? 0;
  });
  return owner;
}

describe("a lease that was lost", () => {
  test("does not let an intent be written, nor anything over newer tokens", async () => {
    const key = newKey();
    await host.store.write(key, testEntry("one"));
    await host.store.withRefreshLock(key, async (found) => {
      const entry = found ?? testEntry("never");
      await fleet.server.sql(
        "update holdfast.schedule set fence = nextval('holdfast.fence'), owner = 2000000000, lease_until = clock_timestamp() + interval '1 hour' where key = $1",
        [key],
      );
      const begun = { ...entry, version: 2, intent: { refresh_hash: "x", started_at_unix: 1 } };
      expect(await host.store.write(key, begun, lineageOf(entry))).toBe(false);
      await other.store.write(key, testEntry("login", { generation: "generation 2" }));
      expect(await host.store.write(key, testEntry("late", { version: 2 }), lineageOf(entry))).toBe(false);
    });
    expect(await other.store.read(key)).toEqual(testEntry("login", { generation: "generation 2" }));
    expect(await row(key)).toMatchObject({ owner: 2_000_000_000 });
  });
});

describe("another process", () => {
  async function holder(key: string, leaseMs: number): Promise<ChildProcess> {
    const settings = {
      config: fleet.server.config("app"),
      tenant: "acme",
      key,
      kek: Buffer.from(fleet.keys.current.key).toString("hex"),
      leaseMs,
    };
    const file = fileURLToPath(new URL("lease-holder.test.support.js", import.meta.url));
    const child = spawn(process.execPath, [file, JSON.stringify(settings)], {
      stdio: ["pipe", "pipe", "inherit"],
    });
    children.push(child);
    if (!child.stdout) throw new Error("no output");
    await once(child.stdout, "data");
    return child;
  }

  test("that is killed loses its lease long before its life is over", async () => {
    const key = newKey();
    const child = await holder(key, 3_600_000);
    child.kill("SIGKILL");
    expect(await host.store.withRefreshLock(key, async () => "in")).toBe("in");
  });

  test("that is frozen keeps its lease beyond its life, and goes on with it", async () => {
    const key = newKey();
    const child = await holder(key, 300);
    child.kill("SIGSTOP");
    await until(async () => (await row(key))?.over === true);
    await expect(impatient.store.withRefreshLock(key, async () => {})).rejects.toThrow("another host kept");
    child.kill("SIGCONT");
    await until(async () => (await row(key))?.over === false);
    child.stdin?.end();
    expect(await host.store.withRefreshLock(key, async () => "in")).toBe("in");
    await once(child, "exit");
  });
});

describe("the plain operations", () => {
  test("give a lease and what is stored, and end it", async () => {
    const calm = await fleet.host("acme");
    const at = { scope: "org", key: newKey() };
    await calm.storage.cloud_set({ ...at, token: testEntry("one").token_set });
    const { lock, token } = await calm.storage.cloud_acquire_refresh_lock(at);
    expect(token).toEqual(testEntry("one").token_set);
    await expect(impatient.storage.cloud_acquire_refresh_lock(at)).rejects.toThrow("another host kept");
    await other.storage.cloud_release_refresh_lock({ ...at, lock });
    await calm.storage.cloud_release_refresh_lock({ ...at, lock: "another" });
    expect((await row(at.key))?.owner).not.toBeNull();
    await calm.storage.cloud_release_refresh_lock({ ...at, lock });
    expect((await row(at.key))?.owner).toBeNull();
  });

  test("exclude each other in one process, and a forgotten lease ends by itself", async () => {
    const at = { scope: "org", key: newKey() };
    const first = await host.storage.cloud_acquire_refresh_lock(at);
    const second = await host.storage.cloud_acquire_refresh_lock(at);
    expect(second.lock).not.toBe(first.lock);
    await other.storage.cloud_acquire_refresh_lock(at);
  });

  test("compare and set by the refresh token", async () => {
    const at = { scope: "org", key: newKey() };
    const [one, two] = [testEntry("one"), testEntry("two")];
    const expected = { refresh_hash: lineageOf(one).refresh_hash };
    const write = { ...at, expected, token: two.token_set };
    expect(await host.storage.cloud_compare_and_set(write)).toBe(false);
    await host.store.write(at.key, one);
    expect(await other.storage.cloud_compare_and_set(write)).toBe(true);
    expect(await host.storage.cloud_compare_and_set(write)).toBe(false);
    expect(await host.store.read(at.key)).toEqual({ ...two, version: 2 });
    await host.storage.cloud_delete(at);
    expect(await host.storage.cloud_get(at)).toBeNull();
  });

  test("refuse what is no token set", async () => {
    const at = { scope: "org", key: newKey() };
    await expect(host.storage.cloud_set({ ...at, token: { access_token: 1 } })).rejects.toMatchObject({
      code: "HARN-OAU-011",
    });
  });
});
