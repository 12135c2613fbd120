import { describe, expect, test } from "vitest";
import { isPlain } from "../../../runtime/plugin.ts";
import type { Ports } from "../../../runtime/ports.ts";
import { providersModule } from "./index.ts";

const std = providersModule({} as Ports);
const code = "HARN-OAU-011";
const own = { auth_url: "https://id.example.com/authorize", token_url: "https://id.example.com/token" };

describe("the catalogue", () => {
  test("the ten names of the reference come first", () => {
    expect(std.provider_names().slice(0, 10)).toEqual(
      "github slack linear notion google microsoft atlassian discord gitlab bitbucket".split(" "),
    );
    expect(std.provider_names()).toHaveLength(19);
  });

  test("a name, a factory and the catalogue give the same record", () => {
    for (const name of std.provider_names()) {
      const record = std.provider(name);
      expect(record.id).toBe(name);
      expect(std[name as "github"]()).toBe(record);
      expect(std.provider_catalog()[name as "github"]).toBe(record);
    }
    expect(std.provider("  GitHub ").id).toBe("github");
  });

  test("what vendors need is data", () => {
    expect(std.linear().scope_separator).toBe(",");
    expect(std.notion()).toMatchObject({
      token_auth_method: "client_secret_basic",
      token_body_format: "json",
      auth_params: { owner: "user" },
    });
    expect(std.google()).toMatchObject({
      auth_params: { access_type: "offline" },
      issuer: "https://accounts.google.com",
    });
    expect(std.atlassian().auth_params).toEqual({ audience: "api.atlassian.com", prompt: "consent" });
    expect(std.slack().response).toMatchObject({
      ok_member: "ok",
      nested_member: "authed_user",
      scope_separator: ",",
    });
    expect(std.github()).toMatchObject({
      response: { format: "json_or_form", scope_separator: "," },
      revocation: { kind: "vendor", method: "DELETE", auth: "basic", token_member: "access_token" },
      resource_origins: ["https://api.github.com", "https://uploads.github.com"],
    });
  });

  test("every function is plain but those that ask the network", () => {
    const asking = ["discover", "discover_resource", "oidc"];
    for (const [name, fn] of Object.entries(std)) expect(isPlain(fn)).toBe(!asking.includes(name));
    const { github_enterprise, okta, auth0, custom } = std.providers();
    for (const fn of [github_enterprise, okta, auth0, custom]) expect(isPlain(fn)).toBe(true);
  });

  test.each([
    ["githbu", 'unknown provider; did you mean "github"?'],
    ["github_enterprise", 'unknown provider; did you mean "github"?'],
    ["custom", "unknown provider"],
    ["constructor", "unknown provider"],
    [7, "unknown provider"],
    [undefined, "unknown provider"],
  ])("provider(%s) is refused", (name, message) => {
    expect(() => std.provider(name as string)).toThrow(
      expect.objectContaining({ code, name: "OAuthError", message: `std/oauth/providers: ${message}` }),
    );
  });
});

describe("overrides", () => {
  test("are merged shallowly and may add fields", () => {
    const record = std.github({ label: "Ours", tenant: { id: 1 }, auth_params: { prompt: "login" } });
    expect(record).toMatchObject({
      id: "github",
      label: "Ours",
      tenant: { id: 1 },
      auth_params: { prompt: "login" },
      token_url: std.github().token_url,
      last_verified: null,
    });
    expect(Object.isFrozen(record)).toBe(true);
    expect(std.github().label).toBe("GitHub");
  });

  test("of a part of refresh_handling replace the whole of it", () => {
    const record = std.google({ refresh_handling: { rotates_refresh_token: true } });
    expect(record.refresh_handling).toEqual({
      strategy: "custom",
      expires_in_field: "expires_in",
      expires_at_field: null,
      refresh_grant: "custom",
      rotates_refresh_token: true,
      notes: [],
      reuse: "unknown",
      grace_seconds: 0,
      processing_bound_seconds: 60,
      invalid_grant_errors: [],
    });
  });

  test("are keyed by name for the whole catalogue", () => {
    expect(std.provider_catalog({ slack: { label: "S" } }).slack.label).toBe("S");
    expect(() => std.provider_catalog({ slak: {} } as object)).toThrow('did you mean "slack"?');
  });

  test("later changes of the caller's object do not reach the record", () => {
    const scopes = ["repo"];
    const record = std.github({ default_scopes: scopes });
    scopes.push("admin:org");
    expect(record.default_scopes).toEqual(["repo"]);
  });

  test("a revoke_url of one's own is RFC 7009 unless the vendor has its own call", () => {
    expect(std.linear({ revoke_url: "https://api.linear.app/oauth/revoke" }).revocation).toEqual({
      kind: "rfc7009",
    });
    expect(std.github({ revoke_url: "https://ghe.example.com/x" }).revocation).toMatchObject({
      kind: "vendor",
    });
    expect(std.github({ revoke_url: null }).revocation).toBeNull();
  });

  test.each([
    [{ token_url: "http://evil.example" }, "token_url must use https"],
    [{ auth_url: "https://u:p@id.example.com" }, "auth_url must not contain user information"],
    [{ auth_url: "https://id.example.com/#x" }, "auth_url must not contain a fragment"],
    [{ token_url: null }, "token_url must be a non-empty string"],
    [{ userinfo_url: "/me" }, "userinfo_url must be an absolute https URL"],
    [{ issuer: "example" }, "issuer must be an absolute https URL"],
    [{ resource_origins: "https://a.example" }, "resource_origins must be a list"],
    [{ resource_origins: ["*"] }, "resource_origins must be an absolute https URL"],
    [{ resource_origins: ["https://a.example/path"] }, "resource_origins must hold origins"],
    [{ scope_separator: ";" }, "scope_separator must be one of"],
    [{ token_auth_method: "basic" }, "token_auth_method must be one of"],
    [{ default_scopes: "repo" }, "default_scopes must be a list"],
    [{ pkce_required: "yes" }, "pkce_required must be true or false"],
    [{ auth_params: { a: 1 } }, "auth_params must be an object of strings"],
    [{ response: { ok_member: "ok" } }, "response.format is missing"],
    [{ response: { ...std.slack().response, ok_membr: "x" } }, 'did you mean "ok_member"?'],
    [{ refresh_handling: { notes: "x" } }, "refresh_handling.notes must be a list"],
    [
      { refresh_handling: { ...std.github().refresh_handling, grace_seconds: 5 } },
      "refresh_handling.grace_seconds",
    ],
    [{ refresh_handling: { reuse: "grace" } }, "refresh_handling.grace_seconds must be 1 or more"],
    [{ refresh_handling: { processing_bound_seconds: -1 } }, "must be a whole number of seconds"],
    [{ revocation: { kind: "soap" } }, "revocation.kind must be one of"],
    [{ revocation: { kind: "vendor", method: "PUT" } }, "revocation.method must be one of"],
    [{ extra: () => 1 }, "overrides must be plain data"],
    [[], "overrides must be an object"],
    ["x", "overrides must be an object"],
  ])("%j is refused", (overrides, message) => {
    expect(() => std.github(overrides as Record<string, unknown>)).toThrow(
      expect.objectContaining({ code, message: expect.stringContaining(`std/oauth/providers: `) }),
    );
    expect(() => std.github(overrides as Record<string, unknown>)).toThrow(message);
  });

  test("a getter is never called", () => {
    const tricky = Object.defineProperty({}, "label", {
      enumerable: true,
      get: () => {
        throw new Error("called");
      },
    });
    expect(() => std.github(tricky)).toThrow("overrides must be plain data");
  });
});

describe("providers at an address", () => {
  test("github_enterprise", () => {
    expect(std.github_enterprise(" https://ghe.example.com// ")).toMatchObject({
      id: "github_enterprise",
      auth_url: "https://ghe.example.com/login/oauth/authorize",
      device_code_url: "https://ghe.example.com/login/device/code",
      revoke_url: "https://ghe.example.com/api/v3/applications/{client_id}/token",
      userinfo_url: "https://ghe.example.com/api/v3/user",
      resource_origins: ["https://ghe.example.com"],
    });
    const moved = std.github_enterprise("https://ghe.example.com", {
      api_url: "https://api.ghe.example.com/",
    });
    expect(moved).toMatchObject({ userinfo_url: "https://api.ghe.example.com/user" });
    expect(moved.resource_origins).toEqual(["https://ghe.example.com", "https://api.ghe.example.com"]);
  });

  test.each([
    "",
    "  ",
    "ghe.example.com",
    "http://ghe.example.com",
    "https://ghe.example.com/?x=1",
    undefined,
  ])("github_enterprise(%s) is refused", (url) =>
    expect(() => std.github_enterprise(url as string)).toThrow(expect.objectContaining({ code })),
  );

  test("okta and auth0", () => {
    expect(std.okta("acme.okta.com")).toMatchObject({
      token_url: "https://acme.okta.com/oauth2/v1/token",
      issuer: "https://acme.okta.com",
      resource_origins: ["https://acme.okta.com"],
    });
    expect(std.auth0("https://acme.eu.auth0.com/", { label: "Login" })).toMatchObject({
      label: "Login",
      token_url: "https://acme.eu.auth0.com/oauth/token",
      issuer: "https://acme.eu.auth0.com/",
    });
  });

  test.each([
    "",
    "acme.okta.com/x",
    "a@b",
    "http://localhost",
    "acme.okta.com?x",
    "acme.okta.com\\@evil.example",
    {},
  ])("okta(%s) is refused", (domain) =>
    expect(() => std.okta(domain as string)).toThrow(expect.objectContaining({ code })),
  );
});

describe("custom", () => {
  test("fills in the defaults", () => {
    const given = { ...own, surprise: 1 };
    expect(std.custom(given)).toEqual({
      ...own,
      id: "custom",
      label: "custom",
      device_code_url: null,
      revoke_url: null,
      userinfo_url: null,
      par_url: null,
      par_required: false,
      introspection_url: null,
      registration_url: null,
      jwks_url: null,
      default_scopes: [],
      pkce_required: false,
      refresh_handling: {
        strategy: "custom",
        expires_in_field: "expires_in",
        expires_at_field: null,
        refresh_grant: "custom",
        rotates_refresh_token: false,
        notes: [],
        reuse: "unknown",
        grace_seconds: 0,
        processing_bound_seconds: 60,
        invalid_grant_errors: [],
      },
      documented_quirks: [],
      documentation_url: null,
      token_exchange: null,
      scope_separator: " ",
      token_auth_method: null,
      token_body_format: "form",
      auth_params: {},
      response: {
        format: "json",
        success_statuses: [200],
        ok_member: null,
        nested_member: null,
        scope_separator: " ",
        token_types: {},
      },
      resource_origins: [],
      revocation: null,
      issuer: null,
      iss_parameter: false,
      last_verified: null,
    });
  });

  test("names, origins and revocation", () => {
    expect(std.custom({ ...own, name: " acme " }).id).toBe("acme");
    expect(std.custom({ ...own, userinfo_url: "https://api.example.com/me" }).resource_origins).toEqual([
      "https://api.example.com",
    ]);
    expect(
      std.custom({
        ...own,
        userinfo_url: "https://api.example.com/me",
        resource_origins: ["https://API.example.com/", "https://files.example.com"],
      }).resource_origins,
    ).toEqual(["https://api.example.com", "https://files.example.com"]);
    expect(std.custom({ ...own, revoke_url: "https://id.example.com/revoke" }).revocation).toEqual({
      kind: "rfc7009",
    });
    expect(std.custom(own, { tenant: "t" })).toMatchObject({ tenant: "t" });
    expect(std.custom({ auth_url: "http://127.0.0.1:1/a", token_url: "http://[::1]:1/t" }).id).toBe("custom");
  });

  test.each([
    [undefined, "config must be an object"],
    ["x", "config must be an object"],
    [{}, "auth_url must be a non-empty string"],
    [{ auth_url: own.auth_url }, "token_url must be a non-empty string"],
    [{ ...own, id: " " }, "id must be a non-empty string"],
    [{ ...own, token_url: "http://id.example.com" }, "token_url must use https"],
    [{ ...own, userinfo_url: "nowhere" }, "userinfo_url must be an absolute https URL"],
  ])("%j is refused", (config, message) => {
    expect(() => std.custom(config as typeof own)).toThrow(
      expect.objectContaining({ code, message: expect.stringContaining(`std/oauth/providers: ${message}`) }),
    );
  });
});
