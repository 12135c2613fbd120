/**
 * Token responses from a grammar, judged by us, by oauth4webapi, and read by a second JSON parser that knows of duplicate
 * members (lossless-json).
 */

import fc from "fast-check";
import { LosslessNumber, parse as parseAgain } from "lossless-json";
import * as oauth from "oauth4webapi";
import { expect, test } from "vitest";
import { custom } from "../../stdlib/oauth/node/providers.ts";
import { judgeTokenResponse } from "../../stdlib/oauth/token-response.ts";
import { deepTimeout, holdsFor } from "./deep-property.test.support.ts";

const { response } = custom({
  id: "acme",
  label: "Acme",
  auth_url: "https://as.example.com/authorize",
  token_url: "https://as.example.com/token",
});

const token = fc.oneof(
  fc.constantFrom(
    "access-token-1",
    "refresh-token-1",
    "",
    "a b",
    "a\n",
    "a\r\nb",
    "a\u0000",
    "é",
    "hfs1.AAAA",
    "\ud800",
    "[object Object]",
  ),
  fc.string({ maxLength: 20 }),
  fc.string({ unit: "binary", maxLength: 10 }),
);
const odd = fc.constantFrom(
  "null",
  "true",
  "0",
  "-1",
  "0.5",
  "1e400",
  "-0",
  "3600",
  '"3600"',
  '"3600abc"',
  '"0x10"',
  "[]",
  "{}",
  "[3600]",
  '{"a":1}',
  '"NaN"',
  "01",
  "1.",
  ".5",
  "NaN",
  "Infinity",
  "1e3",
  "9007199254740993",
);
const text = fc.oneof(
  token.map((value) => JSON.stringify(value)),
  odd,
);
const memberName = fc.constantFrom(
  '"access_token"',
  '"refresh_token"',
  '"token_type"',
  '"expires_in"',
  '"scope"',
  '"id_token"',
  '"error"',
  '"error_description"',
  '"__proto__"',
  '"constructor"',
  '"toString"',
  '"then"',
  '"\\u0061ccess_token"',
  '"access_token\\u0000"',
  '"ACCESS_TOKEN"',
  "'access_token'",
  "access_token",
  '"x"',
);
const member = fc.tuple(memberName, text).map(([name, value]) => `${name}:${value}`);
const goodMember = fc.constantFrom(
  ...[
    '"x":1',
    '"x":null',
    '"x":{"error":"no"}',
    '"then":"a"',
    '"toString":"a"',
    '"__proto__":{"error":"no"}',
  ],
  ...['"constructor":1', '"ACCESS_TOKEN":"other"', '"error_description":"odd"', '"\\u0078":[[[1]]]'],
);
const usual = [
  '"token_type":"Bearer"',
  '"expires_in":3600',
  '"refresh_token":"refresh-token-1"',
  '"scope":"read"',
];
const seconds = fc
  .oneof(fc.nat(), fc.constantFrom(0, 1e3, 315_360_001))
  .map((value) => `"expires_in":${value}`);
const mostly = (usually: string, ...seldom: readonly string[]): fc.Arbitrary<string> =>
  fc.oneof({ weight: 12, arbitrary: fc.constant(usually) }, fc.constantFrom(...seldom));
const object = fc
  .tuple(
    fc.subarray(usual),
    fc.array(fc.oneof({ weight: 3, arbitrary: goodMember }, seconds, member), { maxLength: 3 }),
    mostly(",", ", ", ",\n", ",,", ";", ""),
    fc.nat(5),
  )
  .map(([own, more, between, at]) => {
    const all = [...own, ...more];
    all.splice(at, 0, '"access_token":"access-token-1"');
    return `{${all.join(between)}}`;
  });
const body = fc
  .tuple(
    mostly("", " ", "\n", "\ufeff", "[", ")]}',\n", "/**/", "\u00a0"),
    object,
    mostly("", " ", "\n", "]", "}", "x", ",", "\u0000", "//"),
  )
  .map(([before, inner, after]) => before + inner + after);
const answer = fc.record({
  status: mostly("200", "201", "204", "206", "302", "400", "401", "500").map(Number),
  type: mostly(
    "application/json",
    "application/json;charset=utf-8",
    "Application/JSON",
    "text/html",
    "text/plain",
    "",
    "application/jsonx",
    "application/problem+json",
  ),
  body,
});

test(
  "nothing but a result comes out; what we take, a second parser reads the same way, and oauth4webapi takes too",
  async () => {
    await holdsFor(
      "token-response",
      answer,
      async ({ status, type, body: sent }) => {
        const bytes = new TextEncoder().encode(sent);
        const ours = judgeTokenResponse({ status, headers: { "content-type": type }, body: bytes }, response);
        if (ours.kind !== "granted") return false;
        const again = parseAgain(sent, undefined, { onDuplicateKey: () => refuseDuplicate() }) as Record<
          string,
          unknown
        >;
        expect(ours.members.access_token).toBe(again["access_token"]);
        expect(ours.members.refresh_token).toBe(again["refresh_token"]);
        const said = again["expires_in"];
        const seconds = said instanceof LosslessNumber ? Number(said.value) : said;
        if (seconds !== undefined)
          expect(ours.members.expires_in).toBe(Math.min(Number(seconds), 315_360_000));
        expect(again["error"]).toBeUndefined();
        expect(
          Object.keys(ours.members).every((name) => typeof name === "string" && name !== "__proto__"),
        ).toBe(true);
        // Two leniencies that real providers need: no token_type means Bearer, and the seconds may be digits in a text.
        if (again["token_type"] === undefined || typeof said === "string") return true;
        // An ID token is judged in a step of its own here.
        if (again["id_token"] !== undefined) return true;
        expect(await byOther(status, type, sent)).toBe(ours.members.access_token);
        return true;
      },
      2_000,
    );
  },
  deepTimeout,
);

function refuseDuplicate(): never {
  throw new SyntaxError("a member twice");
}

/** The access token that the other library reads; null when it refuses. */
async function byOther(status: number, type: string, sent: string): Promise<string | null> {
  const server = { issuer: "https://as.example.com" };
  try {
    const response = new Response(sent, { status, headers: { "content-type": type } });
    return (await oauth.processGenericTokenEndpointResponse(server, { client_id: "client-1" }, response))
      .access_token;
  } catch {
    return null;
  }
}
