import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { lineageOf } from "../lineage.ts";
import { type Fleet, startFleet, type TestHost, testEntry } from "./fleet.test.support.ts";

let fleet: Fleet;
let host: TestHost;
let other: TestHost;
let keys = 0;
const newKey = (): string => `key ${++keys}`;

beforeAll(async () => {
  fleet = await startFleet();
  [host, other] = await Promise.all([fleet.host("acme"), fleet.host("acme")]);
});
afterAll(() => fleet.close());

const schedule = async (key: string): Promise<Record<string, unknown> | undefined> =>
  (
    await fleet.server.sql(
      `select *, extract(epoch from refresh_at - clock_timestamp())::float8 as due_in
       from holdfast.schedule where key = $1`,
      [key],
    )
  )[0];

describe("an entry", () => {
  test("is read on another host as it was written", async () => {
    const key = newKey();
    const entry = testEntry("one", { ttl_seconds: 60, intent: { refresh_hash: "abc", started_at_unix: 5 } });
    expect(await host.store.write(key, entry)).toBe(true);
    const found = await other.store.read(key);
    expect(found).toMatchObject({ ...entry, intent: { started_at_unix: 5 } });
  });

  test("may have a life that no calendar has, and spoils no write beside it", async () => {
    const lives = [{ expires_in: 1e300 }, { expires_in: -1e300 }, { expires_at_unix: 1e300 }];
    const writes = [{}, ...lives].map((life) => [newKey(), testEntry("one", {}, life)] as const);
    await Promise.all(writes.map(([key, entry]) => host.store.write(key, entry)));
    for (const [key, entry] of writes) expect(await other.store.read(key)).toEqual(entry);
  });

  test("is written over the expected lineage only", async () => {
    const key = newKey();
    const first = testEntry("first");
    const second = testEntry("second", { version: 2 });
    expect(await host.store.write(key, first, lineageOf(first))).toBe(false);
    await host.store.write(key, first);
    expect(await other.store.write(key, second, { ...lineageOf(first), generation: "another" })).toBe(false);
    expect(await other.store.write(key, second, { ...lineageOf(first), refresh_hash: null })).toBe(false);
    expect(await other.store.read(key)).toEqual(first);
    expect(await other.store.write(key, second, lineageOf(first))).toBe(true);
    expect(await host.store.write(key, testEntry("late"), lineageOf(first))).toBe(false);
    expect(await host.store.read(key)).toEqual(second);
  });

  test("without a refresh token has a lineage too", async () => {
    const key = newKey();
    const bare = { ...testEntry("bare"), token_set: { access_token: "bare", token_type: "Bearer" } };
    await host.store.write(key, bare);
    expect(await other.store.write(key, testEntry("next"), lineageOf(bare))).toBe(true);
    expect(await host.store.write(key, testEntry("late"), lineageOf(bare))).toBe(false);
  });

  test("is replaced by twenty callers on two hosts one after the other", async () => {
    const key = newKey();
    await Promise.all(
      Array.from({ length: 20 }, (_, number) =>
        (number % 2 === 0 ? host : other).store.replace(key, (current) =>
          testEntry(String(number), { version: (current?.version ?? 0) + 1 }),
        ),
      ),
    );
    expect(await host.store.read(key)).toMatchObject({ version: 20 });
  });

  test("that is removed leaves nothing", async () => {
    const key = newKey();
    await host.store.write(key, testEntry("gone"));
    await other.store.remove(key);
    await other.store.remove(key);
    expect(await host.store.read(key)).toBeNull();
    expect(await schedule(key)).toBeUndefined();
  });
});

describe("an intent", () => {
  test("is written without a new ciphertext, and seen by another host", async () => {
    const key = newKey();
    await host.store.write(key, testEntry("one"));
    const ciphertexts = (): Promise<unknown> =>
      fleet.server.sql("select ciphertext, updated_at from holdfast.token where key = $1", [key]);
    const before = await ciphertexts();
    const entry = (await host.store.read(key)) ?? testEntry("never");
    const lineage = lineageOf(entry);
    const begun = {
      ...entry,
      version: 2,
      intent: { refresh_hash: lineage.refresh_hash ?? "", started_at_unix: 7 },
    };
    expect(await host.store.write(key, begun, lineage)).toBe(true);
    expect(await other.store.read(key)).toEqual(begun);
    expect(await host.store.write(key, { ...begun, version: 3, intent: null }, lineage)).toBe(true);
    expect(await other.store.read(key)).toEqual({ ...entry, version: 3 });
    expect(await ciphertexts()).toEqual(before);
  });

  test("is not written over other tokens", async () => {
    const key = newKey();
    await host.store.write(key, testEntry("one"));
    const entry = (await host.store.read(key)) ?? testEntry("never");
    await other.store.write(key, testEntry("two"));
    const begun = { ...entry, version: 2, intent: { refresh_hash: "x", started_at_unix: 7 } };
    expect(await host.store.write(key, begun, lineageOf(entry))).toBe(false);
    expect(await host.store.read(key)).toEqual(testEntry("two"));
  });

  test("is written anew with the entry when another version of the same tokens is stored", async () => {
    const key = newKey();
    await host.store.write(key, testEntry("one"));
    const entry = (await host.store.read(key)) ?? testEntry("never");
    await other.store.write(key, testEntry("one", { version: 5, ttl_seconds: 9 }), lineageOf(entry));
    const begun = { ...entry, version: 6, intent: { refresh_hash: "x", started_at_unix: 7 } };
    expect(await host.store.write(key, begun, lineageOf(entry))).toBe(true);
    expect(await other.store.read(key)).toMatchObject({ version: 6, intent: { started_at_unix: 7 } });
  });
});

describe("the schedule", () => {
  test("says when a refresh is due before callers would wait for it, by the database's clock", async () => {
    const key = newKey();
    await host.store.write(key, testEntry("fresh"));
    expect((await schedule(key))?.["due_in"]).toBeGreaterThan(2_510);
    expect((await schedule(key))?.["due_in"]).toBeLessThanOrEqual(2_700);
    await host.store.write(key, testEntry("old", { updated_at_unix: 1_700_003_000 }));
    expect((await schedule(key))?.["due_in"]).toBeLessThanOrEqual(0);
  });

  test("has no time for tokens that do not expire or cannot be refreshed", async () => {
    const key = newKey();
    await host.store.write(key, {
      ...testEntry("x"),
      token_set: { access_token: "a", token_type: "Bearer" },
    });
    expect(await schedule(key)).toMatchObject({ refresh_at: null, attempts: 0 });
  });
});

describe("what stands in the tables", () => {
  test("holds no token and no hash of one", async () => {
    const key = newKey();
    const entry = testEntry("plain", {
      intent: { refresh_hash: lineageOf(testEntry("plain")).refresh_hash ?? "", started_at_unix: 1 },
    });
    await host.store.write(key, entry);
    let dump = "";
    for (const table of ["tenant_key", "token", "schedule"]) {
      dump += JSON.stringify(await fleet.server.sql(`select t::text from holdfast.${table} t`));
    }
    expect(dump).toContain(key);
    const secrets = ["access plain", "refresh plain", lineageOf(entry).refresh_hash ?? "none"];
    for (const secret of secrets) {
      expect(dump).not.toContain(secret);
      expect(dump).not.toContain(Buffer.from(secret).toString("hex"));
    }
    expect(dump).not.toContain(Buffer.from(lineageOf(entry).refresh_hash ?? "", "base64url").toString("hex"));
  });
});
