import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import {
  type RotatingServer,
  startRotatingServer,
} from "../../../../scripts/soak/refresh/rotating-server.ts";
import { createOAuth } from "../../node.ts";
import { seededRandom } from "../../redaction/catalogue/sample-token.test.support.ts";
import { type Reply, scriptedProvider, type ScriptedProvider } from "../../scripted-provider.test.support.ts";
import { type Fleet, startFleet, type TestHost, testEntry } from "./fleet.test.support.ts";
import { refreshDue } from "./refresh-due.ts";
import type { ClientFor } from "./refresher.ts";
import type { RefresherSettings } from "./refresher-process.test.support.ts";
import {
  clientAt,
  freshTokens,
  makeDue,
  openRefresher,
  scheduleOf,
  type TestRefresher,
} from "./refreshers.test.support.ts";

let fleet: Fleet;
let server: RotatingServer;
let onCommit: (refreshes: number) => void;
const refreshers: TestRefresher[] = [];
const children: ChildProcess[] = [];

beforeAll(async () => {
  fleet = await startFleet();
});
afterAll(() => fleet.close());
beforeEach(async () => {
  onCommit = () => {};
  server = await startRotatingServer({
    graceMs: 60_000,
    faultShare: 0,
    expiresIn: 3_600,
    random: seededRandom(1),
    onCommit: () => onCommit(server.books.refreshes),
  });
});
afterEach(async () => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
  await Promise.all(refreshers.splice(0).map((refresher) => refresher.close()));
  await server.close();
  await fleet.server.sql("truncate holdfast.token, holdfast.schedule");
});

async function refresher(clientFor: ClientFor, leaseMs = 60_000): Promise<TestRefresher> {
  const opened = await openRefresher(fleet, clientFor, { leaseMs, waitMs: 60_000 });
  refreshers.push(opened);
  return opened;
}

/** Logs accounts of a tenant in, at the server; the key of an account is its number. */
async function logIn(tenant: string, accounts: readonly number[]): Promise<TestHost> {
  const host = await fleet.host(tenant);
  await Promise.all(
    accounts.map((account) =>
      host.storage.cloud_set({
        scope: "org",
        key: String(account),
        token: freshTokens(server.books.login(account)),
      }),
    ),
  );
  return host;
}

const numbers = (from: number, count: number): number[] => Array.from({ length: count }, (_, n) => from + n);

/** The grants that the server does not accept any more, or whose tokens it never issued. */
async function lost(host: TestHost, accounts: readonly number[]): Promise<number[]> {
  const sets = await Promise.all(
    accounts.map((account) => host.storage.cloud_get({ scope: "org", key: String(account) })),
  );
  return accounts.filter((_, index) => {
    const set = server.books.findAccess(sets[index]?.access_token ?? "");
    return set === null || set.grant.ended !== null || set.grant.account !== accounts[index];
  });
}

describe("several hosts at the same time", () => {
  test("refresh what is due of all tenants once each", { timeout: 120_000 }, async () => {
    const accounts = { acme: numbers(0, 60), beta: numbers(60, 40), gamma: numbers(100, 20) };
    const hosts = await Promise.all(
      Object.entries(accounts).map(async ([tenant, own]) => ({ own, host: await logIn(tenant, own) })),
    );
    await makeDue(fleet);
    const workers = await Promise.all(
      numbers(1, 4).map((worker) => refresher(() => clientAt(server.origin, worker))),
    );
    const rounds = await Promise.all(workers.map((worker) => worker.round()));
    expect(rounds.reduce((sum, { refreshed }) => sum + refreshed, 0)).toBe(120);
    expect(server.books).toMatchObject({ refreshes: 120, overlaps: [], reuses: [], strangers: 0 });
    for (const { own, host } of hosts) expect(await lost(host, own)).toEqual([]);
    const schedule = await scheduleOf(fleet);
    expect(schedule).toHaveLength(120);
    for (const row of schedule) {
      expect(row).toMatchObject({ owner: null, attempts: 0, not_before_in: null });
      expect(row["due_in"]).toBeGreaterThan(2_400);
      expect(row["due_in"]).toBeLessThanOrEqual(2_700);
    }
    expect(await Promise.all(workers.map((worker) => worker.round()))).toEqual(
      workers.map(() => ({ refreshed: 0, failed: 0, leftAlone: 0 })),
    );
  });

  test("never claim the same connection, and do not wait for each other's claims", async () => {
    await logIn("acme", numbers(0, 100));
    await makeDue(fleet);
    const session = await fleet.server.pool("app").connect();
    const { rows } = await session.query<{ owner: number }>("select holdfast.open_owner() as owner");
    const pool = fleet.server.pool("scheduler");
    const [one, other] = await Promise.all([pool.connect(), pool.connect()]);
    const claim = async (by: typeof one): Promise<string[]> => {
      const text = "select key from holdfast.claim_due($1, 60000, 60, 0, 1)";
      return (await by.query<{ key: string }>(text, [rows[0]?.owner])).rows.map(({ key }) => key);
    };
    await one.query("begin");
    const first = await claim(one);
    const second = await claim(other);
    await one.query("commit");
    expect([first.length, second.length]).toEqual([60, 40]);
    expect([...first, ...second].toSorted()).toEqual(numbers(0, 100).map(String).toSorted());
    for (const each of [session, one, other]) each.release(true);
  });

  test("share a connection with its own callers: one request", async () => {
    const host = await logIn("acme", [1]);
    await makeDue(fleet);
    const worker = await refresher(() => clientAt(server.origin));
    const oauth = createOAuth({ capabilities: { oauth_storage: host.storage } });
    const { provider, client_id } = clientAt(server.origin, 2);
    const cli = oauth.client.client(provider, {
      client_id,
      storage: oauth.storage.harn_cloud_org(),
      storage_key: "1",
    });
    await Promise.all([worker.round(), oauth.client.refresh(cli), worker.round(), oauth.client.refresh(cli)]);
    expect(server.books.overlaps).toEqual([]);
    expect(server.books.reuses).toEqual([]);
    expect(await lost(host, [1])).toEqual([]);
    expect(await scheduleOf(fleet)).toMatchObject([{ owner: null }]);
    await oauth.close();
  });

  test("store the answer that a caller of this process could not store", async () => {
    const host = await logIn("acme", [1]);
    const oauth = createOAuth({ capabilities: { oauth_storage: host.storage } });
    const { provider, client_id } = clientAt(server.origin);
    const cli = oauth.client.client(provider, {
      client_id,
      storage: oauth.storage.harn_cloud_org(),
      storage_key: "1",
    });
    await fleet.server.sql("alter function holdfast.write_successors rename to gone");
    await expect(oauth.client.refresh(cli)).rejects.toMatchObject({ code: "HARN-OAU-010" });
    await fleet.server.sql("alter function holdfast.gone rename to write_successors");
    await makeDue(fleet);
    const scheduler = fleet.server.pool("scheduler");
    const options = {
      oauth,
      pool: host.pool,
      scheduler,
      keys: fleet.keys,
      clientFor: () => clientAt(server.origin),
    };
    expect(await refreshDue(options)).toMatchObject({ refreshed: 1 });
    expect(server.books).toMatchObject({ refreshes: 1, reuses: [] });
    expect(await lost(host, [1])).toEqual([]);
    await oauth.close();
  });

  test("forget the tokens that they have seen, and nothing else", async () => {
    const host = await logIn("acme", [1]);
    await makeDue(fleet);
    const worker = await refresher(() => clientAt(server.origin));
    worker.redactor.register("known to the embedder", "own");
    await worker.round();
    expect(worker.redactor.maskKnown("known to the embedder")).toBe("<redacted:own:21>");
    const now = await host.storage.cloud_get({ scope: "org", key: "1" });
    expect(worker.redactor.maskKnown(String(now?.access_token))).toBe(now?.access_token);
    expect(JSON.stringify(worker.sink.events)).not.toContain(now?.access_token);
  });
});

describe("a connection", () => {
  test("is due at once when nobody knows how old its tokens are", async () => {
    const host = await fleet.host("acme");
    const { issued_at_unix: _, expires_in: __, ...token } = freshTokens(server.books.login(1));
    await host.storage.cloud_set({ scope: "org", key: "1", token });
    const worker = await refresher(() => clientAt(server.origin));
    expect(await worker.round()).toMatchObject({ refreshed: 1 });
    expect((await scheduleOf(fleet))[0]?.["due_in"]).toBeLessThanOrEqual(2_700);
    expect(await lost(host, [1])).toEqual([]);
  });

  test("without a client is left alone for some minutes", async () => {
    const host = await logIn("acme", [1, 2]);
    await makeDue(fleet);
    const seen: unknown[] = [];
    const worker = await refresher((connection) => {
      seen.push(connection);
      return connection.key === "1" ? null : clientAt(server.origin);
    });
    expect(await worker.round()).toEqual({ refreshed: 1, failed: 0, leftAlone: 1 });
    expect(seen).toContainEqual({ tenant: "acme", scope: "org", key: "1" });
    expect(await worker.round()).toEqual({ refreshed: 0, failed: 0, leftAlone: 0 });
    const [row] = await scheduleOf(fleet, "1");
    expect(row).toMatchObject({ owner: null, attempts: 0 });
    expect(row?.["not_before_in"]).toBeGreaterThan(200);
    expect(await lost(host, [1, 2])).toEqual([]);
  });

  test("whose key has special characters is found by its client", async () => {
    const host = await fleet.host("acme");
    const key = "a\\0b\0c\\";
    await host.storage.cloud_set({ scope: "session", key, token: freshTokens(server.books.login(5)) });
    await makeDue(fleet);
    const seen: unknown[] = [];
    const worker = await refresher((connection) => {
      seen.push(connection);
      return clientAt(server.origin);
    });
    expect(await worker.round()).toMatchObject({ refreshed: 1 });
    expect(seen).toEqual([{ tenant: "acme", scope: "session", key }]);
  });

  test("whose client cannot be told is put off, and does not stop the others", async () => {
    await logIn("acme", [1, 2]);
    await makeDue(fleet);
    const worker = await refresher(({ key }) => {
      if (key === "1") throw new Error("no database of clients");
      return clientAt(server.origin);
    });
    expect(await worker.round()).toEqual({ refreshed: 1, failed: 1, leftAlone: 0 });
    const [row] = await scheduleOf(fleet, "1");
    expect(row).toMatchObject({ attempts: 1, owner: null });
    expect(row?.["not_before_in"]).toBeGreaterThan(25);
  });
});

describe("a provider that", () => {
  let provider: ScriptedProvider;
  let answer: () => Reply;

  beforeEach(async () => {
    provider = await scriptedProvider(() => answer());
  });
  afterEach(() => provider.close());

  test("asks for time gets it, and more after each failure", async () => {
    await logIn("acme", [1]);
    await makeDue(fleet);
    const worker = await refresher(() => clientAt(provider.origin));
    answer = () => ({ status: 503, headers: { "retry-after": "40" } });
    expect(await worker.round()).toEqual({ refreshed: 0, failed: 1, leftAlone: 0 });
    const [first] = await scheduleOf(fleet);
    expect(first).toMatchObject({ attempts: 1, owner: null });
    expect(first?.["not_before_in"]).toBeGreaterThan(35);
    expect(await worker.round()).toEqual({ refreshed: 0, failed: 0, leftAlone: 0 });
    await fleet.server.sql("update holdfast.schedule set attempts = 5, not_before = clock_timestamp()");
    await worker.round();
    const [later] = await scheduleOf(fleet);
    expect(later).toMatchObject({ attempts: 6 });
    expect(later?.["not_before_in"]).toBeGreaterThan(75);
    expect(worker.sink.events).toContainEqual(
      expect.objectContaining({
        topic: "oauth.refresh.audit",
        kind: "put_off",
        payload: expect.objectContaining({
          tenant: "acme",
          storage_key: "1",
          code: "HARN-OAU-003",
          attempts: 1,
        }),
      }),
    );
  });

  test("answers tokens that are stale at once is asked once a round", async () => {
    await logIn("acme", [1]);
    await makeDue(fleet);
    const worker = await refresher(() => clientAt(provider.origin));
    const enough = new AbortController();
    answer = () => {
      if (provider.seen.length > 2) enough.abort();
      const n = provider.seen.length;
      return { json: { access_token: `a${n}`, refresh_token: `r${n}`, token_type: "Bearer", expires_in: 0 } };
    };
    expect(await worker.round(enough.signal)).toEqual({ refreshed: 1, failed: 0, leftAlone: 0 });
    expect((await scheduleOf(fleet))[0]?.["due_in"]).toBeGreaterThan(1);
  });

  test("answers when the claim was given up long ago leaves the lease to nobody", async () => {
    const host = await logIn("acme", [1]);
    await makeDue(fleet);
    const patience = { ...clientAt(provider.origin), timeout: 0.05 };
    const worker = await openRefresher(fleet, () => patience, { leaseMs: 600, waitMs: 300 });
    refreshers.push(worker);
    let allow = (): void => {};
    const after = new Promise<void>((resolve) => (allow = resolve));
    const json = { access_token: "a2", refresh_token: "r2", token_type: "Bearer", expires_in: 3_600 };
    answer = () => ({ json, after });
    expect(await worker.round()).toEqual({ refreshed: 0, failed: 1, leftAlone: 0 });
    const [before] = await scheduleOf(fleet);
    // The lease is renewed by the refresh that goes on, under the number that came after the one that was given up.
    await expect.poll(async () => (await scheduleOf(fleet))[0]?.["owner"]).not.toBe(before?.["owner"]);
    allow();
    await expect
      .poll(async () => (await host.storage.cloud_get({ scope: "org", key: "1" }))?.access_token)
      .toBe("a2");
    await expect.poll(async () => (await scheduleOf(fleet))[0]?.["owner"]).toBeNull();
  });

  test("wants consent is not asked again, until there is another login", async () => {
    const host = await logIn("acme", [1]);
    await makeDue(fleet);
    const worker = await refresher(() => clientAt(provider.origin));
    answer = () => ({ status: 400, json: { error: "invalid_grant" } });
    expect(await worker.round()).toEqual({ refreshed: 0, failed: 1, leftAlone: 0 });
    expect(await scheduleOf(fleet)).toMatchObject([{ due_in: null, owner: null }]);
    expect(await host.storage.cloud_get({ scope: "org", key: "1" })).not.toBeNull();
    expect(worker.sink.events).toContainEqual(
      expect.objectContaining({
        topic: "oauth.refresh.audit",
        kind: "consent_needed",
        payload: { tenant: "acme", scope: "org", storage_key: "1", code: "HARN-OAU-002" },
      }),
    );
    await logIn("acme", [1]);
    expect((await scheduleOf(fleet))[0]?.["due_in"]).toBeGreaterThan(2_400);
  });

  test("wants consent for a login that was replaced meanwhile does not take the new one off", async () => {
    await logIn("acme", [1]);
    await makeDue(fleet);
    const worker = await refresher(() => clientAt(provider.origin));
    let begun = (): void => {};
    const request = new Promise<void>((resolve) => (begun = resolve));
    let allow = (): void => {};
    const after = new Promise<void>((resolve) => (allow = resolve));
    answer = () => {
      begun();
      // The new login may be tried in the same round.
      answer = () => ({ status: 503, json: {} });
      return { status: 400, json: { error: "invalid_grant" }, after };
    };
    const round = worker.round();
    await request;
    const host = await fleet.host("acme");
    const token_set = freshTokens(server.books.login(1));
    await host.store.write("1", testEntry("another", { binding: null, generation: "another", token_set }));
    await makeDue(fleet);
    allow();
    await round;
    // It stands on the schedule: what is known of the old one does not count for it.
    expect((await scheduleOf(fleet))[0]).toMatchObject({ owner: null, due_in: expect.any(Number) });
  });
});

describe("a host that is", () => {
  const leaseMs = 500;

  /** A process that refreshes what is due, and is sent the signal after so many refreshes. */
  function startProcess(signal: NodeJS.Signals, after: number): ChildProcess {
    const settings: RefresherSettings = {
      app: fleet.server.config("app"),
      scheduler: fleet.server.config("scheduler"),
      kek: Buffer.from(fleet.keys.current.key).toString("hex"),
      leaseMs,
      origin: server.origin,
      worker: 1,
    };
    const file = fileURLToPath(new URL("./refresher-process.test.support.js", import.meta.url));
    const child = spawn(process.execPath, [file, JSON.stringify(settings)], {
      stdio: ["pipe", "ignore", "inherit"],
    });
    children.push(child);
    onCommit = (refreshes) => {
      if (refreshes === after) child.kill(signal);
    };
    return child;
  }

  const held = async (): Promise<number> =>
    (await scheduleOf(fleet)).filter(({ owner }) => owner !== null).length;

  test("killed loses nothing: others take its connections over", { timeout: 120_000 }, async () => {
    const accounts = numbers(0, 100);
    const host = await logIn("acme", accounts);
    await makeDue(fleet);
    await once(startProcess("SIGKILL", 30), "exit");
    expect(await held()).toBeGreaterThan(0);
    // However long they would have lasted.
    await fleet.server.sql(
      "update holdfast.schedule set lease_until = clock_timestamp() + interval '1 hour' where owner is not null",
    );
    const worker = await refresher(() => clientAt(server.origin, 2), leaseMs);
    while ((await scheduleOf(fleet)).some(({ due_in }) => Number(due_in) < 0)) {
      await worker.round();
      await wait(50);
    }
    expect(server.books.reuses).toEqual([]);
    expect(await lost(host, accounts)).toEqual([]);
    expect(await worker.round()).toEqual({ refreshed: 0, failed: 0, leftAlone: 0 });
  });

  test("frozen keeps its connections beyond their leases, and goes on with them", {
    timeout: 120_000,
  }, async () => {
    const accounts = numbers(0, 100);
    const host = await logIn("acme", accounts);
    await makeDue(fleet);
    let frozen = (): void => {};
    const stopped = new Promise<void>((resolve) => (frozen = resolve));
    const child = startProcess("SIGSTOP", 30);
    const strike = onCommit;
    onCommit = (refreshes) => {
      strike(refreshes);
      if (refreshes === 30) frozen();
    };
    await stopped;
    await wait(3 * leaseMs);
    const worker = await refresher(() => clientAt(server.origin, 2), leaseMs);
    const kept = await held();
    expect(kept).toBeGreaterThan(0);
    await worker.round();
    expect(await held()).toBe(kept);
    child.kill("SIGCONT");
    while ((await scheduleOf(fleet)).some(({ due_in, owner }) => Number(due_in) < 0 || owner !== null)) {
      await worker.round();
      await wait(50);
    }
    child.stdin?.end();
    await once(child, "exit");
    expect(server.books).toMatchObject({ overlaps: [], reuses: [] });
    expect(await lost(host, accounts)).toEqual([]);
  });
});

describe("the role of the scheduler", () => {
  test("sees no token and no key", async () => {
    await logIn("acme", [1]);
    const pool = fleet.server.pool("scheduler");
    expect((await pool.query("select * from holdfast.schedule")).rows).toHaveLength(1);
    for (const table of ["token", "tenant_key"]) {
      await expect(pool.query(`select * from holdfast.${table}`)).rejects.toThrow(/permission denied/);
    }
    await expect(pool.query("select holdfast.tenant_keys('acme')")).rejects.toThrow(/permission denied/);
  });

  test("is refused when it could", async () => {
    await fleet.server.sql("create role planner login in role scheduler, app");
    const oauth = createOAuth();
    const options = {
      oauth,
      pool: fleet.server.pool("app"),
      keys: fleet.keys,
      clientFor: () => null,
    };
    for (const role of ["planner", "app", "owner", "postgres"]) {
      await expect(refreshDue({ ...options, scheduler: fleet.server.pool(role) })).rejects.toMatchObject({
        code: "HARN-OAU-010",
        message: expect.stringContaining("the role of the scheduler can read tokens"),
      });
    }
    await expect(refreshDue({ ...options, scheduler: fleet.server.pool("scheduler") })).resolves.toEqual({
      refreshed: 0,
      failed: 0,
      leftAlone: 0,
    });
    await oauth.close();
  });

  test("is needed to see what is due of all tenants", async () => {
    await logIn("acme", [1]);
    await makeDue(fleet);
    const pool = fleet.server.pool("app");
    const session = await pool.connect();
    const { rows } = await session.query("select holdfast.open_owner() as owner");
    const { owner } = rows[0] as { owner: number };
    const claimed = await pool.query("select * from holdfast.claim_due($1, 1000, 10, 0, 1)", [owner]);
    expect(claimed.rows).toEqual([]);
    session.release(true);
  });
});
