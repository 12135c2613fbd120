import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import type { Ports } from "../../../runtime/ports.ts";
import { OAuthError } from "../errors.ts";
import type { TokenSet } from "../token-set.ts";
import { cloudStore } from "./cloud.ts";
import type { Entry } from "./entry.ts";
import {
  type Called,
  CloudDatabase,
  type HostCapability,
  hostPorts,
  recorded,
} from "./host-storage.test.support.ts";
import { entryStoreOf, storageModule } from "./index.ts";
import { lineageOf } from "./lineage.ts";
import { tableSeal } from "./ports.test.support.ts";

const set: TokenSet = { access_token: "access 1", refresh_token: "refresh 1", token_type: "Bearer" };
const hash = (text: string): string => createHash("sha256").update(text).digest("base64url");

interface Host {
  readonly ports: Ports;
  readonly calls: Called[];
  readonly events: unknown[];
  readonly database: CloudDatabase;
}

function host(
  change: (good: HostCapability) => HostCapability = (good) => good,
  how: Parameters<CloudDatabase["host"]>[0] & { granted?: boolean; sealed?: boolean } = {},
): Host {
  const database = new CloudDatabase();
  const calls: Called[] = [];
  const events: unknown[] = [];
  const oauth_storage = recorded(change(database.host(how)), calls);
  const ports = hostPorts(
    { oauth_storage },
    {
      events,
      ...(how.granted === undefined ? {} : { granted: how.granted }),
      ...(how.sealed ? { seal: tableSeal("home") } : {}),
    },
  );
  return { ports, calls, events, database };
}

const storeOf = ({ ports }: Host, waitMs?: number): ReturnType<typeof cloudStore> =>
  cloudStore(ports, "org", () => null, waitMs);
const entry = (token_set: TokenSet): Entry => ({
  token_set,
  ttl_seconds: null,
  binding: null,
  generation: "login",
  version: 1,
  updated_at_unix: 1,
  intent: null,
});
const never = (): Promise<never> => new Promise(() => {});
const fails = async (): Promise<never> => {
  throw new Error("db down, token s3cret");
};

describe("the capability", () => {
  test("is called with exactly the parameters of its operations", async () => {
    const made = host();
    const { harn_cloud_session, harn_cloud_org } = storageModule(made.ports);
    const session = harn_cloud_session();
    await session.set("k", set);
    await session.set("k", set, 60);
    expect(await session.get("k")).toEqual(set);
    await harn_cloud_org().with_refresh_lock("k", () => 1);
    await session.delete("k");
    expect(made.calls).toEqual([
      { operation: "cloud_set", params: { scope: "session", key: "k", token: set } },
      { operation: "cloud_set", params: { scope: "session", key: "k", token: set, ttl_seconds: 60 } },
      { operation: "cloud_get", params: { scope: "session", key: "k" } },
      {
        operation: "cloud_acquire_refresh_lock",
        params: { scope: "org", key: "k", timeout_seconds: 60 },
      },
      { operation: "cloud_release_refresh_lock", params: { scope: "org", key: "k", lock: "lease 1" } },
      { operation: "cloud_delete", params: { scope: "session", key: "k" } },
    ]);
  });

  test("gets real values, and what it answers crosses sealed", async () => {
    const made = host(undefined, { sealed: true });
    const session = storageModule(made.ports).harn_cloud_session();
    await session.set("k", set);
    const read = await session.get("k");
    expect(read?.access_token).toMatch(/^hfs1\./);
    await session.set("k", read as TokenSet);
    expect(
      made.calls.filter(({ operation }) => operation === "cloud_set").map((call) => call.params["token"]),
    ).toEqual([set, set]);
  });

  test("that was not granted is HARN-OAU-009, before any call", async () => {
    const made = host(undefined, { granted: false });
    const session = storageModule(made.ports).harn_cloud_session();
    await expect(session.get("k")).rejects.toMatchObject({ code: "HARN-OAU-009", retryable: false });
    expect(made.calls).toEqual([]);
  });

  test("that is not there is HARN-OAU-010 naming it, and trying again does not help", async () => {
    const session = storageModule(hostPorts({})).harn_cloud_session();
    for (const work of [
      () => session.get("k"),
      () => session.set("k", set),
      () => session.delete("k"),
      () => session.with_refresh_lock("k", () => 1),
    ]) {
      await expect(work()).rejects.toMatchObject({
        code: "HARN-OAU-010",
        retryable: false,
        message: expect.stringMatching(/not available: the host gives no oauth_storage\.cloud_/),
      });
    }
  });

  test("that fails is HARN-OAU-010, retryable unless it says no; its words stand in an event only", async () => {
    const made = host((good) => ({ ...good, cloud_get: fails }));
    const error = await storeOf(made)
      .read("k")
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: "HARN-OAU-010", retryable: true });
    expect(`${String(error)} ${(error as OAuthError).hint}`).not.toContain("db down");
    expect(made.events).toEqual([
      {
        topic: "oauth.storage.audit",
        kind: "capability_failed",
        payload: {
          capability: "oauth_storage",
          operation: "cloud_get",
          error: "Error: db down, token <redacted>",
        },
      },
    ]);
    const final = host((good) => ({
      ...good,
      cloud_get: () => {
        throw Object.assign(new Error("gone"), { retryable: false });
      },
    }));
    await expect(storeOf(final).read("k")).rejects.toMatchObject({ code: "HARN-OAU-010", retryable: false });
  });

  test("that throws an OAuthError is taken at its word", async () => {
    const own = new OAuthError("HARN-OAU-010", "std/oauth/storage: wrong key", "Give the other key.");
    const made = host((good) => ({ ...good, cloud_get: () => Promise.reject(own) }));
    await expect(storeOf(made).read("k")).rejects.toBe(own);
  });

  test("that does not answer in time is HARN-OAU-010, retryable", async () => {
    const made = host((good) => ({ ...good, cloud_get: never }));
    await expect(storeOf(made, 20).read("k")).rejects.toMatchObject({
      code: "HARN-OAU-010",
      retryable: true,
      message: expect.stringContaining("did not answer in time"),
    });
  });

  test("that answers something else than a token set is refused", async () => {
    for (const value of ["text", 7, [], {}, { access_token: 1 }, { access_token: "" }]) {
      const made = host((good) => ({ ...good, cloud_get: () => value }));
      await expect(storeOf(made).read("k")).rejects.toMatchObject({
        code: "HARN-OAU-010",
        retryable: false,
      });
    }
    for (const value of [null, undefined]) {
      expect(await storeOf(host((good) => ({ ...good, cloud_get: () => value }))).read("k")).toBeNull();
    }
  });
});

describe("a write over a lineage", () => {
  test("reads again and judges by the refresh token's hash", async () => {
    const made = host();
    const store = storeOf(made);
    await store.write("k", entry(set));
    const lineage = lineageOf((await store.read("k")) as Entry);
    const next = { ...set, access_token: "access 2", refresh_token: "refresh 2" };
    made.calls.length = 0;
    expect(await store.write("k", entry(next), lineage)).toBe(true);
    expect(made.calls.map(({ operation }) => operation)).toEqual(["cloud_get", "cloud_set"]);
    expect(await store.write("k", entry(set), lineage)).toBe(false);
    expect((await store.read("k"))?.token_set).toEqual(next);
    await store.remove("k");
    expect(await store.write("k", entry(set), lineage)).toBe(false);
  });

  test("is the host's compare-and-set where it gives one", async () => {
    const made = host(undefined, { compareAndSet: true });
    const store = storeOf(made);
    await store.write("k", entry(set));
    const lineage = lineageOf((await store.read("k")) as Entry);
    made.calls.length = 0;
    const next = { ...set, refresh_token: "refresh 2" };
    expect(await store.write("k", entry(next), lineage)).toBe(true);
    expect(await store.write("k", entry(set), lineage)).toBe(false);
    expect(made.calls[0]).toEqual({
      operation: "cloud_compare_and_set",
      params: { scope: "org", key: "k", expected: { refresh_hash: hash("refresh 1") }, token: next },
    });
    expect(made.calls.map(({ operation }) => operation)).toEqual([
      "cloud_compare_and_set",
      "cloud_compare_and_set",
    ]);
  });

  test("needs a clear verdict of the host", async () => {
    const made = host((good) => ({ ...good, cloud_compare_and_set: () => undefined }));
    const lineage = lineageOf(entry(set));
    await expect(storeOf(made).write("k", entry(set), lineage)).rejects.toMatchObject({
      code: "HARN-OAU-010",
      message: expect.stringContaining("neither true nor false"),
    });
  });
});

describe("a lease", () => {
  const operations = ({ calls }: Host): string[] => calls.map(({ operation }) => operation);

  test("may bring what is stored, which then needs no read", async () => {
    const made = host(undefined, { tokenWithLease: true });
    const store = storeOf(made);
    expect(await store.withRefreshLock("k", async (found) => found)).toBeNull();
    await store.write("k", entry(set));
    made.calls.length = 0;
    const found = await store.withRefreshLock("k", async (entryAtLock) => entryAtLock);
    expect(found?.token_set).toEqual(set);
    expect(made.calls.at(-1)?.params["lock"]).toBe("lease 2");
    expect(operations(made)).toEqual(["cloud_acquire_refresh_lock", "cloud_release_refresh_lock"]);
  });

  test("is opaque otherwise, whatever members it has", async () => {
    for (const lease of [7, true, "x", { lock: "l" }, { token: "t" }, { lock: 1, token: "t", fence: 3 }]) {
      const made = host((good) => ({ ...good, cloud_acquire_refresh_lock: () => lease }));
      expect(await storeOf(made).withRefreshLock("k", async (found) => found)).toBeUndefined();
      expect(made.calls.at(-1)?.params["lock"]).toEqual(lease);
    }
  });

  test("that brings something else than a token set is given back", async () => {
    const made = host((good) => ({
      ...good,
      cloud_acquire_refresh_lock: () => ({ lock: "l", token: "text" }),
    }));
    await expect(storeOf(made).withRefreshLock("k", async () => 1)).rejects.toMatchObject({
      code: "HARN-OAU-010",
    });
    expect(made.calls.at(-1)?.params["lock"]).toBe("l");
  });

  test("that the host refuses is HARN-OAU-010, retryable, and the body does not run", async () => {
    for (const refuse of [() => null, () => undefined, () => false, fails]) {
      const made = host((good) => ({ ...good, cloud_acquire_refresh_lock: refuse }));
      let ran = false;
      const held = storeOf(made).withRefreshLock("k", async () => void (ran = true));
      await expect(held).rejects.toMatchObject({
        code: "HARN-OAU-010",
        retryable: true,
        message: expect.stringContaining("did not give the refresh lock"),
      });
      expect(ran).toBe(false);
      expect(operations(made)).toEqual(["cloud_acquire_refresh_lock"]);
    }
  });

  test("that comes after the wait is given back", async () => {
    let give: (lease: unknown) => void = () => {};
    const made = host((good) => ({
      ...good,
      cloud_acquire_refresh_lock: () => new Promise((resolve) => (give = resolve)),
    }));
    await expect(storeOf(made, 20).withRefreshLock("k", async () => 1)).rejects.toMatchObject({
      code: "HARN-OAU-010",
      retryable: true,
      message: expect.stringContaining("60 seconds"),
    });
    give("late lease");
    await new Promise((resolve) => setImmediate(resolve));
    expect(made.calls.at(-1)).toEqual({
      operation: "cloud_release_refresh_lock",
      params: { scope: "org", key: "k", lock: "late lease" },
    });
  });

  test.each([
    ["fails", fails],
    ["hangs", never],
  ])("whose release %s changes nothing about the body", async (_, cloud_release_refresh_lock) => {
    const made = host((good) => ({ ...good, cloud_release_refresh_lock }));
    const store = storeOf(made, 20);
    expect(await store.withRefreshLock("k", async () => "done")).toBe("done");
    expect(made.events).toContainEqual({
      topic: "oauth.storage.audit",
      kind: "lease_not_released",
      payload: { scope: "org", storage_key: "k" },
    });
    const reason = new Error("the body's own");
    const other = store.withRefreshLock("other", () => Promise.reject(reason));
    await expect(other).rejects.toBe(reason);
  });

  test("is asked for by one at a time in a process, even for two runs", async () => {
    let inside = 0;
    let most = 0;
    const made = host((good) => ({
      ...good,
      cloud_acquire_refresh_lock: async () => {
        inside += 1;
        most = Math.max(most, inside);
        return "lease";
      },
      cloud_release_refresh_lock: () => void (inside -= 1),
    }));
    const stores = [storeOf(made), storeOf(made)];
    const body = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
    await Promise.all(
      stores.flatMap((store) => Array.from({ length: 5 }, () => store.withRefreshLock("k", body))),
    );
    expect(most).toBe(1);
  });
});

test("handles of the same capability share a place, others do not", () => {
  const one = host().ports;
  const of = (ports: Ports, kind: "harn_cloud_session" | "harn_cloud_org"): string =>
    entryStoreOf(storageModule(ports)[kind](), ports).identity;
  expect(of(one, "harn_cloud_session")).toBe(of(one, "harn_cloud_session"));
  expect(of(one, "harn_cloud_session")).not.toBe(of(one, "harn_cloud_org"));
  expect(of(one, "harn_cloud_session")).not.toBe(of(host().ports, "harn_cloud_session"));
});

test("handles show kind, id and scope", () => {
  const { harn_cloud_session, harn_cloud_org } = storageModule(host().ports).storage();
  expect(harn_cloud_session).toMatchObject({
    kind: "harn_cloud_session",
    id: "harn_cloud_session",
    scope: "session",
  });
  expect(harn_cloud_org).toMatchObject({ kind: "harn_cloud_org", id: "harn_cloud_org", scope: "org" });
});
