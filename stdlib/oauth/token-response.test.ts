import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { ResponseRules } from "./providers/record.ts";
import { judgeTokenResponse, type TokenResponse } from "./token-response.ts";
import { tokenSetOf } from "./token-set-of.ts";

const plainRules: ResponseRules = {
  format: "json",
  success_statuses: [200],
  ok_member: null,
  nested_member: null,
  scope_separator: " ",
  token_types: {},
};
const json: Record<string, string> = { "content-type": "application/json" };
const judge = (body: unknown, { status = 200, headers = json, rules = plainRules } = {}): TokenResponse => {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  return judgeTokenResponse({ status, headers, body: new TextEncoder().encode(text) }, rules);
};
const granted = (members: Record<string, unknown>, rules = plainRules) => {
  const response = judge({ access_token: "at", ...members }, { rules });
  return response.kind === "granted" ? response.members : response;
};

describe("refused by us", () => {
  test.each([
    ["D1 no access_token", {}, "access_token"],
    ["D1 empty access_token", { access_token: "" }, "access_token"],
    ["D2 number", { access_token: 1 }, "access_token"],
    ["D2 object", { access_token: {} }, "access_token"],
    ["D5 trailing newline", { access_token: "at\n" }, "access_token"],
    ["CR/LF inside", { access_token: "a\r\nX: y" }, "access_token"],
    ["NUL", { access_token: "a\u0000" }, "access_token"],
    ["not ASCII", { access_token: "tök" }, "access_token"],
    ["D6 over 64 KiB", { access_token: "a".repeat(65_537) }, "access_token"],
    ["D9 token_type with a line break", { access_token: "at", token_type: "Bearer\r\n" }, "token_type"],
    ["D9 token_type number", { access_token: "at", token_type: 1 }, "token_type"],
    ["D11 DPoP", { access_token: "at", token_type: "DPoP" }, "token_type"],
    ["token_type of the prototype", { access_token: "at", token_type: "toString" }, "token_type"],
    ["D13 negative life", { access_token: "at", expires_in: -1 }, "expires_in"],
    ["D14 half a second", { access_token: "at", expires_in: 0.5 }, "expires_in"],
    ["D16 digits and more", { access_token: "at", expires_in: "3600abc" }, "expires_in"],
    ["D16 hexadecimal", { access_token: "at", expires_in: "0x10" }, "expires_in"],
    ["D16 NaN", { access_token: "at", expires_in: "NaN" }, "expires_in"],
    ["a negative string", { access_token: "at", expires_in: "-1" }, "expires_in"],
    ["null life", { access_token: "at", expires_in: null }, "expires_in"],
    ["D21 refresh_token number", { access_token: "at", refresh_token: 1 }, "refresh_token"],
    ["D21 refresh_token empty", { access_token: "at", refresh_token: "" }, "refresh_token"],
    ["D21 refresh_token null", { access_token: "at", refresh_token: null }, "refresh_token"],
    ["both tokens the same", { access_token: "at", refresh_token: "at" }, "same_token"],
    ["id_token object", { access_token: "at", id_token: {} }, "id_token"],
    ["scope list", { access_token: "at", scope: ["a"] }, "scope"],
    ["scope with a control character", { access_token: "at", scope: "a\u001b[0m" }, "scope"],
    ["scope with a quote", { access_token: "at", scope: 'a"b' }, "scope"],
    ["scope over 64 KiB", { access_token: "at", scope: "a".repeat(65_537) }, "scope"],
    ["a capsule", { access_token: "hfs1.AAAA" }, "access_token"],
    ["a capsule to refresh with", { access_token: "at", refresh_token: "hfs1.AAAA" }, "refresh_token"],
    ["a token in the scope", { access_token: "access-token", scope: "a xaccess-tokenx" }, "repeated_token"],
    [
      "a token in issued_token_type",
      { access_token: "at", refresh_token: "refresh-token", issued_token_type: "urn:refresh-token" },
      "repeated_token",
    ],
    ["D29 list", [], "not_an_object"],
    ["D29 null", "null", "not_an_object"],
    ["D29 text", '"at"', "not_an_object"],
    ["D29 empty", "", "not_json"],
    ["D31 nested", "[".repeat(200_000), "too_deep"],
    ["a member twice", '{"access_token":"a","access_token":"b"}', "duplicate_member"],
  ])("%s", (_name, body, reason) => {
    expect(judge(body)).toEqual({ kind: "invalid", reason, status: 200 });
  });

  test("D65 the refresh token that was presented", () => {
    const raw = {
      status: 200,
      headers: json,
      body: new TextEncoder().encode('{"access_token":"old-refresh-token"}'),
    };
    expect(judgeTokenResponse(raw, plainRules, false, "old-refresh-token")).toMatchObject({
      reason: "same_token",
    });
    expect(judgeTokenResponse(raw, plainRules, false, "another")).toMatchObject({ kind: "granted" });
  });

  test("a short token may be part of a scope's name", () => {
    expect(granted({ access_token: "read", scope: "read write" })).toMatchObject({
      scopes: ["read", "write"],
    });
  });

  test.each([
    ["C11 text/html", { "content-type": "text/html" }],
    ["C11 no content type", {}],
    ["C12 form", { "content-type": "application/x-www-form-urlencoded" }],
  ])("%s", (_name, headers) => {
    expect(judge({ access_token: "at" }, { headers })).toMatchObject({
      kind: "invalid",
      reason: "content_type",
    });
  });

  test.each([201, 204, 206])("C13 status %i", (status) => {
    expect(judge({ access_token: "at" }, { status })).toMatchObject({ kind: "invalid", reason: "status" });
  });

  test("status 201 where the provider's rules list it, and no other", () => {
    const rules = { ...plainRules, success_statuses: [200, 201] };
    expect(judge({ access_token: "at" }, { status: 201, rules })).toMatchObject({ kind: "granted" });
    expect(judge({ error: "invalid_grant" }, { status: 201, rules })).toMatchObject({ kind: "refused" });
    expect(judge({ access_token: "at" }, { status: 202, rules })).toMatchObject({ kind: "invalid" });
  });

  test.each([301, 302, 307])("C4 status %i with a token in the body", (status) => {
    expect(judge({ access_token: "at" }, { status })).toMatchObject({ kind: "invalid", reason: "redirect" });
  });

  test("C7 a body over the cap", () => {
    expect(judge(`"${"a".repeat(1024 * 1024)}"`)).toMatchObject({ kind: "invalid", reason: "too_large" });
  });
});

describe("refused by the provider", () => {
  test("D33, D34: error wins over access_token", () => {
    expect(judge({ error: "invalid_grant", access_token: "at" })).toEqual({
      kind: "refused",
      answer: { status: 200, error: "invalid_grant" },
    });
  });

  test("ok: false", () => {
    const rules = { ...plainRules, ok_member: "ok" };
    expect(judge({ ok: false, error: "bad", access_token: "at" }, { rules }).kind).toBe("refused");
    expect(judge({ ok: true, access_token: "at" }, { rules }).kind).toBe("granted");
    expect(judge({ access_token: "at" }, { rules }).kind).toBe("granted");
    for (const ok of ["false", 0, null, "true"])
      expect(judge({ ok, access_token: "at" }, { rules }).kind).toBe("refused");
  });

  test.each([500, 503, 429, 408])("status %i is for now only, whatever it says", (status) => {
    const headers = { ...json, "retry-after": "7" };
    expect(judge({ error: "invalid_grant" }, { status, headers })).toMatchObject({
      kind: "unavailable",
      retryAfter: "7",
    });
  });

  test("E7 a page instead of JSON leaves the status only", () => {
    const headers = { "content-type": "text/html" };
    expect(judge("<h1>token</h1>", { status: 400, headers })).toEqual({
      kind: "refused",
      answer: { status: 400 },
    });
  });

  test("E1, E2: codes outside the alphabet are replaced, descriptions lose what a terminal acts on", () => {
    const error_description = "a\u001b]52;c;x\u0007b\u202ec\u009bd";
    expect(judge({ error: 'bad"', error_description }, { status: 400 })).toEqual({
      kind: "refused",
      answer: { status: 400, error: "unreadable_error", error_description: "a ]52;c;x b c d" },
    });
  });
});

describe("granted", () => {
  test("only the listed members are kept", () => {
    const members = granted({
      expires_in: 10,
      refresh_token: "rt",
      id_token: "x.y.z",
      ...Object.fromEntries(["toJSON", "then", "team"].map((name) => [name, 1])),
    });
    expect(members).toEqual({
      access_token: "at",
      token_type: "Bearer",
      expires_in: 10,
      refresh_token: "rt",
      id_token: "x.y.z",
    });
  });

  test.each([
    ["D14 zero", 0, 0],
    ["D15 digits", "3600", 3600],
    ["ten years", 315_360_000, 315_360_000],
    ["one second more", 315_360_001, 315_360_000],
    ["huge", 1e300, 315_360_000],
    ["many digits", "9".repeat(400), 315_360_000],
  ])("expires_in: %s", (_name, given, expected) => {
    expect(granted({ expires_in: given })).toMatchObject({ expires_in: expected });
  });

  test("D10: any case of bearer, spelt as it came; mapped types", () => {
    expect(granted({ token_type: "bEaReR" })).toMatchObject({ token_type: "bEaReR" });
    expect(granted({ token_type: "Bot" }, { ...plainRules, token_types: { bot: "Bearer" } })).toMatchObject({
      token_type: "Bearer",
    });
  });

  test("scopes by the provider's separator", () => {
    expect(granted({ scope: "a  b" })).toMatchObject({ scopes: ["a", "b"] });
    expect(granted({ scope: "a,b, c" }, { ...plainRules, scope_separator: "," })).toMatchObject({
      scopes: ["a", "b", "c"],
    });
  });

  test("a nested holder and a form, where the rules have them", () => {
    const rules = { ...plainRules, nested_member: "authed_user" };
    const response = judge({ ok: true, authed_user: { access_token: "u" } }, { rules });
    expect(response).toMatchObject({ kind: "granted", members: { access_token: "u" } });
    const form = { "content-type": "application/x-www-form-urlencoded; charset=utf-8" };
    const formRules = { ...plainRules, format: "json_or_form" } as const;
    expect(judge("access_token=at&expires_in=60", { headers: form, rules: formRules })).toMatchObject({
      kind: "granted",
      members: { access_token: "at", expires_in: 60 },
    });
    expect(judge("access_token=a&access_token=b", { headers: form, rules: formRules })).toMatchObject({
      kind: "invalid",
      reason: "duplicate_member",
    });
  });

  test("any answer is judged without a throw, and what is granted is safe in a header", () => {
    fc.assert(
      fc.property(fc.anything(), fc.integer({ min: 200, max: 599 }), (value, status) => {
        const response = judge(JSON.stringify({ access_token: value }) ?? "", { status });
        if (response.kind === "granted") expect(response.members.access_token).toMatch(/^[!-~]+$/);
      }),
    );
  });
});

describe("the token set", () => {
  const previous = {
    access_token: "old",
    token_type: "Bearer",
    refresh_token: "rt-0",
    scopes: ["a"],
    metadata: { team: "t" },
  };

  test("F6: what an answer leaves out is kept from before", () => {
    expect(tokenSetOf({ access_token: "new", token_type: "Bearer" }, 100, ["b"], previous)).toEqual({
      ...previous,
      access_token: "new",
      issued_at_unix: 100,
    });
  });

  test("D25: without a word on scopes they are the requested ones", () => {
    expect(
      tokenSetOf({ access_token: "new", token_type: "Bearer", expires_in: 5 }, 100, ["b"], null),
    ).toEqual({
      access_token: "new",
      token_type: "Bearer",
      issued_at_unix: 100,
      expires_in: 5,
      expires_at_unix: 105,
      scopes: ["b"],
    });
  });
});
