/** Refresh over PostgreSQL: many hosts, one database, a strict provider on a real socket. */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { systemClock } from "../runtime/host/clock.ts";
import { createRuntime } from "../runtime/index.ts";
import { oauth } from "../stdlib/oauth/index.ts";
import {
  type Fleet,
  startFleet,
  type TestHost,
} from "../stdlib/oauth/storage/postgres/fleet.test.support.ts";
import {
  expiredEntry,
  type RefreshingHost,
  refreshingHost,
  type StrictProvider,
  strictProvider,
} from "./postgres-refresh.test.support.ts";

let fleet: Fleet;
let provider: StrictProvider;
let grants = 0;
const newGrant = (): string => `grant${++grants}`;
const closing: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  fleet = await startFleet();
});
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});
afterAll(() => fleet.close());

async function withProvider(expires_in?: number): Promise<void> {
  provider = await strictProvider(expires_in);
  closing.push(() => provider.close());
}

async function newHost(skewMs = 0): Promise<RefreshingHost & { readonly database: TestHost }> {
  const database = await fleet.host("acme", { max: 3 });
  const clock = systemClock();
  const host = refreshingHost(provider, database.storage, { ...clock, now: () => clock.now() + skewMs });
  closing.push(async () => {
    await host.close();
    await database.close();
  });
  return { ...host, database };
}

const unique = (tokens: readonly string[]): number => new Set(tokens).size;

describe("one stale key", () => {
  test("on ten hosts with thirty callers each is one request", async () => {
    await withProvider();
    const hosts = await Promise.all(Array.from({ length: 10 }, () => newHost()));
    const grant = newGrant();
    await hosts[0]?.database.store.write(grant, expiredEntry(provider, grant));
    const tokens = await Promise.all(
      hosts.flatMap((host) => Array.from({ length: 30 }, () => host.token(grant))),
    );
    expect(unique(tokens)).toBe(1);
    expect(provider.at("/token")).toHaveLength(1);
    const stored = await hosts[9]?.database.store.read(grant);
    expect(stored).toMatchObject({
      token_set: { access_token: tokens[0], refresh_token: provider.current(grant) },
      generation: "generation 1",
      version: 3,
      intent: null,
    });
  });

  test("in four processes with fifty callers each is one request", async () => {
    await withProvider();
    const grant = newGrant();
    await (await newHost()).database.store.write(grant, expiredEntry(provider, grant));
    const file = fileURLToPath(new URL("postgres-refresh-process.test.support.js", import.meta.url));
    const settings = {
      config: fleet.server.config("app"),
      tenant: "acme",
      kek: Buffer.from(fleet.keys.current.key).toString("hex"),
      origin: provider.origin,
      grant,
    };
    const children = Array.from({ length: 4 }, () =>
      spawn(process.execPath, [file, JSON.stringify(settings)], { stdio: ["pipe", "pipe", "inherit"] }),
    );
    closing.push(async () => children.forEach((child) => child.kill("SIGKILL")));
    await Promise.all(children.map((child) => once(child.stdout, "data")));
    const answers = children.map(async (child) => {
      let text = "";
      child.stdout.on("data", (chunk) => (text += String(chunk)));
      await once(child, "close");
      return JSON.parse(text) as string[];
    });
    for (const child of children) child.stdin.end();
    expect(unique((await Promise.all(answers)).flat())).toBe(1);
    expect(provider.at("/token")).toHaveLength(1);
  });

  test("is refreshed once by scripts of two runtimes, which see sealed tokens only", async () => {
    await withProvider();
    const grant = newGrant();
    const hosts = await Promise.all([newHost(), newHost()]);
    await hosts[0]?.database.store.write(grant, expiredEntry(provider, grant));
    const results = await Promise.all(
      hosts.map(async ({ database }) => {
        const capabilities = { oauth_storage: database.storage };
        const runtime = await createRuntime({ plugins: [oauth()], capabilities });
        closing.push(() => runtime.close());
        const { result } = await runtime.run({
          filename: "pipeline.js",
          source: `
            import { client, token } from "std/oauth/client";
            import { harn_cloud_org } from "std/oauth/storage";
            export default async function ({ origin, grant }) {
              const record = { id: "acme", auth_url: origin + "/authorize", token_url: origin + "/token" };
              const storage = harn_cloud_org();
              const cli = client(record, { client_id: "c", storage, storage_key: grant });
              return [await token(cli), (await storage.get(grant)).refresh_token];
            }`,
          args: { origin: provider.origin, grant },
          grants: { net: ["127.0.0.1"], capabilities: ["oauth_storage"] },
        });
        return result as string[];
      }),
    );
    for (const text of results.flat()) expect(text).toMatch(/^hfs1\./);
    expect(provider.at("/token")).toHaveLength(1);
  });
});

describe("the clock of a host", () => {
  test.each([
    ["a day ahead", 86_400_000],
    ["a day behind", -86_400_000],
  ])("that is %s changes no lease and no time of the schedule", async (_, skew) => {
    await withProvider();
    const [host, other] = await Promise.all([newHost(skew), newHost(skew)]);
    const grant = newGrant();
    await host.database.store.write(grant, expiredEntry(provider, grant));
    // Behind, the expired token seems to come from the future, which makes it stale as well.
    const tokens = await Promise.all([host.token(grant), other.token(grant), host.token(grant)]);
    expect(unique(tokens)).toBe(1);
    expect(provider.at("/token")).toHaveLength(1);
    const [row] = await fleet.server.sql(
      `select extract(epoch from s.refresh_at - clock_timestamp())::float8 as refresh_in,
        extract(epoch from t.expires_at - clock_timestamp())::float8 as expires_in
       from holdfast.schedule s join holdfast.token t using (tenant, scope, key) where key = $1`,
      [grant],
    );
    // At 70 to 75 % of an hour.
    for (const [name, least, most] of [
      ["refresh_in", 2_520, 2_700],
      ["expires_in", 3_600, 3_600],
    ] as const) {
      expect(row?.[name]).toBeGreaterThan(least - 60);
      expect(row?.[name]).toBeLessThanOrEqual(most);
    }
  });
});

describe("sessions that are cut during refreshes", () => {
  test("lose no grant and present no token twice", { timeout: 60_000 }, async () => {
    // Every token is stale at once.
    await withProvider(1);
    const hosts = await Promise.all(Array.from({ length: 3 }, () => newHost()));
    const names = Array.from({ length: 10 }, newGrant);
    for (const grant of names) await hosts[0]?.database.store.write(grant, expiredEntry(provider, grant));
    let going = true;
    const loops = hosts.flatMap((host) =>
      names.map(async (grant) => {
        while (going) {
          await host.token(grant).catch((error: unknown) => expect(error).toMatchObject({ retryable: true }));
        }
      }),
    );
    let cut = 0;
    while (cut < 50) {
      const [row] = await fleet.server.sql(
        `select count(pg_terminate_backend(pid))::int as cut from pg_stat_activity
         where usename = 'app' and random() < 0.3`,
      );
      cut += Number(row?.["cut"]);
      await wait(50);
    }
    going = false;
    // Who waits for a lease that lost its session need not wait for its whole life.
    const hurry = setInterval(
      () => void fleet.server.sql("update holdfast.schedule set lease_until = clock_timestamp()"),
      200,
    );
    await Promise.all(loops);
    clearInterval(hurry);
    expect(provider.reused()).toBe(0);
    expect(provider.at("/token").length).toBeGreaterThan(names.length);
    for (const grant of names) {
      const stored = await hosts[1]?.database.store.read(grant);
      expect(stored?.token_set.refresh_token).toBe(provider.current(grant));
    }
  });
});
