import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Fleet, startFleet, type TestHost, testEntry } from "./fleet.test.support.ts";
import { rewrapKeys } from "./rewrap-keys.ts";

let fleet: Fleet;
let tenants = 0;
const newTenant = (): string => `tenant ${++tenants}`;
const newKek = (id: string) => ({ id, key: new Uint8Array(randomBytes(32)) });

beforeAll(async () => {
  fleet = await startFleet();
});
afterAll(() => fleet.close());

const keyRows = (tenant: string): Promise<Record<string, unknown>[]> =>
  fleet.server.sql("select * from holdfast.tenant_key where tenant = $1 order by number", [tenant]);
const fault = (message: string) => ({
  code: "HARN-OAU-010",
  retryable: false,
  message: expect.stringContaining(message),
});

/** A host of a tenant with one entry under `key`. */
async function filled(tenant: string): Promise<TestHost> {
  const host = await fleet.host(tenant);
  await host.store.write("key", testEntry("one"));
  return host;
}

describe("data keys", () => {
  test("made by five hosts at once are one", async () => {
    const tenant = newTenant();
    const hosts = await Promise.all(Array.from({ length: 5 }, () => fleet.host(tenant)));
    await Promise.all(hosts.map(({ store }, number) => store.write(`key ${number}`, testEntry("one"))));
    expect(await keyRows(tenant)).toHaveLength(1);
    for (const { store } of hosts) {
      for (const number of hosts.keys()) expect(await store.read(`key ${number}`)).toEqual(testEntry("one"));
    }
  });

  test("are counted, and replaced before 2^32 uses", async () => {
    const tenant = newTenant();
    await filled(tenant);
    expect(await keyRows(tenant)).toMatchObject([{ number: 1, uses: "65536" }]);
    await fleet.server.sql("update holdfast.tenant_key set uses = 4294967290 where tenant = $1", [tenant]);
    const late = await fleet.host(tenant);
    await late.store.write("next", testEntry("two"));
    expect(await keyRows(tenant)).toMatchObject([{ number: 1 }, { number: 2, uses: "65536" }]);
    const [next] = await fleet.server.sql(
      "select key_number from holdfast.token where tenant = $1 and key = 'next'",
      [tenant],
    );
    expect(next).toEqual({ key_number: 2 });
    const reader = await fleet.host(tenant);
    expect(await reader.store.read("key")).toEqual(testEntry("one"));
    expect(await reader.store.read("next")).toEqual(testEntry("two"));
  });

  test("made meanwhile by another host are found", async () => {
    const tenant = newTenant();
    const early = await filled(tenant);
    await fleet.server.sql("update holdfast.tenant_key set uses = 4294967290 where tenant = $1", [tenant]);
    const late = await fleet.host(tenant);
    await late.store.write("next", testEntry("two"));
    expect(await early.store.read("next")).toEqual(testEntry("two"));
  });
});

describe("key-encryption keys", () => {
  test("that are not given, are another under the same id, or wrapped something damaged: each its error", async () => {
    const tenant = newTenant();
    await filled(tenant);
    const unknown = await fleet.host(tenant, { keys: { current: newKek("second") } });
    await expect(unknown.store.read("key")).rejects.toMatchObject(fault("with a key that was not given"));
    const wrong = await fleet.host(tenant, { keys: { current: newKek("first") } });
    await expect(wrong.store.read("key")).rejects.toMatchObject(
      fault("has the id of the one that wrapped the data key, and is another"),
    );
    await fleet.server.sql(
      "update holdfast.tenant_key set wrapped = set_byte(wrapped, 40, get_byte(wrapped, 40) # 1) where tenant = $1",
      [tenant],
    );
    const damaged = await fleet.host(tenant);
    await expect(damaged.store.read("key")).rejects.toMatchObject(
      fault("stored data key of this tenant is damaged"),
    );
  });

  test("wrap for one tenant and number", async () => {
    const [one, two] = [newTenant(), newTenant()];
    await filled(one);
    await filled(two);
    await fleet.server.sql(
      `update holdfast.tenant_key set wrapped = (select wrapped from holdfast.tenant_key where tenant = $1)
       where tenant = $2`,
      [one, two],
    );
    const host = await fleet.host(two);
    await expect(host.store.read("key")).rejects.toMatchObject(fault("damaged"));
  });

  test("are rotated without touching a token", async () => {
    const tenant = newTenant();
    await filled(tenant);
    const tokens = (): Promise<unknown> =>
      fleet.server.sql("select * from holdfast.token where tenant = $1", [tenant]);
    const before = await tokens();
    const keys = { current: newKek("second"), others: [fleet.keys.current] };
    const pool = fleet.server.pool("app");
    expect(await rewrapKeys({ pool, tenant, keys })).toBe(1);
    expect(await rewrapKeys({ pool, tenant, keys })).toBe(0);
    expect(await keyRows(tenant)).toMatchObject([{ kek_id: "second" }]);
    expect(await tokens()).toEqual(before);
    const host = await fleet.host(tenant, { keys: { current: keys.current } });
    expect(await host.store.read("key")).toEqual(testEntry("one"));
    const old = await fleet.host(tenant);
    await expect(old.store.read("key")).rejects.toMatchObject(fault("was not given"));
  });

  test.each([
    ["a short key", { current: { id: "a", key: new Uint8Array(31) } }],
    ["no id", { current: { id: "", key: new Uint8Array(32) } }],
    [
      "two keys of one id",
      { current: { id: "a", key: new Uint8Array(32) }, others: [{ id: "a", key: new Uint8Array(32) }] },
    ],
  ])("are refused: %s", async (_, keys) => {
    await expect(fleet.host("acme", { keys })).rejects.toMatchObject({ code: "HARN-OAU-011" });
  });
});

describe("a row that was changed outside", () => {
  const changes: readonly [string, string][] = [
    [
      "its ciphertext of another key",
      "ciphertext = (select ciphertext from holdfast.token where tenant = $1 and key = 'other')",
    ],
    [
      "its ciphertext of another scope",
      "ciphertext = (select ciphertext from holdfast.token where tenant = $1 and scope = 'session')",
    ],
    ["one bit of its ciphertext", "ciphertext = set_bit(ciphertext, 200, 1 - get_bit(ciphertext, 200))"],
    ["a cut ciphertext", "ciphertext = substr(ciphertext, 1, 20)"],
    ["an empty ciphertext", "ciphertext = ''"],
    ["another generation", "generation = 'generation 2'"],
    ["another version", "version = version + 1"],
  ];
  test.each(changes)("with %s is refused", async (_, change) => {
    const tenant = newTenant();
    const host = await filled(tenant);
    await host.store.write("other", testEntry("one"));
    await host.storage.cloud_set({ scope: "session", key: "key", token: testEntry("one").token_set });
    await fleet.server.sql(
      `update holdfast.token set ${change} where tenant = $1 and scope = 'org' and key = 'key'`,
      [tenant],
    );
    await expect(host.store.read("key")).rejects.toMatchObject(fault("changed outside of Holdfast"));
    await expect(host.store.withRefreshLock("key", async () => {})).rejects.toMatchObject(
      fault("changed outside"),
    );
    expect(await host.store.read("other")).toEqual(testEntry("one"));
  });

  test("or moved from another tenant is refused", async () => {
    const [one, two] = [newTenant(), newTenant()];
    await filled(one);
    const host = await filled(two);
    await fleet.server.sql(
      `update holdfast.token t set ciphertext = o.ciphertext from holdfast.token o
       where t.tenant = $2 and o.tenant = $1 and o.key = t.key`,
      [one, two],
    );
    await expect(host.store.read("key")).rejects.toMatchObject(fault("changed outside of Holdfast"));
  });

  test("or names a data key that is not there is refused", async () => {
    const tenant = newTenant();
    const host = await filled(tenant);
    await fleet.server.sql("update holdfast.token set key_number = 7 where tenant = $1", [tenant]);
    await expect(host.store.read("key")).rejects.toMatchObject(
      fault("data key of a stored entry is not there"),
    );
  });
});
