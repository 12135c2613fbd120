import { describe, expect, test } from "vitest";
import type { TokenSet } from "../token-set.ts";
import type { Entry } from "./entry.ts";
import { type CustomHandlers, entryStoreOf, storageModule } from "./index.ts";
import { lineageOf } from "./lineage.ts";
import { tableSeal, testPorts } from "./ports.test.support.ts";

const ports = testPorts({ seal: tableSeal("home") });
const { custom } = storageModule(ports);

const login: Entry = {
  token_set: { access_token: "access one", refresh_token: "refresh one", token_type: "Bearer" },
  ttl_seconds: 60,
  binding: {
    provider: "github",
    issuer: null,
    token_origin: "https://github.test",
    resource_origins: ["https://api.github.test"],
  },
  generation: "g",
  version: 1,
  updated_at_unix: 1,
  intent: null,
};

function mapped(more: Partial<CustomHandlers> = {}): {
  readonly handlers: CustomHandlers;
  readonly map: Map<string, TokenSet>;
  readonly calls: string[];
} {
  const map = new Map<string, TokenSet>();
  const calls: string[] = [];
  const handlers: CustomHandlers = {
    async get(key) {
      calls.push(`get ${key}`);
      return map.get(key) ?? null;
    },
    async set(key, token_set, ttl_seconds) {
      calls.push(`set ${key} ${ttl_seconds}`);
      map.set(key, token_set);
    },
    async delete(key) {
      calls.push(`delete ${key}`);
      map.delete(key);
    },
    ...more,
  };
  return { handlers, map, calls };
}

describe("what the functions see", () => {
  test("is sealed, and opens again with its binding", async () => {
    const { handlers, map, calls } = mapped();
    const store = entryStoreOf(custom(handlers), ports);
    expect(await store.write("key", login)).toBe(true);
    expect(JSON.stringify([...map])).not.toMatch(/ one/);
    expect(await store.read("key")).toEqual({
      token_set: login.token_set,
      ttl_seconds: null,
      // Capsules do not carry the token endpoint.
      binding: { ...login.binding, token_origin: "" },
      generation: "",
      version: 0,
      updated_at_unix: 0,
      intent: null,
    });
    await store.remove("key");
    expect(calls).toEqual(["set key 60", "get key", "delete key"]);
  });

  test("is not taken back under another key", async () => {
    const { handlers, map } = mapped();
    const handle = custom(handlers);
    await entryStoreOf(handle, ports).write("key", login);
    map.set("other", map.get("key") as TokenSet);
    const moved = expect.objectContaining({
      code: "HARN-OAU-004",
      message: expect.stringContaining("sealed for another key"),
    });
    await expect(handle.get("other")).rejects.toEqual(moved);
    await expect(entryStoreOf(handle, ports).read("other")).rejects.toEqual(moved);
  });

  test("is not aimed anew when nobody recorded where it came from", async () => {
    const { handlers, map } = mapped();
    const handle = custom(handlers);
    const plain = storageModule(ports).memory();
    await entryStoreOf(plain, ports).write("key", { ...login, binding: null, generation: "" });
    const sealed = (await plain.get("key")) as TokenSet;
    const refused = expect.objectContaining({
      code: "HARN-OAU-004",
      message: expect.stringContaining("record"),
    });
    await expect(handle.set("key", sealed)).rejects.toEqual(refused);
    map.set("key", sealed);
    await expect(entryStoreOf(handle, ports).read("key")).rejects.toEqual(refused);
  });

  test("a raw set that a script wrote comes back", async () => {
    const handle = custom(mapped().handlers);
    await handle.set("key", { access_token: "mine", token_type: "Bearer" });
    expect((await entryStoreOf(handle, ports).read("key"))?.token_set.access_token).toBe("mine");
    const read = await handle.get("key");
    expect(ports.seal.open(read?.access_token ?? "").value).toBe("mine");
    // And can be given back.
    await handle.set("key", read as TokenSet);
    expect((await entryStoreOf(handle, ports).read("key"))?.token_set.access_token).toBe("mine");
  });
});

describe("a custom store", () => {
  test("compares lineage by the refresh token, and sets once", async () => {
    const { handlers, calls } = mapped();
    const store = entryStoreOf(custom(handlers), ports);
    const next: Entry = { ...login, token_set: { ...login.token_set, refresh_token: "refresh two" } };
    expect(await store.write("key", next, lineageOf(login))).toBe(false);
    await store.write("key", login);
    calls.length = 0;
    expect(await store.write("key", next, { ...lineageOf(login), generation: "" })).toBe(true);
    expect(calls).toEqual(["get key", "set key 60"]);
    expect(await store.write("key", next, lineageOf(login))).toBe(false);
  });

  test("of parallel writes that expect the same lineage one wins", async () => {
    const store = entryStoreOf(custom(mapped().handlers), ports);
    await store.write("key", login);
    const wrote = await Promise.all(
      ["a", "b", "c"].map((refresh_token) =>
        store.write("key", { ...login, token_set: { ...login.token_set, refresh_token } }, lineageOf(login)),
      ),
    );
    expect(wrote.filter(Boolean)).toHaveLength(1);
  });

  test.each(["token", 7, true, [], {}, { access_token: "" }, { access_token: 7 }, { token: "a" }])(
    "refuses %j from get",
    async (value) => {
      const handle = custom(mapped({ get: () => value }).handlers);
      await expect(handle.get("key")).rejects.toEqual(
        expect.objectContaining({ code: "HARN-OAU-010", message: expect.stringContaining("no token set") }),
      );
    },
  );

  test.each([null, undefined])("takes %j from get for nothing", async (value) => {
    expect(await custom(mapped({ get: () => value }).handlers).get("key")).toBeNull();
  });

  test("throws on what its functions throw", async () => {
    const own = new Error("the script's own");
    const fails = (): never => {
      throw own;
    };
    const handle = custom({ get: fails, set: fails, delete: fails });
    await expect(handle.get("key")).rejects.toBe(own);
    await expect(handle.set("key", login.token_set)).rejects.toBe(own);
    await expect(handle.delete("key")).rejects.toBe(own);
  });

  test("calls methods on their own object", async () => {
    class Store {
      readonly #map = new Map<string, unknown>();
      get(key: string): unknown {
        return this.#map.get(key);
      }
      set(key: string, value: unknown): void {
        this.#map.set(key, value);
      }
      delete(key: string): void {
        this.#map.delete(key);
      }
    }
    const store = entryStoreOf(new Store(), ports);
    await store.write("key", login);
    expect((await store.read("key"))?.token_set).toEqual(login.token_set);
  });
});

describe("custom()", () => {
  test("names itself, and never shares an identity", () => {
    const { handlers } = mapped();
    const [one, two] = [custom(handlers), custom(handlers)];
    expect(one).toMatchObject({ kind: "custom", id: "custom" });
    expect(custom({ ...handlers, id: " redis " }).id).toBe("redis");
    const identities = [one, two].map((handle) => entryStoreOf(handle, ports).identity);
    expect(new Set(identities).size).toBe(2);
  });

  test.each([
    [{ get: undefined }, "get must be a function"],
    [{ set: 7 }, "set must be a function"],
    [{ delete: null }, "delete must be a function"],
    [{ with_refresh_lock: "lock" }, "with_refresh_lock must be a function"],
    [{ id: " " }, "id"],
    [{ id: 7 }, "id"],
    [{ with_refresh_lok: () => {} }, 'did you mean "with_refresh_lock"'],
  ])("refuses %j", (more, message) => {
    const handlers = { ...mapped().handlers, ...more } as unknown as CustomHandlers;
    expect(() => custom(handlers)).toThrow(
      expect.objectContaining({ code: "HARN-OAU-011", message: expect.stringContaining(message) }),
    );
  });
});

describe("with_refresh_lock of the script", () => {
  test("is called around the body, which answers past it", async () => {
    const order: string[] = [];
    const { handlers } = mapped({
      async with_refresh_lock(key, body) {
        order.push(`lock ${key}`);
        const given: unknown = await body();
        order.push(`body gave ${typeof given}`);
        return "the lock's own";
      },
    });
    const result = await custom(handlers).with_refresh_lock("key", () => {
      order.push("body");
      return "the body's own";
    });
    expect(result).toBe("the body's own");
    expect(order).toEqual(["lock key", "body", "body gave undefined"]);
  });

  test("runs the body once, however often it calls it", async () => {
    let runs = 0;
    const { handlers } = mapped({
      with_refresh_lock: async (_, body) => void (await Promise.all([body(), body(), body()])),
    });
    await custom(handlers).with_refresh_lock("key", () => (runs += 1));
    expect(runs).toBe(1);
  });

  test("must run the body", async () => {
    const { handlers } = mapped({ with_refresh_lock: () => {} });
    await expect(custom(handlers).with_refresh_lock("key", () => 1)).rejects.toEqual(
      expect.objectContaining({ code: "HARN-OAU-010", message: expect.stringContaining("without running") }),
    );
  });

  test("cannot run the body when it has ended", async () => {
    let kept: (() => Promise<void>) | undefined;
    let ran = false;
    const { handlers } = mapped({ with_refresh_lock: (_, body) => void (kept = body) });
    await expect(custom(handlers).with_refresh_lock("key", () => (ran = true))).rejects.toThrow(
      "without running",
    );
    await expect(kept?.()).rejects.toEqual(expect.objectContaining({ code: "HARN-OAU-010" }));
    expect(ran).toBe(false);
  });

  test("a failure to free the lock does not undo what the body did", async () => {
    const { handlers } = mapped({
      async with_refresh_lock(_, body) {
        await body();
        throw new Error("cannot free");
      },
    });
    await expect(custom(handlers).with_refresh_lock("key", () => "done")).resolves.toBe("done");
  });

  test("the body's error counts, even when the lock hides it", async () => {
    const own = new Error("the body's own");
    for (const after of [() => {}, () => Promise.reject(new Error("the lock's"))]) {
      const { handlers } = mapped({ with_refresh_lock: (_, body) => body().catch(after) });
      const failing = custom(handlers).with_refresh_lock("key", () => Promise.reject(own));
      await expect(failing).rejects.toBe(own);
    }
  });

  test("a lock that cannot be had is an error before the body runs", async () => {
    let ran = false;
    const { handlers } = mapped({ with_refresh_lock: () => Promise.reject(new Error("no lock")) });
    const failing = custom(handlers).with_refresh_lock("key", () => (ran = true));
    await expect(failing).rejects.toThrow("no lock");
    expect(ran).toBe(false);
  });
});
