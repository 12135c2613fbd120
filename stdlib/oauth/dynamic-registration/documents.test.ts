import { afterAll, describe, expect, test } from "vitest";
import { createOAuth } from "../node.ts";
import type { WellKnownOptions, WellKnownPaths } from "./index.ts";

const oauth = createOAuth();
afterAll(() => oauth.close());
const { authorization_server_metadata, well_known_paths, well_known_response } = oauth.dynamic_registration;

const deviceGrant = "urn:ietf:params:oauth:grant-type:device_code";
const urls = {
  auth_url: "https://id.example.com/tenant/authorize",
  token_url: "https://id.example.com/tenant/token",
};
const invalid = (message: string): unknown =>
  expect.objectContaining({ code: "HARN-OAU-011", message: expect.stringContaining(message) });

describe("authorization_server_metadata", () => {
  test("says what the record knows", () => {
    const record = oauth.providers.custom({
      ...urls,
      id: "example",
      device_code_url: "https://id.example.com/tenant/device",
      revoke_url: "https://id.example.com/tenant/revoke",
      userinfo_url: "https://id.example.com/tenant/me",
      default_scopes: ["read", "write"],
      issuer: "https://id.example.com/tenant/",
    });
    expect(authorization_server_metadata(record)).toEqual({
      issuer: "https://id.example.com/tenant/",
      authorization_endpoint: urls.auth_url,
      token_endpoint: urls.token_url,
      device_authorization_endpoint: "https://id.example.com/tenant/device",
      revocation_endpoint: "https://id.example.com/tenant/revoke",
      userinfo_endpoint: "https://id.example.com/tenant/me",
      response_types_supported: ["code"],
      grant_types_supported: ["authorization_code", "refresh_token", deviceGrant],
      token_endpoint_auth_methods_supported: ["client_secret_basic", "client_secret_post", "none"],
      code_challenge_methods_supported: ["S256"],
      scopes_supported: ["read", "write"],
    });
  });

  test.each([
    ["https://id.example.com/authorize", "https://id.example.com"],
    ["https://id.example.com:8443/tenant/oauth2/authorize?x=1", "https://id.example.com:8443/tenant/oauth2"],
    ["https://id.example.com:443", "https://id.example.com"],
    ["http://127.0.0.1:9000/realm/authorize/", "http://127.0.0.1:9000/realm"],
  ])("a record without an issuer, with %s, is known as %s", (auth_url, issuer) => {
    expect(authorization_server_metadata({ ...urls, auth_url }).issuer).toBe(issuer);
  });

  test("the device grant is advertised only with an endpoint", () => {
    const without = authorization_server_metadata(urls);
    expect(without.grant_types_supported).toEqual(["authorization_code", "refresh_token"]);
    expect(without).not.toHaveProperty("device_authorization_endpoint");
    const endpoint = { device_authorization_endpoint: "https://id.example.com/device" };
    expect(authorization_server_metadata(urls, endpoint).grant_types_supported).toContain(deviceGrant);
    const removed = authorization_server_metadata(
      { ...urls, device_code_url: "https://id.example.com/device" },
      { device_authorization_endpoint: null },
    );
    expect(removed.grant_types_supported).not.toContain(deviceGrant);
    expect(removed).not.toHaveProperty("device_authorization_endpoint");
  });

  test("a vendor's own revocation call is no revocation endpoint", () => {
    expect(authorization_server_metadata(oauth.providers.github())).not.toHaveProperty("revocation_endpoint");
  });

  test("overrides win, stay open, and cannot reach a prototype", () => {
    const overrides = JSON.parse(
      `{"registration_endpoint":"https://id.example.com/register","scopes_supported":["all"],"__proto__":{"x":1}}`,
    ) as Record<string, unknown>;
    const made = authorization_server_metadata(urls, overrides);
    expect(made).toMatchObject({
      registration_endpoint: "https://id.example.com/register",
      scopes_supported: ["all"],
    });
    expect(made["x"]).toBeUndefined();
    expect(authorization_server_metadata(urls, null).token_endpoint).toBe(urls.token_url);
  });

  test.each([
    [{}, {}, "auth_url and token_url"],
    [null, {}, "auth_url and token_url"],
    [{ auth_url: urls.auth_url }, {}, "auth_url and token_url"],
    [{ ...urls, auth_url: "http://id.example.com/a" }, {}, "auth_url must use https"],
    [{ ...urls, token_url: "id.example.com" }, {}, "token_url must be an absolute https URL"],
    [urls, { x: () => {} }, "overrides must be JSON data"],
    [urls, [], "overrides must be an object"],
  ])("refuses %j with %j", (provider, overrides, message) => {
    expect(() =>
      authorization_server_metadata(provider as object, overrides as Record<string, unknown>),
    ).toThrow(invalid(message));
  });
});

describe("well_known_paths", () => {
  test("are RFC 8414's, or the older names on request", () => {
    expect(well_known_paths()).toEqual({
      client_metadata: "/.well-known/oauth-client.json",
      authorization_server_metadata: "/.well-known/oauth-authorization-server",
      registration: "/register",
    });
    expect(well_known_paths(null, { json_names: true }).authorization_server_metadata).toBe(
      "/.well-known/oauth-authorization-server.json",
    );
  });

  test.each([
    ["https://id.example.com", "/.well-known/oauth-authorization-server"],
    ["https://id.example.com/", "/.well-known/oauth-authorization-server"],
    ["https://id.example.com/tenant/1/", "/.well-known/oauth-authorization-server/tenant/1"],
  ])("an issuer's path goes behind the name: %s", (issuer, path) => {
    expect(well_known_paths({}, { issuer }).authorization_server_metadata).toBe(path);
  });

  test("take overrides", () => {
    const paths = well_known_paths({ registration: "/oauth/register" }, null);
    expect(paths.registration).toBe("/oauth/register");
    expect(paths.client_metadata).toBe("/.well-known/oauth-client.json");
  });

  test.each([
    [{ registraton: "/r" }, {}, 'did you mean "registration"'],
    [{ registration: "register" }, {}, "registration must be a path"],
    [{ registration: 7 }, {}, "registration must be a path"],
    [{}, { json_name: true }, 'did you mean "json_names"'],
    [{}, { json_names: "yes" }, "json_names must be true or false"],
    [{}, { issuer: "http://id.example.com" }, "issuer must use https"],
  ])("refuse %j with %j", (overrides, opts, message) => {
    expect(() => well_known_paths(overrides as Partial<WellKnownPaths>, opts as WellKnownOptions)).toThrow(
      invalid(message),
    );
  });
});

describe("well_known_response", () => {
  test("is JSON that nobody caches", () => {
    const metadata = authorization_server_metadata(urls);
    const answer = well_known_response(metadata);
    expect(answer).toEqual({
      status: 200,
      content_type: "application/json",
      headers: { "content-type": "application/json", "cache-control": "no-store" },
      body: JSON.stringify(metadata),
    });
  });

  test("publishes no credential", () => {
    for (const member of ["client_secret", "registration_access_token"]) {
      expect(() => well_known_response({ client_id: "a", [member]: "b" })).toThrow(
        expect.objectContaining({ code: "HARN-OAU-005", message: expect.stringContaining(member) }),
      );
    }
    for (const member of ["d", "k", "oth"]) {
      const metadata = { client_name: "a", jwks: { keys: [{ kty: "EC" }, { kty: "EC", [member]: "b" }] } };
      expect(() => well_known_response(metadata)).toThrow(
        expect.objectContaining({ code: "HARN-OAU-005", message: expect.stringContaining("public keys") }),
      );
    }
    expect(well_known_response({ jwks: { keys: [{ kty: "EC", x: "a" }] } }).status).toBe(200);
    expect(() => well_known_response("x" as never)).toThrow(invalid("metadata must be an object"));
  });
});
