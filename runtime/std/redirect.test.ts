import { expect, test } from "vitest";
import { type Hop, nextHop, spellings } from "./redirect.ts";

const post: Hop = {
  method: "POST",
  url: "https://a.example/start",
  headers: { "Content-Type": "text/plain", "content-language": "en", accept: "*/*" },
  body: "x",
};

test.each([
  [301, "POST", "GET", null],
  [302, "POST", "GET", null],
  [303, "POST", "GET", null],
  [303, "PUT", "GET", null],
  [303, "HEAD", "HEAD", "x"],
  [301, "PUT", "PUT", "x"],
  [307, "POST", "POST", "x"],
  [308, "DELETE", "DELETE", "x"],
])("%i turns %s into %s", (status, method, next, body) => {
  const hop = nextHop({ ...post, method }, { status, headers: { location: "/next" } });
  expect(hop).toMatchObject({ method: next, url: "https://a.example/next", body });
  expect(Object.keys(hop?.headers ?? {})).toEqual(
    body === null ? ["accept"] : ["Content-Type", "content-language", "accept"],
  );
});

test.each([200, 300, 304, 305, 306, 400])("%i is no redirect", (status) => {
  expect(nextHop(post, { status, headers: { location: "/next" } })).toBe(null);
});

test("a redirect without a location is an answer", () => {
  expect(nextHop(post, { status: 302, headers: {} })).toBe(null);
});

test("a location that is no URL is refused", () => {
  expect(() => nextHop(post, { status: 302, headers: { location: "https://[" } })).toThrowError(
    "std/http: the redirect's location is not a URL",
  );
});

const credentials = {
  Authorization: "a",
  Cookie: "b",
  "Proxy-Authorization": "c",
  "X-Api-Key": "d",
  "x-auth": "e",
  "X-Vault-Token": "f",
  "x-client-secret": "g",
};

test.each([
  ["another host", "https://b.example/"],
  ["a subdomain", "https://www.a.example/"],
  ["another port", "https://a.example:8443/"],
  ["another scheme", "http://a.example/"],
])("headers that may carry a credential do not go to %s", (_, location) => {
  const hop = nextHop(
    { ...post, headers: { ...credentials, accept: "*/*" } },
    { status: 307, headers: { location } },
  );
  expect({ ...hop?.headers }).toEqual({ accept: "*/*" });
});

test("they stay on the same origin, and once dropped they do not come back", () => {
  const start = { ...post, headers: credentials };
  const same = nextHop(start, { status: 307, headers: { location: "https://A.example:443/x" } });
  expect({ ...same?.headers }).toEqual(credentials);
  const away = nextHop(start, { status: 307, headers: { location: "https://b.example/" } });
  const back = away && nextHop(away, { status: 307, headers: { location: "https://a.example/" } });
  expect({ ...back?.headers }).toEqual({});
});

test("an address is looked at as it was sent, as it was parsed, and without escapes", () => {
  const answer = { headers: { location: 'https://b.example/?t=a"%2Bb' } };
  expect(spellings(answer, { url: "https://b.example/?t=a%22%2Bb" })).toEqual([
    'https://b.example/?t=a"%2Bb',
    "https://b.example/?t=a%22%2Bb",
    'https://b.example/?t=a"+b',
    'https://b.example/?t=a"+b',
  ]);
});
