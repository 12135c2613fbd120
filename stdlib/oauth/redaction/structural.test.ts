import { describe, expect, test } from "vitest";
import { createRedactor } from "./engine.ts";

const token = ["gh", "p_", "aB3dEf9hIj".repeat(4).slice(4)].join("");
const redacted = (value: unknown): unknown => createRedactor().redactValue(value);

describe("redactValue", () => {
  test("replaces credential fields whole and leaves the rest", () => {
    expect(
      redacted({
        access_token: "abc",
        refreshToken: "ab",
        "X-Api-Key": "abc",
        idtoken: "é",
        client_secret: token,
        authorization: "Bearer abc",
        "set-cookie": ["a=b", "c=d"],
        my_service_token: "abc",
        has_access_token: true,
        has_refresh_token: "yes",
        token_type: "Bearer",
        token_endpoint: "https://id.example.com/token",
        expires_in: 3600,
        client_secret_expires_at: "never",
        next_page_token: "2",
        password: null,
        secret: 7,
        refresh_token: "",
        scopes: ["read"],
      }),
    ).toEqual({
      access_token: "<redacted:access_token:3>",
      refreshToken: "<redacted:refresh_token:2>",
      "X-Api-Key": "<redacted:x-api-key:3>",
      idtoken: "<redacted:id_token:2>",
      client_secret: "<redacted:client_secret:40>",
      authorization: "<redacted:authorization:10>",
      "set-cookie": ["<redacted:set-cookie:3>", "<redacted:set-cookie:3>"],
      my_service_token: "<redacted:token:3>",
      has_access_token: true,
      has_refresh_token: "yes",
      token_type: "Bearer",
      token_endpoint: "https://id.example.com/token",
      expires_in: 3600,
      client_secret_expires_at: "never",
      next_page_token: "2",
      password: null,
      secret: 7,
      refresh_token: "",
      scopes: ["read"],
    });
  });

  test("an authorization code goes, an error code stays", () => {
    expect(redacted({ code: "abc", state: "s" })).toEqual({ code: "<redacted:code:3>", state: "s" });
    expect(redacted({ code: "HARN-OAU-007", state: "s" })).toEqual({ code: "HARN-OAU-007", state: "s" });
    expect(redacted({ code: "ENOENT" })).toEqual({ code: "ENOENT" });
  });

  test("strings and names pass the text lane", () => {
    expect(redacted(["a", { b: `x ${token}` }])).toEqual(["a", { b: "x <redacted:github_token:40>" }]);
    expect(redacted(token)).toBe("<redacted:github_token:40>");
    expect(redacted({ [token]: 1, [`${token}a`]: 2, [`${token}b`]: 3 })).toEqual({
      "<redacted:github_token:40>": 1,
      "<redacted:github_token:41>": 2,
      "<redacted:github_token:41> 2": 3,
    });
  });

  test("JSON in a string keeps its syntax", () => {
    const result = redacted({ body: JSON.stringify({ access_token: 'a"b', n: [1] }) }) as { body: string };
    expect(JSON.parse(result.body)).toEqual({ access_token: "<redacted:access_token:4>", n: [1] });
  });

  test("pairs of name and value", () => {
    expect(
      redacted([
        ["Authorization", "Basic abc"],
        ["accept", "x"],
      ]),
    ).toEqual([
      ["Authorization", "<redacted:authorization:9>"],
      ["accept", "x"],
    ]);
    expect(redacted({ name: "cookie", value: "a=b" })).toEqual({
      name: "cookie",
      value: "<redacted:cookie:3>",
    });
    expect(redacted(new Map([["password", "x"]]))).toEqual(new Map([["password", "<redacted:password:1>"]]));
  });

  test("private members of a JSON Web Key", () => {
    expect(redacted({ kty: "EC", crv: "P-256", x: "ab", y: "cd", d: "ef" })).toEqual({
      kty: "EC",
      crv: "P-256",
      x: "ab",
      y: "cd",
      d: "<redacted:private_key:2>",
    });
    expect(redacted({ d: "ef" })).toEqual({ d: "ef" });
  });

  test("a placeholder in a credential field stays, a false one does not", () => {
    const twice = redacted(redacted({ access_token: "abc", code: "abc", state: "s" }));
    expect(twice).toEqual({
      access_token: "<redacted:access_token:3>",
      code: "<redacted:code:3>",
      state: "s",
    });
    expect(redacted({ access_token: "<redacted:opaque:3>" })).toEqual({
      access_token: "<redacted:access_token:19>",
    });
  });

  test("other kinds of values", () => {
    const error = Object.assign(new TypeError(`failed with ${token}`), { code: "HARN-OAU-003" });
    expect(redacted(error)).toEqual({
      name: "TypeError",
      message: "failed with <redacted:github_token:40>",
      code: "HARN-OAU-003",
    });
    const date = new Date(5);
    expect(redacted([date, 1n, undefined, null, () => 1, Symbol("x"), new Set(["x"])])).toEqual([
      date,
      1n,
      undefined,
      null,
      undefined,
      undefined,
      new Set(["x"]),
    ]);
    expect(redacted(new URL(`https://h/?token=abc`))).toBe("https://h/?token=<redacted:token:3>");
    expect(Buffer.from(redacted(Buffer.from(`a ${token}`)) as Uint8Array).toString()).toBe(
      "a <redacted:github_token:40>",
    );
  });

  test("cycles, depth and objects that occur often", () => {
    const loop: { self?: unknown; a: string } = { a: token };
    loop.self = loop;
    expect(redacted(loop)).toEqual({ a: "<redacted:github_token:40>", self: "[circular]" });
    let deep: unknown = token;
    for (let i = 0; i < 5_000; i++) deep = { deep };
    expect(JSON.stringify(redacted(deep))).toContain("<redacted:unscannable:0>");
    let wide: unknown = [token];
    for (let i = 0; i < 50; i++) wide = [wide, wide];
    expect(JSON.stringify(Array.isArray(redacted(wide)))).toBe("true");
  });

  test("nothing is thrown and nothing is shared", () => {
    const hostile = { a: token };
    Object.defineProperty(hostile, "b", {
      enumerable: true,
      get: () => {
        throw new Error("no");
      },
    });
    expect(redacted([hostile])).toEqual(["<redacted:unscannable:0>"]);
    const bad = new Proxy(
      {},
      {
        ownKeys: () => {
          throw new Error("no");
        },
      },
    );
    expect(redacted({ bad })).toEqual({ bad: "<redacted:unscannable:0>" });
    const given = JSON.parse('{"__proto__":{"access_token":"abc"}}') as object;
    const copy = redacted(given) as object;
    expect(Object.getPrototypeOf(copy)).toBe(Object.prototype);
    expect(JSON.stringify(copy)).toBe('{"__proto__":{"access_token":"<redacted:access_token:3>"}}');
  });
});
