/** Token responses to judge, as a hostile or careless server gives them. `id` is the attack's in our list of attacks; "" for others. */

import { gzipSync } from "node:zlib";
import type { Responder } from "./oracle-recorder.test.support.ts";

export interface Answer {
  readonly id: string;
  readonly what: string;
  readonly respond: Responder;
}

const good = {
  access_token: "the-access-token",
  token_type: "Bearer",
  expires_in: 3_600,
  refresh_token: "the-refresh-token",
};
type Members = Readonly<Record<string, unknown>>;

function raw(status: number, headers: Readonly<Record<string, string>>, body: string | Buffer): Responder {
  return (_request, response) => void response.writeHead(status, headers).end(body);
}

/** A good answer with some members otherwise; undefined takes one away. */
function withMembers(members: Members): Responder {
  return text(JSON.stringify({ ...good, ...members }));
}

function text(body: string | Buffer): Responder {
  return raw(200, { "content-type": "application/json" }, body);
}

function typed(type: string | null, body = JSON.stringify(good)): Responder {
  return raw(200, type === null ? {} : { "content-type": type }, body);
}

function withStatus(status: number, headers: Readonly<Record<string, string>> = {}): Responder {
  return raw(
    status,
    { "content-type": "application/json", ...headers },
    status === 204 ? "" : JSON.stringify(good),
  );
}

const one = (id: string, what: string, respond: Responder): Answer => ({ id, what, respond });
const member = (id: string, what: string, members: Members): Answer => one(id, what, withMembers(members));
/** A member written as JSON that `JSON.stringify` would not write. */
const written = (id: string, what: string, json: string): Answer =>
  one(id, what, text(`${JSON.stringify(good).slice(0, -1)},${json}}`));

export const answers: readonly Answer[] = [
  one("C2", "a 307 to another origin", withStatus(307, { location: "https://elsewhere.example/token" })),
  one("C3", "a 307 to the same origin", withStatus(307, { location: "/other" })),
  one("C4", "a 302 whose body is a token response", withStatus(302, { location: "/other" })),
  one("C7", "a body of 2 MiB", withMembers({ padding: "x".repeat(2 * 1024 * 1024) })),
  one(
    "C8",
    "2 MiB in 3 KB of gzip",
    raw(
      200,
      { "content-type": "application/json", "content-encoding": "gzip" },
      gzipSync(JSON.stringify({ ...good, padding: "x".repeat(2 * 1024 * 1024) })),
    ),
  ),
  one("C9", "a body shorter than its content-length", (_request, response) => {
    response.writeHead(200, { "content-type": "application/json", "content-length": "5000" });
    response.write(JSON.stringify(good), () => response.destroy());
  }),
  one("C10", "a connection that ends before an answer", (_request, response) => void response.destroy()),
  one("C11", "text/html", typed("text/html")),
  one("C11", "text/plain", typed("text/plain")),
  one("C11", "no content type", typed(null)),
  one("C11", "a JSON type with a charset", typed("application/json; charset=utf-8")),
  one("C11", "another JSON type", typed("application/problem+json")),
  one(
    "C12",
    "a form",
    typed("application/x-www-form-urlencoded", "access_token=the-access-token&token_type=bearer"),
  ),
  one("C13", "status 201", withStatus(201)),
  one("C13", "status 204", withStatus(204)),
  one("C13", "status 206", withStatus(206)),
  one("C14", "a header of 60 KB", withStatus(200, { "x-long": "x".repeat(60_000) })),
  one("C16", "a cookie", withStatus(200, { "set-cookie": "a=b" })),
  member("D1", "no access_token", { access_token: undefined }),
  member("D1", "an empty access_token", { access_token: "" }),
  member("D2", "an access_token that is a number", { access_token: 5 }),
  member("D2", "an access_token that is an object", { access_token: { token: "the-access-token" } }),
  member("D2", "an access_token that is a list", { access_token: ["the-access-token"] }),
  member("", "CR and LF in the access_token", { access_token: "the-access\r\ntoken" }),
  member("", "a space in the access_token", { access_token: "the access token" }),
  member("D5", "a newline after the access_token", { access_token: "the-access-token\n" }),
  member("D6", "an access_token of 100 KB", { access_token: "x".repeat(100_000) }),
  member("D7", "no token_type", { token_type: undefined }),
  member("", "token_type mac", { token_type: "mac" }),
  member("D9", "a token_type that is a number", { token_type: 5 }),
  member("D9", "CR and LF in the token_type", { token_type: "Bearer\r\nX: y" }),
  member("D10", "token_type BEARER", { token_type: "BEARER" }),
  member("D11", "token_type DPoP without a proof", { token_type: "DPoP" }),
  member("D13", "a negative expires_in", { expires_in: -1 }),
  member("D14", "expires_in 0", { expires_in: 0 }),
  member("D14", "expires_in 0.5", { expires_in: 0.5 }),
  member("D15", "expires_in in digits, as text", { expires_in: "3600" }),
  member("D16", 'expires_in "3600abc"', { expires_in: "3600abc" }),
  member("D16", 'expires_in "0x10"', { expires_in: "0x10" }),
  member("D16", 'expires_in "NaN"', { expires_in: "NaN" }),
  member("", "expires_in null", { expires_in: null }),
  member("", "expires_in in a list", { expires_in: [3_600] }),
  written("", "expires_in 1e400", '"x":1,"expires_in":1e400'),
  member("", "expires_in of 300,000 years", { expires_in: 1e13 }),
  member("D19", "no expires_in", { expires_in: undefined }),
  member("", "the refresh_token is the access_token", { refresh_token: "the-access-token" }),
  member("D21", "a refresh_token that is a number", { refresh_token: 5 }),
  member("D21", "a refresh_token that is an object", { refresh_token: {} }),
  member("D21", "an empty refresh_token", { refresh_token: "" }),
  member("D21", "refresh_token null", { refresh_token: null }),
  member("D21", "a newline after the refresh_token", { refresh_token: "the-refresh-token\n" }),
  member("", "a scope that is a list", { scope: ["api:read"] }),
  member("", "scope null", { scope: null }),
  member("", "a scope with control characters", { scope: "api:read\u0007" }),
  member("D23", "a scope wider than asked", { scope: "api:read api:write api:admin" }),
  member("D24", "a scope narrower than asked", { scope: "api:read" }),
  member("D25", "no scope", { scope: undefined }),
  member("", "an id_token that is a number", { id_token: 5 }),
  member("", "an id_token that is no JWT", { id_token: "no-jwt" }),
  written("D27", "a member __proto__", '"__proto__":{"access_token":"another"}'),
  written("D28", "members then, toJSON and toString", '"then":"x","toJSON":"x","toString":"x"'),
  one("D29", "a list", text(`[${JSON.stringify(good)}]`)),
  one("D29", "null", text("null")),
  one("D29", "a string", text('"the-access-token"')),
  one("D29", "an empty body", text("")),
  written("", "the access_token twice", '"access_token":"another"'),
  one(
    "",
    "bytes that are not UTF-8",
    text(Buffer.from(JSON.stringify({ ...good, note: "\u00ff" }), "latin1")),
  ),
  one("", "a byte order mark", text(`\ufeff${JSON.stringify(good)}`)),
  one("", "text after the object", text(`${JSON.stringify(good)} x`)),
  written("D31", "100,000 lists in one another", `"deep":${"[".repeat(100_000)}${"]".repeat(100_000)}`),
  member("D37", "authorization_details that are no list", { authorization_details: "all" }),
  one("D33", "200 with an error", text('{"error":"invalid_grant"}')),
  member("D34", "200 with an error and an access_token", { error: "invalid_grant" }),
  member(
    "D35",
    "10,000 more members",
    Object.fromEntries(Array.from({ length: 10_000 }, (_, n) => [`m${n}`, n])),
  ),
];
