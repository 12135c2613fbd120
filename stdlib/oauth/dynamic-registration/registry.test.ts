import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type TestPorts, testPorts } from "../scripted-provider.test.support.ts";
import { type CustomHandlers, entryStoreOf, type StorageHandle, storageModule } from "../storage/index.ts";
import type { TokenSet } from "../token-set.ts";
import {
  type ClientInformation,
  type DynamicRegistrationModule,
  dynamicRegistrationModule,
  type RegistrationStore,
} from "./index.ts";
import { hashSecret, isSecretOf } from "./secret-hash.ts";

const good = { redirect_uris: ["https://app.example.com/callback"] };
const at = 1_700_000_000;

let world: TestPorts;
let module: DynamicRegistrationModule;
beforeEach(() => {
  world = testPorts();
  world.testing.clockSet(at * 1000);
  module = dynamicRegistrationModule(world.ports);
});
afterEach(() => world.close());

const coded = (code: string, message = ""): unknown =>
  expect.objectContaining({ code, message: expect.stringContaining(message) });
const secretOf = (client: ClientInformation): string => String(client.client_secret);
const tokenOf = (client: ClientInformation): string => String(client.registration_access_token);

describe("register_client", () => {
  test("answers metadata, defaults, and credentials of 256 bits", async () => {
    const store = module.dynamic_registration_store();
    expect(store).toMatchObject({ kind: "oauth_dynreg_store", id: "dynreg-1" });
    expect(module.dynamic_registration_store().id).toBe("dynreg-2");
    const client = await module.register_client(store, { ...good, client_name: "App", x_own: [1] });
    expect(client).toEqual({
      ...good,
      client_name: "App",
      x_own: [1],
      grant_types: ["authorization_code"],
      response_types: ["code"],
      token_endpoint_auth_method: "client_secret_basic",
      client_id: expect.stringMatching(/^[\w-]{43}$/),
      client_secret: expect.stringMatching(/^[\w-]{43}$/),
      client_id_issued_at: at,
      client_secret_expires_at: 0,
      registration_access_token: expect.stringMatching(/^[\w-]{43}$/),
    });
    expect(new Set([client.client_id, secretOf(client), tokenOf(client)]).size).toBe(3);
  });

  test("get_client answers the same without credentials, and copies", async () => {
    const store = module.dynamic_registration_store();
    const { client_secret, registration_access_token, ...rest } = await store.register(good);
    expect([client_secret, registration_access_token]).not.toContain(undefined);
    const found = await module.get_client(store, rest.client_id);
    expect(found).toEqual(rest);
    const uris = found?.redirect_uris;
    if (Array.isArray(uris)) uris.push("https://evil.example/");
    expect(uris).toHaveLength(2);
    expect(await store.get(rest.client_id)).toEqual(rest);
  });

  test.each(["none", "private_key_jwt"])("mints no secret for %s", async (token_endpoint_auth_method) => {
    const store = module.dynamic_registration_store();
    const client = await store.register({ ...good, token_endpoint_auth_method });
    expect(client).not.toHaveProperty("client_secret");
    expect(client).not.toHaveProperty("client_secret_expires_at");
    expect(client.registration_access_token).toBeDefined();
    for (const guess of ["", "none", "null", "undefined"]) {
      expect(await module.verify_client_secret(store, client.client_id, guess)).toBe(false);
    }
  });

  test("drops what only the server may say", async () => {
    const store = module.dynamic_registration_store();
    const mine = ["my own", "secret"].join(" ");
    const client = await store.register({
      ...good,
      client_id: "chosen by me",
      client_secret: mine,
      client_id_issued_at: 1,
      client_secret_expires_at: 1,
      registration_access_token: mine,
      registration_client_uri: "https://evil.example/",
    });
    expect(client).toMatchObject({ client_id_issued_at: at, client_secret_expires_at: 0 });
    expect(JSON.stringify(client)).not.toMatch(/chosen by me|my own|evil\.example/);
    expect(await store.verify(client.client_id, mine)).toBe(false);
    expect(await store.get("chosen by me")).toBeNull();
    const open = await store.register({ ...good, token_endpoint_auth_method: "none", client_secret: mine });
    expect(JSON.stringify([open, await store.get(open.client_id)])).not.toContain("my own");
  });

  test("stores nothing when the metadata is rejected, and says every reason", async () => {
    const store = module.dynamic_registration_store();
    await expect(store.register({ grant_types: ["password"] })).rejects.toEqual(
      coded(
        "HARN-OAU-005",
        'HARN-OAU-005: redirect_uris is required; HARN-OAU-005: grant_types[0] "password" is not supported',
      ),
    );
    await expect(store.register({}).catch(String)).resolves.toMatch(/^HARN-OAU-005: std\/oauth/);
    expect(await module.list_clients(store)).toEqual([]);
    expect(world.events("oauth.dynreg.audit")).toEqual([]);
  });

  test("list_clients is sorted", async () => {
    const store = module.dynamic_registration_store();
    const clients = [await store.register(good), await store.register(good), await store.register(good)];
    expect(await store.list()).toEqual(clients.map(({ client_id }) => client_id).sort());
  });

  test("names the management endpoint when the store knows it", async () => {
    const registration_url = "https://id.example.com/register/";
    const store = module.dynamic_registration_store({ registration_url });
    const client = await store.register(good);
    expect(client.registration_client_uri).toBe(`https://id.example.com/register/${client.client_id}`);
    expect(await store.get(client.client_id)).toMatchObject({
      registration_client_uri: client.registration_client_uri,
    });
  });
});

test("what is no store", async () => {
  for (const bad of [null, {}, "dynreg-1", { ...module.dynamic_registration_store() }]) {
    const store = bad as RegistrationStore;
    expect(await module.get_client(store, "x")).toBeNull();
    expect(await module.list_clients(store)).toEqual([]);
    const refused = coded("HARN-OAU-011", "not a registration store");
    await expect(module.register_client(store, good)).rejects.toEqual(refused);
    await expect(module.verify_client_secret(store, "x", "y")).rejects.toEqual(refused);
    await expect(module.read_client(store, "x", "y")).rejects.toEqual(refused);
    await expect(module.update_client(store, "x", "y", good)).rejects.toEqual(refused);
    await expect(module.delete_client(store, "x", "y")).rejects.toEqual(refused);
  }
});

test.each([
  [{ storge: null }, 'did you mean "storage"'],
  [{ storage: {} }, "get must be a function"],
  [{ storage_key: "" }, "storage_key"],
  [{ storage_key: "x".repeat(257) }, "storage_key"],
  [{ registration_url: "http://id.example.com/" }, "must use https"],
  [{ registration_url: "https://id.example.com/?a" }, "query"],
  ["text", "options must be an object"],
])("dynamic_registration_store refuses %j", (opts, message) => {
  expect(() => module.dynamic_registration_store(opts as object)).toThrow(coded("HARN-OAU-011", message));
});

describe("verify_client_secret", () => {
  test("knows the secret, and only of its own client", async () => {
    const store = module.dynamic_registration_store();
    const [one, two] = [await store.register(good), await store.register(good)];
    expect(await module.verify_client_secret(store, one.client_id, secretOf(one))).toBe(true);
    expect(await store.verify(two.client_id, secretOf(one))).toBe(false);
    expect(await store.verify(one.client_id, tokenOf(one))).toBe(false);
    for (const wrong of ["", secretOf(one).slice(1), `${secretOf(one)}A`, null, 7, [secretOf(one)]]) {
      expect(await store.verify(one.client_id, wrong as string)).toBe(false);
    }
    for (const id of ["", "unknown", "x".repeat(43), "x".repeat(1_000), "../oauth_dynreg", null, {}]) {
      expect(await store.verify(id as string, secretOf(one))).toBe(false);
      expect(await store.get(id as string)).toBeNull();
    }
  });

  test("the secret is kept only as a salted hash", async () => {
    const storage = storageModule(world.ports).memory();
    const store = module.dynamic_registration_store({ storage });
    const clients = [await store.register(good), await store.register(good)];
    const kept = await Promise.all(
      ["oauth_dynreg", ...clients.map(({ client_id }) => `oauth_dynreg:${client_id}`)].map((key) =>
        entryStoreOf(storage, world.ports).read(key),
      ),
    );
    expect(kept).not.toContain(null);
    const text = inspect([store, kept], { depth: 9, showHidden: true });
    for (const client of clients) {
      for (const secret of [secretOf(client), tokenOf(client)]) {
        for (const encoding of ["utf8", "hex", "base64"] as const) {
          expect(text).not.toContain(Buffer.from(secret).toString(encoding).slice(0, 20));
        }
        expect(text).not.toContain(Buffer.from(secret, "base64url").toString("hex"));
      }
    }
  });

  test("each hash has a salt of its own", () => {
    const hashes = [1, 2].map(() => hashSecret(world.ports.random, "the same"));
    expect(new Set(hashes.map((hash) => hash.split(".", 1)[0])).size).toBe(2);
    expect(new Set(hashes.map((hash) => hash.split(".")[1])).size).toBe(2);
    for (const hash of hashes)
      expect([isSecretOf(hash, "the same"), isSecretOf(hash, "other")]).toEqual([true, false]);
  });

  test("the redactor knows every minted secret", async () => {
    const client = await module.dynamic_registration_store().register(good);
    for (const secret of [secretOf(client), tokenOf(client)]) {
      expect(world.ports.redactor.redact(`it is ${secret}`)).not.toContain(secret);
    }
  });
});

describe("for scripts", () => {
  test("secrets are sealed, and are taken back sealed or raw", async () => {
    const sealed = dynamicRegistrationModule(world.sealed);
    const store = sealed.dynamic_registration_store();
    const client = await store.register(good);
    const { value, binding } = world.sealed.seal.open(secretOf(client), { kind: "client_secret" });
    expect(secretOf(client)).toMatch(/^hfs1\./);
    expect(tokenOf(client)).toMatch(/^hfs1\./);
    expect(binding?.origins).toEqual([]);
    expect(await store.verify(client.client_id, secretOf(client))).toBe(true);
    expect(await store.verify(client.client_id, value)).toBe(true);
    const sealedText = secretOf(client);
    const altered = `${sealedText.slice(0, -9)}${sealedText.at(-9) === "A" ? "B" : "A"}${sealedText.slice(-8)}`;
    expect(await store.verify(client.client_id, altered)).toBe(false);
    expect(await store.read(client.client_id, tokenOf(client))).toMatchObject(good);
    expect(await store.read(client.client_id, secretOf(client))).toBeNull();
  });

  test("another kind of sealed token is not compared", async () => {
    const store = dynamicRegistrationModule(world.sealed).dynamic_registration_store();
    const client = await store.register(good);
    const { value } = world.sealed.seal.open(secretOf(client));
    const as = (kind: "env" | "access_token"): string =>
      world.sealed.seal.conceal(value, { kind, provider: "", issuer: null, key: "K", origins: [] });
    expect(await store.verify(client.client_id, as("env"))).toBe(true);
    expect(await store.verify(client.client_id, as("access_token"))).toBe(false);
  });

  test("a storage of their own sees neither secrets nor hashes", async () => {
    const rows = new Map<string, TokenSet>();
    const storage = storageModule(world.sealed).custom({
      get: (key) => rows.get(key) ?? null,
      set: (key, token_set) => void rows.set(key, token_set),
      delete: (key) => void rows.delete(key),
    });
    const sealed = dynamicRegistrationModule(world.sealed);
    const store = sealed.dynamic_registration_store({ storage });
    const client = await store.register(good);
    expect([...rows.keys()]).toEqual([`oauth_dynreg:${client.client_id}`, "oauth_dynreg"]);
    for (const row of rows.values()) expect(row.access_token).toMatch(/^hfs1\./);
    const again = sealed.dynamic_registration_store({ storage });
    expect(await again.verify(client.client_id, secretOf(client))).toBe(true);
    expect(await again.list()).toEqual([client.client_id]);
    expect(await again.delete(client.client_id, tokenOf(client))).toBe(true);
    expect([...rows.keys()]).toEqual(["oauth_dynreg"]);
  });
});

describe("RFC 7592", () => {
  let store: RegistrationStore;
  let client: ClientInformation;
  beforeEach(async () => {
    store = module.dynamic_registration_store();
    client = await store.register({ ...good, client_name: "Before", contacts: ["ops@example.com"] });
  });

  test("read_client answers to the token alone", async () => {
    expect(await module.read_client(store, client.client_id, tokenOf(client))).toEqual(
      await store.get(client.client_id),
    );
    const other = await store.register(good);
    for (const [id, token] of [
      [client.client_id, tokenOf(other)],
      [client.client_id, secretOf(client)],
      [client.client_id, ""],
      ["unknown", tokenOf(client)],
      [client.client_id, null as unknown as string],
    ] as const) {
      expect(await store.read(id, token)).toBeNull();
      expect(await store.update(id, token, { ...good, client_name: "Evil" })).toBeNull();
      expect(await store.delete(id, token)).toBe(false);
    }
    expect(await store.get(client.client_id)).toMatchObject({ client_name: "Before" });
  });

  test("update_client replaces everything, rotates the token, keeps id, time and secret", async () => {
    world.testing.clockAdvance(5_000);
    const updated = await module.update_client(store, client.client_id, tokenOf(client), {
      redirect_uris: ["https://app.example.com/new"],
      client_id: client.client_id,
      client_secret: secretOf(client),
      client_name: "After",
      scope: null,
    });
    expect(updated).toEqual({
      redirect_uris: ["https://app.example.com/new"],
      client_name: "After",
      grant_types: ["authorization_code"],
      response_types: ["code"],
      token_endpoint_auth_method: "client_secret_basic",
      client_id: client.client_id,
      client_id_issued_at: at,
      client_secret_expires_at: 0,
      registration_access_token: expect.stringMatching(/^[\w-]{43}$/),
    });
    expect(await store.verify(client.client_id, secretOf(client))).toBe(true);
    expect(await store.read(client.client_id, tokenOf(client))).toBeNull();
    const now = tokenOf(updated as ClientInformation);
    expect(await store.read(client.client_id, now)).toMatchObject({ client_name: "After" });
  });

  test.each([
    [{ client_id: "other" }, "client_id must be the client's own"],
    [{ client_secret: "chosen" }, "client_secret must be the client's own"],
    [{ client_id_issued_at: 1 }, "client_id_issued_at must not be in an update"],
    [{ client_secret_expires_at: 0 }, "client_secret_expires_at must not be in an update"],
    [{ registration_access_token: "chosen" }, "registration_access_token must not be in an update"],
    [{ registration_client_uri: "https://a.test" }, "registration_client_uri must not be in an update"],
    [{ redirect_uris: null }, "HARN-OAU-005: redirect_uris is required"],
    [{ scope: 7, client_id: "x" }, "HARN-OAU-005: scope must be a string; HARN-OAU-005: client_id must be"],
  ])("update_client refuses %j and changes nothing", async (more, message) => {
    const before = await store.get(client.client_id);
    await expect(store.update(client.client_id, tokenOf(client), { ...good, ...more })).rejects.toEqual(
      coded("HARN-OAU-005", message),
    );
    expect(await store.read(client.client_id, tokenOf(client))).toEqual(before);
  });

  test("the authentication method decides about the secret", async () => {
    const id = client.client_id;
    const change = async (token: string, token_endpoint_auth_method: string): Promise<ClientInformation> =>
      (await store.update(id, token, { ...good, token_endpoint_auth_method })) as ClientInformation;
    const posted = await change(tokenOf(client), "client_secret_post");
    expect(posted).not.toHaveProperty("client_secret");
    expect(await store.verify(id, secretOf(client))).toBe(true);
    const open = await change(tokenOf(posted), "none");
    expect(open).not.toHaveProperty("client_secret_expires_at");
    expect(await store.verify(id, secretOf(client))).toBe(false);
    const closed = await change(tokenOf(open), "client_secret_basic");
    expect(await store.verify(id, secretOf(closed))).toBe(true);
    expect(await store.verify(id, secretOf(client))).toBe(false);
  });

  test("delete_client ends the client and its token", async () => {
    const kept = await store.register(good);
    expect(await module.delete_client(store, client.client_id, tokenOf(client))).toBe(true);
    expect(await store.get(client.client_id)).toBeNull();
    expect(await store.list()).toEqual([kept.client_id]);
    expect(await store.verify(client.client_id, secretOf(client))).toBe(false);
    expect(await store.read(client.client_id, tokenOf(client))).toBeNull();
    expect(await store.delete(client.client_id, tokenOf(client))).toBe(false);
  });

  test("of two updates with one token one wins", async () => {
    const update = (client_name: string): Promise<ClientInformation | null> =>
      store.update(client.client_id, tokenOf(client), { ...good, client_name });
    const outcomes = await Promise.all([update("one"), update("two"), update("three")]);
    expect(outcomes.map((outcome) => outcome !== null)).toEqual([true, false, false]);
    expect(await store.get(client.client_id)).toMatchObject({ client_name: "one" });
  });
});

test("every change leaves one event, without any value", async () => {
  const store = module.dynamic_registration_store();
  const client = await store.register({ redirect_uris: ["https://a.test/1", "http://127.0.0.1/2"] });
  world.testing.clockAdvance(2_000);
  const updated = (await store.update(client.client_id, tokenOf(client), {
    ...good,
    token_endpoint_auth_method: "none",
  })) as ClientInformation;
  await store.delete(client.client_id, tokenOf(updated));
  const events = world.events("oauth.dynreg.audit");
  const { client_id } = client;
  const redacted = {
    redirect_uri_count: 1,
    grant_types: ["authorization_code"],
    has_client_secret: false,
    token_endpoint_auth_method: "none",
  };
  expect(events.map(({ kind, payload, headers }) => ({ kind, payload, headers }))).toEqual([
    {
      kind: "client_registered",
      payload: {
        client_id,
        issued_at: at,
        redacted: {
          redirect_uri_count: 2,
          grant_types: ["authorization_code"],
          has_client_secret: true,
          token_endpoint_auth_method: "client_secret_basic",
        },
      },
      headers: { dynreg: "true" },
    },
    {
      kind: "client_updated",
      payload: { client_id, updated_at: at + 2, redacted },
      headers: { dynreg: "true" },
    },
    {
      kind: "client_deleted",
      payload: { client_id, deleted_at: at + 2, redacted },
      headers: { dynreg: "true" },
    },
  ]);
  for (const secret of [secretOf(client), tokenOf(client), tokenOf(updated)]) {
    expect(JSON.stringify(events)).not.toContain(secret);
  }
});

describe("in a storage", () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "registration-"));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const handles: readonly (readonly [string, () => () => StorageHandle | CustomHandlers])[] = [
    [
      "memory",
      () => {
        const one = storageModule(world.ports).memory();
        return () => one;
      },
    ],
    [
      "a file",
      () => () => storageModule(world.ports).file(join(folder, "clients.bin"), new Uint8Array(32).fill(3)),
    ],
    [
      "an object with three slow functions",
      () => {
        const rows = new Map<string, unknown>();
        const later = <T>(value: () => T): Promise<T> =>
          new Promise((resolve) => setImmediate(() => resolve(value())));
        const one = {
          get: (key: string) => later(() => rows.get(key) ?? null),
          set: (key: string, value: unknown) => later(() => void rows.set(key, value)),
          delete: (key: string) => later(() => void rows.delete(key)),
        };
        return () => one;
      },
    ],
  ];

  test.each(handles)("%s: parallel changes through several stores lose nothing", async (_, make) => {
    const handle = make();
    const open = (): RegistrationStore => module.dynamic_registration_store({ storage: handle() });
    const clients = await Promise.all(
      Array.from({ length: 12 }, (_, number) => open().register({ ...good, client_name: `App ${number}` })),
    );
    const store = open();
    expect(await store.list()).toEqual(clients.map(({ client_id }) => client_id).sort());
    const gone = clients.slice(0, 4);
    const [more] = await Promise.all([
      open().register(good),
      ...gone.map((client) => open().delete(client.client_id, tokenOf(client))),
    ]);
    expect(await store.list()).toEqual([...clients.slice(4), more].map(({ client_id }) => client_id).sort());
    for (const client of clients.slice(4)) {
      expect(await store.verify(client.client_id, secretOf(client))).toBe(true);
    }
  });

  test("a file shows nothing of it, and outlives the store", async () => {
    const path = join(folder, "clients.bin");
    const open = (key = 3): RegistrationStore =>
      module.dynamic_registration_store({
        storage: storageModule(world.ports).file(path, new Uint8Array(32).fill(key)),
      });
    const client = await open().register({ ...good, client_name: "Hidden Name" });
    expect(await open().get(client.client_id)).toMatchObject({ client_name: "Hidden Name" });
    const bytes = await readFile(path, "latin1");
    for (const text of ["Hidden Name", client.client_id, secretOf(client)]) expect(bytes).not.toContain(text);
    await expect(open(4).get(client.client_id)).rejects.toEqual(coded("HARN-OAU-010"));
  });

  test("stores with keys of their own do not meet, and tokens beside them stay", async () => {
    const storage = storageModule(world.ports).memory();
    await storage.set("github", { access_token: "a token of a login", token_type: "Bearer" });
    const one = module.dynamic_registration_store({ storage, storage_key: "one" });
    const two = module.dynamic_registration_store({ storage, storage_key: "two" });
    const client = await one.register(good);
    expect(await two.get(client.client_id)).toBeNull();
    expect(await two.list()).toEqual([]);
    expect(await storage.get("github")).toMatchObject({ access_token: "a token of a login" });
  });

  test("something else at its place is an error that says so", async () => {
    const storage = storageModule(world.ports).memory();
    const store = module.dynamic_registration_store({ storage });
    const client = await store.register(good);
    const other = await store.register(good);
    const stored = await storage.get(`oauth_dynreg:${other.client_id}`);
    // Another client's registration under this id would make its secret good here.
    await storage.set(`oauth_dynreg:${client.client_id}`, stored as TokenSet);
    await expect(store.verify(client.client_id, secretOf(other))).rejects.toEqual(coded("HARN-OAU-010"));
    await storage.set("oauth_dynreg", { access_token: "x", token_type: "Bearer" });
    const damaged = expect.objectContaining({ code: "HARN-OAU-010", retryable: false });
    await expect(store.list()).rejects.toEqual(damaged);
    await expect(store.register(good)).rejects.toEqual(damaged);
  });

  test("what fails half-way can be done again", async () => {
    const rows = new Map<string, unknown>();
    let failing = "";
    const act = <T>(operation: string, key: string, value: () => T): T => {
      if (failing === `${operation} ${key.includes(":") ? "client" : "list"}`) throw new Error("no disk");
      return value();
    };
    const store = module.dynamic_registration_store({
      storage: {
        get: (key: string) => act("get", key, () => rows.get(key) ?? null),
        set: (key: string, value: unknown) => act("set", key, () => void rows.set(key, value)),
        delete: (key: string) => act("delete", key, () => void rows.delete(key)),
      },
    });
    const client = await store.register(good);
    for (const step of ["set client", "get list", "set list"]) {
      failing = step;
      await expect(store.register(good)).rejects.toThrow("no disk");
      failing = "";
      expect(await store.list()).toEqual([client.client_id]);
    }
    for (const step of ["get list", "set list", "delete client"]) {
      failing = step;
      await expect(store.delete(client.client_id, tokenOf(client))).rejects.toThrow("no disk");
    }
    failing = "";
    expect(await store.delete(client.client_id, tokenOf(client))).toBe(true);
    expect(await store.get(client.client_id)).toBeNull();
    expect(await store.list()).toEqual([]);
  });
});
