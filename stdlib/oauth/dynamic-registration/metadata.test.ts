import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import { isPlain, type StdFunction } from "../../../runtime/plugin.ts";
import { createOAuth } from "../node.ts";
import type { ValidationResult } from "./index.ts";
import { metadataLimits } from "./metadata-copy.ts";

const oauth = createOAuth();
afterAll(() => oauth.close());
const { validate_metadata, client_metadata } = oauth.dynamic_registration;

const good = { redirect_uris: ["https://app.example.com/callback"] };
const errorsOf = (more: object): readonly string[] => validate_metadata({ ...good, ...more }).errors;
const redirectErrors = (...redirect_uris: unknown[]): readonly string[] => errorsOf({ redirect_uris });

test("which functions are plain", () => {
  const names = Object.entries(oauth.dynamic_registration).flatMap(([name, fn]) =>
    isPlain(fn as StdFunction) ? [name] : [],
  );
  expect(names).toEqual([
    "validate_metadata",
    "client_metadata",
    "authorization_server_metadata",
    "well_known_paths",
    "well_known_response",
    "dynamic_registration_store",
  ]);
});

describe("redirect_uris", () => {
  test.each([
    "https://app.example.com",
    "https://app.example.com:8443/cb?tenant=1",
    "http://localhost/cb",
    "http://LocalHost:3000/cb",
    "http://127.0.0.1:49152/cb",
    "http://127.9.8.7/cb",
    "http://[::1]:8080/cb",
    "http://[0:0:0:0:0:0:0:1]/cb",
    `https://app.example.com/${"x".repeat(2_048 - 24)}`,
  ])("takes %s", (uri) => {
    expect(redirectErrors(uri)).toEqual([]);
  });

  test.each([
    ["http://app.example.com/cb", "loopback"],
    ["http://localhost.example.com/cb", "loopback"],
    ["http://localhost@evil.example.com/cb", "loopback"],
    ["http://128.0.0.1/cb", "loopback"],
    ["http://[::ffff:127.0.0.1]/cb", "loopback"],
    ["http://[::2]/cb", "loopback"],
    ["http://0.0.0.0/cb", "loopback"],
    ["https://app.example.com/cb#part", "fragment"],
    ["https://app.example.com/cb#", "fragment"],
    ["myapp://callback", '"myapp"'],
    ["com.example.app:/callback", '"com.example.app"'],
    ["javascript:alert(1)", '"javascript"'],
    ["/callback", "absolute"],
    ["https:app.example.com", "absolute"],
    ["https://", "absolute"],
    ["https://[bad/", "absolute"],
    ["https://user@app.example.com/", "user information"],
    [" https://app.example.com/", "ASCII"],
    ["https://app.example.com/\n", "ASCII"],
    ["https://app.example.com\\@evil.example/", "ASCII"],
    ["https://app．example.com/", "ASCII"],
    ["", "empty"],
    [7, "string"],
    [null, "string"],
    [() => {}, "string"],
    [`https://app.example.com/${"x".repeat(2_048 - 23)}`, "2048 bytes"],
  ])("refuses %j", (uri, marker) => {
    const errors = redirectErrors(uri);
    expect(errors.join()).toContain(marker);
    for (const error of errors) expect(error).toMatch(/^HARN-OAU-005: redirect_uris\[0\] /);
  });

  test("counts from one to sixteen", () => {
    const uris = (count: number): string[] => Array.from({ length: count }, (_, n) => `https://a.test/${n}`);
    expect(redirectErrors(...uris(16))).toEqual([]);
    expect(redirectErrors(...uris(17))).toEqual(["HARN-OAU-005: redirect_uris must hold at most 16 entries"]);
    expect(redirectErrors()).toEqual(["HARN-OAU-005: redirect_uris must hold at least one entry"]);
    expect(errorsOf({ redirect_uris: null })).toEqual(["HARN-OAU-005: redirect_uris is required"]);
    expect(errorsOf({ redirect_uris: "https://a.test" })).toEqual([
      "HARN-OAU-005: redirect_uris must be a list",
    ]);
  });
});

describe("the other fields", () => {
  test("take what RFC 7591 names", () => {
    expect(
      errorsOf({
        grant_types: [
          "authorization_code",
          "refresh_token",
          "client_credentials",
          "urn:ietf:params:oauth:grant-type:device_code",
          "urn:ietf:params:oauth:grant-type:jwt-bearer",
        ],
        response_types: ["code", "token", "id_token", "code id_token", "none"],
        token_endpoint_auth_method: "client_secret_jwt",
        scope: "s".repeat(2_048),
        client_name: "é".repeat(128),
        "client_name#fr": "Exemple",
        client_uri: "https://app.example.com",
        logo_uri: "ftp://app.example.com/logo",
        tos_uri: "urn:example:tos",
        policy_uri: "mailto:legal@example.com",
        jwks_uri: "https://app.example.com/jwks",
        software_id: "s".repeat(2_048),
        software_version: "1",
        contacts: ["ops@example.com"],
        own_extension: { kept: [1, true, null] },
      }),
    ).toEqual([]);
  });

  test("null counts as absent", () => {
    const fields = ["grant_types", "response_types", "token_endpoint_auth_method", "scope", "client_name"];
    const more = ["client_uri", "software_id", "contacts", "application_type", "jwks", "jwks_uri"];
    expect(errorsOf(Object.fromEntries([...fields, ...more].map((name) => [name, null])))).toEqual([]);
  });

  test.each([
    [{ grant_types: "authorization_code" }, "grant_types must be a list"],
    [{ grant_types: ["authorization_code", "implicit"] }, 'grant_types[1] "implicit" is not supported'],
    [{ grant_types: ["authorization_code", 7] }, "grant_types[1] must be a string"],
    [{ response_types: {} }, "response_types must be a list"],
    [{ response_types: ["code", "code token"] }, 'response_types[1] "code token" is not supported'],
    [
      { token_endpoint_auth_method: "tls_client_auth" },
      'token_endpoint_auth_method "tls_client_auth" is not supported',
    ],
    [{ token_endpoint_auth_method: [] }, "token_endpoint_auth_method must be a string"],
    [{ scope: ["a"] }, "scope must be a string"],
    [{ scope: "s".repeat(2_049) }, "scope must not be longer than 2048 bytes"],
    [{ client_name: `${"é".repeat(128)}a` }, "client_name must not be longer than 256 bytes"],
    [{ "client_name#fr": 7 }, "client_name must be a string"],
    [{ client_uri: "/about" }, "client_uri must be an absolute URL"],
    [{ logo_uri: 7 }, "logo_uri must be a string"],
    [{ logo_uri: "java\tscript:alert(1)" }, "logo_uri has a scheme that is not allowed"],
    [{ "tos_uri#fr": `https://a.test/${"x".repeat(2_048)}` }, "tos_uri must not be longer than 2048 bytes"],
    [{ software_id: {} }, "software_id must be a string"],
    [{ software_version: "v".repeat(2_049) }, "software_version must not be longer than 2048 bytes"],
    [{ contacts: "ops@example.com" }, "contacts must be a list"],
    [{ contacts: ["a", 1] }, "contacts[1] must be a string"],
    [{ application_type: "desktop" }, "application_type must be native or web"],
    [{ jwks: [] }, "jwks must be an object with a list of keys"],
    [{ jwks: { keys: ["k"] } }, "jwks must hold objects as keys"],
    [{ jwks: { keys: [{ kty: "oct", k: "AAAA" }] } }, "jwks must hold public keys only"],
    [
      { jwks: { keys: [] }, jwks_uri: "https://a.test/jwks" },
      "jwks must not be given together with jwks_uri",
    ],
    [{ extension: { deep: () => {} } }, "extension must be JSON data"],
    [{ extension: Number.NaN }, "extension must be JSON data"],
    [{ extension: new Map() }, "extension must be JSON data"],
    [{ "not a plain name\n": new Map() }, "metadata must be JSON data"],
    [{ extension: "x".repeat(65_536) }, "metadata must not be larger than 65536 bytes"],
  ])("refuse %j", (more, problem) => {
    expect(errorsOf(more)).toEqual([`HARN-OAU-005: ${problem}`]);
  });

  test("all problems come, in the order of the fields", () => {
    const errors = errorsOf({
      contacts: 1,
      software_version: 1,
      software_id: 1,
      jwks_uri: 1,
      policy_uri: 1,
      tos_uri: 1,
      logo_uri: 1,
      client_uri: 1,
      client_name: 1,
      scope: 1,
      token_endpoint_auth_method: 1,
      response_types: 1,
      grant_types: 1,
      redirect_uris: ["http://a.test/#x", "b:c"],
    });
    expect(errors.map((error) => error.split(" ")[1])).toEqual([
      "redirect_uris[0]",
      "redirect_uris[0]",
      "redirect_uris[1]",
      "grant_types",
      "response_types",
      "token_endpoint_auth_method",
      "scope",
      "client_name",
      "client_uri",
      "logo_uri",
      "tos_uri",
      "policy_uri",
      "jwks_uri",
      "software_id",
      "software_version",
      "contacts",
    ]);
  });

  test("a caller's word is quoted when it is short and harmless, and never a token", () => {
    const token = ["gh", "p_", "A1b2C3d4E5".repeat(4).slice(0, 36)].join("");
    const [error] = errorsOf({ grant_types: ["authorization_code", token] });
    expect(error).not.toContain(token);
    expect(errorsOf({ grant_types: ["authorization_code", "x\u001b[31m"] })).toEqual([
      "HARN-OAU-005: grant_types[1] is not supported",
    ]);
  });
});

describe("fields that must agree", () => {
  const device = "urn:ietf:params:oauth:grant-type:device_code";
  test.each([
    [{ grant_types: ["authorization_code"], response_types: ["none"] }, "response_types"],
    [{ grant_types: ["authorization_code"], response_types: [] }, "response_types"],
    [{ response_types: ["token"] }, "response_types"],
    [{ grant_types: ["client_credentials"], response_types: ["code"] }, "grant_types"],
    [{ grant_types: [device], response_types: ["token"] }, "grant_types"],
    [
      { grant_types: ["client_credentials"], token_endpoint_auth_method: "none" },
      "token_endpoint_auth_method",
    ],
  ])("%j disagree", (more, field) => {
    const errors = errorsOf(more);
    expect(errors).toHaveLength(1);
    expect(errors[0]).toContain(`HARN-OAU-005: ${field} must`);
  });

  test.each([
    [{ response_types: ["none"] }, [], ["none"]],
    [{ grant_types: ["client_credentials"] }, ["client_credentials"], []],
    [{ grant_types: [device, "refresh_token"] }, [device, "refresh_token"], []],
    [{ grant_types: ["authorization_code"] }, ["authorization_code"], ["code"]],
    [{ response_types: ["code id_token"] }, ["authorization_code"], ["code id_token"]],
    [{}, ["authorization_code"], ["code"]],
  ])("%j agree, and what is left out follows", (more, grant_types, response_types) => {
    expect(client_metadata({ ...good, ...more })).toMatchObject({ grant_types, response_types });
  });

  test.each([
    ["web", "https://app.example.com/cb", true],
    ["web", "http://127.0.0.1/cb", false],
    ["web", "http://localhost/cb", false],
    ["web", "https://localhost/cb", false],
    ["native", "http://127.0.0.1:50000/cb", true],
    ["native", "http://[::1]/cb", true],
    ["native", "http://localhost/cb", true],
    ["native", "https://app.example.com/cb", true],
    ["native", "https://127.0.0.1/cb", false],
  ])("application_type %s with %s: %s", (application_type, uri, ok) => {
    const result = validate_metadata({ application_type, redirect_uris: [uri] });
    expect(result.ok).toBe(ok);
    for (const error of result.errors) {
      expect(error).toMatch(/^HARN-OAU-005: redirect_uris\[0\] .*application_type/);
    }
  });
});

describe("client_metadata", () => {
  test("adds the defaults, passes the rest through, and keeps no credentials", () => {
    const secret = ["sec", "ret"].join("");
    const given = {
      ...good,
      client_id: "https://app.example.com/client.json",
      client_secret: secret,
      registration_access_token: secret,
      scope: null,
      extension: { own: [1] },
    };
    const made = client_metadata(given);
    expect(made).toEqual({
      ...good,
      client_id: "https://app.example.com/client.json",
      extension: { own: [1] },
      grant_types: ["authorization_code"],
      response_types: ["code"],
      token_endpoint_auth_method: "client_secret_basic",
    });
    expect(made.extension).not.toBe(given.extension);
  });

  test("throws every problem, each with its code", () => {
    expect(() => client_metadata({ grant_types: ["implicit"], scope: 1 })).toThrow(
      expect.objectContaining({
        code: "HARN-OAU-005",
        message:
          "std/oauth/dynamic_registration: HARN-OAU-005: redirect_uris is required; " +
          'HARN-OAU-005: grant_types[0] "implicit" is not supported; HARN-OAU-005: scope must be a string',
      }),
    );
  });

  test("drops __proto__ at every level", () => {
    const given = JSON.parse(
      `{"redirect_uris":["https://a.test/"],"__proto__":{"admin":true},"x":{"__proto__":{"admin":true},"y":1}}`,
    ) as object;
    const made = client_metadata(given as Record<string, unknown>);
    expect(Object.keys(made)).not.toContain("__proto__");
    expect(made["admin"]).toBeUndefined();
    expect(Object.keys(made["x"] as object)).toEqual(["y"]);
    expect((made["x"] as { admin?: boolean }).admin).toBeUndefined();
    expect(({} as { admin?: boolean }).admin).toBeUndefined();
  });
});

describe("any input", () => {
  test.each([undefined, null, "text", 7, true, [], [good]])("%j is no metadata", (value) => {
    for (const fn of [validate_metadata, client_metadata] as ((value: unknown) => unknown)[]) {
      expect(() => fn(value)).toThrow(expect.objectContaining({ code: "HARN-OAU-011" }));
    }
  });

  test("accessors are not called, hostile objects are refused", () => {
    let called = false;
    const trap = {
      ...good,
      get scope(): string {
        called = true;
        return "a";
      },
    };
    expect(validate_metadata(trap).errors).toEqual(["HARN-OAU-005: scope must be a string"]);
    expect(called).toBe(false);
    const proxy = new Proxy(
      {},
      {
        ownKeys: () => {
          throw new Error("trapped");
        },
      },
    );
    expect(validate_metadata(proxy).errors).toEqual([
      "HARN-OAU-005: metadata holds too many values or cannot be read",
    ]);
    const wide = { ...good, list: Array.from({ length: metadataLimits.maxValues }) };
    const holes = { ...good, list: Object.assign([], { length: metadataLimits.maxValues + 1 }) };
    let deep: unknown = 1;
    for (let level = 0; level < 100_000; level++) deep = [deep];
    const circle: Record<string, unknown> = { ...good };
    circle["self"] = circle;
    const tooMany = ["HARN-OAU-005: metadata holds too many values or cannot be read"];
    for (const metadata of [wide, holes]) expect(validate_metadata(metadata).errors).toEqual(tooMany);
    for (const metadata of [{ ...good, deep }, circle]) expect(validate_metadata(metadata).ok).toBe(false);
  });

  const uri = fc.oneof(
    fc.webUrl(),
    fc.webUrl({ withFragments: true }),
    fc.constantFrom("http://localhost:1/cb", "http://127.0.0.1/", "app:/cb", "", "//x", 7, null),
    fc.string(),
  );
  const value = fc.oneof(
    fc.anything({
      withBigInt: true,
      withDate: true,
      withMap: true,
      withSparseArray: true,
      withTypedArray: true,
    }),
    fc.array(fc.constantFrom("code", "none", "authorization_code", "refresh_token", "implicit")),
    fc.constantFrom("none", "native", "web", "client_secret_basic", "https://a.test", null),
    uri,
  );
  const known = [
    "grant_types",
    "response_types",
    "token_endpoint_auth_method",
    "scope",
    "client_name",
    "client_uri",
    "logo_uri",
    "tos_uri",
    "policy_uri",
    "jwks_uri",
    "software_id",
    "software_version",
    "contacts",
    "application_type",
    "jwks",
  ];
  const metadata = fc
    .tuple(
      fc.record({ redirect_uris: fc.oneof(fc.array(uri, { maxLength: 18 }), value) }, { requiredKeys: [] }),
      fc.dictionary(fc.constantFrom(...known), value),
      fc.dictionary(fc.string(), fc.anything(), { maxKeys: 2 }),
    )
    .map(([one, two, three]) => ({ ...three, ...two, ...one }));

  test("either validates or every error names a field that was given, redirect_uris or the whole", () => {
    fc.assert(
      fc.property(metadata, (given) => {
        const result: ValidationResult = validate_metadata(given);
        expect(result.ok).toBe(result.errors.length === 0);
        const bases = Object.keys(given).flatMap((name) => [name, name.split("#", 1)[0]]);
        const names = ["redirect_uris", "metadata", ...bases];
        for (const error of result.errors) {
          const [, field] = /^HARN-OAU-005: ([\w#-]+)(?:\[\d+\])? /.exec(error) ?? [];
          expect(names).toContain(field);
        }
      }),
      { numRuns: 500 },
    );
  });

  test("what validates is JSON, keeps every member, and validates again with its defaults", () => {
    const likely = fc.record(
      {
        redirect_uris: fc.array(
          fc.webUrl({ validSchemes: ["https"] }).filter((url) => /^[!-~]+$/.test(url)),
          { minLength: 1, maxLength: 4 },
        ),
        grant_types: fc.subarray(["authorization_code", "refresh_token", "client_credentials"]),
        client_name: fc.string({ maxLength: 40 }),
        contacts: fc.array(fc.emailAddress()),
        extension: fc.jsonValue(),
      },
      { requiredKeys: ["redirect_uris"] },
    );
    fc.assert(
      fc.property(likely, (given) => {
        if (!validate_metadata(given).ok) return;
        const made = client_metadata(given);
        const text = JSON.stringify(made);
        expect(JSON.stringify(client_metadata(JSON.parse(text) as object as typeof made))).toBe(text);
        // Generated data holds `__proto__` members too, and those are dropped.
        const kept = JSON.parse(JSON.stringify(given), (name, value: unknown) =>
          name === "__proto__" ? undefined : value,
        ) as Record<string, unknown>;
        for (const [name, member] of Object.entries(kept)) {
          if (member !== null) expect(JSON.stringify(made[name])).toBe(JSON.stringify(member));
        }
      }),
      { numRuns: 200 },
    );
  });
});
