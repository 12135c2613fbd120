/**
 * What a scripted vendor reads from a request and writes as an answer.
 */

import { generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { type Answer, type Members, vendorClient } from "./vendor-facts.test.support.ts";

export interface Asked {
  readonly method: string;
  /** With the vendor's own origin. */
  readonly url: URL;
  readonly headers: IncomingMessage["headers"];
  readonly text: string;
}

const rsa: { readonly publicKey: KeyObject; readonly privateKey: KeyObject } = generateKeyPairSync("rsa", {
  modulusLength: 2048,
});

/** The vendor's signing keys (RFC 7517). */
export function keySet(): Members {
  return { keys: [{ ...rsa.publicKey.export({ format: "jwk" }), kid: "1", alg: "RS256", use: "sig" }] };
}

export const invalidRequest: Answer = { status: 400, members: { error: "invalid_request" } };

/** Writes an answer, filled in with `values`. */
export function answer(
  asked: Asked,
  response: ServerResponse,
  { status, format = "json", members }: Answer,
  values: Readonly<Record<string, string | undefined>> = {},
): void {
  if (members === null) return void response.writeHead(status).end();
  const filled = fill(members, values) as Members;
  const accepted = asked.headers.accept ?? "";
  const form = format === "form" || (format === "negotiated" && !/[/+]json/.test(accepted));
  if (form) {
    const pairs = Object.entries(filled).map(([name, value]) => [name, String(value)]);
    response.writeHead(status, { "content-type": "application/x-www-form-urlencoded; charset=utf-8" });
    response.end(new URLSearchParams(pairs).toString());
    return;
  }
  response.writeHead(status, { "content-type": "application/json; charset=utf-8" });
  response.end(JSON.stringify(filled));
}

function fill(value: unknown, values: Readonly<Record<string, string | undefined>>): unknown {
  if (typeof value === "string") {
    const name = /^\{(access_token|refresh_token|id_token|scope)\}$/.exec(value)?.[1];
    return name === undefined ? value : values[name];
  }
  if (Array.isArray(value)) return value.map((item: unknown) => fill(item, values));
  if (typeof value !== "object" || value === null) return value;
  const filled = Object.entries(value).map(([name, item]) => [name, fill(item, values)] as const);
  return Object.fromEntries(filled.filter(([, item]) => item !== undefined));
}

/** Id and secret of a Basic header, each form-decoded (RFC 6749 §2.3.1); null without one. */
export function basicPair({ headers }: Asked): readonly string[] | null {
  const [, encoded] = /^Basic (\S+)$/.exec(headers.authorization ?? "") ?? [];
  if (encoded === undefined) return null;
  const pair = Buffer.from(encoded, "base64").toString("utf8").split(":");
  return pair.map((text) => decodeURIComponent(text.replaceAll("+", " ")));
}

/** A signed ID token of one person. */
export function idToken(issuer: string, nonce: string | null): string {
  const now = Math.floor(Date.now() / 1000);
  const claims = { iss: issuer, sub: "person-1", aud: vendorClient.id, iat: now, exp: now + 3600 };
  const input = [{ alg: "RS256", kid: "1" }, nonce === null ? claims : { ...claims, nonce }]
    .map((part) => Buffer.from(JSON.stringify(part)).toString("base64url"))
    .join(".");
  return `${input}.${sign("sha256", Buffer.from(input), rsa.privateKey).toString("base64url")}`;
}
