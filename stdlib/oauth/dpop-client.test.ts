/** A client with `dpop: true` against servers that check every proof. */

import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Ports } from "../../runtime/ports.ts";
import { ProofChecker, proofKey } from "../../scripts/peers/dpop-check.ts";
import { type ClientHandle, clientModule } from "./client.ts";
import type { ClientOptions } from "./client-options.ts";
import { deviceFlowModule } from "./device-flow.ts";
import {
  fakeToken,
  type Reply,
  scriptedProvider,
  type ScriptedProvider,
  type Seen,
  testPorts,
} from "./scripted-provider.test.support.ts";
import { type StorageHandle, storageModule } from "./storage/index.ts";
import type { TokenSet } from "./token-set.ts";

const start = 1_700_000_000;
let provider: ScriptedProvider;
let resource: ScriptedProvider;
let world: ReturnType<typeof testPorts>;
/** What the servers do beyond checking proofs; null: the usual. */
let tokens: (seen: Seen, earlier: number) => Reply | null;
let api: (seen: Seen, earlier: number) => Reply | null;
let checker: ProofChecker;
/** The first thing that a server found wrong with a proof. */
let faults: string[];

const granted = (number: number, more: Record<string, unknown> = {}): Reply => ({
  json: {
    access_token: fakeToken("at", number),
    refresh_token: fakeToken("rt", number),
    expires_in: 3600,
    token_type: "DPoP",
    ...more,
  },
});
const nonceWanted = (nonce: string): Reply => ({
  status: 400,
  json: { error: "use_dpop_nonce" },
  headers: { "dpop-nonce": nonce },
});
const nonceChallenge = (nonce: string): Reply => ({
  status: 401,
  headers: { "dpop-nonce": nonce, "www-authenticate": 'DPoP error="use_dpop_nonce"' },
});

async function checked(seen: Seen, origin: () => string, access_token?: string): Promise<void> {
  const expected = { method: seen.method, url: origin() + seen.path, access_token };
  const fault = await checker.fault(seen.headers["dpop"], expected);
  if (fault !== null) faults.push(`${seen.path}: ${fault}`);
}

beforeEach(async () => {
  tokens = () => null;
  api = () => null;
  checker = new ProofChecker();
  faults = [];
  provider = await scriptedProvider(async (seen, earlier) => {
    if (seen.path === "/device") {
      return {
        json: {
          device_code: fakeToken("dc"),
          user_code: "AB",
          verification_uri: "https://id.example/d",
          expires_in: 60,
        },
      };
    }
    if (seen.path !== "/token") return { json: {} };
    await checked(seen, () => provider.origin);
    return tokens(seen, earlier) ?? granted(earlier + 1);
  });
  resource = await scriptedProvider(async (seen, earlier) => {
    const [scheme, token] = (seen.headers.authorization ?? "").split(" ");
    if (scheme === "DPoP") await checked(seen, () => resource.origin, token);
    return api(seen, earlier) ?? { json: { ok: true } };
  });
  world = testPorts();
  world.testing.clockSet(start * 1000);
});
afterEach(async () => {
  await world.close();
  await provider.close();
  await resource.close();
});

function make(
  more: Partial<ClientOptions> & { ports?: Ports; record?: Record<string, unknown> } = {},
): ClientHandle {
  const { ports = world.ports, record, ...options } = more;
  return clientModule(ports).client(
    {
      id: "acme",
      auth_url: `${provider.origin}/authorize`,
      token_url: `${provider.origin}/token`,
      ...record,
    },
    {
      client_id: "app",
      redirect_uri: "http://127.0.0.1/cb",
      storage: storageModule(ports).memory(),
      resource_origins: [resource.origin, provider.origin],
      dpop: true,
      ...options,
    },
  );
}

async function login(cli: ClientHandle): Promise<{ set: TokenSet; jkt: string | null }> {
  const pkce = await cli.start_authorization();
  const set = await cli.exchange_code(pkce, "code", pkce.state);
  return { set, jkt: new URL(pkce.url).searchParams.get("dpop_jkt") };
}
const at = (path: string): string => `${resource.origin}${path}`;
const keys = async (seen: readonly Seen[]): Promise<string[]> =>
  await Promise.all(seen.map(({ headers }) => proofKey(headers["dpop"])));

describe("the key", () => {
  test("J5, J11: one key in the authorization request, at the token endpoint, at the API, and after a refresh", async () => {
    const cli = make();
    const { jkt } = await login(cli);
    await cli.request("POST", at("/items?page=2#top"), { body: "x" });
    await cli.refresh();
    await cli.request("GET", at("/items"));
    expect(faults).toEqual([]);
    const used = await keys([...provider.at("/token"), ...resource.seen]);
    expect(new Set(used)).toEqual(new Set([jkt]));
    expect(used).toHaveLength(4);
    expect(resource.seen.map(({ headers }) => headers.authorization)).toEqual([
      `DPoP ${fakeToken("at", 1)}`,
      `DPoP ${fakeToken("at", 2)}`,
    ]);
  });

  test("J7: each login has its own", async () => {
    const cli = make();
    const one = await login(cli);
    const other = await login(cli);
    expect(one.jkt).not.toBe(other.jkt);
    expect(one.set.dpop_key).not.toBe(other.set.dpop_key);
  });

  test("J7: a script gets it sealed, in the record and in the token set, and the redactor knows it", async () => {
    const cli = make({ ports: world.sealed });
    const pkce = await cli.start_authorization();
    const set = await cli.exchange_code(pkce, "code", pkce.state);
    for (const sealed of [pkce.dpop_key, set.dpop_key, (await cli.current_token())?.dpop_key]) {
      expect(sealed).toMatch(/^hfs1\./);
      const { value, binding } = world.sealed.seal.open(String(sealed));
      expect(binding).toMatchObject({ kind: "dpop_key", key: "acme", origins: [] });
      expect(world.ports.redactor.redact(`key: ${value}`)).not.toContain(value);
    }
    const text = JSON.stringify([pkce, set, world.events()]);
    expect(text).not.toContain(world.sealed.seal.open(String(set.dpop_key)).value);
  });

  test("an attempt of an earlier process brings its key", async () => {
    const storage = storageModule(world.sealed).memory();
    const pkce = await make({ ports: world.sealed, storage }).start_authorization();
    const later = make({ ports: world.sealed, storage });
    const { dpop_key, ...without } = pkce;
    await expect(later.exchange_code(without, "code", pkce.state)).rejects.toMatchObject({
      code: "HARN-OAU-011",
    });
    await expect(
      later.exchange_code({ ...pkce, dpop_key: pkce.code_verifier }, "code", pkce.state),
    ).rejects.toMatchObject({ code: "HARN-OAU-007" });
    expect(provider.seen).toEqual([]);
    await later.exchange_code({ ...without, dpop_key: String(dpop_key) }, "code", pkce.state);
    expect(await keys(provider.at("/token"))).toEqual([new URL(pkce.url).searchParams.get("dpop_jkt")]);
  });

  test("survives a restart in a file, which shows nothing of it", async () => {
    const folder = await mkdtemp(join(tmpdir(), "holdfast-dpop-"));
    const later = testPorts();
    try {
      const path = join(folder, "tokens.bin");
      const file = (ports: Ports): StorageHandle =>
        storageModule(ports).file(path, Buffer.alloc(32, 1).toString("base64url"));
      const { jkt, set } = await login(make({ storage: file(world.ports) }));
      const bytes = await readFile(path, "latin1");
      expect(bytes).not.toContain(String(set.dpop_key));
      later.testing.clockSet(start * 1000);
      await make({ ports: later.ports, storage: file(later.ports) }).request("GET", at("/me"));
      expect(await keys(resource.seen)).toEqual([jkt]);
      expect(faults).toEqual([]);
      expect(later.ports.redactor.redact(`key: ${set.dpop_key}`)).not.toContain(set.dpop_key);
    } finally {
      await later.close();
      await rm(folder, { recursive: true, force: true });
    }
  });

  test("survives in a script's own store, which holds ciphertext", async () => {
    const kept = new Map<string, unknown>();
    const storage = {
      get: async (key: string) => kept.get(key) ?? null,
      set: async (key: string, set: unknown) => void kept.set(key, set),
      delete: async (key: string) => void kept.delete(key),
    };
    const cli = make({ ports: world.sealed, storage });
    const { jkt } = await login(cli);
    await cli.refresh();
    await cli.request("GET", at("/me"));
    expect((kept.get("acme") as TokenSet).dpop_key).toMatch(/^hfs1\./);
    expect(await keys(resource.seen)).toEqual([jkt]);
    expect(faults).toEqual([]);
  });

  test("a token that lost its key is not presented", async () => {
    const storage = storageModule(world.ports).memory();
    const cli = make({ storage });
    const { set } = await login(cli);
    for (const dpop_key of [undefined, "no key"]) {
      const { dpop_key: _, ...rest } = set;
      await storage.set("acme", dpop_key === undefined ? rest : { ...rest, dpop_key });
      await expect(cli.request("GET", at("/me"))).rejects.toMatchObject({
        code: "HARN-OAU-002",
        message: expect.stringContaining("lost its key"),
      });
    }
    expect(resource.seen).toEqual([]);
  });

  test("a client without the option goes on with the key of the stored set", async () => {
    const storage = storageModule(world.ports).memory();
    const { jkt } = await login(make({ storage }));
    const later = make({ storage, dpop: false });
    await later.refresh();
    await later.request("GET", at("/me"));
    expect(await keys([...provider.at("/token"), ...resource.seen])).toEqual([jkt, jkt, jkt]);
  });

  test("a Bearer set gets its key with the first refresh", async () => {
    const storage = storageModule(world.ports).memory();
    await storage.set("acme", {
      access_token: fakeToken("old"),
      refresh_token: fakeToken("rt"),
      token_type: "Bearer",
      expires_at_unix: start + 3600,
      issued_at_unix: start,
    });
    const cli = make({ storage });
    await cli.request("GET", at("/me"));
    const set = await cli.refresh();
    await cli.request("GET", at("/me"));
    expect(resource.seen.map(({ headers }) => headers.authorization?.split(" ")[0])).toEqual([
      "Bearer",
      "DPoP",
    ]);
    expect(set.dpop_key).toMatch(/^[\w-]{43}$/);
    expect(faults).toEqual([]);
  });
});

describe("token_type", () => {
  test.each([["Bearer"], ["bearer"], [undefined]])(
    "%s is refused when a key was proven",
    async (token_type) => {
      tokens = () => granted(1, { token_type });
      await expect(login(make())).rejects.toMatchObject({
        code: "HARN-OAU-006",
        message: expect.stringContaining("token_type DPoP"),
      });
    },
  );

  test("a vendor's name for Bearer is refused too", async () => {
    tokens = () => granted(1, { token_type: "bot" });
    const record = { response: { token_types: { bot: "Bearer" } } };
    await expect(login(make({ record }))).rejects.toMatchObject({ code: "HARN-OAU-006" });
  });

  test("DPoP is refused when none was", async () => {
    await expect(login(make({ dpop: false }))).rejects.toMatchObject({
      code: "HARN-OAU-006",
      message: expect.stringContaining("token_type"),
    });
    expect(provider.at("/token")[0]?.headers["dpop"]).toBeUndefined();
  });

  test("the server's spelling counts in any case", async () => {
    tokens = () => granted(1, { token_type: "dpop" });
    const cli = make();
    await login(cli);
    await cli.request("GET", at("/me"));
    expect(resource.seen[0]?.headers.authorization).toBe(`DPoP ${fakeToken("at")}`);
  });
});

describe("nonces", () => {
  test("J1: one retry at the token endpoint, with a new proof and the same parameters", async () => {
    tokens = (_seen, earlier) => (earlier === 0 ? nonceWanted("as-1") : granted(1));
    await login(make());
    const [first, second, ...more] = provider.at("/token");
    expect(more).toEqual([]);
    expect(first?.text).toBe(second?.text);
    expect(nonceOf(first)).toBeUndefined();
    expect(nonceOf(second)).toBe("as-1");
    expect(faults).toEqual([]);
  });

  test("J1: a refresh is asked for a nonce, and the refresh token is spent once", async () => {
    const cli = make();
    await login(cli);
    tokens = (_seen, earlier) => (earlier === 1 ? nonceWanted("as-1") : null);
    const before = provider.at("/token").length;
    expect((await cli.refresh()).access_token).toBe(fakeToken("at", 3));
    expect(provider.at("/token").slice(before).map(nonceOf)).toEqual([undefined, "as-1"]);
    expect(world.events("oauth.client.audit").map(({ kind }) => kind)).toEqual([
      "token_exchanged",
      "token_refreshed",
    ]);
  });

  test("J2: a token endpoint that always wants another gets two requests", async () => {
    tokens = (_seen, earlier) => nonceWanted(`as-${earlier}`);
    await expect(login(make())).rejects.toMatchObject({
      code: "HARN-OAU-012",
      details: { status: 400, error: "use_dpop_nonce" },
    });
    expect(provider.at("/token").map(nonceOf)).toEqual([undefined, "as-0"]);
  });

  test("J3: a nonce that cannot stand in a header ends it at once", async () => {
    tokens = () => nonceWanted("n".repeat(10_000));
    await expect(login(make())).rejects.toMatchObject({ code: "HARN-OAU-012" });
    expect(provider.at("/token")).toHaveLength(1);
  });

  test("an error of another name is not answered, although it brings a nonce", async () => {
    tokens = () => ({ status: 400, json: { error: "invalid_grant" }, headers: { "dpop-nonce": "as-1" } });
    await expect(login(make())).rejects.toMatchObject({ code: "HARN-OAU-012" });
    expect(provider.at("/token")).toHaveLength(1);
  });

  test("J1, J4: the API's nonce is its own, costs no refresh, and is kept", async () => {
    tokens = () => ({ ...(granted(1) as object), headers: { "dpop-nonce": "as-1" } });
    api = (seen) => (nonceOf(seen) === "rs-1" ? null : nonceChallenge("rs-1"));
    const cli = make();
    await login(cli);
    expect((await cli.request("POST", at("/items"), { json: { a: 1 } })).status).toBe(200);
    expect((await cli.request("GET", at("/items"))).status).toBe(200);
    expect(resource.seen.map(nonceOf)).toEqual([undefined, "rs-1", "rs-1"]);
    expect(resource.seen.map(({ text }) => text)).toEqual(['{"a":1}', '{"a":1}', ""]);
    expect(provider.at("/token")).toHaveLength(1);
    expect(faults).toEqual([]);
  });

  test("J2: an API that always wants another gets two requests, its answer is returned, and nothing is refreshed", async () => {
    const cli = make();
    await login(cli);
    api = (_seen, earlier) => nonceChallenge(`rs-${earlier}`);
    const answer = await cli.request("GET", at("/me"));
    expect(answer.status).toBe(401);
    expect(resource.seen.map(nonceOf)).toEqual([undefined, "rs-0"]);
    expect(provider.at("/token")).toHaveLength(1);
  });

  test("a nonce does not use up the one refresh and replay", async () => {
    const cli = make();
    await login(cli);
    api = (seen) => {
      if (nonceOf(seen) === undefined) return nonceChallenge("rs-1");
      const isOld = seen.headers.authorization?.endsWith(fakeToken("at", 1)) ?? false;
      return isOld ? { status: 401, headers: { "www-authenticate": 'DPoP error="invalid_token"' } } : null;
    };
    expect((await cli.request("GET", at("/me"))).status).toBe(200);
    expect(resource.seen.map(nonceOf)).toEqual([undefined, "rs-1", "rs-1"]);
    expect(provider.at("/token")).toHaveLength(2);
    expect(faults).toEqual([]);
  });
});

function nonceOf(seen: Seen | undefined): unknown {
  const [, payload = ""] = String(seen?.headers["dpop"]).split(".");
  return (JSON.parse(Buffer.from(payload, "base64url").toString() || "{}") as { nonce?: string }).nonce;
}

describe("requests", () => {
  test("J6: a Bearer challenge brings no Bearer request", async () => {
    const cli = make();
    await login(cli);
    api = () => ({ status: 401, headers: { "www-authenticate": "Bearer" } });
    expect((await cli.request("GET", at("/me"))).status).toBe(401);
    expect(resource.seen.map(({ headers }) => headers.authorization?.split(" ")[0])).toEqual([
      "DPoP",
      "DPoP",
    ]);
  });

  test("a redirect within the origin has a proof of its own", async () => {
    const cli = make();
    await login(cli);
    api = (seen) => (seen.path === "/a" ? { status: 302, headers: { location: "/b?c=1" } } : null);
    expect((await cli.request("GET", at("/a"))).status).toBe(200);
    expect(resource.seen.map(({ path }) => path)).toEqual(["/a", "/b"]);
    expect(faults).toEqual([]);
  });

  test("a caller's own proof is dropped", async () => {
    const cli = make();
    await login(cli);
    const headers = { DPoP: "mine", Authorization: "DPoP mine" };
    await cli.request("GET", at("/me"), { headers });
    expect(faults).toEqual([]);
    tokens = () => granted(2, { token_type: "Bearer" });
    const bearer = make({ dpop: false });
    await login(bearer);
    await bearer.request("GET", at("/me"), { headers });
    expect(resource.seen.at(-1)?.headers).toMatchObject({ authorization: `Bearer ${fakeToken("at", 2)}` });
    expect(resource.seen.at(-1)?.headers["dpop"]).toBeUndefined();
  });

  test("403 tells which scopes are wanted", async () => {
    const cli = make();
    await login(cli);
    const challenge = 'DPoP error="insufficient_scope", scope="a b"';
    api = () => ({ status: 403, headers: { "www-authenticate": challenge } });
    expect((await cli.request("GET", at("/me"))).scope_wanted).toEqual(["a", "b"]);
  });

  test("a vendor's revocation call gets a proof too", async () => {
    const cli = make({
      record: { revoke_url: at("/revoke"), revocation: { kind: "vendor", method: "POST", auth: "bearer" } },
    });
    await login(cli);
    expect(await cli.revoke()).toMatchObject({ remote: "revoked" });
    expect(resource.at("/revoke")[0]?.headers.authorization).toBe(`DPoP ${fakeToken("at")}`);
    expect(faults).toEqual([]);
  });
});

describe("device flow", () => {
  test("every poll proves the same key, which the token set keeps", async () => {
    tokens = (_seen, earlier) =>
      [nonceWanted("as-1"), { status: 400, json: { error: "authorization_pending" } }][earlier] ?? null;
    const storage = storageModule(world.ports).memory();
    const set = await deviceFlowModule(world.ports).device_flow(
      {
        id: "acme",
        auth_url: `${provider.origin}/authorize`,
        token_url: `${provider.origin}/token`,
        device_code_url: `${provider.origin}/device`,
      },
      { client_id: "app", storage, dpop: true },
    );
    const used = await keys(provider.at("/token"));
    expect(used).toHaveLength(3);
    expect(new Set(used).size).toBe(1);
    expect(set).toMatchObject({ token_type: "DPoP", dpop_key: expect.any(String) });
    expect((await storage.get("acme"))?.dpop_key).toBe(set.dpop_key);
    expect(provider.at("/device")[0]?.headers["dpop"]).toBeUndefined();
    expect(faults).toEqual([]);
  });
});

test.each(["true", 1, {}])("dpop: %j is no option", (dpop) => {
  expect(() => make({ dpop: dpop as never })).toThrow(
    expect.objectContaining({ code: "HARN-OAU-011", message: expect.stringContaining("dpop") }),
  );
});
