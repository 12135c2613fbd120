import { afterEach, beforeEach, expect, test } from "vitest";
import { type AuthorizationServer, startAuthorizationServer } from "./authorization-server.ts";
import { type ProtectedApi, startProtectedApi } from "./protected-api.ts";
import { userAgent } from "./user-agent.ts";

let server: AuthorizationServer;
let api: ProtectedApi;

beforeEach(async () => {
  server = await startAuthorizationServer();
  api = await startProtectedApi(server, server.clients.apiClient);
});

afterEach(async () => {
  await api.close();
  await server.close();
});

async function deviceToken(scope: string): Promise<string> {
  const client_id = server.clients.deviceClient.clientId;
  const asked = await fetch(server.deviceAuthorizationEndpoint, {
    method: "POST",
    body: new URLSearchParams({ client_id, scope }),
  });
  const device = (await asked.json()) as Record<string, string>;
  await userAgent("grace").approveDevice(server.verificationUri, device["user_code"] ?? "");
  const granted = await fetch(server.tokenEndpoint, {
    method: "POST",
    body: new URLSearchParams({
      grant_type: "urn:ietf:params:oauth:grant-type:device_code",
      device_code: device["device_code"] ?? "",
      client_id,
    }),
  });
  return ((await granted.json()) as { access_token: string }).access_token;
}

function bearer(token: string): { headers: Record<string, string> } {
  return { headers: { authorization: `Bearer ${token}` } };
}

test("answers a good token and refuses a missing or unknown one", async () => {
  const token = await deviceToken("api:read api:write");
  const me = await fetch(`${api.origin}/me`, bearer(token));
  expect(await me.json()).toEqual({ sub: "grace", scopes: ["api:read", "api:write"] });
  const added = await fetch(`${api.origin}/items`, {
    ...bearer(token),
    method: "POST",
    body: `{"name":"map"}`,
  });
  expect(added.status).toBe(201);
  expect(await (await fetch(`${api.origin}/items`, bearer(token))).json()).toContainEqual({
    id: 3,
    name: "map",
  });

  const missing = await fetch(`${api.origin}/me`);
  expect(missing.status).toBe(401);
  expect(missing.headers.get("www-authenticate")).toBe(`Bearer realm="items"`);
  const unknown = await fetch(`${api.origin}/me`, bearer("nobody-issued-this"));
  expect(unknown.status).toBe(401);
  expect(unknown.headers.get("www-authenticate")).toContain(`error="invalid_token"`);
  expect(api.calls.map(({ status }) => status)).toEqual([200, 201, 200, 401, 401]);
  expect(api.tokens.has(token)).toBe(true);
});

test("names the scope that is missing", async () => {
  const token = await deviceToken("api:read");
  const refused = await fetch(`${api.origin}/items`, { ...bearer(token), method: "POST", body: "{}" });
  expect(refused.status).toBe(403);
  expect(refused.headers.get("www-authenticate")).toContain(`scope="api:write"`);
});

test("can reject the next call, once", async () => {
  const token = await deviceToken("api:read");
  api.rejectNext();
  expect((await fetch(`${api.origin}/me`, bearer(token))).status).toBe(401);
  expect((await fetch(`${api.origin}/me`, bearer(token))).status).toBe(200);
});
