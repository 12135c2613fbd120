import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Ports } from "../../runtime/ports.ts";
import { type ClientHandle, clientModule } from "./client.ts";
import {
  fakeToken,
  type Reply,
  scriptedProvider,
  type ScriptedProvider,
  type Seen,
  testPorts,
} from "./scripted-provider.test.support.ts";
import { type StorageHandle, storageModule } from "./storage/index.ts";

const start = 1_700_000_000;
let provider: ScriptedProvider;
let foreign: ScriptedProvider;
let api: (seen: Seen, earlier: number) => Reply;
let tokens: (seen: Seen, earlier: number) => Reply;
let world: ReturnType<typeof testPorts>;
let storage: StorageHandle;
let cli: ClientHandle;

beforeEach(async () => {
  api = () => ({ json: { ok: true } });
  tokens = (_seen, earlier) => ({ json: { access_token: fakeToken("at", earlier + 2), expires_in: 3600 } });
  provider = await scriptedProvider((seen, earlier) =>
    (seen.path === "/token" ? tokens : api)(seen, earlier),
  );
  foreign = await scriptedProvider(() => ({ json: {} }));
  world = testPorts();
  world.testing.clockSet(start * 1000);
  await use(world.ports);
});
afterEach(async () => {
  await world.close();
  await provider.close();
  await foreign.close();
});

async function use(ports: Ports, more: Record<string, unknown> = {}): Promise<void> {
  storage = storageModule(ports).memory();
  cli = clientModule(ports).client(
    { id: "acme", auth_url: `${provider.origin}/authorize`, token_url: `${provider.origin}/token`, ...more },
    { client_id: "c1", client_secret: "s3cret-value", storage },
  );
  await storage.set("acme", {
    access_token: fakeToken("at"),
    refresh_token: fakeToken("rt"),
    token_type: "Bearer",
    issued_at_unix: start,
    expires_at_unix: start + 3600,
  });
}
const at = (path: string): string => `${provider.origin}${path}`;

describe("destination", () => {
  test.each([
    ["another origin", () => `${foreign.origin}/x`],
    ["no scheme", () => "/x"],
    ["//host", () => `//127.0.0.1:${new URL(foreign.origin).port}/x`],
    ["http off loopback", () => "http://api.example/x"],
    ["userinfo", () => at("/x").replace("//", "//user@")],
    ["origin as userinfo", () => `${provider.origin}@${new URL(foreign.origin).host}/x`],
    ["backslash", () => `${provider.origin}\\@${new URL(foreign.origin).host}/x`],
    ["tab", () => at("/x\t")],
    ["line break", () => ` ${at("/x")}\n`],
    ["javascript:", () => "javascript:alert(1)"],
    ["not text", () => ({ toString: () => at("/x") })],
    ["the token in the query (M4)", () => at(`/x?access_token=${fakeToken("at")}`)],
    [
      "the token in escapes",
      () => at(`/x?t=%${fakeToken("rt").charCodeAt(0).toString(16)}${fakeToken("rt").slice(1)}`),
    ],
  ])("refused before any byte: %s", async (_name, url) => {
    world.testing.clockAdvance(3_700_000); // A refresh would be due.
    const call = cli.request("GET", url() as string);
    await expect(call).rejects.toMatchObject({ code: "HARN-OAU-004" });
    expect(foreign.seen).toHaveLength(0);
    expect(provider.at("/x")).toHaveLength(0);
    expect(world.events("oauth.client.audit").at(-1)).toMatchObject({
      kind: "destination_refused",
      payload: { code: "HARN-OAU-004" },
    });
  });

  test("a redirect within the origin is followed for GET, up to five times", async () => {
    api = ({ path }) => ({ status: 302, headers: { location: path === "/a" ? "/b?x=1#f" : "/b" } });
    expect((await cli.request("GET", at("/a"))).status).toBe(302);
    expect(provider.seen.map(({ path }) => path)).toEqual(["/a", "/b", "/b", "/b", "/b", "/b"]);
    expect(provider.seen.every(({ headers }) => headers.authorization === `Bearer ${fakeToken("at")}`)).toBe(
      true,
    );
    expect((await cli.request("POST", at("/c"), { body: "x" })).status).toBe(302);
    expect(provider.at("/c")).toHaveLength(1);
  });

  test.each(["/\\b", "\\b", "/b\t", `/b?t=${fakeToken("at")}`, `/${encodeURIComponent(fakeToken("rt"))}%20`])(
    "a redirect to %j is the answer",
    async (location) => {
      api = () => ({ status: 302, headers: { location } });
      expect((await cli.request("GET", at("/a"))).status).toBe(302);
      expect(provider.seen.map(({ path }) => path)).toEqual(["/a"]);
    },
  );

  test("a redirect to another origin is the answer; the token does not go there (M3)", async () => {
    api = () => ({ status: 307, headers: { location: `${foreign.origin}/steal` } });
    const response = await cli.request("GET", at("/a"));
    expect(response).toMatchObject({
      status: 307,
      ok: false,
      headers: { location: `${foreign.origin}/steal` },
    });
    expect(foreign.seen).toHaveLength(0);
  });
});

describe("what is sent", () => {
  test("the token replaces every spelling of authorization", async () => {
    await cli.request("get", at("/x"), {
      headers: { AUTHORIZATION: "Basic x", authorization: "y", "X-A": 1 as never },
    });
    const [seen] = provider.at("/x");
    expect(seen?.headers.authorization).toBe(`Bearer ${fakeToken("at")}`);
    expect(seen?.headers["x-a"]).toBe("1");
    expect(seen?.method).toBe("GET");
  });

  test.each([
    ["a line break", { "x-a": "1\r\nx-b: 2" }],
    ["a NUL", { "x-a": "\u0000" }],
    ["a name with a colon", { "x-a:": "1" }],
    ["Host (M8)", { Host: "evil.example" }],
    ["Proxy-Authorization", { "Proxy-Authorization": "x" }],
    ["Transfer-Encoding", { "Transfer-Encoding": "chunked" }],
    ["a name twice", { "X-A": "1", "x-a": "2" }],
  ])("a header with %s is refused", async (_name, headers) => {
    await expect(cli.request("GET", at("/x"), { headers })).rejects.toMatchObject({ code: "HARN-OAU-011" });
    expect(provider.seen).toHaveLength(0);
  });

  test("bodies: text, bytes, objects", async () => {
    await cli.request("POST", at("/x"), { body: "text" });
    await cli.request("POST", at("/x"), { body: Uint8Array.of(1, 2) });
    await cli.request("POST", at("/x"), { body: { a: 1 } });
    await cli.request("POST", at("/x"), { json: null, headers: { "Content-Type": "application/x+json" } });
    expect(provider.at("/x").map(({ text, headers }) => [text, headers["content-type"]])).toEqual([
      ["text", undefined],
      ["\u0001\u0002", undefined],
      ['{"a":1}', "application/json"],
      ["null", "application/x+json"],
    ]);
    await expect(cli.request("POST", at("/x"), { body: "a", json: 1 })).rejects.toMatchObject({
      code: "HARN-OAU-011",
    });
    await expect(cli.request("POST", at("/x"), { bodi: "a" } as never)).rejects.toMatchObject({
      code: "HARN-OAU-011",
    });
  });
});

describe("401", () => {
  test("one refresh, one replay with the same body, then the answer whatever it is (M5)", async () => {
    api = () => ({ status: 401, json: {} });
    expect((await cli.request("POST", at("/x"), { body: "b" })).status).toBe(401);
    expect(provider.at("/x").map(({ text, headers }) => [text, headers.authorization])).toEqual([
      ["b", `Bearer ${fakeToken("at")}`],
      ["b", `Bearer ${fakeToken("at", 2)}`],
    ]);
    expect(provider.at("/token")).toHaveLength(1);
    expect(world.events("oauth.client.audit").at(-1)).toMatchObject({ payload: { reason: "post_401" } });
  });

  test("when someone else refreshed, theirs is used", async () => {
    api = (_seen, earlier) => {
      void storage.set("acme", {
        access_token: fakeToken("at", 9),
        token_type: "Bearer",
        refresh_token: fakeToken("rt", 9),
      });
      return { status: earlier === 0 ? 401 : 200, json: {} };
    };
    expect((await cli.request("GET", at("/x"))).status).toBe(200);
    expect(provider.at("/x")[1]?.headers.authorization).toBe(`Bearer ${fakeToken("at", 9)}`);
    expect(provider.at("/token")).toHaveLength(0);
  });

  test("if the refresh fails the 401 is the answer, and one event says why", async () => {
    api = () => ({ status: 401, json: { why: "expired" } });
    tokens = () => ({ status: 400, json: { error: "invalid_grant" } });
    const response = await cli.request("GET", at("/x"));
    expect(response.status).toBe(401);
    expect(JSON.parse(response.body as string)).toEqual({ why: "expired" });
    const failures = world.events("oauth.client.audit").filter(({ kind }) => kind === "refresh_failed");
    expect(failures).toMatchObject([{ payload: { reason: "post_401", code: "HARN-OAU-002" } }]);
  });

  test("further 401s do not present a dead refresh token again at once (F54)", async () => {
    api = () => ({ status: 401 });
    tokens = () => ({ status: 400, json: { error: "invalid_grant" } });
    for (let call = 0; call < 3; call += 1) await cli.request("GET", at("/x"));
    expect(provider.at("/token")).toHaveLength(1);
    world.testing.clockAdvance(3_000);
    await cli.request("GET", at("/x"));
    expect(provider.at("/token")).toHaveLength(2);
  });

  test("an API that rejects the renewed token too gets no other for a while (F55)", async () => {
    api = () => ({ status: 401 });
    for (let call = 0; call < 3; call += 1) expect((await cli.request("GET", at("/x"))).status).toBe(401);
    expect(provider.at("/token")).toHaveLength(1);
    await cli.refresh();
    expect(provider.at("/token")).toHaveLength(2);
    world.testing.clockAdvance(8_000);
    await cli.request("GET", at("/x"));
    expect(provider.at("/token")).toHaveLength(3);
  });

  test("many 401s at once spend one refresh", async () => {
    api = ({ headers }) => ({ status: headers.authorization?.includes("-1-") ? 401 : 200, json: {} });
    const responses = await Promise.all(Array.from({ length: 8 }, () => cli.request("GET", at("/x"))));
    expect(responses.map(({ status }) => status)).toEqual(Array(8).fill(200));
    expect(provider.at("/token")).toHaveLength(1);
  });
});

describe("answers", () => {
  test("text for text, bytes for the rest", async () => {
    api = ({ path }) => ({
      body: Buffer.from("é"),
      headers:
        path === "/none"
          ? {}
          : { "content-type": path === "/text" ? "application/problem+json" : "image/png" },
    });
    expect((await cli.request("GET", at("/text"))).body).toBe("é");
    expect((await cli.request("GET", at("/none"))).body).toBe("é");
    expect((await cli.request("GET", at("/bytes"))).body).toEqual(new Uint8Array(Buffer.from("é")));
  });

  test("scopes that are wanted", async () => {
    api = () => ({
      status: 403,
      headers: { "www-authenticate": 'Bearer error="insufficient_scope", scope="repo admin"' },
    });
    expect(await cli.request("GET", at("/x"))).toMatchObject({
      status: 403,
      scope_wanted: ["repo", "admin"],
    });
  });

  test("Retry-After is honoured only when asked for, once, and capped", async () => {
    api = () => ({ status: 429, headers: { "retry-after": "31536000" } });
    expect((await cli.request("GET", at("/x"))).status).toBe(429);
    expect(provider.at("/x")).toHaveLength(1);
    expect((await cli.request("GET", at("/x"), { retry_after: true })).status).toBe(429);
    expect(provider.at("/x")).toHaveLength(3);
    expect(world.ports.clock.now()).toBe(start * 1000 + 60_000);
  });

  test("over max_bytes, and a broken connection", async () => {
    api = () => ({ body: "x".repeat(101) });
    await expect(cli.request("GET", at("/x"), { max_bytes: 100 })).rejects.toMatchObject({
      code: "HARN-OAU-006",
    });
    api = () => "cut";
    await expect(cli.request("GET", at("/x"))).rejects.toMatchObject({ code: "HARN-OAU-003" });
    expect(provider.at("/token")).toHaveLength(0);
  });

  test("M7: an echoed token does not reach a script without reveal, in text, bytes or headers", async () => {
    await use(world.sealed);
    api = ({ path, headers }) => ({
      body: `you sent ${headers.authorization}`,
      headers: {
        "content-type": path === "/text" ? "text/plain" : "application/octet-stream",
        "x-echo": String(headers.authorization),
      },
    });
    for (const path of ["/text", "/bytes"]) {
      const response = await cli.request("GET", at(path));
      const body = typeof response.body === "string" ? response.body : Buffer.from(response.body).toString();
      expect(body).toContain("you sent Bearer <redacted:access_token:");
      expect(JSON.stringify(response.headers)).not.toContain("tok-");
    }
    await use(world.ports);
    expect((await cli.request("GET", at("/text"))).body).toBe(`you sent Bearer ${fakeToken("at")}`);
  });
});

describe("revoke", () => {
  const events = (): unknown[] =>
    world.events("oauth.client.audit").map(({ kind, payload }) => ({ kind, ...(payload as object) }));

  test("refresh token first, then access token, with hints and authentication (RFC 7009)", async () => {
    await use(world.ports, { revoke_url: `${provider.origin}/revoke?x=1` });
    expect(await cli.revoke()).toMatchObject({ local: true, remote: "revoked" });
    expect(provider.at("/revoke").map(({ form }) => Object.fromEntries(form))).toEqual([
      {
        token: fakeToken("rt"),
        token_type_hint: "refresh_token",
        client_id: "c1",
        client_secret: "s3cret-value",
      },
      {
        token: fakeToken("at"),
        token_type_hint: "access_token",
        client_id: "c1",
        client_secret: "s3cret-value",
      },
    ]);
    expect(events()).toMatchObject([
      {
        kind: "token_revoked",
        revoke_endpoint: `${provider.origin}/revoke`,
        prev: { has_refresh_token: true },
      },
    ]);
    await expect(cli.token()).rejects.toMatchObject({ code: "HARN-OAU-002" });
    expect(await cli.revoke()).toMatchObject({ local: true, remote: "unsupported" });
  });

  test.each([
    ["503", { status: 503 }, "failed"],
    ["refused", { status: 400, json: { error: "invalid_client" } }, "failed"],
    ["cut", "cut", "failed"],
    ["a redirect", { status: 302, headers: { location: "/elsewhere" } }, "failed"],
    ["unsupported", { status: 400, json: { error: "unsupported_token_type" } }, "unsupported"],
    ["already dead", { status: 400, json: { error: "invalid_token" } }, "revoked"],
  ] as const)("F20 %s: the local tokens go all the same", async (_name, reply, remote) => {
    await use(world.ports, { revoke_url: `${provider.origin}/revoke` });
    api = () => reply;
    expect(await cli.revoke()).toMatchObject({ local: true, remote });
    expect(await storage.get("acme")).toBeNull();
    expect(JSON.stringify(events()).includes("revoke_failed")).toBe(remote === "failed");
  });

  test("a vendor's own call with the client id filled in", async () => {
    await use(world.ports, {
      revoke_url: `${provider.origin}/applications/{client_id}/token`,
      revocation: {
        kind: "vendor",
        method: "DELETE",
        auth: "basic",
        token_member: "access_token",
        headers: { Accept: "application/v3" },
        ok_member: null,
      },
    });
    api = () => ({ status: 204 });
    expect(await cli.revoke()).toMatchObject({ remote: "revoked" });
    const [seen] = provider.at("/applications/c1/token");
    expect(seen).toMatchObject({ method: "DELETE", text: JSON.stringify({ access_token: fakeToken("at") }) });
    expect(seen?.headers).toMatchObject({
      accept: "application/v3",
      authorization: `Basic ${Buffer.from("c1:s3cret-value").toString("base64")}`,
    });
  });

  test("a vendor's ok: false with status 200", async () => {
    await use(world.ports, {
      revoke_url: `${provider.origin}/auth.revoke`,
      revocation: { kind: "vendor", method: "POST", auth: "bearer", token_member: null, ok_member: "ok" },
    });
    api = () => ({ json: { ok: false } });
    expect(await cli.revoke()).toMatchObject({ remote: "failed" });
    expect(provider.at("/auth.revoke")[0]?.headers.authorization).toBe(`Bearer ${fakeToken("at")}`);
  });

  test("tokens do not go to a revoke_url elsewhere", async () => {
    await use(world.ports, { revoke_url: `${foreign.origin}/revoke` });
    expect(await cli.revoke()).toMatchObject({ local: true, remote: "failed" });
    expect(foreign.seen).toHaveLength(0);
    expect(await storage.get("acme")).toBeNull();
    expect(JSON.stringify(events())).toContain("HARN-OAU-004");
  });
});
