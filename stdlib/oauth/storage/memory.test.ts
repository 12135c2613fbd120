import { describe, expect, test } from "vitest";
import type { Entry } from "./entry.ts";
import { isOfLineage, lineageOf, refreshHash } from "./lineage.ts";
import { memoryStore } from "./memory.ts";

function entry(refresh_token: string | undefined, generation = "g"): Entry {
  return {
    token_set: { access_token: "a", token_type: "Bearer", ...(refresh_token ? { refresh_token } : {}) },
    ttl_seconds: null,
    binding: { provider: "p", issuer: null, token_origin: "https://as", resource_origins: ["https://rs"] },
    generation,
    version: 1,
    updated_at_unix: 1,
    intent: { refresh_hash: "h", started_at_unix: 1 },
  };
}

describe("memoryStore", () => {
  test("keeps the whole entry, frozen and apart from what was given", async () => {
    const store = memoryStore("memory:test");
    const given = entry("r");
    await store.write("key", given);
    const found = await store.read("key");
    expect(found).toEqual(given);
    expect(found).not.toBe(given);
    expect(Object.isFrozen(found?.binding?.resource_origins)).toBe(true);
  });

  test("writes with an expected lineage only over that lineage", async () => {
    const store = memoryStore("memory:test");
    expect(await store.write("key", entry("r2"), lineageOf(entry("r1")))).toBe(false);
    expect(await store.read("key")).toBeNull();
    await store.write("key", entry("r1"));
    expect(
      await store.write("key", entry("r2"), { generation: "g", refresh_hash: refreshHash("other") }),
    ).toBe(false);
    expect(await store.write("key", entry("r2"), { generation: "x", refresh_hash: refreshHash("r1") })).toBe(
      false,
    );
    expect(await store.write("key", entry("r2"), lineageOf(entry("r1")))).toBe(true);
    expect(await store.write("key", entry("r3"), lineageOf(entry("r1")))).toBe(false);
    expect((await store.read("key"))?.token_set.refresh_token).toBe("r2");
  });

  test("of parallel writes that expect the same lineage one wins", async () => {
    const store = memoryStore("memory:test");
    await store.write("key", entry("r1"));
    const wrote = await Promise.all(
      ["a", "b", "c"].map((token) => store.write("key", entry(token), lineageOf(entry("r1")))),
    );
    expect(wrote.filter(Boolean)).toHaveLength(1);
  });

  test("judges keys", async () => {
    const store = memoryStore("memory:test");
    const refused = expect.objectContaining({ code: "HARN-OAU-011" });
    await expect(store.read("")).rejects.toEqual(refused);
    await expect(store.write("\ud800", entry("r"))).rejects.toEqual(refused);
    await expect(store.remove("k".repeat(513))).rejects.toEqual(refused);
  });
});

describe("lineage", () => {
  test("is the generation and the refresh token's SHA-256, null without one", () => {
    expect(lineageOf(entry("abc"))).toEqual({
      generation: "g",
      refresh_hash: "ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0",
    });
    expect(lineageOf(entry(undefined))).toEqual({ generation: "g", refresh_hash: null });
    expect(isOfLineage(entry(undefined), { generation: "g", refresh_hash: null })).toBe(true);
    expect(isOfLineage(entry("abc"), { generation: "g", refresh_hash: null })).toBe(false);
    expect(isOfLineage(null, { generation: "g", refresh_hash: null })).toBe(false);
  });
});
