import { inspect } from "node:util";
import { describe, expect, test } from "vitest";
import type { SealBinding } from "../../../runtime/ports.ts";
import type { TokenSet } from "../token-set.ts";
import type { Entry, EntryBinding } from "./entry.ts";
import { entryStoreOf, type StorageHandle, storageModule } from "./index.ts";
import { tableSeal, testPorts } from "./ports.test.support.ts";

const ports = testPorts({ seal: tableSeal("home") });
const { memory } = storageModule(ports);

const binding: EntryBinding = {
  provider: "github",
  issuer: "https://github.test",
  token_origin: "https://github.test",
  resource_origins: ["https://api.github.test", "https://uploads.github.test"],
};

const tokens = {
  access_token: "access one",
  refresh_token: "refresh one",
  id_token: "id one",
  token_type: "Bearer",
};

function entry(token_set: TokenSet, more: Partial<Entry> = {}): Entry {
  return {
    token_set,
    ttl_seconds: null,
    binding,
    generation: "generation one",
    version: 4,
    updated_at_unix: 1,
    intent: null,
    ...more,
  };
}

async function holding(token_set: TokenSet, more: Partial<Entry> = {}, key = "key"): Promise<StorageHandle> {
  const handle = memory();
  await entryStoreOf(handle, ports).write(key, entry(token_set, more));
  return handle;
}

async function stored(handle: StorageHandle, key = "key"): Promise<Entry> {
  const found = await entryStoreOf(handle, ports).read(key);
  if (!found) throw new Error("nothing stored");
  return found;
}

/** A capsule of this host, as an earlier run of the script could have kept it. */
function capsule(value: string, more: Partial<SealBinding> = {}): string {
  const { provider, issuer, resource_origins } = binding;
  return ports.seal.conceal(value, {
    kind: "access_token",
    provider,
    issuer,
    key: "key",
    origins: resource_origins,
    ...more,
  });
}

function refused(message: string): unknown {
  return expect.objectContaining({ code: "HARN-OAU-004", message: expect.stringContaining(message) });
}

describe("get", () => {
  test("conceals each token for its key, and only the access token for resources", async () => {
    const handle = await holding({ ...tokens, scopes: ["read"] });
    const found = await handle.get("key");
    expect(found).toMatchObject({ token_type: "Bearer", scopes: ["read"] });
    expect(JSON.stringify(found)).not.toMatch(/ one/);
    const { provider, issuer, resource_origins } = binding;
    for (const kind of ["access_token", "refresh_token", "id_token"] as const) {
      const origins = kind === "access_token" ? resource_origins : [];
      expect(ports.seal.open(found?.[kind] ?? "")).toEqual({
        value: tokens[kind],
        binding: { kind, provider, issuer, key: "key", origins },
      });
    }
  });

  test("shows none of the entry's own fields", async () => {
    const handle = await holding(tokens, { intent: { refresh_hash: "h", started_at_unix: 1 } });
    expect(Object.keys((await handle.get("key")) ?? {}).sort()).toEqual(Object.keys(tokens).sort());
  });
});

describe("set", () => {
  test("opens capsules and keeps their binding, without a token endpoint", async () => {
    const handle = memory();
    await handle.set("key", { access_token: capsule("a"), token_type: "Bearer" }, 90);
    expect(await stored(handle)).toMatchObject({
      token_set: { access_token: "a", token_type: "Bearer" },
      ttl_seconds: 90,
      binding: { ...binding, token_origin: "" },
      version: 1,
      generation: expect.stringMatching(/^[\w-]{22}$/),
    });
  });

  test("raw values bind to nothing", async () => {
    const handle = memory();
    await handle.set("key", tokens);
    expect((await stored(handle)).binding).toBeNull();
    expect((await stored(handle)).generation).not.toBe("");
  });

  test("the same tokens stay in their generation, with binding and intent", async () => {
    const intent = { refresh_hash: "h", started_at_unix: 1 };
    const handle = await holding(tokens, { intent });
    const found = await handle.get("key");
    await handle.set("key", { ...(found as TokenSet), metadata: { note: "mine" } });
    expect(await stored(handle)).toMatchObject({
      token_set: { ...tokens, metadata: { note: "mine" } },
      binding,
      generation: "generation one",
      version: 5,
      intent,
    });
  });

  test("other tokens begin a new generation", async () => {
    const handle = await holding(tokens);
    await handle.set("key", { access_token: "another", token_type: "Bearer" });
    const found = await stored(handle);
    expect(found).toMatchObject({ binding: null, version: 1, intent: null });
    expect(found.generation).not.toBe("generation one");
  });

  test("the same raw tokens, as a run that may see them has, keep the binding", async () => {
    const handle = await holding(tokens);
    await handle.set("key", tokens);
    expect((await stored(handle)).binding).toEqual(binding);
  });

  test("a capsule of another key is refused", async () => {
    const handle = memory();
    const set = handle.set("other", { access_token: capsule("a"), token_type: "Bearer" });
    await expect(set).rejects.toEqual(refused("sealed for another key"));
    expect(await handle.get("other")).toBeNull();
  });

  test("a capsule of another kind, altered, or of another host is refused", async () => {
    const handle = memory();
    const set = (access_token: string): Promise<void> =>
      handle.set("key", { access_token, token_type: "Bearer" });
    await expect(set(capsule("r", { kind: "refresh_token" }))).rejects.toEqual(refused("another kind"));
    await expect(set("hfs1.home.999999")).rejects.toEqual(refused("altered"));
    const foreign = tableSeal("elsewhere").conceal("a", { ...emptyBinding, key: "key" });
    await expect(set(foreign)).rejects.toEqual(refused("does not have"));
  });

  test("a wider capsule of the same login does not widen the entry", async () => {
    const narrow = { ...binding, resource_origins: ["https://api.github.test"] };
    const handle = await holding(tokens, { binding: narrow });
    await handle.set("key", { ...tokens, access_token: capsule("older") });
    expect((await stored(handle)).binding?.resource_origins).toEqual(["https://api.github.test"]);
  });

  test("a narrower capsule narrows the entry", async () => {
    const handle = await holding(tokens);
    const narrow = capsule("access one", { origins: ["https://uploads.github.test"] });
    await handle.set("key", { ...tokens, access_token: narrow });
    expect((await stored(handle)).binding?.resource_origins).toEqual(["https://uploads.github.test"]);
  });

  test("an older refresh token does not get the present token endpoint", async () => {
    const handle = await holding(tokens, { binding: { ...binding, token_origin: "https://evil.test" } });
    const older = capsule("refresh zero", { kind: "refresh_token", origins: [] });
    await handle.set("key", { access_token: "access one", refresh_token: older, token_type: "Bearer" });
    expect((await stored(handle)).binding?.token_origin).toBe("");
  });

  test("a refresh token capsule alone lets no access token go anywhere", async () => {
    const handle = memory();
    const refresh_token = capsule("r", { kind: "refresh_token", origins: [] });
    await handle.set("key", { access_token: "raw", refresh_token, token_type: "Bearer" });
    expect((await stored(handle)).binding).toEqual({ ...binding, token_origin: "", resource_origins: [] });
  });

  test("tokens of different logins are refused", async () => {
    const refresh_token = capsule("r", {
      kind: "refresh_token",
      provider: "custom",
      issuer: "https://evil.test",
    });
    const mixed = { access_token: capsule("a"), refresh_token, token_type: "Bearer" };
    await expect(memory().set("key", mixed)).rejects.toEqual(refused("different logins"));
    const handle = await holding(tokens, { binding: { ...binding, provider: "custom" } });
    const stolen = {
      ...tokens,
      refresh_token: capsule("refresh one", { kind: "refresh_token", origins: [] }),
    };
    await expect(handle.set("key", stolen)).rejects.toEqual(refused("different logins"));
  });

  test("an unbound capsule does not take a binding from its neighbours or from what it replaces", async () => {
    const unbound = capsule("v", { provider: "", issuer: null, origins: [] });
    const refresh_token = capsule("r", {
      kind: "refresh_token",
      provider: "custom",
      issuer: null,
      origins: [],
    });
    const mixed = { access_token: unbound, refresh_token, token_type: "Bearer" };
    await expect(memory().set("key", mixed)).rejects.toEqual(refused("different logins"));
    const handle = await holding(tokens);
    await expect(handle.set("key", { access_token: unbound, token_type: "Bearer" })).rejects.toEqual(
      refused("different logins"),
    );
  });

  test("tokens whose origin nobody recorded stay so", async () => {
    const handle = await holding(tokens, { binding: null, generation: "" });
    const { access_token } = (await handle.get("key")) as TokenSet;
    await handle.set("key", { access_token, token_type: "Bearer" });
    expect(await stored(handle)).toMatchObject({ binding: null, generation: "" });
    const elsewhere = memory();
    await elsewhere.set("key", { access_token, token_type: "Bearer" });
    expect(await stored(elsewhere)).toMatchObject({ binding: null, generation: "" });
  });

  test("refuses what is no token set, and a ttl that is no number", async () => {
    const handle = memory();
    const invalid = expect.objectContaining({ code: "HARN-OAU-011" });
    for (const value of [null, "token", {}, { access_token: 1 }]) {
      await expect(handle.set("key", value as unknown as TokenSet)).rejects.toEqual(invalid);
    }
    for (const ttl of [-1, Number.NaN, "90"]) {
      await expect(handle.set("key", tokens, ttl as number)).rejects.toEqual(invalid);
    }
    await expect(handle.set("", tokens)).rejects.toEqual(invalid);
    await expect(handle.with_refresh_lock("key", "body" as unknown as () => void)).rejects.toEqual(invalid);
  });
});

const emptyBinding: SealBinding = { kind: "access_token", provider: "", issuer: null, key: "", origins: [] };

describe("a handle", () => {
  test("shows neither what it holds nor a way to it", async () => {
    const handle = await holding(tokens);
    const shown = inspect(handle, { depth: 9, showHidden: true }) + JSON.stringify(handle);
    expect(shown).not.toMatch(/ one|github/);
    expect(Object.isFrozen(handle)).toBe(true);
    expect(Object.keys(handle)).toEqual(["kind", "id", "get", "set", "delete", "with_refresh_lock"]);
  });

  test("refuses its own lock from inside the lock's body", async () => {
    const handle = memory();
    const nested = handle.with_refresh_lock("key", () => handle.with_refresh_lock("key", () => 1));
    await expect(nested).rejects.toEqual(expect.objectContaining({ code: "HARN-OAU-010", retryable: false }));
    expect(await handle.with_refresh_lock("key", () => 2)).toBe(2);
  });
});

describe("entryStoreOf", () => {
  test("answers the same store for the same handle", () => {
    const [one, other] = [memory(), memory()];
    expect(entryStoreOf(one, ports)).toBe(entryStoreOf(one, ports));
    expect(entryStoreOf(one, ports).identity).not.toBe(entryStoreOf(other, ports).identity);
    expect(entryStoreOf(one, ports).identity).toMatch(/^memory:\d+$/);
  });

  test("takes any object with get, set and delete as a custom store", async () => {
    const own = { get: () => ({ access_token: "a" }), set: () => {}, delete: () => {} };
    const store = entryStoreOf(own, ports);
    expect(entryStoreOf(own, ports)).toBe(store);
    expect(store).toMatchObject({
      keepsEntries: false,
      identity: expect.stringMatching(/^custom:custom:\d+$/),
    });
    expect((await store.read("key"))?.token_set).toEqual({ access_token: "a" });
  });

  test.each([
    undefined,
    null,
    7,
    "memory",
    {},
    [],
    () => 1,
    { get() {}, set() {} },
    { get: 1, set: 1, delete: 1 },
  ])("refuses %j", (value) => {
    expect(() => entryStoreOf(value, ports)).toThrow(expect.objectContaining({ code: "HARN-OAU-011" }));
  });
});
