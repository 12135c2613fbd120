import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type ClientHandle, clientModule } from "./client.ts";
import type { ClientOptions } from "./client-options.ts";
import {
  fakeToken,
  scriptedProvider,
  type ScriptedProvider,
  testPorts,
} from "./scripted-provider.test.support.ts";
import { type StorageHandle, storageModule } from "./storage/index.ts";
import type { TokenSet } from "./token-set.ts";

/** Two providers that a script may reach; it may not carry tokens from one to the other. */
let good: ScriptedProvider;
let evil: ScriptedProvider;
let world: ReturnType<typeof testPorts>;
let memory: () => StorageHandle;

function granting(name: string): Promise<ScriptedProvider> {
  return scriptedProvider((_seen, earlier) => ({
    json: {
      access_token: fakeToken(`${name}-at`, earlier + 1),
      refresh_token: fakeToken(`${name}-rt`, earlier + 1),
      token_type: "Bearer",
      expires_in: 3600,
    },
  }));
}

beforeEach(async () => {
  good = await granting("good");
  evil = await granting("evil");
  world = testPorts();
  memory = () => storageModule(world.sealed).memory();
});
afterEach(async () => {
  await world.close();
  await good.close();
  await evil.close();
});

/** A client of a script, on the storage key `acme`. */
function client(
  at: ScriptedProvider,
  storage: ClientOptions["storage"],
  more: Partial<ClientOptions> & { record?: Record<string, unknown> } = {},
): ClientHandle {
  const { record, ...options } = more;
  return clientModule(world.sealed).client(
    {
      id: "acme",
      auth_url: `${at.origin}/authorize`,
      token_url: `${at.origin}/token`,
      resource_origins: [at.origin],
      ...record,
    },
    { client_id: "c1", storage, redirect_uri: "http://127.0.0.1/cb", ...options },
  );
}

async function login(cli: ClientHandle): Promise<TokenSet> {
  const pkce = await cli.start_authorization();
  return await cli.exchange_code(pkce, "code-12345678", pkce.state);
}

const evilGot = (): string => JSON.stringify(evil.seen.map(({ text, headers }) => [text, headers]));

describe("the issuer that a script states", () => {
  test("does not say where a refresh token may go, when a sealed set is stored again", async () => {
    const storage = memory();
    await login(client(good, storage, { issuer: evil.origin }));
    const sealed = (await storage.get("acme")) as TokenSet;
    await storage.delete("acme");
    await storage.set("acme", sealed);
    const aimed = client(evil, storage, { record: { resource_origins: [good.origin] } });
    await expect(aimed.refresh()).rejects.toMatchObject({ code: "HARN-OAU-004" });
    expect(evil.seen).toHaveLength(0);
  });

  test("nor when the storage is the script's own", async () => {
    const map = new Map<string, unknown>();
    const storage = {
      get: (key: string) => map.get(key) ?? null,
      set: (key: string, set: unknown) => void map.set(key, set),
      delete: (key: string) => void map.delete(key),
    };
    await login(client(good, storage, { issuer: evil.origin }));
    const aimed = client(evil, storage, { record: { resource_origins: [good.origin] } });
    await expect(aimed.refresh()).rejects.toMatchObject({ code: "HARN-OAU-004" });
    expect(evil.seen).toHaveLength(0);
  });

  test("does not make sealed tokens of two providers pass for one login", async () => {
    const mine = memory();
    const theirs = memory();
    await login(client(good, theirs));
    await login(client(evil, mine, { issuer: good.origin }));
    const goodSet = (await theirs.get("acme")) as TokenSet;
    const evilSet = (await mine.get("acme")) as TokenSet;
    // Renewed at the good provider, the new access token would go wherever the evil one may.
    await expect(
      memory().set("acme", { ...goodSet, access_token: evilSet.access_token }),
    ).rejects.toMatchObject({ code: "HARN-OAU-004" });
    expect(evilGot()).not.toContain("good-");
  });
});

describe("revocation", () => {
  test("a vendor's call carries a sealed secret only where it may go, whatever the token_auth_method", async () => {
    const secret = ["s3cret", "value", "12345"].join("-");
    const sealed = world.sealed.seal.conceal(secret, {
      kind: "env",
      provider: "",
      issuer: null,
      key: "CLIENT_SECRET",
      origins: [good.origin],
    });
    const storage = memory();
    await storage.set("acme", { access_token: "the-scripts-own", token_type: "Bearer" });
    const cli = client(evil, storage, {
      client_secret: sealed,
      token_auth_method: "none",
      record: {
        revoke_url: `${evil.origin}/revoke`,
        revocation: {
          kind: "vendor",
          method: "POST",
          auth: "basic",
          token_member: null,
          headers: {},
          ok_member: null,
        },
      },
    });
    expect(await cli.revoke()).toMatchObject({ remote: "failed" });
    expect(evil.seen).toHaveLength(0);
  });

  test("a refresh token does not go where only the access token may", async () => {
    const storage = memory();
    const record = { resource_origins: [good.origin, evil.origin] };
    await login(client(good, storage, { record }));
    const cli = client(good, storage, { record: { ...record, revoke_url: `${evil.origin}/revoke` } });
    expect(await cli.revoke()).toMatchObject({ local: true, remote: "failed" });
    expect(evil.seen).toHaveLength(0);
  });
});
