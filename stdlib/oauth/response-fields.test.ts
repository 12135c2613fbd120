import fc from "fast-check";
import { expect, test } from "vitest";
import { judgeAuthorizationResponse } from "./authorization-response.ts";
import { judgeDeviceAuthorization } from "./device-authorization.ts";
import { retryAfterSeconds } from "./retry-after.ts";
import { insufficientScopes } from "./www-authenticate.ts";

const expected = {
  state: "s1",
  redirect_uri: "https://app.example/cb",
  issuer: "https://id.example",
  issRequired: true,
};
const callback = (query: string): string => `https://app.example/cb?${query}`;
const good = "state=s1&iss=https%3A%2F%2Fid.example";

test("a right answer gives the code", () => {
  expect(judgeAuthorizationResponse(callback(`code=c1&${good}`), expected)).toEqual({
    kind: "code",
    code: "c1",
  });
  expect(judgeAuthorizationResponse(`/cb?code=c1&${good}`, expected)).toEqual({ kind: "code", code: "c1" });
});

test.each([
  ["A1 no state", callback("code=c1"), "state"],
  ["A2 another state", callback("code=c1&state=s2&iss=https://id.example"), "state"],
  ["A3 state twice", callback(`code=c1&${good}&state=s2`), "repeated"],
  ["A9 code twice", callback(`code=c1&code=c2&${good}`), "repeated"],
  ["A10 empty code", callback(`code=&${good}`), "code"],
  ["A10 code over 4 KiB", callback(`code=${"c".repeat(4097)}&${good}`), "code"],
  ["A12 error without state", callback("error=access_denied"), "state"],
  ["A13 token in the query", callback(`code=c1&${good}&access_token=t`), "token"],
  ["A13 token in the fragment", `${callback(`code=c1&${good}`)}#id_token=t`, "token"],
  ["A16 iss of another", callback("code=c1&state=s1&iss=https://evil.example"), "iss"],
  ["A17 iss missing", callback("code=c1&state=s1"), "iss_missing"],
  ["A19 iss with a slash", callback("code=c1&state=s1&iss=https://id.example/"), "iss"],
  ["A20 iss twice", callback(`code=c1&${good}&iss=https://id.example`), "repeated"],
  ["A21 error of another issuer", callback("error=x&state=s1&iss=https://evil.example"), "iss"],
  ["A29 another path", `https://app.example/other?code=c1&${good}`, "redirect_uri"],
  ["another host", `https://evil.example/cb?code=c1&${good}`, "redirect_uri"],
  ["another host without a scheme", `//evil.example/cb?code=c1&${good}`, "redirect_uri"],
  ["no URL", 7, "not_a_url"],
])("%s", (_name, url, reason) => {
  expect(judgeAuthorizationResponse(url, expected)).toEqual({ kind: "refused", reason });
});

test("A11: an error wins over a code; A18: a wrong iss is refused although it is not required", () => {
  expect(judgeAuthorizationResponse(callback(`code=c1&error=access_denied&${good}`), expected)).toEqual({
    kind: "error",
    error: "access_denied",
    error_description: null,
  });
  const optional = { ...expected, issRequired: false };
  const foreign = callback("code=c1&state=s1&iss=https://evil.example");
  expect(judgeAuthorizationResponse(foreign, optional)).toEqual({ kind: "refused", reason: "iss" });
});

test("A72: without a known issuer an iss is of the provider's own origins or is refused", () => {
  const unknown = { ...expected, issuer: null, issRequired: false, origins: ["https://id.example"] };
  const judged = (iss: string) =>
    judgeAuthorizationResponse(callback(`code=c1&state=s1&iss=${iss}`), unknown);
  expect(judged("https://id.example/t1")).toEqual({ kind: "code", code: "c1" });
  for (const iss of ["https://evil.example", "http://id.example", "", "id.example"])
    expect(judged(iss)).toEqual({ kind: "refused", reason: "iss" });
  const { origins: _, ...nowhere } = unknown;
  expect(judgeAuthorizationResponse(callback(`code=c1&${good}`), nowhere)).toMatchObject({ reason: "iss" });
});

test("A62: the query of the redirect URI must come back, each parameter as often as it stands there", () => {
  const own = { ...expected, redirect_uri: "https://app.example/cb?via=a&via=b" };
  const judged = (query: string) => judgeAuthorizationResponse(callback(`code=c1&${good}${query}`), own).kind;
  expect(judged("&via=a&via=b")).toBe("code");
  for (const query of ["", "&via=a", "&via=b&via=a", "&via=a&via=b&via=c", "&via=x"])
    expect(judged(query)).toBe("refused");
});

const device = (more: Record<string, unknown>) =>
  judgeDeviceAuthorization({
    status: 200,
    headers: { "content-type": "application/json" },
    body: new TextEncoder().encode(
      JSON.stringify({
        device_code: "d1",
        user_code: "AB-CD",
        verification_uri: "https://id.example/go",
        ...more,
      }),
    ),
  });

test.each([
  ["interval missing", {}, { interval: 5, lifetime: 900 }],
  ["interval 0", { interval: 0 }, { interval: 5 }],
  ["interval negative", { interval: -3 }, { interval: 5 }],
  ["interval 1e9", { interval: 1e9 }, { interval: 60 }],
  ["interval 0.2", { interval: 0.2 }, { interval: 1 }],
  ["life of a day", { expires_in: 86_400 }, { lifetime: 3_600 }],
  ["Google's spelling", { verification_uri: undefined, verification_url: "https://g.example/" }, {}],
  [
    "IDN in punycode",
    { verification_uri: "https://bücher.example/" },
    { verification_uri: "https://xn--bcher-kva.example/" },
  ],
  [
    "H3 complete elsewhere",
    { verification_uri_complete: "https://evil.example/?c=1" },
    { verification_uri_complete: null },
  ],
  [
    "complete",
    { verification_uri_complete: "https://id.example/go?c=1" },
    { verification_uri_complete: "https://id.example/go?c=1" },
  ],
])("device authorization: %s", (_name, more, part) => {
  expect(device(more)).toMatchObject({ kind: "granted", authorization: part });
});

test.each([
  ["interval text", { interval: "5" }, "interval"],
  ["life text", { expires_in: "600" }, "expires_in"],
  ["no device code", { device_code: undefined }, "device_code"],
  ["user code with an escape", { user_code: "A\u001b[2J" }, "user_code"],
  ["H1 javascript:", { verification_uri: "javascript:alert(1)" }, "verification_uri"],
  ["H1 userinfo", { verification_uri: "https://id.example@evil.example/" }, "verification_uri"],
  ["H1 line break", { verification_uri: "https://id.example/\n" }, "verification_uri"],
  ["H1 bidirectional", { verification_uri: "https://id.example/\u202e" }, "verification_uri"],
])("device authorization refused: %s", (_name, more, reason) => {
  expect(device(more)).toEqual({ kind: "invalid", reason, status: 200 });
});

test.each([
  ["120", 60],
  ["7", 7],
  ["0", 0],
  ["-1", null],
  ["soon", null],
  ["", null],
  ["Thu, 01 Jan 1970 00:00:40 GMT", 30],
  ["Thu, 01 Jan 2099 00:00:40 GMT", 60],
  ["Thu, 01 Jan 1970 00:00:00 GMT", null],
  ["1 Jan 2099", null],
])("Retry-After %s", (field, seconds) => {
  expect(retryAfterSeconds(field, 10_000)).toBe(seconds);
});

test.each([
  ['Bearer error="insufficient_scope", scope="a b"', ["a", "b"]],
  ['Basic realm="x", Bearer realm="y", error=insufficient_scope, scope="repo"', ["repo"]],
  ['bearer scope="a", error="insufficient_scope"', ["a"]],
  ['Bearer error="insufficient_scope"', []],
  ['Bearer error="invalid_token", scope="a"', null],
  ['Basic error="insufficient_scope", scope="a"', null],
  ['Bearer error="insufficient_scope, scope=', null],
  ["", null],
])("WWW-Authenticate %s", (field, scopes) => {
  expect(insufficientScopes(field)).toEqual(scopes);
});

test("E8: any challenge is read without a throw", () => {
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom(...'Bearer error=insufficient_scope, \\"'.split("")) }),
      (field) => {
        insufficientScopes(field.repeat(50));
      },
    ),
  );
  expect(insufficientScopes("Bearer ".repeat(100_000))).toBeNull();
});
