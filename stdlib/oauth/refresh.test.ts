import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Ports } from "../../runtime/ports.ts";
import { type ClientHandle, clientModule } from "./client.ts";
import type { ClientOptions } from "./client-options.ts";
import {
  fakeToken,
  type Reply,
  scriptedProvider,
  type ScriptedProvider,
  type Seen,
  testPorts,
} from "./scripted-provider.test.support.ts";
import { entryStoreOf, type StorageHandle, storageModule } from "./storage/index.ts";
import type { TokenSet } from "./token-set.ts";

const start = 1_700_000_000;
let provider: ScriptedProvider;
let answer: (seen: Seen, earlier: number) => Reply | Promise<Reply>;
let world: ReturnType<typeof testPorts>;

beforeEach(async () => {
  answer = () => ({ json: { access_token: fakeToken("at", 2), expires_in: 3600 } });
  provider = await scriptedProvider((seen, earlier) => answer(seen, earlier));
  world = testPorts();
  world.testing.clockSet(start * 1000);
});
afterEach(async () => {
  await world.close();
  await provider.close();
});

interface Setup {
  readonly cli: ClientHandle;
  readonly storage: StorageHandle;
}

function setUp(
  options: Partial<ClientOptions> & { record?: Record<string, unknown>; ports?: Ports } = {},
): Setup {
  const { record, ports = world.ports, ...more } = options;
  const storage = (more.storage as StorageHandle | undefined) ?? storageModule(ports).memory();
  const cli = clientModule(ports).client(
    {
      id: "acme",
      auth_url: `${provider.origin}/authorize`,
      token_url: `${provider.origin}/token`,
      ...record,
    },
    { client_id: "c1", storage, ...more },
  );
  return { cli, storage };
}

const stored = (more: Partial<TokenSet> = {}): TokenSet => ({
  access_token: fakeToken("at", 1),
  token_type: "Bearer",
  issued_at_unix: start,
  expires_in: 3600,
  expires_at_unix: start + 3600,
  refresh_token: fakeToken("rt", 1),
  ...more,
});
const strict = { refresh_handling: { rotates_refresh_token: true, reuse: "strict" } };
const advance = (seconds: number): void => world.testing.clockAdvance(seconds * 1000);
const posts = (): Seen[] => provider.at("/token");
const kinds = (): string[] => world.events("oauth.client.audit").map((event) => event.kind);

describe("when", () => {
  test("a fresh token is used without a request", async () => {
    const { cli, storage } = setUp();
    await storage.set("acme", stored());
    advance(2699);
    expect(await cli.token()).toBe(fakeToken("at", 1));
    expect(posts()).toHaveLength(0);
  });

  test("from three quarters on the caller waits for the new one", async () => {
    const { cli, storage } = setUp();
    await storage.set("acme", stored());
    advance(2700);
    expect(await cli.token()).toBe(fakeToken("at", 2));
    expect(Object.fromEntries(posts()[0]?.form ?? [])).toEqual({
      grant_type: "refresh_token",
      refresh_token: fakeToken("rt", 1),
      client_id: "c1",
    });
    expect(await storage.get("acme")).toEqual({
      access_token: fakeToken("at", 2),
      token_type: "Bearer",
      issued_at_unix: start + 2700,
      expires_in: 3600,
      expires_at_unix: start + 6300,
      refresh_token: fakeToken("rt", 1),
    });
    expect(kinds()).toEqual(["token_refreshed"]);
    const [event] = world.events("oauth.client.audit");
    expect(event?.headers).toEqual({ provider: "acme" });
    expect(event?.payload).toMatchObject({
      provider: "acme",
      storage_key: "acme",
      reason: "ttl_threshold",
      prev: { has_refresh_token: true },
      next: { has_access_token: true, expires_at_unix: start + 6300 },
    });
    expect(JSON.stringify(world.events())).not.toContain("tok-");
  });

  test("100 callers at once: one request (F1)", async () => {
    const { cli, storage } = setUp();
    await storage.set("acme", stored());
    advance(3700);
    const tokens = await Promise.all(Array.from({ length: 100 }, () => cli.token()));
    expect(new Set(tokens)).toEqual(new Set([fakeToken("at", 2)]));
    expect(posts()).toHaveLength(1);
    expect(kinds()).toEqual(["token_refreshed"]);
  });

  test("two clients over one storage and key share the flight; forced and stale callers too", async () => {
    const one = setUp();
    const two = setUp({ storage: one.storage });
    await one.storage.set("acme", stored());
    advance(3700);
    await Promise.all([one.cli.token(), two.cli.token(), two.cli.refresh(), one.cli.refresh()]);
    expect(posts()).toHaveLength(1);
  });

  test("a rotated refresh token is adopted (F5), a missing one kept (F6)", async () => {
    answer = (_seen, earlier) => ({
      json: {
        access_token: fakeToken("at", earlier + 2),
        expires_in: 3600,
        ...(earlier === 0 ? { refresh_token: fakeToken("rt", 2) } : {}),
      },
    });
    const { cli, storage } = setUp();
    await storage.set("acme", stored());
    await cli.refresh();
    await cli.refresh();
    await cli.refresh();
    expect(posts().map(({ form }) => form.get("refresh_token"))).toEqual([
      fakeToken("rt", 1),
      fakeToken("rt", 2),
      fakeToken("rt", 2),
    ]);
  });

  test("without a refresh token it is used until it ends, then consent is needed", async () => {
    const { cli, storage } = setUp();
    const { refresh_token: _, ...set } = stored();
    await storage.set("acme", set);
    advance(3599);
    expect(await cli.token()).toBe(fakeToken("at", 1));
    advance(1);
    await expect(cli.token()).rejects.toMatchObject({
      code: "HARN-OAU-002",
      message: expect.stringContaining("re-run authorization"),
    });
    expect(posts()).toHaveLength(0);
  });

  test("nothing stored", async () => {
    const error = await setUp()
      .cli.token()
      .catch((thrown: unknown) => thrown);
    expect(String(error)).toMatch(/^HARN-OAU-002: std\/oauth\/client: /);
  });

  test("a token that is stale on arrival does not make every call refresh (F12)", async () => {
    answer = (_seen, earlier) => ({ json: { access_token: fakeToken("at", earlier + 2), expires_in: 0 } });
    const { cli, storage } = setUp();
    await storage.set("acme", stored());
    advance(3700);
    for (let call = 0; call < 10; call += 1) await cli.token();
    expect(posts()).toHaveLength(1);
    advance(6);
    await cli.token();
    expect(posts()).toHaveLength(2);
  });

  test("refresh_leeway makes it stale earlier", async () => {
    const { cli, storage } = setUp({ refresh_leeway: 1800 });
    await storage.set("acme", stored());
    advance(1799);
    await cli.token();
    expect(posts()).toHaveLength(0);
    advance(1);
    await cli.token();
    expect(posts()).toHaveLength(1);
  });

  test("scopes are sent only to narrow", async () => {
    const storage = storageModule(world.ports).memory();
    await storage.set("acme", stored({ scopes: ["a", "b"] }));
    await setUp({ storage, scopes: ["a", "b"] }).cli.refresh();
    await setUp({ storage, scopes: ["a", "c"] }).cli.refresh();
    await setUp({ storage, scopes: ["a"] }).cli.refresh();
    expect(posts().map(({ form }) => form.get("scope"))).toEqual([null, null, "a"]);
  });
});

describe("failures", () => {
  test("invalid_grant needs consent, deletes nothing, and 100 callers fail by one request (F10)", async () => {
    answer = () => ({
      status: 400,
      json: { error: "invalid_grant", error_description: `no ${fakeToken("rt", 1)}` },
    });
    const { cli, storage } = setUp();
    await storage.set("acme", stored());
    advance(3700);
    const results = await Promise.allSettled(Array.from({ length: 100 }, () => cli.token()));
    for (const result of results)
      expect(result).toMatchObject({ status: "rejected", reason: { code: "HARN-OAU-002" } });
    expect(posts()).toHaveLength(1);
    expect(await storage.get("acme")).toEqual(stored());
    const error = (results[0] as PromiseRejectedResult).reason as { details: unknown };
    expect(error.details).toMatchObject({ status: 400, error: "invalid_grant" });
    expect(JSON.stringify(error)).not.toContain("tok-");
    expect(world.events("oauth.client.audit").at(-1)).toMatchObject({
      kind: "refresh_failed",
      payload: { reason: "ttl_threshold", code: "HARN-OAU-002" },
    });
  });

  test("a vendor's own word for it", async () => {
    answer = () => ({ json: { error: "bad_refresh_token" } });
    const record = { refresh_handling: { invalid_grant_errors: ["bad_refresh_token"] } };
    const { cli, storage } = setUp({ record });
    await storage.set("acme", stored());
    await expect(cli.refresh()).rejects.toMatchObject({ code: "HARN-OAU-002" });
  });

  test("invalid_grant after another process rotated: its token is used", async () => {
    const { cli, storage } = setUp();
    await storage.set("acme", stored());
    advance(3700);
    const theirs = stored({
      access_token: fakeToken("at", 9),
      refresh_token: fakeToken("rt", 9),
      issued_at_unix: start + 3700,
      expires_at_unix: start + 7300,
    });
    answer = async () => {
      await storage.set("acme", theirs);
      return { status: 400, json: { error: "invalid_grant" } };
    };
    expect(await cli.token()).toBe(fakeToken("at", 9));
    expect(await storage.get("acme")).toEqual(theirs);
  });

  test.each([503, 429, 500])(
    "%i: the token is used while it lives (F15), then the failure may pass",
    async (status) => {
      answer = () => ({ status, json: { error: "invalid_grant" } });
      const { cli, storage } = setUp();
      await storage.set("acme", stored());
      advance(2800);
      expect(await cli.token()).toBe(fakeToken("at", 1));
      expect(await cli.token()).toBe(fakeToken("at", 1));
      expect(posts()).toHaveLength(1);
      advance(60);
      expect(await cli.token()).toBe(fakeToken("at", 1));
      expect(posts()).toHaveLength(2);
      advance(740);
      await expect(cli.token()).rejects.toMatchObject({ code: "HARN-OAU-003", retryable: true });
    },
  );

  test("a forced refresh that fails for now says so", async () => {
    answer = () => ({ status: 503, json: {} });
    const { cli, storage } = setUp();
    await storage.set("acme", stored());
    await expect(cli.refresh()).rejects.toMatchObject({ code: "HARN-OAU-003" });
    expect(await storage.get("acme")).toEqual(stored());
  });

  test("the connection dies after the request: not repeated at a strict provider (C10, F9)", async () => {
    answer = () => "cut";
    const { cli, storage } = setUp({ record: strict });
    await storage.set("acme", stored());
    await expect(cli.refresh()).rejects.toMatchObject({
      code: "HARN-OAU-003",
      message: expect.stringContaining("outcome is unknown"),
    });
    expect(posts()).toHaveLength(1);
    expect((await entryStoreOf(storage, world.ports).read("acme"))?.intent).not.toBeNull();
  });

  test.each([
    { rotates_refresh_token: false },
    { rotates_refresh_token: true, reuse: "grace", grace_seconds: 10 },
    { rotates_refresh_token: true },
  ])("repeated where that is harmless, or the best that is left: %j", async (refresh_handling) => {
    answer = (_seen, earlier) =>
      earlier === 0 ? "cut" : { json: { access_token: fakeToken("at", 2), expires_in: 3600 } };
    const { cli, storage } = setUp({ record: { refresh_handling } });
    await storage.set("acme", stored());
    expect((await cli.refresh()).access_token).toBe(fakeToken("at", 2));
    expect(posts()).toHaveLength(2);
    expect((await entryStoreOf(storage, world.ports).read("acme"))?.intent).toBeNull();
  });

  test("after a lost answer a strict provider is not asked again while the access token works", async () => {
    answer = () => "cut";
    const { cli, storage } = setUp({ record: strict });
    await storage.set("acme", stored());
    advance(2800);
    expect(await cli.token()).toBe(fakeToken("at", 1));
    advance(100);
    expect(await cli.token()).toBe(fakeToken("at", 1));
    expect(posts()).toHaveLength(1);
    answer = () => ({ json: { access_token: fakeToken("at", 2), expires_in: 3600 } });
    advance(700);
    expect(await cli.token()).toBe(fakeToken("at", 2));
  });

  test("a provider that may be strict is asked once more within 5 seconds, and then as a strict one", async () => {
    answer = () => "cut";
    const { cli, storage } = setUp({ record: { refresh_handling: { rotates_refresh_token: true } } });
    await storage.set("acme", stored());
    advance(2800);
    expect(await cli.token()).toBe(fakeToken("at", 1));
    expect(posts()).toHaveLength(2);
    advance(100);
    expect(await cli.token()).toBe(fakeToken("at", 1));
    await expect(cli.refresh()).rejects.toMatchObject({ code: "HARN-OAU-003" });
    expect(posts()).toHaveLength(2);
  });

  test("a grace is used up at once, at most four requests, and by the next process while it lasts", async () => {
    answer = () => "cut";
    const record = { refresh_handling: { rotates_refresh_token: true, reuse: "grace", grace_seconds: 30 } };
    const { cli, storage } = setUp({ record });
    await storage.set("acme", stored());
    advance(3700);
    await expect(cli.token()).rejects.toMatchObject({ code: "HARN-OAU-003" });
    expect(posts()).toHaveLength(4);
    advance(20);
    answer = () => ({ json: { access_token: fakeToken("at", 2), expires_in: 3600 } });
    expect(await cli.token()).toBe(fakeToken("at", 2));
  });

  test("an expired token in doubt is presented when nothing of the earlier sender can be on its way", async () => {
    answer = () => "cut";
    const { cli, storage } = setUp({ record: strict });
    await storage.set("acme", stored());
    advance(3700);
    await expect(cli.token()).rejects.toMatchObject({ code: "HARN-OAU-003", retryable: true });
    advance(59);
    await expect(cli.token()).rejects.toMatchObject({
      message: expect.stringContaining("outcome is unknown"),
    });
    expect(posts()).toHaveLength(1);
    advance(1);
    answer = () => ({ json: { access_token: fakeToken("at", 2), expires_in: 3600 } });
    expect(await cli.token()).toBe(fakeToken("at", 2));
    expect(posts()).toHaveLength(2);
  });

  test("a 401 says that the token does not work, whatever its times say", async () => {
    answer = ({ path }) => (path === "/token" ? "cut" : { status: 401 });
    const { cli, storage } = setUp({ record: { ...strict, resource_origins: [provider.origin] } });
    await storage.set("acme", stored());
    await expect(cli.refresh()).rejects.toMatchObject({ code: "HARN-OAU-003" });
    advance(120);
    answer = ({ path }) =>
      path === "/token" ? { json: { access_token: fakeToken("at", 2), expires_in: 3600 } } : { status: 401 };
    await expect(cli.refresh()).rejects.toMatchObject({ code: "HARN-OAU-003" });
    expect(posts()).toHaveLength(1);
    await cli.request("GET", `${provider.origin}/me`);
    expect(posts()).toHaveLength(2);
  });

  test.each([
    ["half an answer", { body: '{"access_token":"', headers: { "content-type": "application/json" } }],
    ["a page", { body: "<html>", headers: { "content-type": "text/html" } }],
    ["a gateway that heard nothing", { status: 504, json: {} }],
    ["a gateway that heard nonsense", { status: 502, json: {} }],
  ] as const)("%s from a strict provider is in doubt", async (_, reply) => {
    answer = () => reply;
    const { cli, storage } = setUp({ record: strict });
    await storage.set("acme", stored());
    await expect(cli.refresh()).rejects.toMatchObject({ code: expect.stringMatching(/^HARN-OAU-00[36]$/) });
    advance(2800);
    expect(await cli.token()).toBe(fakeToken("at", 1));
    expect(posts()).toHaveLength(1);
  });

  test("what was in doubt stays so when a later request is not sent, or told to come back", async () => {
    answer = () => "cut";
    const { cli, storage } = setUp({ record: strict });
    await storage.set("acme", stored());
    const intent = async (): Promise<unknown> =>
      (await entryStoreOf(storage, world.ports).read("acme"))?.intent;
    advance(3700);
    await cli.token().catch(() => {});
    const first = await intent();
    expect(first).toMatchObject({ started_at_unix: start + 3700 });
    advance(100);
    answer = () => ({ status: 503, json: {} });
    await cli.token().catch(() => {});
    expect(posts()).toHaveLength(2);
    expect(await intent()).toEqual(first);
  });

  test("Retry-After holds for an expired token too", async () => {
    answer = () => ({ status: 429, json: {}, headers: { "retry-after": "30" } });
    const { cli, storage } = setUp();
    await storage.set("acme", stored());
    advance(3700);
    for (let call = 0; call < 5; call += 1)
      await expect(cli.token()).rejects.toMatchObject({ code: "HARN-OAU-003" });
    expect(posts()).toHaveLength(1);
    advance(31);
    answer = () => ({ json: { access_token: fakeToken("at", 2), expires_in: 3600 } });
    expect(await cli.token()).toBe(fakeToken("at", 2));
  });

  test("nobody listens: nothing was sent, and that is known", async () => {
    const { cli, storage } = setUp({ record: { token_url: "http://127.0.0.1:1/token" } });
    await storage.set("acme", stored());
    await expect(cli.refresh()).rejects.toMatchObject({ code: "HARN-OAU-003", retryable: true });
    expect((await entryStoreOf(storage, world.ports).read("acme"))?.intent).toBeNull();
  });

  test.each([
    ["a page", { body: "<html>", headers: { "content-type": "text/html" } }, "HARN-OAU-006"],
    ["no token", { json: {} }, "HARN-OAU-006"],
    ["a redirect", { status: 307, headers: { location: "/elsewhere" } }, "HARN-OAU-006"],
    ["2 MB", { body: " ".repeat(2e6), headers: { "content-type": "application/json" } }, "HARN-OAU-006"],
    [
      "gzip",
      { body: "x", headers: { "content-type": "application/json", "content-encoding": "br2" } },
      "HARN-OAU-006",
    ],
    ["invalid_client", { status: 401, json: { error: "invalid_client" } }, "HARN-OAU-012"],
  ] as const)("%s is thrown as it is, also while the token lives", async (_name, reply, code) => {
    answer = () => reply;
    const { cli, storage } = setUp();
    await storage.set("acme", stored());
    advance(2800);
    await expect(cli.token()).rejects.toMatchObject({ code });
    expect(provider.at("/elsewhere")).toHaveLength(0);
    expect(await storage.get("acme")).toEqual(stored());
  });

  test("a caller's timeout ends its wait, not the flight", async () => {
    let release: (() => void) | undefined;
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    answer = () => ({ json: { access_token: fakeToken("at", 2), expires_in: 3600 }, after: held });
    const { cli, storage } = setUp({ timeout: 0.05 });
    await storage.set("acme", stored());
    await expect(cli.refresh()).rejects.toMatchObject({ code: "HARN-OAU-003" });
    const later = setUp({ storage }).cli.refresh();
    release?.();
    expect((await later).access_token).toBe(fakeToken("at", 2));
    expect(posts()).toHaveLength(1);
  });
});

describe("storage", () => {
  function faulty(fails: () => boolean) {
    const map = new Map<string, unknown>();
    const sets: string[] = [];
    return {
      map,
      sets,
      handlers: {
        get: (key: string) => map.get(key) ?? null,
        set: (key: string, set: TokenSet) => {
          sets.push(set.access_token);
          if (fails()) throw new Error("disk on fire");
          map.set(key, set);
        },
        delete: (key: string) => void map.delete(key),
      },
    };
  }

  test("a custom storage sees exactly one set per refresh", async () => {
    const { map, sets, handlers } = faulty(() => false);
    map.set("acme", stored());
    await setUp({ storage: handlers }).cli.refresh();
    expect(sets).toEqual([fakeToken("at", 2)]);
  });

  test("a failed write is tried again while the answer is kept", async () => {
    let failures = 2;
    const { map, sets, handlers } = faulty(() => failures-- > 0);
    map.set("acme", stored());
    expect((await setUp({ storage: handlers }).cli.refresh()).access_token).toBe(fakeToken("at", 2));
    expect(sets).toHaveLength(3);
    expect(posts()).toHaveLength(1);
  });

  test("an answer that could not be stored is not shown, and is stored before the next refresh", async () => {
    let broken = true;
    const { map, handlers } = faulty(() => broken);
    map.set("acme", stored());
    const { cli } = setUp({ storage: handlers });
    await expect(cli.refresh()).rejects.toThrow("disk on fire");
    broken = false;
    expect((await cli.refresh()).access_token).toBe(fakeToken("at", 2));
    expect(posts()).toHaveLength(1);
  });

  test("a storage that keeps no intent: this process remembers what is in doubt", async () => {
    const { map, handlers } = faulty(() => false);
    map.set("acme", stored());
    answer = () => "cut";
    const { cli } = setUp({ storage: handlers, record: strict });
    advance(2800);
    expect(await cli.token()).toBe(fakeToken("at", 1));
    advance(100);
    expect(await cli.token()).toBe(fakeToken("at", 1));
    expect(posts()).toHaveLength(1);
    advance(1000);
    answer = () => ({ json: { access_token: fakeToken("at", 2), expires_in: 3600 } });
    expect(await cli.token()).toBe(fakeToken("at", 2));
    await cli.refresh();
    expect(posts()).toHaveLength(3);
  });

  test("an answer that was kept until its own tokens went stale is stored, and refreshed", async () => {
    let broken = true;
    const { map, sets, handlers } = faulty(() => broken);
    map.set("acme", stored());
    const { cli } = setUp({ storage: handlers });
    answer = (_seen, earlier) => ({
      json: {
        access_token: fakeToken("at", earlier + 2),
        refresh_token: fakeToken("rt", earlier + 2),
        expires_in: 3600,
      },
    });
    await expect(cli.refresh()).rejects.toThrow("disk on fire");
    broken = false;
    advance(7200);
    sets.length = 0;
    expect(await cli.token()).toBe(fakeToken("at", 3));
    expect(sets).toEqual([fakeToken("at", 2), fakeToken("at", 3)]);
    expect(posts().map(({ form }) => form.get("refresh_token"))).toEqual([
      fakeToken("rt", 1),
      fakeToken("rt", 2),
    ]);
    expect(kinds()).toEqual(["token_refreshed", "token_refreshed"]);
  });

  test("a logout revokes the answer that could not be stored", async () => {
    let broken = true;
    const { map, handlers } = faulty(() => broken);
    map.set("acme", stored());
    const { cli } = setUp({ storage: handlers, record: { revoke_url: `${provider.origin}/revoke` } });
    answer = () => ({ json: { access_token: fakeToken("at", 2), refresh_token: fakeToken("rt", 2) } });
    await expect(cli.refresh()).rejects.toThrow("disk on fire");
    broken = false;
    await cli.revoke();
    expect(provider.at("/revoke").map(({ form }) => form.get("token"))).toEqual([
      fakeToken("rt", 2),
      fakeToken("at", 2),
    ]);
    expect(map.size).toBe(0);
  });

  test("a write that was made but reported as failed is no one else's", async () => {
    const { map, handlers } = faulty(() => false);
    map.set("acme", stored());
    let failures = 1;
    const set = (key: string, value: TokenSet): void => {
      map.set(key, value);
      if (failures-- > 0) throw new Error("acknowledgement lost");
    };
    answer = () => ({ json: { access_token: fakeToken("at", 2), refresh_token: fakeToken("rt", 2) } });
    expect((await setUp({ storage: { ...handlers, set } }).cli.refresh()).access_token).toBe(
      fakeToken("at", 2),
    );
    expect(kinds()).toEqual(["token_refreshed"]);
  });

  test("a refusal while others keep changing what is stored is no reason for consent (I4)", async () => {
    const { cli, storage } = setUp();
    await storage.set("acme", stored());
    advance(3700);
    answer = async (_seen, earlier) => {
      const other = {
        access_token: fakeToken("at", 10 + earlier),
        refresh_token: fakeToken("rt", 10 + earlier),
      };
      await storage.set("acme", stored(other));
      return { status: 400, json: { error: "invalid_grant" } };
    };
    await expect(cli.token()).rejects.toMatchObject({ code: "HARN-OAU-003", retryable: true });
    expect(posts()).toHaveLength(2);
  });

  test("a lock that is too old for the request to end within a lease sends nothing", async () => {
    const { map, handlers } = faulty(() => false);
    map.set("acme", stored());
    let reads = 0;
    const get = (key: string): unknown => {
      reads += 1;
      if (reads === 2) advance(21);
      return map.get(key) ?? null;
    };
    const { cli } = setUp({ storage: { ...handlers, get } });
    await expect(cli.refresh()).rejects.toMatchObject({ code: "HARN-OAU-003", retryable: true });
    expect(posts()).toHaveLength(0);
    await cli.refresh();
    expect(posts()).toHaveLength(1);
  });

  test("the intent is written before the request", async () => {
    const { cli, storage } = setUp();
    await storage.set("acme", stored());
    let during: unknown;
    answer = async () => {
      during = (await entryStoreOf(storage, world.ports).read("acme"))?.intent;
      return { json: { access_token: fakeToken("at", 2) } };
    };
    await cli.refresh();
    expect(during).toMatchObject({ started_at_unix: start });
  });

  test("a login during the refresh is not overwritten (I3)", async () => {
    const { cli, storage } = setUp();
    await storage.set("acme", stored());
    const login = stored({ access_token: fakeToken("at", 7), refresh_token: fakeToken("rt", 7) });
    answer = async () => {
      await storage.set("acme", login);
      return { json: { access_token: fakeToken("at", 2), refresh_token: fakeToken("rt", 2) } };
    };
    expect((await cli.refresh()).access_token).toBe(fakeToken("at", 7));
    expect(await storage.get("acme")).toEqual(login);
  });

  test("a logout during the refresh is not undone, and what came is revoked (F66)", async () => {
    const { cli, storage } = setUp({ record: { revoke_url: `${provider.origin}/revoke` } });
    await storage.set("acme", stored());
    answer = async () => {
      await storage.delete("acme");
      return { json: { access_token: fakeToken("at", 2) } };
    };
    await expect(cli.refresh()).rejects.toMatchObject({ code: "HARN-OAU-002" });
    expect(await storage.get("acme")).toBeNull();
    expect(provider.at("/revoke").map(({ form }) => form.get("token"))).toEqual([
      fakeToken("rt", 1),
      fakeToken("at", 2),
    ]);
  });

  test("a revocation that fails changes nothing but the events", async () => {
    const { cli, storage } = setUp({ record: { revoke_url: `${provider.origin}/revoke` } });
    await storage.set("acme", stored());
    answer = async ({ path }) => {
      if (path === "/revoke") return { status: 503 };
      await storage.delete("acme");
      return { json: { access_token: fakeToken("at", 2) } };
    };
    await expect(cli.refresh()).rejects.toMatchObject({ code: "HARN-OAU-002" });
    expect(kinds()).toEqual(["revoke_failed", "refresh_failed"]);
  });
});
