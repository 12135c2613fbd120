import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { filesIn } from "./probes/files-in.ts";
import { openSeal, tableSeal, testPorts } from "../stdlib/oauth/storage/ports.test.support.ts";
import { type StorageHandle, storageModule } from "../stdlib/oauth/storage/index.ts";
import type { TokenSet } from "../stdlib/oauth/token-set.ts";
import { type StorageUnderTest, storageContract } from "./index.ts";

const { memory, file, custom } = storageModule(testPorts());

async function inFolder(key: Parameters<typeof file>[1]): Promise<StorageUnderTest> {
  const folder = await mkdtemp(join(tmpdir(), "storage-contract-"));
  return {
    storage: file(join(folder, "tokens.bin"), key),
    close: async () => {
      const strays = (await filesIn(folder)).filter((name) => name !== "tokens.bin");
      await rm(folder, { recursive: true });
      expect(strays).toEqual([]);
    },
  };
}

/** A store of an embedder, as simple as it gets. */
class MapStore {
  readonly map = new Map<string, TokenSet>();
  async get(key: string): Promise<TokenSet | undefined> {
    return this.map.get(key);
  }
  async set(key: string, token_set: TokenSet): Promise<void> {
    this.map.set(key, structuredClone(token_set));
  }
  async delete(key: string): Promise<void> {
    this.map.delete(key);
  }
}

function mapHandlers(store: MapStore): Parameters<typeof custom>[0] {
  return {
    get: (key) => store.get(key),
    set: (key, token_set) => store.set(key, token_set),
    delete: (key) => store.delete(key),
  };
}

storageContract("memory", async () => ({ storage: memory() }), { test });
storageContract("file", () => inFolder(new Uint8Array(32).fill(7)), { test });
storageContract("custom", async () => ({ storage: custom(mapHandlers(new MapStore())) }), { test });
storageContract(
  "custom with its own lock",
  async () => {
    const queue = memory();
    return {
      storage: custom({
        ...mapHandlers(new MapStore()),
        with_refresh_lock: (key, body) => queue.with_refresh_lock(key, body),
      }),
    };
  },
  { test },
);
storageContract(
  "custom over sealed tokens",
  async () => {
    // What the functions see is sealed; what the test sees is not.
    const table = tableSeal("host");
    const sealed = storageModule(testPorts({ seal: table })).custom(mapHandlers(new MapStore()));
    return { storage: custom(mapHandlersOf(sealed, table.open)) };
  },
  { test },
);

function mapHandlersOf(
  sealed: StorageHandle,
  open: (text: string) => { readonly value: string },
): Parameters<typeof custom>[0] {
  return {
    async get(key) {
      const found = await sealed.get(key);
      if (!found) return null;
      const opened: Record<string, unknown> = { ...found };
      for (const member of ["access_token", "refresh_token", "id_token"]) {
        const capsule = opened[member];
        if (typeof capsule === "string") opened[member] = open(capsule).value;
      }
      return opened;
    },
    set: (key, token_set, ttl_seconds) => sealed.set(key, token_set, ttl_seconds),
    delete: (key) => sealed.delete(key),
  };
}

describe("the contract finds a storage that", () => {
  /** The rules that fail for a storage. */
  async function broken(change: (storage: StorageHandle) => Partial<StorageHandle>): Promise<string[]> {
    const cases: [string, () => Promise<void>][] = [];
    storageContract(
      "broken",
      async () => {
        const good = storageModule(testPorts({ seal: openSeal })).memory();
        return { storage: { ...good, ...change(good) } };
      },
      { test: (name, body) => cases.push([name, body]) },
    );
    const failed: string[] = [];
    for (const [name, body] of cases) {
      const timeout = new Promise<never>((_, reject) => setTimeout(reject, 500, new Error("hangs")).unref());
      await Promise.race([body(), timeout]).catch(() => failed.push(name.replace("broken: ", "")));
    }
    return failed;
  }

  test("is right: none", async () => {
    expect(await broken(() => ({}))).toEqual([]);
  });

  test("hides expired sets", async () => {
    const failed = await broken((good) => ({
      get: async (key) => {
        const found = await good.get(key);
        return found?.expires_at_unix !== undefined && found.expires_at_unix < 2_000 ? null : found;
      },
    }));
    expect(failed).toEqual(["an expired set is still returned"]);
  });

  test("enforces ttl_seconds", async () => {
    const failed = await broken((good) => ({
      set: async (key, token_set, ttl) => (ttl === 0 ? undefined : good.set(key, token_set)),
    }));
    expect(failed).toEqual(["ttl_seconds does not hide a set"]);
  });

  test("takes keys for the same by case or normal form", async () => {
    for (const fold of [(key: string) => key.toLowerCase(), (key: string) => key.normalize("NFC")]) {
      const failed = await broken((good) => ({
        get: (key) => good.get(fold(key)),
        set: (key, token_set) => good.set(fold(key), token_set),
        delete: (key) => good.delete(fold(key)),
      }));
      expect(failed).toEqual(["keys are independent, whatever their text"]);
    }
  });

  test("raises for a missing key", async () => {
    const failed = await broken((good) => ({
      get: async (key) => {
        const found = await good.get(key);
        if (!found) throw new Error("missing");
        return found;
      },
    }));
    expect(failed).toContain("get of a missing key answers nothing and does not raise");
  });

  test("merges old members into a new set", async () => {
    const failed = await broken((good) => ({
      set: async (key, token_set) => good.set(key, { ...(await good.get(key)), ...token_set }),
    }));
    expect(failed).toEqual(["set replaces the whole set"]);
  });

  test("hands out its own objects", async () => {
    const map = new Map<string, TokenSet>();
    const failed = await broken(() => ({
      get: async (key) => map.get(key) ?? null,
      set: async (key, token_set) => void map.set(key, token_set),
      delete: async (key) => void map.delete(key),
    }));
    expect(failed).toContain("what set was given can change without changing what is stored");
    expect(failed).toContain("what get answered can change without changing what is stored");
  });

  test("has no lock, one lock for all keys, a lock that stays, or one that swallows", async () => {
    expect(await broken(() => ({ with_refresh_lock: async (_, body) => await body() }))).toEqual([
      "with_refresh_lock excludes others of the same key",
      "with_refresh_lock never runs two bodies of a key at once",
    ]);
    expect(
      await broken((good) => ({ with_refresh_lock: (_, body) => good.with_refresh_lock("all", body) })),
    ).toEqual(["locks of different keys do not wait for each other"]);
    expect(
      await broken((good) => ({
        with_refresh_lock: (key, body) =>
          good.with_refresh_lock(key, async () => {
            try {
              return await body();
            } catch {
              return await new Promise<never>(() => {});
            }
          }),
      })),
    ).toContain("with_refresh_lock is free again after a body that throws");
    expect(
      await broken((good) => ({
        with_refresh_lock: async (key, body) => {
          await good.with_refresh_lock(key, body);
          return undefined as never;
        },
      })),
    ).toEqual([
      "with_refresh_lock answers the body's result",
      "with_refresh_lock is free again after a body that throws",
    ]);
  });

  test("loses parallel sets", async () => {
    let file: Record<string, TokenSet> = {};
    const failed = await broken(() => ({
      get: async (key) => structuredClone(file[key] ?? null),
      set: async (key, token_set) => {
        const copy = { ...file };
        await Promise.resolve();
        file = { ...copy, [key]: structuredClone(token_set) };
      },
      delete: async (key) => {
        const { [key]: _, ...rest } = file;
        file = rest;
      },
    }));
    expect(failed).toContain("parallel sets lose no key");
    expect(failed).toContain("keys are independent, whatever their text");
  });
});
