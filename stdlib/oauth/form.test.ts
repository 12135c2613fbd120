import fc from "fast-check";
import { expect, test } from "vitest";
import {
  basicAuthorization,
  type ClientProof,
  clientProof,
  type SpokenAuthMethod,
} from "./client-authentication.ts";
import { encodeForm, encodeJson, percentEncode } from "./form.ts";

const text = fc.string({ unit: "grapheme" });

test("only unreserved characters and %XX are left, and decoding gives the text back", () => {
  fc.assert(
    fc.property(text, (given) => {
      const encoded = percentEncode(given);
      expect(encoded).toMatch(/^(?:[A-Za-z0-9._~-]|%[0-9A-F]{2})*$/);
      expect(decodeURIComponent(encoded)).toBe(given);
    }),
  );
  expect(percentEncode("a b+c!'()*")).toBe("a%20b%2Bc%21%27%28%29%2A");
  expect(percentEncode("\ud800")).toBe("%EF%BF%BD");
});

test("a form reads back the same with URLSearchParams", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(text, text)), (pairs) => {
      const given = pairs.filter(([name, value]) => name !== "" || value !== "");
      expect([...new URLSearchParams(encodeForm(given))]).toEqual(given);
    }),
  );
});

test("null values are left out, names may repeat", () => {
  const parameters = [
    ["a", "1"],
    ["b", null],
    ["a", "2"],
  ] as const;
  expect(encodeForm(parameters)).toBe("a=1&a=2");
  expect(JSON.parse(encodeJson(parameters))).toEqual({ a: ["1", "2"] });
});

test("basic authentication form-encodes id and secret first (RFC 6749 2.3.1)", () => {
  const value = basicAuthorization("id:with colon", "s%c+é");
  const pair = Buffer.from(value.slice("Basic ".length), "base64").toString();
  expect(pair).toBe("id%3Awith%20colon:s%25c%2B%C3%A9");
  const proof = (method: SpokenAuthMethod, client_secret: string | null = null): ClientProof | null =>
    clientProof({ client_id: "i", client_secret, private_key: null, method }, () => "");
  expect(proof("client_secret_basic")).toBeNull();
  expect(proof("client_secret_post")).toBeNull();
  expect(proof("private_key_jwt")).toBeNull();
  expect(proof("none", "s")).toEqual({
    parameters: [["client_id", "i"]],
    headers: {},
  });
});
