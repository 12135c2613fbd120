/** Our registration server beside `oidc-provider`, and `openid-client` as a client of ours. */

import { allowInsecureRequests, dynamicClientRegistration } from "openid-client";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type OwnServer, type RegistrationServer, startOwn, startPeer } from "./peers.test.support.ts";

let own: OwnServer;
let peer: RegistrationServer;
beforeAll(async () => {
  [own, peer] = await Promise.all([startOwn(), startPeer()]);
});
afterAll(async () => {
  await Promise.all([own.close(), peer.close()]);
});

const native = { application_type: "native", redirect_uris: ["http://127.0.0.1/callback"] };
const web = { application_type: "web", redirect_uris: ["https://app.example.com/callback"] };

interface Answer {
  readonly status: number;
  readonly body: Record<string, unknown>;
}

async function send(method: string, url: string, metadata?: unknown, token?: string): Promise<Answer> {
  const response = await fetch(url, {
    method,
    headers: {
      ...(metadata === undefined ? {} : { "content-type": "application/json" }),
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    },
    ...(metadata === undefined ? {} : { body: JSON.stringify(metadata) }),
  });
  const text = await response.text();
  return { status: response.status, body: text === "" ? {} : (JSON.parse(text) as Record<string, unknown>) };
}

const servers = [
  ["ours", () => own],
  ["oidc-provider", () => peer],
] as const;

describe.each(servers)("at %s", (_, server) => {
  const register = (metadata: unknown): Promise<Answer> =>
    send("POST", server().registrationEndpoint, metadata);
  /** What `client_metadata` makes is what is sent. */
  const made = (metadata: Record<string, unknown>): unknown =>
    own.oauth.dynamic_registration.client_metadata(metadata);

  test.each([
    ["a web client", web, true],
    ["a native client", { ...native, token_endpoint_auth_method: "none" }, false],
    [
      "a web client that posts its secret",
      { ...web, token_endpoint_auth_method: "client_secret_post", client_name: "App" },
      true,
    ],
    [
      "a client with keys",
      { ...web, token_endpoint_auth_method: "private_key_jwt", jwks_uri: "https://app.example.com/jwks" },
      false,
    ],
    ["a refreshing client", { ...web, grant_types: ["authorization_code", "refresh_token"] }, true],
  ])("%s is registered as it was described", async (_name, metadata, hasSecret) => {
    const sent = made(metadata);
    const { status, body } = await register(sent);
    expect(status).toBe(201);
    expect(body).toMatchObject(sent as object);
    expect(typeof body["client_secret"]).toBe(hasSecret ? "string" : "undefined");
    expect(Object.hasOwn(body, "client_secret_expires_at")).toBe(hasSecret);
    expect(body["client_id_issued_at"]).toEqual(expect.any(Number));
    expect(String(body["registration_client_uri"])).toContain(String(body["client_id"]));
  });

  test.each([
    ["no redirect URI", { redirect_uris: [] }],
    ["a fragment", { ...web, redirect_uris: ["https://app.example.com/#x"] }],
    ["http on a public host as native", { ...native, redirect_uris: ["http://app.example.com/"] }],
    ["https on loopback as native", { ...native, redirect_uris: ["https://127.0.0.1/"] }],
    ["an unknown application type", { ...web, application_type: "desktop" }],
    ["an unknown grant", { ...web, grant_types: ["magic"] }],
    ["an unknown response type", { ...web, response_types: ["magic"] }],
    ["an unknown authentication method", { ...web, token_endpoint_auth_method: "magic" }],
    ["both forms of keys", { ...web, jwks: { keys: [] }, jwks_uri: "https://app.example.com/jwks" }],
  ])("%s is refused", async (_name, metadata) => {
    const { status, body } = await register(metadata);
    expect(status).toBe(400);
    expect(body["error"]).toMatch(/^invalid_(client_metadata|redirect_uri)$/);
  });

  test("a secret of the client's choice is not taken", async () => {
    const mine = ["my own", "secret"].join(" ");
    const { body } = await register({ ...web, client_secret: mine });
    expect(body["client_secret"]).toEqual(expect.any(String));
    expect(body["client_secret"]).not.toBe(mine);
  });

  test("a client reads, updates and deletes itself (RFC 7592)", async () => {
    const { body: client } = await register({ ...web, client_name: "Before", contacts: ["a@example.com"] });
    const uri = String(client["registration_client_uri"]);
    const first = String(client["registration_access_token"]);
    const { client_id, client_secret } = client;

    expect(await send("GET", uri, undefined, "wrong")).toMatchObject({ status: 401 });
    expect(await send("GET", uri)).toMatchObject({ status: expect.toSatisfy((status) => status >= 400) });
    expect(await send("GET", uri, undefined, first)).toMatchObject({
      status: 200,
      body: { client_id, client_name: "Before", registration_access_token: first },
    });

    for (const more of [
      { registration_access_token: first },
      { registration_client_uri: uri },
      { client_secret_expires_at: 0 },
      { client_id_issued_at: 1 },
      { client_id: "another" },
      { client_secret: "another" },
      { redirect_uris: [] },
    ]) {
      expect(await send("PUT", uri, { ...web, client_id, ...more }, first)).toMatchObject({ status: 400 });
    }

    const { status, body } = await send(
      "PUT",
      uri,
      { ...web, client_id, client_secret, client_name: "After" },
      first,
    );
    expect({ status, body }).toMatchObject({ status: 200, body: { client_id, client_name: "After" } });
    expect(body).not.toHaveProperty("contacts");
    const second = String(body["registration_access_token"]);
    expect(second).not.toBe(first);
    expect(await send("GET", uri, undefined, first)).toMatchObject({ status: 401 });

    expect(await send("DELETE", uri, undefined, first)).toMatchObject({ status: 401 });
    expect(await send("DELETE", uri, undefined, second)).toMatchObject({ status: 204 });
    expect(await send("GET", uri, undefined, second)).toMatchObject({ status: 401 });
  });

  test("a client without a secret gets one when its method needs it", async () => {
    const { body: client } = await register({ ...web, token_endpoint_auth_method: "none" });
    const uri = String(client["registration_client_uri"]);
    const token = String(client["registration_access_token"]);
    const { body } = await send("PUT", uri, { ...web, client_id: client["client_id"] }, token);
    expect(body).toMatchObject({ client_secret: expect.any(String), client_secret_expires_at: 0 });
  });
});

describe("where the two differ", () => {
  const both = async (metadata: unknown): Promise<readonly Answer[]> =>
    await Promise.all([own, peer].map((server) => send("POST", server.registrationEndpoint, metadata)));

  test("types that disagree: we refuse, oidc-provider corrects them without a word", async () => {
    const [ours, theirs] = await both({ ...web, grant_types: ["refresh_token"], response_types: ["code"] });
    expect(ours).toMatchObject({ status: 400, body: { error: "invalid_client_metadata" } });
    expect(theirs).toMatchObject({
      status: 201,
      body: { grant_types: ["refresh_token", "authorization_code"] },
    });
  });

  test("private-use schemes: we refuse them for native clients too", async () => {
    const [ours, theirs] = await both({ ...native, redirect_uris: ["com.example.app:/callback"] });
    expect([ours?.status, theirs?.status]).toEqual([400, 201]);
  });

  test("no application type: we take loopback, oidc-provider assumes web", async () => {
    const [ours, theirs] = await both({ redirect_uris: ["http://127.0.0.1/callback"] });
    expect(ours?.body).not.toHaveProperty("application_type");
    expect(theirs?.body["application_type"]).toBe("web");
  });
});

test("openid-client discovers our server and registers", async () => {
  const configuration = await dynamicClientRegistration(
    new URL(own.issuer),
    { ...web, client_name: "By openid-client" },
    undefined,
    // Loopback without TLS.
    { algorithm: "oauth2", execute: [allowInsecureRequests] },
  );
  expect(configuration.serverMetadata()).toMatchObject({
    issuer: own.issuer,
    registration_endpoint: own.registrationEndpoint,
  });
  const { client_id, client_secret } = configuration.clientMetadata();
  expect(await own.store.get(client_id)).toMatchObject({ client_name: "By openid-client", ...web });
  expect(await own.store.verify(client_id, String(client_secret))).toBe(true);
});

test("openid-client sees why we refuse", async () => {
  await expect(
    dynamicClientRegistration(new URL(own.issuer), { redirect_uris: ["myapp:/cb"] }, undefined, {
      algorithm: "oauth2",
      execute: [allowInsecureRequests],
    }),
  ).rejects.toMatchObject({ error: "invalid_client_metadata" });
});
