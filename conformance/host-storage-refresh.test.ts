/** Refresh over the host's storages, by scripts in real sandboxes against a rotating provider on a real socket. */

import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createRuntime, type Runtime } from "../runtime/index.ts";
import { type OAuthOptions, oauth } from "../stdlib/oauth/index.ts";
import {
  fakeToken,
  scriptedProvider,
  type ScriptedProvider,
} from "../stdlib/oauth/scripted-provider.test.support.ts";
import {
  type Called,
  CloudDatabase,
  type HostCapability,
  recorded,
  secretHost,
} from "../stdlib/oauth/storage/host-storage.test.support.ts";

let provider: ScriptedProvider;
let runtimes: Runtime[];

beforeEach(async () => {
  runtimes = [];
  // Strict: a refresh token that comes twice ends the grant.
  provider = await scriptedProvider(({ form }, earlier) =>
    form.get("refresh_token") === fakeToken("rt", earlier + 1)
      ? {
          json: {
            access_token: fakeToken("at", earlier + 2),
            refresh_token: fakeToken("rt", earlier + 2),
            expires_in: 3_600,
          },
        }
      : { status: 400, json: { error: "invalid_grant" } },
  );
});
afterEach(async () => {
  await Promise.all(runtimes.map((runtime) => runtime.close()));
  await provider.close();
});

const place = JSON.stringify(["org", "acme"]);
const expired = (): object => ({
  access_token: fakeToken("at", 1),
  refresh_token: fakeToken("rt", 1),
  token_type: "Bearer",
  expires_at_unix: 1_700_000_000,
});
const successor = (): object =>
  expect.objectContaining({ access_token: fakeToken("at", 2), refresh_token: fakeToken("rt", 2) });
const stored = (database: CloudDatabase): unknown => JSON.parse(database.rows.get(place) ?? "null");

function database(): CloudDatabase {
  const made = new CloudDatabase();
  made.rows.set(place, JSON.stringify(expired()));
  return made;
}

async function runtimeOver(
  capabilities: Readonly<Record<string, HostCapability>>,
  options: OAuthOptions = { bindings: () => ({ provider: "acme", tokenEndpoint: provider.origin }) },
): Promise<Runtime> {
  const runtime = await createRuntime({ plugins: [oauth(options)], capabilities });
  runtimes.push(runtime);
  return runtime;
}

/** Runs a script with a client `cli` over a storage, and answers what its body returns. */
async function script(runtime: Runtime, body: string, storage = "harn_cloud_org()"): Promise<unknown> {
  const { result } = await runtime.run({
    filename: "pipeline.js",
    source: `
      import { client, current_token, request, token } from "std/oauth/client";
      import { harn_cloud_org, secrets } from "std/oauth/storage";
      export default async function ({ origin }) {
        const record = { id: "acme", auth_url: origin + "/authorize", token_url: origin + "/token" };
        const cli = client(record, { client_id: "c", storage: ${storage} });
        ${body}
      }`,
    args: { origin: provider.origin },
    grants: { net: ["127.0.0.1"], capabilities: ["oauth_storage", "secrets"], reveal: true },
  });
  return result;
}

const hundred =
  "const all = await Promise.all(Array.from({ length: 100 }, () => token(cli))); return [...new Set(all)];";
const operations = (calls: readonly Called[]): string[] => calls.map(({ operation }) => operation);

describe("100 parallel calls on each of two runtimes refresh once", () => {
  test("over one capability object", async () => {
    const shared = database();
    const calls: Called[] = [];
    const oauth_storage = recorded(shared.host(), calls);
    const both = [await runtimeOver({ oauth_storage }), await runtimeOver({ oauth_storage })];
    const tokens = await Promise.all(both.map((runtime) => script(runtime, hundred)));
    expect(tokens).toEqual([[fakeToken("at", 2)], [fakeToken("at", 2)]]);
    expect(provider.at("/token")).toHaveLength(1);
    expect(operations(calls).filter((operation) => operation === "cloud_set")).toHaveLength(1);
    expect(stored(shared)).toEqual(successor());
  });

  test.each([
    ["leases only", {}],
    ["leases that bring the token", { tokenWithLease: true }],
    ["compare-and-set too", { tokenWithLease: true, compareAndSet: true }],
  ])("over two hosts of one database, with %s", async (_, how) => {
    const shared = database();
    const both = [
      await runtimeOver({ oauth_storage: shared.host(how) }),
      await runtimeOver({ oauth_storage: shared.host(how) }),
    ];
    const tokens = await Promise.all(both.map((runtime) => script(runtime, hundred)));
    expect(tokens).toEqual([[fakeToken("at", 2)], [fakeToken("at", 2)]]);
    expect(provider.at("/token")).toHaveLength(1);
    expect(stored(shared)).toEqual(successor());
  });
});

describe("the host is asked for no more than is needed", () => {
  test.each([
    [
      {},
      [
        "cloud_get",
        "cloud_acquire_refresh_lock",
        "cloud_get",
        "cloud_get",
        "cloud_set",
        "cloud_release_refresh_lock",
      ],
    ],
    [
      { tokenWithLease: true, compareAndSet: true },
      ["cloud_get", "cloud_acquire_refresh_lock", "cloud_compare_and_set", "cloud_release_refresh_lock"],
    ],
  ])("with %j", async (how, expected) => {
    const calls: Called[] = [];
    const runtime = await runtimeOver({ oauth_storage: recorded(database().host(how), calls) });
    expect(await script(runtime, "return await token(cli);")).toBe(fakeToken("at", 2));
    expect(operations(calls)).toEqual(expected);
  });
});

describe("the successor is not lost", () => {
  test("when the lease is released late, or its release fails", async () => {
    for (const release of [
      (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 50)),
      (): Promise<void> => Promise.reject(new Error("the lease is gone")),
    ]) {
      const shared = database();
      const before = provider.at("/token").length;
      const row = { ...expired(), refresh_token: fakeToken("rt", before + 1) };
      shared.rows.set(place, JSON.stringify(row));
      const runtime = await runtimeOver({
        oauth_storage: { ...shared.host(), cloud_release_refresh_lock: release },
      });
      const next = fakeToken("at", before + 2);
      expect(await script(runtime, "return await token(cli);")).toBe(next);
      expect(stored(shared)).toMatchObject({ access_token: next });
    }
  });

  test("when the store fails for a while: it is written again, without a second request", async () => {
    const shared = database();
    const good = shared.host();
    let failures = 2;
    const runtime = await runtimeOver({
      oauth_storage: {
        ...good,
        cloud_set: (params) => {
          if (failures-- > 0) throw new Error("db down");
          return good["cloud_set"]?.(params);
        },
      },
    });
    expect(await script(runtime, "return await token(cli);")).toBe(fakeToken("at", 2));
    expect(stored(shared)).toEqual(successor());
    expect(provider.at("/token")).toHaveLength(1);
  });

  test("when the store fails for the whole run: a later run stores it, without a second request", async () => {
    const shared = database();
    const good = shared.host();
    let down = true;
    const runtime = await runtimeOver({
      oauth_storage: {
        ...good,
        cloud_set: (params) => {
          if (down) throw new Error("db down");
          return good["cloud_set"]?.(params);
        },
      },
    });
    await expect(script(runtime, "return await token(cli);")).rejects.toMatchObject({
      code: "HARN-OAU-010",
      retryable: true,
    });
    down = false;
    expect(await script(runtime, "return await token(cli);")).toBe(fakeToken("at", 2));
    expect(stored(shared)).toEqual(successor());
    expect(provider.at("/token")).toHaveLength(1);
  });

  test("when someone logged in meanwhile: theirs stays", async () => {
    const shared = database();
    const good = shared.host();
    const login = {
      access_token: fakeToken("login"),
      refresh_token: fakeToken("other"),
      token_type: "Bearer",
    };
    let reads = 0;
    const runtime = await runtimeOver({
      oauth_storage: {
        ...good,
        cloud_get: (params) => {
          // Before the read that precedes the write.
          if (++reads === 3) shared.rows.set(place, JSON.stringify(login));
          return good["cloud_get"]?.(params);
        },
      },
    });
    expect(await script(runtime, "return await token(cli);")).toBe(fakeToken("login"));
    expect(stored(shared)).toEqual(login);
  });
});

describe("tokens without a record of their login", () => {
  const refused = expect.objectContaining({ code: "HARN-OAU-004" });

  test("are not for a script's own provider", async () => {
    const runtime = await runtimeOver({ oauth_storage: database().host() }, {});
    await expect(script(runtime, "return await token(cli);")).rejects.toEqual(refused);
    expect(provider.seen).toEqual([]);
  });

  test("are for what the embedder says, and nothing else", async () => {
    const asked: unknown[] = [];
    const elsewhere = await runtimeOver(
      { oauth_storage: database().host() },
      {
        bindings: (entry) => {
          asked.push(entry);
          return { provider: "acme", tokenEndpoint: "https://login.acme.test/token" };
        },
      },
    );
    await expect(script(elsewhere, "return await token(cli);")).rejects.toEqual(refused);
    expect(asked[0]).toEqual({ storage: "harn_cloud_org", key: "acme" });
    const other = await runtimeOver(
      { oauth_storage: database().host() },
      { bindings: () => ({ provider: "other", tokenEndpoint: provider.origin }) },
    );
    await expect(script(other, "return await token(cli);")).rejects.toEqual(refused);
    expect(provider.seen).toEqual([]);
  });

  test("a script cannot put other tokens under a key that the embedder bound", async () => {
    const shared = database();
    const runtime = await createRuntime({
      plugins: [oauth({ bindings: () => ({ provider: "bank", tokenEndpoint: "https://bank.test" }) })],
      capabilities: { oauth_storage: shared.host() },
    });
    runtimes.push(runtime);
    const { result } = await runtime.run({
      filename: "pipeline.js",
      source: `
        import { client, current_token, refresh } from "std/oauth/client";
        import { harn_cloud_org, memory } from "std/oauth/storage";
        export default async function ({ origin, set }) {
          const own = memory();
          const record = { id: "acme", auth_url: origin + "/authorize", token_url: origin + "/token" };
          await own.set("acme", set);
          const sealed = await refresh(client(record, { client_id: "c", storage: own }));
          return await harn_cloud_org().set("acme", sealed).catch((error) => error.code);
        }`,
      args: { origin: provider.origin, set: expired() },
      grants: { net: ["127.0.0.1"], capabilities: ["oauth_storage"] },
    });
    expect(result).toBe("HARN-OAU-004");
    expect(stored(shared)).toEqual(expired());
  });

  test("in secrets too; a refresh keeps what else the secret holds", async () => {
    const rows = new Map([["acme/oauth-token", JSON.stringify({ ...expired(), client_id: "kept" })]]);
    const runtime = await runtimeOver({ secrets: secretHost(rows) });
    const storage = 'secrets({ provider: "acme" })';
    expect(await script(runtime, "return await token(cli);", storage)).toBe(fakeToken("at", 2));
    expect(JSON.parse(rows.get("acme/oauth-token") ?? "")).toMatchObject({
      client_id: "kept",
      access_token: fakeToken("at", 2),
      refresh_token: fakeToken("rt", 2),
    });
    const unstated = await runtimeOver({ secrets: secretHost(rows) }, {});
    await expect(script(unstated, "return await token(cli);", storage)).rejects.toEqual(refused);
  });
});

test("a run without the grant is HARN-OAU-009", async () => {
  const runtime = await runtimeOver({ oauth_storage: database().host() });
  const run = runtime.run({
    filename: "pipeline.js",
    source: `
      import { storage } from "std/oauth/storage";
      export default async () => await storage().harn_cloud_session.get("acme");`,
  });
  await expect(run).rejects.toMatchObject({ code: "HARN-OAU-009" });
});
