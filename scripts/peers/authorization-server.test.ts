import { createHash, randomBytes } from "node:crypto";
import { afterEach, expect, test } from "vitest";
import {
  type AuthorizationServer,
  type AuthorizationServerOptions,
  type Client,
  startAuthorizationServer,
} from "./authorization-server.ts";
import { userAgent } from "./user-agent.ts";

const open: AuthorizationServer[] = [];

afterEach(async () => {
  for (const server of open.splice(0)) await server.close();
});

async function start(options?: AuthorizationServerOptions): Promise<AuthorizationServer> {
  const server = await startAuthorizationServer(options);
  open.push(server);
  return server;
}

interface Answer {
  readonly status: number;
  readonly body: Record<string, unknown>;
}

async function post(url: string, form: Record<string, string>, client?: Client): Promise<Answer> {
  const basic = `${client?.clientId ?? ""}:${client?.clientSecret ?? ""}`;
  const response = await fetch(url, {
    method: "POST",
    headers: client ? { authorization: `Basic ${Buffer.from(basic).toString("base64")}` } : {},
    body: new URLSearchParams(form),
  });
  const text = await response.text();
  return { status: response.status, body: text === "" ? {} : (JSON.parse(text) as Record<string, unknown>) };
}

const redirectUri = "http://127.0.0.1:54321/callback";

function authorizationRequest(server: AuthorizationServer, scope: string): { url: string; verifier: string } {
  const verifier = randomBytes(32).toString("base64url");
  const url = new URL(server.authorizationEndpoint);
  url.search = new URLSearchParams({
    response_type: "code",
    client_id: server.clients.publicClient.clientId,
    redirect_uri: redirectUri,
    scope,
    state: "some-state",
    code_challenge: createHash("sha256").update(verifier).digest("base64url"),
    code_challenge_method: "S256",
  }).toString();
  return { url: url.href, verifier };
}

async function login(server: AuthorizationServer, scope = "openid api:read"): Promise<Answer> {
  const { url, verifier } = authorizationRequest(server, scope);
  const callback = new URL(await userAgent().authorize(url));
  return post(server.tokenEndpoint, {
    grant_type: "authorization_code",
    code: callback.searchParams.get("code") ?? "",
    redirect_uri: redirectUri,
    code_verifier: verifier,
    client_id: server.clients.publicClient.clientId,
  });
}

function refresh(server: AuthorizationServer, token: unknown): Promise<Answer> {
  return post(server.tokenEndpoint, {
    grant_type: "refresh_token",
    refresh_token: String(token),
    client_id: server.clients.publicClient.clientId,
  });
}

async function isActive(server: AuthorizationServer, token: unknown): Promise<unknown> {
  const answer = await post(server.introspectionEndpoint, { token: String(token) }, server.clients.apiClient);
  return answer.body["active"];
}

test("a code is exchanged with its verifier, on any loopback port", async () => {
  const server = await start();
  const { url, verifier } = authorizationRequest(server, "openid api:read");
  const callback = new URL(await userAgent("grace").authorize(url));
  expect(callback.origin + callback.pathname).toBe(redirectUri);
  expect(callback.searchParams.get("state")).toBe("some-state");
  expect(callback.searchParams.get("iss")).toBe(server.issuer);
  const form = {
    grant_type: "authorization_code",
    code: callback.searchParams.get("code") ?? "",
    redirect_uri: redirectUri,
    code_verifier: verifier,
    client_id: server.clients.publicClient.clientId,
  };
  const { status, body } = await post(server.tokenEndpoint, form);
  expect(status).toBe(200);
  expect(body).toMatchObject({ token_type: "Bearer", expires_in: 3_600, scope: "openid api:read" });
  expect(await isActive(server, body["access_token"])).toBe(true);
  const kinds = server.credentials.map(({ kind }) => kind);
  expect(new Set(kinds)).toEqual(
    new Set(["client_secret", "code", "code_verifier", "access_token", "refresh_token", "id_token"]),
  );
  expect(server.tokenRequests("authorization_code")).toHaveLength(1);
});

test("a wrong verifier and a request without PKCE are refused", async () => {
  const server = await start();
  const { url } = authorizationRequest(server, "api:read");
  const callback = new URL(await userAgent().authorize(url));
  const wrong = await post(server.tokenEndpoint, {
    grant_type: "authorization_code",
    code: callback.searchParams.get("code") ?? "",
    redirect_uri: redirectUri,
    code_verifier: randomBytes(32).toString("base64url"),
    client_id: server.clients.publicClient.clientId,
  });
  expect(wrong).toMatchObject({ status: 400, body: { error: "invalid_grant" } });
  const plain = new URL(url);
  plain.searchParams.delete("code_challenge");
  plain.searchParams.delete("code_challenge_method");
  const refused = new URL(await userAgent().authorize(plain.href));
  expect(refused.searchParams.get("error")).toBe("invalid_request");
});

test("a person can say no", async () => {
  const server = await start();
  const callback = new URL(await userAgent().denyAuthorization(authorizationRequest(server, "api:read").url));
  expect(callback.searchParams.get("error")).toBe("access_denied");
});

test("a refresh token is spent once; its reuse ends the whole grant", async () => {
  const server = await start();
  const first = await login(server);
  const second = await refresh(server, first.body["refresh_token"]);
  expect(second.status).toBe(200);
  expect(second.body["refresh_token"]).not.toBe(first.body["refresh_token"]);
  expect(await refresh(server, first.body["refresh_token"])).toMatchObject({
    status: 400,
    body: { error: "invalid_grant" },
  });
  expect(await refresh(server, second.body["refresh_token"])).toMatchObject({ status: 400 });
  expect(await isActive(server, second.body["access_token"])).toBe(false);
  expect(server.tokenRequests("refresh_token").map(({ status }) => status)).toEqual([200, 400, 400]);
});

test("with a grace period a spent refresh token still works", async () => {
  const server = await start({ grace: 60 });
  const first = await login(server);
  expect((await refresh(server, first.body["refresh_token"])).status).toBe(200);
  expect((await refresh(server, first.body["refresh_token"])).status).toBe(200);
});

test("without rotation the refresh token stays", async () => {
  const server = await start({ rotate: false });
  const first = await login(server);
  const second = await refresh(server, first.body["refresh_token"]);
  expect(second.body["refresh_token"]).toBe(first.body["refresh_token"]);
});

test("revoking the refresh token ends the access token too", async () => {
  const server = await start();
  const { body } = await login(server);
  const { status } = await post(server.revocationEndpoint, {
    token: String(body["refresh_token"]),
    client_id: server.clients.publicClient.clientId,
  });
  expect(status).toBe(200);
  expect(await isActive(server, body["access_token"])).toBe(false);
});

test("the lifetime of access tokens can be set", async () => {
  const server = await start({ accessTokenTtl: 120 });
  expect((await login(server)).body["expires_in"]).toBe(120);
  server.setAccessTokenTtl(7);
  expect((await login(server)).body["expires_in"]).toBe(7);
});

test("the confidential client must prove its secret", async () => {
  const server = await start();
  const { confidentialClient } = server.clients;
  const form = { grant_type: "refresh_token", refresh_token: "none" };
  expect((await post(server.tokenEndpoint, form, confidentialClient)).body["error"]).toBe("invalid_grant");
  const imposter = { ...confidentialClient, clientSecret: "wrong" };
  expect((await post(server.tokenEndpoint, form, imposter)).body["error"]).toBe("invalid_client");
});

test("device flow: pending, then approved; and denied", async () => {
  const server = await start();
  const client = server.clients.deviceClient.clientId;
  const ask = () => post(server.deviceAuthorizationEndpoint, { client_id: client, scope: "api:read" });
  const poll = (deviceCode: unknown) =>
    post(server.tokenEndpoint, {
      grant_type: "urn:ietf:params:oauth:grant-type:device_code",
      device_code: String(deviceCode),
      client_id: client,
    });
  const { body } = await ask();
  expect(body).toMatchObject({ interval: 1, verification_uri: server.verificationUri });
  expect((await poll(body["device_code"])).body["error"]).toBe("authorization_pending");
  await userAgent().approveDevice(String(body["verification_uri"]), String(body["user_code"]));
  const granted = await poll(body["device_code"]);
  expect(granted).toMatchObject({ status: 200, body: { scope: "api:read" } });
  expect(typeof granted.body["refresh_token"]).toBe("string");

  const other = await ask();
  await userAgent().approveDevice(
    String(other.body["verification_uri_complete"]),
    String(other.body["user_code"]),
  );
  expect((await poll(other.body["device_code"])).status).toBe(200);

  const third = await ask();
  await userAgent().denyDevice(server.verificationUri, String(third.body["user_code"]));
  expect((await poll(third.body["device_code"])).body["error"]).toBe("access_denied");
});
