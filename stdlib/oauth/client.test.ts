import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Ports } from "../../runtime/ports.ts";
import { type ClientHandle, clientModule } from "./client.ts";
import type { ClientOptions } from "./client-options.ts";
import { codeChallenge } from "./pkce.ts";
import {
  fakeToken,
  type Reply,
  scriptedProvider,
  type ScriptedProvider,
  type Seen,
  testPorts,
} from "./scripted-provider.test.support.ts";
import { entryStoreOf, type StorageHandle, storageModule } from "./storage/index.ts";

const start = 1_700_000_000;
let provider: ScriptedProvider;
let answer: (seen: Seen, earlier: number) => Reply | Promise<Reply>;
let world: ReturnType<typeof testPorts>;

beforeEach(async () => {
  answer = () => ({
    json: {
      access_token: fakeToken("at"),
      refresh_token: fakeToken("rt"),
      expires_in: 3600,
      token_type: "bearer",
    },
  });
  provider = await scriptedProvider((seen, earlier) => answer(seen, earlier));
  world = testPorts((url) => !url.includes("forbidden"));
  world.testing.clockSet(start * 1000);
});
afterEach(async () => {
  await world.close();
  await provider.close();
});

function make(
  options: Partial<ClientOptions> & { record?: Record<string, unknown>; ports?: Ports } = {},
): ClientHandle {
  const { record, ports = world.ports, ...more } = options;
  return clientModule(ports).client(
    {
      id: "acme",
      auth_url: `${provider.origin}/authorize`,
      token_url: `${provider.origin}/token`,
      ...record,
    },
    {
      client_id: "c 1",
      storage: storageModule(ports).memory(),
      redirect_uri: "http://127.0.0.1/cb",
      scopes: ["a", " ", "b"],
      ...more,
    },
  );
}
const posts = (): Seen[] => provider.at("/token");

describe("client", () => {
  test("the handle shows no secret, and survives the functions", async () => {
    const module = clientModule(world.ports);
    const cli = module.client(
      { auth_url: `${provider.origin}/authorize?x=1`, token_url: `${provider.origin}/token?y=1` },
      { client_id: "c1", client_secret: "s3cret-value", storage: storageModule(world.ports).memory() },
    );
    expect(JSON.stringify(cli)).toBe(
      JSON.stringify({
        _namespace: "oauth_client",
        provider_id: "custom",
        storage_key: "access-token",
        scopes: [],
        redirect_uri: null,
        token_auth_method: "client_secret_post",
        token_endpoint: `${provider.origin}/token`,
        auth_endpoint: `${provider.origin}/authorize`,
      }),
    );
    await expect(module.token(cli)).rejects.toMatchObject({ code: "HARN-OAU-002" });
    await expect(module.token({ ...cli })).rejects.toMatchObject({ code: "HARN-OAU-011" });
  });

  test.each([
    ["unknown option", { redirect_url: "x" }, "redirect_uri"],
    ["method", { token_auth_method: "tls_client_auth" }, "token_auth_method"],
    ["client_id", { client_id: "" }, "client_id"],
    ["storage", { storage: "memory" }, "storage must be"],
    ["scopes", { scopes: "a b" }, "scopes"],
    ["timeout", { timeout: 0 }, "timeout"],
    ["resource", { resource: "not a uri" }, "resource"],
    ["origin with a path", { resource_origins: ["https://api.example/v1"] }, "resource_origins"],
    ["plain http", { record: { token_url: "http://id.example/token" } }, "https"],
  ] as const)("refuses %s", (_name, options, word) => {
    expect(() => make(options as never)).toThrow(
      expect.objectContaining({ code: "HARN-OAU-011", message: expect.stringContaining(word) }),
    );
  });

  test("a script names only origins that its run was granted", () => {
    const options = { resource_origins: ["https://forbidden.example"], ports: world.sealed };
    expect(() => make(options)).toThrow(expect.objectContaining({ code: "HARN-OAU-009" }));
    expect(() => make({ ...options, ports: world.ports })).not.toThrow();
  });

  test("an account has its own key", () => {
    expect(make({ account: "me@x" }).storage_key).toBe("acme:me@x");
    expect(make({ storage_key: "k", account: "me@x" }).storage_key).toBe("k:me@x");
  });
});

describe("start_authorization", () => {
  test("the parameters and their order", async () => {
    const cli = make({
      audience: "aud",
      resource: ["https://r.example/1", "https://r.example/2"],
      extra_auth_params: { prompt: "none" },
      record: { auth_params: { access_type: "offline", prompt: "consent" }, scope_separator: "," },
    });
    const pkce = await cli.start_authorization();
    const url = new URL(pkce.url);
    expect([...url.searchParams]).toEqual([
      ["response_type", "code"],
      ["client_id", "c 1"],
      ["redirect_uri", "http://127.0.0.1/cb"],
      ["state", pkce.state],
      ["code_challenge", pkce.code_challenge],
      ["code_challenge_method", "S256"],
      ["scope", "a,b"],
      ["resource", "https://r.example/1"],
      ["resource", "https://r.example/2"],
      ["audience", "aud"],
      ["access_type", "offline"],
      ["prompt", "none"],
    ]);
    expect(pkce.url).toContain("client_id=c%201");
    expect(codeChallenge(pkce.code_verifier)).toBe(pkce.code_challenge);
    expect(pkce).toMatchObject({ redirect_uri: "http://127.0.0.1/cb", issued_at_unix: start, issuer: null });
    expect(provider.seen).toHaveLength(0);
  });

  test("A24: a query in auth_url is kept, but not with reserved names", async () => {
    const kept = await make({ record: { auth_url: `${provider.origin}/a?tenant=1` } }).start_authorization();
    expect(kept.url).toContain("/a?tenant=1&response_type=code");
    const bare = await make({ record: { auth_url: `${provider.origin}/a?` } }).start_authorization();
    expect(bare.url).toContain("/a?response_type=code");
    const doubled = make({ record: { auth_url: `${provider.origin}/a?state=x` } });
    await expect(doubled.start_authorization()).rejects.toMatchObject({ code: "HARN-OAU-011" });
  });

  test.each([
    "response_type",
    "request_uri",
    "code_challenge",
    "State",
    "redirect_uri",
    "client_id",
    "scope",
    "redirect_uri[]",
    "redirect_uri[0]",
    "redirect.uri",
    " redirect uri",
    "redirect_uri\u0000",
    "client-id",
  ])("A25: extra_auth_params may not hold %s", async (name) => {
    await expect(make({ extra_auth_params: { [name]: "x" } }).start_authorization()).rejects.toMatchObject({
      code: "HARN-OAU-011",
    });
  });

  test.each(["javascript:alert(1)", "file:///etc/passwd", "https://user@id.example/a"])(
    "A26: %s",
    async (auth_url) => {
      await expect(make({ record: { auth_url } }).start_authorization()).rejects.toMatchObject({
        code: "HARN-OAU-011",
      });
    },
  );

  test("parameters that only begin or end like a reserved name are free", async () => {
    const extra_auth_params = { state_hint: "a", my_scope: "b", resources: "c", prompt: "d" };
    const { url } = await make({ extra_auth_params }).start_authorization();
    expect(url).toContain("&state_hint=a&my_scope=b&resources=c&prompt=d");
  });

  test("A27: a quote in auth_url does not reach an opener", async () => {
    const { url } = await make({ record: { auth_url: `${provider.origin}/a'b"c` } }).start_authorization();
    expect(url).toContain("/a%27b%22c?");
  });

  test.each([
    ["http://app.example.com/cb", false],
    ["http://127.0.0.1.evil.example/cb", false],
    ["javascript:alert(1)", false],
    ["data:text/html,x", false],
    ["https://app.example.com/cb#x", false],
    ["https://app.example.com/cb", true],
    ["http://localhost:1234/cb", true],
    ["http://[::1]/cb", true],
    ["com.example.app:/cb", true],
    ["urn:ietf:wg:oauth:2.0:oob", true],
  ])("A75: redirect_uri %s: %s", (redirect_uri, good) => {
    const made = () => make({ redirect_uri });
    if (good) expect(made()).toMatchObject({ redirect_uri });
    else expect(made).toThrow(expect.objectContaining({ code: "HARN-OAU-011" }));
  });

  test("the function needs a redirect_uri, the method leaves it out", async () => {
    const module = clientModule(world.ports);
    const cli = module.client(
      { auth_url: `${provider.origin}/a`, token_url: `${provider.origin}/token` },
      { client_id: "c1", storage: storageModule(world.ports).memory() },
    );
    await expect(module.start_authorization(cli)).rejects.toMatchObject({ code: "HARN-OAU-011" });
    expect((await cli.start_authorization()).url).not.toContain("redirect_uri");
  });
});

describe("exchange_code", () => {
  test("stores, shows and records what was granted", async () => {
    const storage = storageModule(world.ports).memory();
    const cli = make({
      storage,
      client_secret: "s%1",
      token_auth_method: "client_secret_basic",
      resource: "https://r.example/",
    });
    const pkce = await cli.start_authorization();
    const set = await cli.exchange_code(pkce, "code-1", pkce.state);
    expect(set).toEqual({
      access_token: fakeToken("at"),
      token_type: "bearer",
      issued_at_unix: start,
      expires_in: 3600,
      expires_at_unix: start + 3600,
      refresh_token: fakeToken("rt"),
      scopes: ["a", "b"],
    });
    expect(await storage.get("acme")).toEqual(set);
    const [post] = posts();
    expect(post?.headers["content-type"]).toBe("application/x-www-form-urlencoded");
    expect(Buffer.from(post?.headers.authorization?.slice(6) ?? "", "base64").toString()).toBe("c%201:s%251");
    expect(Object.fromEntries(post?.form ?? [])).toEqual({
      grant_type: "authorization_code",
      code: "code-1",
      redirect_uri: "http://127.0.0.1/cb",
      code_verifier: pkce.code_verifier,
      resource: "https://r.example/",
      client_id: "c 1",
    });
    expect(world.events("oauth.client.audit")).toMatchObject([
      {
        kind: "token_exchanged",
        payload: { provider: "acme", storage_key: "acme", next: { scopes: ["a", "b"] } },
      },
    ]);
    expect((await entryStoreOf(storage, world.ports).read("acme"))?.binding).toEqual({
      provider: "acme",
      issuer: provider.origin,
      token_origin: provider.origin,
      resource_origins: [provider.origin],
    });
  });

  test("a wrong state is refused before any request and leaves the attempt open (A2)", async () => {
    const cli = make();
    const pkce = await cli.start_authorization();
    for (const state of ["other", "", `${pkce.state}x`, null as never]) {
      await expect(cli.exchange_code(pkce, "code-12345678", state)).rejects.toMatchObject({
        code: "HARN-OAU-007",
        message: expect.stringContaining("state mismatch"),
      });
    }
    expect(posts()).toHaveLength(0);
    await cli.exchange_code(pkce, "code-12345678", pkce.state);
    expect(world.events().map(({ kind }) => kind)).toEqual([
      ...Array(4).fill("exchange_failed"),
      "token_exchanged",
    ]);
  });

  test("an attempt is used once, also by two calls at a time", async () => {
    const cli = make();
    const pkce = await cli.start_authorization();
    const both = await Promise.allSettled(
      [1, 2].map(() => cli.exchange_code(pkce, "code-12345678", pkce.state)),
    );
    expect(both.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
    await expect(cli.exchange_code(pkce, "code-12345678", pkce.state)).rejects.toMatchObject({
      code: "HARN-OAU-007",
    });
    expect(posts()).toHaveLength(1);
  });

  test("an attempt ends after ten minutes", async () => {
    const cli = make();
    const pkce = await cli.start_authorization();
    world.testing.clockAdvance(600_000);
    await expect(cli.exchange_code(pkce, "code-12345678", pkce.state)).rejects.toMatchObject({
      code: "HARN-OAU-007",
      message: expect.stringContaining("expired"),
    });
  });

  test("after a restart the record speaks for itself, once, and only to its own client", async () => {
    const before = make({ ports: world.sealed });
    const pkce = await before.start_authorization();
    expect(pkce.code_verifier).toMatch(/^hfs1\./);
    const after = make({ ports: world.sealed });
    const foreign = make({ ports: world.sealed, storage_key: "other" });
    await expect(foreign.exchange_code(pkce, "code-12345678", pkce.state)).rejects.toMatchObject({
      code: "HARN-OAU-007",
    });
    await after.exchange_code(pkce, "code-12345678", pkce.state);
    expect(codeChallenge(posts()[0]?.form.get("code_verifier") ?? "")).toBe(pkce.code_challenge);
    await expect(after.exchange_code(pkce, "code-12345678", pkce.state)).rejects.toMatchObject({
      code: "HARN-OAU-007",
    });
  });

  test("another client's attempt is refused (mix-up)", async () => {
    const module = clientModule(world.ports);
    const storage = storageModule(world.ports).memory();
    const [one, two] = ["one", "two"].map((id) =>
      module.client(
        { id, auth_url: `${provider.origin}/${id}`, token_url: `${provider.origin}/token` },
        { client_id: "c", storage, redirect_uri: "http://127.0.0.1/cb" },
      ),
    ) as [ClientHandle, ClientHandle];
    const pkce = await one.start_authorization();
    await expect(two.exchange_code(pkce, "code-12345678", pkce.state)).rejects.toMatchObject({
      code: "HARN-OAU-007",
    });
  });

  test.each([
    ["invalid_grant on a code", { status: 400, json: { error: "invalid_grant" } }, "HARN-OAU-012"],
    ["access_denied", { status: 400, json: { error: "access_denied" } }, "HARN-OAU-008"],
    ["503", { status: 503, body: "<h1>down</h1>" }, "HARN-OAU-003"],
    ["no token", { json: { token: "x" } }, "HARN-OAU-006"],
  ] as const)("%s: %s", async (_name, reply, code) => {
    answer = () => reply;
    const storage = storageModule(world.ports).memory();
    const cli = make({ storage });
    const pkce = await cli.start_authorization();
    await expect(cli.exchange_code(pkce, "code-12345678", pkce.state)).rejects.toMatchObject({ code });
    expect(await storage.get("acme")).toBeNull();
    expect(world.events().at(-1)).toMatchObject({ kind: "exchange_failed", payload: { code } });
  });

  test("E5: an echoed code or verifier is not shown", async () => {
    answer = ({ form }) => ({
      status: 400,
      json: {
        error: "invalid_request",
        error_description: `bad ${form.get("code")} ${form.get("code_verifier")}`,
      },
    });
    const cli = make();
    const pkce = await cli.start_authorization();
    const error = await cli
      .exchange_code(pkce, "code-abcdefgh", pkce.state)
      .catch((thrown: unknown) => thrown);
    const text = JSON.stringify(error) + String(error) + JSON.stringify(world.events());
    expect(text).not.toContain("code-abcdefgh");
    expect(text).not.toContain(pkce.code_verifier);
  });

  test("a secret sealed for one origin does not go to another", async () => {
    const secret = world.sealed.seal.conceal("s3cret-value", {
      kind: "env",
      provider: "",
      issuer: null,
      key: "SECRET",
      origins: ["https://id.example"],
    });
    const cli = make({ ports: world.sealed, client_secret: secret });
    const pkce = await cli.start_authorization();
    await expect(cli.exchange_code(pkce, "code-12345678", pkce.state)).rejects.toMatchObject({
      code: "HARN-OAU-004",
    });
    expect(posts()).toHaveLength(0);
  });
});

describe("exchange_callback", () => {
  const record = { issuer: "https://id.example", iss_parameter: true };

  test("takes the redirect", async () => {
    const cli = make({ record });
    const pkce = await cli.start_authorization();
    expect(pkce.issuer).toBe("https://id.example");
    const url = `http://127.0.0.1/cb?code=c1&state=${pkce.state}&iss=https://id.example`;
    expect((await cli.exchange_callback(pkce, url)).access_token).toBe(fakeToken("at"));
    await expect(cli.exchange_callback(pkce, url)).rejects.toMatchObject({ code: "HARN-OAU-007" });
  });

  test("an answer that is not this attempt's leaves it open; the provider's own no ends it", async () => {
    const cli = make({ record });
    const pkce = await cli.start_authorization();
    const foreign = `http://127.0.0.1/cb?error=access_denied&error_description=evil&state=${pkce.state}&iss=https://evil.example`;
    const refused = await cli.exchange_callback(pkce, foreign).catch((thrown: unknown) => thrown);
    expect(refused).toMatchObject({ code: "HARN-OAU-007" });
    expect(JSON.stringify(refused)).not.toContain("evil");
    const denied = foreign.replace("evil.example", "id.example");
    await expect(cli.exchange_callback(pkce, denied)).rejects.toMatchObject({
      code: "HARN-OAU-008",
      details: { error: "access_denied" },
    });
    expect(posts()).toHaveLength(0);
  });
});

describe("without reveal", () => {
  test("no token crosses in the clear, and capsules carry their destinations", async () => {
    const storage = storageModule(world.sealed).memory();
    const cli = make({ ports: world.sealed, storage });
    const pkce = await cli.start_authorization();
    const set = await cli.exchange_code(pkce, "code-12345678", pkce.state);
    const shown = [
      set,
      await cli.current_token(),
      await cli.refresh(),
      await cli.token(),
      await storage.get("acme"),
    ];
    expect(JSON.stringify(shown)).not.toContain("tok-");
    const { binding } = world.sealed.seal.open(set.access_token);
    expect(binding).toEqual({
      kind: "access_token",
      provider: "acme",
      issuer: provider.origin,
      key: "acme",
      origins: [provider.origin],
    });
    expect(world.sealed.seal.open(set.refresh_token ?? "").binding?.origins).toEqual([]);
  });

  test("a script's own storage holds capsules, and refresh works from there", async () => {
    const map = new Map<string, unknown>();
    const storage = {
      get: (key: string) => map.get(key) ?? null,
      set: (key: string, set: unknown) => void map.set(key, set),
      delete: (key: string) => void map.delete(key),
    };
    const cli = make({ ports: world.sealed, storage });
    const pkce = await cli.start_authorization();
    await cli.exchange_code(pkce, "code-12345678", pkce.state);
    expect(JSON.stringify([...map])).not.toContain("tok-");
    await cli.refresh();
    expect(posts()[1]?.form.get("refresh_token")).toBe(fakeToken("rt"));

    const evil = await scriptedProvider(() => ({ json: { access_token: "x" } }));
    try {
      const aimed = make({
        ports: world.sealed,
        storage,
        record: { token_url: `${evil.origin}/token` },
        resource_origins: [provider.origin],
      });
      await expect(aimed.refresh()).rejects.toMatchObject({ code: "HARN-OAU-004" });
      expect(evil.seen).toHaveLength(0);
    } finally {
      await evil.close();
    }
  });

  test("a stored token is not re-aimed by another client on its key", async () => {
    const evil = await scriptedProvider(() => ({ json: { access_token: "x" } }));
    try {
      const storage: StorageHandle = storageModule(world.sealed).memory();
      const cli = make({ ports: world.sealed, storage });
      const pkce = await cli.start_authorization();
      await cli.exchange_code(pkce, "code-12345678", pkce.state);
      const aimed: ClientHandle[] = [
        make({ ports: world.sealed, storage, record: { token_url: `${evil.origin}/token` } }),
        make({ ports: world.sealed, storage, resource_origins: [evil.origin] }),
        make({ ports: world.sealed, storage, record: { id: "other" }, storage_key: "acme" }),
      ];
      for (const client of aimed) {
        for (const call of [
          client.token(),
          client.refresh(),
          client.current_token(),
          client.request("GET", evil.origin),
        ]) {
          await expect(call).rejects.toMatchObject({ code: "HARN-OAU-004" });
        }
      }
      expect(evil.seen).toHaveLength(0);
      expect(posts()).toHaveLength(1);
      expect(world.events().map(({ kind }) => kind)).toContain("destination_refused");
    } finally {
      await evil.close();
    }
  });
});
