import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { startAuthorizationServer } from "../../../scripts/peers/authorization-server.ts";
import { createOAuth, type OAuth } from "../node.ts";
import { issuerMetadataUrls, resourceMetadataUrl } from "./well-known.ts";

let oauth: OAuth;
let server: Server;
let issuer: string;
let asked: string[] = [];
type Reply = { status?: number; type?: string; body?: unknown; text?: string; location?: string };
let replies: Record<string, Reply> = {};

beforeAll(async () => {
  oauth = createOAuth();
  server = createServer((request, response) => {
    asked.push(request.url ?? "");
    const reply = replies[request.url ?? ""] ?? { status: 404, body: {} };
    response.writeHead(reply.status ?? 200, {
      "content-type": reply.type ?? "application/json",
      ...(reply.location ? { location: reply.location } : {}),
    });
    response.end(reply.text ?? JSON.stringify(reply.body));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(async () => {
  await oauth.close();
  await new Promise((resolve) => server.close(resolve));
});
beforeEach(() => {
  asked = [];
  replies = {};
});

const metadata = (more: Record<string, unknown> = {}) => ({
  issuer,
  authorization_endpoint: `${issuer}/authorize`,
  token_endpoint: `${issuer}/token`,
  ...more,
});
const oauthPlace = "/.well-known/oauth-authorization-server";

describe("the places", () => {
  test("of an issuer's metadata (RFC 8414 §3.1, OpenID Connect Discovery §4)", () => {
    expect(issuerMetadataUrls(new URL("https://a.example"))).toEqual([
      "https://a.example/.well-known/oauth-authorization-server",
      "https://a.example/.well-known/openid-configuration",
    ]);
    expect(issuerMetadataUrls(new URL("https://a.example/tenant/1/"))).toEqual([
      "https://a.example/.well-known/oauth-authorization-server/tenant/1",
      "https://a.example/tenant/1/.well-known/openid-configuration",
    ]);
  });

  test("of a resource's metadata (RFC 9728 §3.1)", () => {
    expect(resourceMetadataUrl(new URL("https://r.example"))).toBe(
      "https://r.example/.well-known/oauth-protected-resource",
    );
    expect(resourceMetadataUrl(new URL("https://r.example/mcp?k=v"))).toBe(
      "https://r.example/.well-known/oauth-protected-resource/mcp?k=v",
    );
  });
});

test("a real server's metadata becomes a record that a client takes", async () => {
  const peer = await startAuthorizationServer();
  try {
    const record = await oauth.providers.discover(peer.issuer, { id: "peer" });
    expect(record).toMatchObject({
      id: "peer",
      issuer: peer.issuer,
      token_url: peer.tokenEndpoint,
      iss_parameter: true,
      resource_origins: [peer.issuer],
    });
    expect(record.jwks_url).toContain(peer.issuer);
    const cli = oauth.client.client(record, { client_id: "a", storage: oauth.storage.memory() });
    expect(cli.token_endpoint).toBe(peer.tokenEndpoint);
    expect((await oauth.providers.oidc(peer.issuer, { label: "Peer" })).label).toBe("Peer");
  } finally {
    await peer.close();
  }
});

test("the OpenID place is asked only when the first answers 404", async () => {
  replies["/.well-known/openid-configuration"] = { body: metadata() };
  expect((await oauth.providers.discover(issuer)).auth_url).toBe(`${issuer}/authorize`);
  expect(asked).toEqual([oauthPlace, "/.well-known/openid-configuration"]);
  asked = [];
  replies[oauthPlace] = { status: 500, body: {} };
  await expect(oauth.providers.discover(issuer)).rejects.toMatchObject({
    code: "HARN-OAU-003",
    retryable: true,
  });
  expect(asked).toEqual([oauthPlace]);
});

describe("metadata that is refused with HARN-OAU-006", () => {
  const cases: [name: string, reply: () => Reply][] = [
    ["another issuer", () => ({ body: metadata({ issuer: "https://evil.example" }) })],
    ["the issuer with a slash", () => ({ body: metadata({ issuer: `${issuer}/` }) })],
    ["no issuer", () => ({ body: { ...metadata(), issuer: undefined } })],
    ["a list as issuer", () => ({ body: metadata({ issuer: [issuer] }) })],
    ["no token endpoint", () => ({ body: metadata({ token_endpoint: undefined }) })],
    ["an endpoint over http elsewhere", () => ({ body: metadata({ token_endpoint: "http://a.example/t" }) })],
    ["a javascript: endpoint", () => ({ body: metadata({ authorization_endpoint: "javascript:alert(1)" }) })],
    ["a file: endpoint", () => ({ body: metadata({ jwks_uri: "file:///etc/passwd" }) })],
    ["userinfo in an endpoint", () => ({ body: metadata({ token_endpoint: "https://a:b@a.example/t" }) })],
    ["a fragment in an endpoint", () => ({ body: metadata({ token_endpoint: "https://a.example/t#f" }) })],
    ["a backslash in an endpoint", () => ({ body: metadata({ token_endpoint: "https://a.example\\t" }) })],
    ["a tab in an endpoint", () => ({ body: metadata({ token_endpoint: "https://a.exa\tmple/t" }) })],
    ["a list as endpoint", () => ({ body: metadata({ token_endpoint: [`${issuer}/token`] }) })],
    ["a text as list", () => ({ body: metadata({ code_challenge_methods_supported: "S256" }) })],
    ["only plain PKCE", () => ({ body: metadata({ code_challenge_methods_supported: ["plain"] }) })],
    ["a text as boolean", () => ({ body: metadata({ require_pushed_authorization_requests: "yes" }) })],
    ["HTML", () => ({ type: "text/html", body: metadata() })],
    ["a list", () => ({ body: [metadata()] })],
    ["no JSON", () => ({ text: "{" })],
    ["a member twice", () => ({ text: `{"issuer":"${issuer}","issuer":"${issuer}"}` })],
    ["a redirect", () => ({ status: 302, location: `${issuer}/elsewhere`, body: metadata() })],
    ["too many bytes", () => ({ text: JSON.stringify(metadata({ more: "x".repeat(300_000) })) })],
  ];
  test.each(cases)("%s", async (_name, reply) => {
    replies[oauthPlace] = reply();
    await expect(oauth.providers.discover(issuer)).rejects.toMatchObject({
      code: "HARN-OAU-006",
      retryable: false,
    });
    expect(asked).toEqual([oauthPlace]);
  });

  test("B18: the address of a document is no issuer", async () => {
    for (const text of [
      `${issuer}${oauthPlace}`,
      `${issuer}/t1/.well-known/openid-configuration`,
      `${issuer}?`,
    ])
      await expect(oauth.providers.discover(text)).rejects.toMatchObject({ code: "HARN-OAU-011" });
    expect(asked).toEqual([]);
  });

  test("members that would reach a prototype change none", async () => {
    replies[oauthPlace] = { text: JSON.stringify(metadata()).replace("{", '{"__proto__":{"polluted":1},') };
    expect((await oauth.providers.discover(issuer)).token_url).toBe(`${issuer}/token`);
    expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
  });
});

describe("a protected resource", () => {
  const place = "/.well-known/oauth-protected-resource/mcp";
  test("names its authorization server, and the token may go to the resource only", async () => {
    replies[place] = {
      body: { resource: `${issuer}/mcp`, authorization_servers: [issuer], scopes_supported: ["a"] },
    };
    replies[oauthPlace] = { body: metadata() };
    const record = await oauth.providers.discover_resource(`${issuer}/mcp`);
    expect(record).toMatchObject({
      resource: `${issuer}/mcp`,
      resource_origins: [issuer],
      scopes_supported: ["a"],
    });
  });

  test.each([
    ["another resource", { resource: "https://other.example" }],
    ["no authorization server", { authorization_servers: [] }],
    ["an authorization server over http elsewhere", { authorization_servers: ["http://a.example"] }],
    ["an authorization server with a query", { authorization_servers: ["https://a.example?t=1"] }],
    [
      "a document as server",
      { authorization_servers: ["https://a.example/.well-known/openid-configuration"] },
    ],
    ["a text as list", { authorization_servers: "https://a.example" }],
  ])("%s is refused", async (_name, more) => {
    replies[place] = { body: { resource: `${issuer}/mcp`, authorization_servers: [issuer], ...more } };
    await expect(oauth.providers.discover_resource(`${issuer}/mcp`)).rejects.toMatchObject({
      code: "HARN-OAU-006",
    });
    expect(asked).toEqual([place]);
  });

  test("an authorization server that it does not name is refused", async () => {
    replies[place] = { body: { resource: `${issuer}/mcp`, authorization_servers: [issuer] } };
    const attempt = oauth.providers.discover_resource(`${issuer}/mcp`, { issuer: "https://other.example" });
    await expect(attempt).rejects.toMatchObject({ code: "HARN-OAU-006" });
  });
});

test("arguments that cannot be used are refused before anything is sent", async () => {
  for (const bad of [
    "",
    "ftp://a.example",
    "http://a.example",
    "https://a.example?x=1",
    "https://a.example#f",
    7,
  ]) {
    await expect(oauth.providers.discover(bad as string)).rejects.toMatchObject({ code: "HARN-OAU-011" });
  }
  const misspelt = oauth.providers.discover(issuer, { time_out: 1 } as object);
  await expect(misspelt).rejects.toMatchObject({
    code: "HARN-OAU-011",
    message: expect.stringContaining("timeout") as string,
  });
  expect(asked).toEqual([]);
});
