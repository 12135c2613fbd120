import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type ClientHandle, clientModule } from "./client.ts";
import type { ClientOptions } from "./client-options.ts";
import type { OAuthError } from "./errors.ts";
import type { Ports } from "../../runtime/ports.ts";
import { dynamicRegistrationModule } from "./dynamic-registration/index.ts";
import {
  fakeToken,
  scriptedProvider,
  type ScriptedProvider,
  testPorts,
} from "./scripted-provider.test.support.ts";
import { CloudDatabase, type HostCapability, secretHost } from "./storage/host-storage.test.support.ts";
import { type StorageHandle, type StorageModule, storageModule } from "./storage/index.ts";
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

type More = Partial<ClientOptions> & { record?: Record<string, unknown> };

/** A client of a script, on the storage key `acme`. */
function client(at: ScriptedProvider, storage: ClientOptions["storage"], more: More = {}): ClientHandle {
  return clientOver(world.sealed, at, storage, more);
}

function clientOver(
  ports: Ports,
  at: ScriptedProvider,
  storage: ClientOptions["storage"],
  { record, ...options }: More,
): ClientHandle {
  return clientModule(ports).client(
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

/** Every storage that a script can name. What the host keeps has real values and no record, so the embedder states one. */
describe.each(["memory", "file", "custom", "harn_cloud_session", "harn_cloud_org", "secrets"])(
  "in %s",
  (kind) => {
    let folder: string;
    let ports: Ports;
    let cloud: CloudDatabase;
    beforeEach(async () => {
      folder = await mkdtemp(join(tmpdir(), "re-aiming-"));
      cloud = new CloudDatabase();
      const capabilities: Record<string, HostCapability> = {
        oauth_storage: cloud.host(),
        secrets: secretHost(),
      };
      ports = {
        ...world.sealed,
        capability: async (name, operation, params) =>
          await capabilities[name]?.[operation]?.(params as never),
        capabilityInfo: (name) => ({
          id: `${folder} ${name}`,
          offers: (operation) => capabilities[name]?.[operation] !== undefined,
        }),
      };
    });
    afterEach(() => rm(folder, { recursive: true, force: true }));

    const module = (): StorageModule =>
      storageModule(ports, {
        bindings: () => ({ provider: "acme", tokenEndpoint: `${good.origin}/token` }),
      });
    const rows = new Map<string, TokenSet>();
    function store(from: StorageModule = module()): StorageHandle {
      switch (kind) {
        case "file":
          return from.file(join(folder, "tokens.bin"), "a key of enough characters");
        case "secrets":
          return from.secrets({ provider: "acme" });
        case "custom":
          return from.custom({
            get: (key) => rows.get(key) ?? null,
            set: (key, set) => void rows.set(key, set),
            delete: (key) => void rows.delete(key),
          });
        case "harn_cloud_session":
          return from.harn_cloud_session();
        case "harn_cloud_org":
          return from.harn_cloud_org();
        default:
          return from.memory();
      }
    }
    const session = (
      at: ScriptedProvider,
      storage: StorageHandle,
      options: Partial<ClientOptions> = {},
      record = {},
    ) => clientOver(ports, at, storage, { ...options, record });

    test("a login stays with its provider, its token endpoint and its API", async () => {
      const storage = store();
      await login(session(good, storage));
      const before = evil.seen.length;
      for (const [at, options, record] of [
        [evil, {}, {}],
        [evil, {}, { issuer: good.origin, resource_origins: [good.origin] }],
        [good, { resource_origins: [evil.origin] }, {}],
        [good, {}, { resource_origins: [good.origin, evil.origin] }],
        [evil, { storage_key: "acme" }, { id: "other" }],
      ] as const) {
        const cli = session(at, storage, options, record);
        const refused = expect.objectContaining({ code: "HARN-OAU-004" });
        const shown = await cli.token().catch((error: unknown) => (error as OAuthError).code);
        // A capsule names no token endpoint, so a script's own store tells only at the refresh; the origins hold.
        if (kind === "custom" && shown !== "HARN-OAU-004")
          expect(ports.seal.open(shown).binding?.origins).toEqual([good.origin]);
        else expect(shown).toBe("HARN-OAU-004");
        await expect(cli.refresh()).rejects.toEqual(refused);
        await expect(cli.request("GET", `${evil.origin}/me`)).rejects.toEqual(refused);
      }
      expect(evil.seen.length).toBe(before);
      // Its own client goes on.
      expect((await session(good, storage).refresh()).access_token).toMatch(/^hfs1\./);
    });

    test("a registered client is no token for anybody", async () => {
      const storage = store(storageModule(ports));
      const registrations = dynamicRegistrationModule(ports).dynamic_registration_store({ storage });
      const { client_id } = await registrations.register({ redirect_uris: ["http://localhost:7777/cb"] });
      const cli = session(evil, storage, { storage_key: `oauth_dynreg:${client_id}` });
      const refused = expect.objectContaining({ code: "HARN-OAU-004" });
      await expect(cli.token()).rejects.toEqual(refused);
      await expect(cli.request("GET", `${evil.origin}/me`)).rejects.toEqual(refused);
      expect(evil.seen).toEqual([]);
      expect(await registrations.list()).toEqual([client_id]);
    });
  },
);

describe("a sealed set that went through another storage", () => {
  test("is introspected and revoked at its issuer only", async () => {
    const storage = memory();
    await login(client(good, storage));
    const box = memory();
    await box.set("acme", (await storage.get("acme")) as TokenSet);
    const record = {
      resource_origins: [good.origin],
      introspection_url: `${evil.origin}/introspect`,
      revoke_url: `${evil.origin}/revoke`,
    };
    const aimed = client(evil, box, { record });
    await expect(aimed.introspect()).rejects.toMatchObject({ code: "HARN-OAU-004" });
    expect(await aimed.revoke()).toMatchObject({ remote: "failed" });
    expect(evil.seen).toHaveLength(0);
  });
});

describe("the record of a login", () => {
  test("gives its sealed verifier to no client of another token endpoint, whatever its state says", async () => {
    const pkce = await client(good, memory()).start_authorization();
    const aimed = client(evil, memory());
    for (const state of [pkce.state, "another"]) {
      const attempt = aimed.exchange_code({ ...pkce, state }, "code-12345678", state);
      await expect(attempt).rejects.toMatchObject({ code: "HARN-OAU-007" });
    }
    expect(evil.seen).toHaveLength(0);
    // A run that did not begin it, with the same client.
    const later = clientOver({ ...world.sealed }, good, memory(), {});
    expect((await later.exchange_code(pkce, "code-12345678", pkce.state)).access_token).toMatch(/^hfs1\./);
  });
});

describe("the origins of a new login", () => {
  test("are named by the embedder, or are the token endpoint's own", () => {
    const run = { ...world.sealed.run, allowsNet: () => true, entrusts: () => false };
    const make = (resource_origins: readonly string[]) =>
      clientOver({ ...world.sealed, run }, good, memory(), { resource_origins });
    const refused = expect.objectContaining({ code: "HARN-OAU-009" });
    expect(() => make([evil.origin])).toThrow(refused);
    expect(() => make([good.origin, evil.origin])).toThrow(refused);
    expect(() => make([good.origin])).not.toThrow();
  });
});

describe("raw values in a file", () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "raw-values-"));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const raw = { access_token: "brought-by-somebody", token_type: "Bearer" };
  const over = (ports: Ports): StorageHandle =>
    storageModule(ports).file(join(folder, "tokens.bin"), "a key of enough characters");
  /** Another run of the same world. */
  const another = (): Ports => ({ ...world.sealed, run: { ...world.sealed.run } });

  test("are the knowledge of the run that brought them, and bound by its first use", async () => {
    const mine = another();
    await over(mine).set("acme", raw);
    const stranger = another();
    const aim = async (): Promise<unknown> => await clientOver(stranger, evil, over(stranger), {}).token();
    await expect(aim()).rejects.toMatchObject({ code: "HARN-OAU-004" });
    // Not in a storage of its own either.
    const sealed = (await over(stranger).get("acme")) as TokenSet;
    const box = storageModule(stranger).memory();
    await box.set("acme", sealed);
    await expect(clientOver(stranger, evil, box, {}).token()).rejects.toMatchObject({ code: "HARN-OAU-004" });

    await clientOver(mine, good, over(mine), {}).token();
    await expect(clientOver(mine, evil, over(mine), {}).token()).rejects.toMatchObject({
      code: "HARN-OAU-004",
    });
    expect(await clientOver(stranger, good, over(stranger), {}).token()).toMatch(/^hfs1\./);
    await expect(aim()).rejects.toMatchObject({ code: "HARN-OAU-004" });
    expect(evil.seen).toHaveLength(0);
  });

  test("that the embedder brought are no script's", async () => {
    await over(world.ports).set("acme", raw);
    const script = another();
    await expect(clientOver(script, evil, over(script), {}).token()).rejects.toMatchObject({
      code: "HARN-OAU-004",
    });
    expect(await clientOver(world.ports, good, over(world.ports), {}).token()).toBe(raw.access_token);
  });
});
