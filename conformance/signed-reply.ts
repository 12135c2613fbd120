/**
 * Signed parts of replies: `{"$jwt": claims}` becomes a JWT and `{"$jwks": [name, …]}` a key set. Keys are made when they
 * are first named, so that no key stands in a file.
 *
 * @module
 */

import { generateKeyPairSync, type KeyPairKeyObjectResult } from "node:crypto";
import type { Json } from "../runtime/ports.ts";
import { signJws } from "../stdlib/oauth/jws.ts";

type Members = Readonly<Record<string, Json>>;

/** Spells out the signed parts of one world's replies. */
export interface ReplySigner {
  /** A copy in which signed parts are spelt out; `fill` puts captured values into texts before they are signed. */
  spellOut(value: Json, fill: (text: string) => string): Json;
  /** The JWTs made so far: they are secrets like other tokens. */
  readonly made: readonly string[];
}

const usualKey = "key-1";

/** Makes a signer; `start` in Unix seconds is what `$at` counts from. */
export function replySigner(start: number): ReplySigner {
  const keys = new Map<string, KeyPairKeyObjectResult>();
  const made: string[] = [];

  const keyPair = (name: string): KeyPairKeyObjectResult => {
    const pair = keys.get(name) ?? generateKeyPairSync("ec", { namedCurve: "P-256" });
    keys.set(name, pair);
    return pair;
  };

  const publicKey = (name: string): Json => ({
    ...(keyPair(name).publicKey.export({ format: "jwk" }) as Members),
    kid: name,
    use: "sig",
    alg: "ES256",
  });

  function jwt(form: Members, fill: (text: string) => string): string {
    const key = typeof form["key"] === "string" ? form["key"] : usualKey;
    const usual = {
      iss: "https://as.example.com",
      sub: "user-1",
      aud: "client-1",
      iat: start,
      exp: start + 3600,
    };
    const claims = withChanges(usual, spellOut(form["$jwt"] ?? {}, fill) as Members);
    const header = withChanges({ alg: "ES256", kid: key }, (form["header"] ?? {}) as Members);
    const signed = signJws({ ...header, alg: "ES256" }, claims, keyPair(key).privateKey);
    const token = header["alg"] === "none" ? unsigned(header, claims) : signed;
    made.push(token);
    return token;
  }

  function spellOut(value: Json, fill: (text: string) => string): Json {
    if (typeof value === "string") return fill(value);
    if (typeof value !== "object" || value === null) return value;
    if (Array.isArray(value)) return value.map((item: Json) => spellOut(item, fill));
    const members = value as Members;
    if (typeof members["$at"] === "number") return start + members["$at"];
    if ("$jwt" in members) return jwt(members, fill);
    const { $jwks } = members;
    if (Array.isArray($jwks))
      return { keys: $jwks.filter((name) => typeof name === "string").map(publicKey) };
    return Object.fromEntries(
      Object.entries(members).map(([name, member]) => [name, spellOut(member, fill)]),
    );
  }

  return { spellOut, made };
}

/** Null takes a member away. */
function withChanges(usual: Members, changes: Members): Members {
  return Object.fromEntries(Object.entries({ ...usual, ...changes }).filter(([, value]) => value !== null));
}

function unsigned(header: Members, claims: Members): string {
  return `${[header, claims].map((part) => Buffer.from(JSON.stringify(part)).toString("base64url")).join(".")}.`;
}
