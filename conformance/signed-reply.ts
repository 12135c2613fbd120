/**
 * The JSON of replies, spelt out: times, long and deep parts, JWTs and key sets. Keys are made when they are first named, so
 * that no key stands in a file. What each form means is said in `fixtures/case.schema.json`.
 *
 * @module
 */

import type { Json } from "../runtime/ports.ts";
import { type SentAs, sealedInto } from "./lying-jwt.ts";
import { type KeyRing, keyRing } from "./signing-keys.ts";

type Members = Readonly<Record<string, Json>>;

/** Spells out the parts of one world's replies. */
export interface ReplySigner {
  /** The JSON text of a value; `fill` puts captured values into its texts before they are signed. */
  text(value: Json, fill: (text: string) => string): string;
  /** The JWTs made so far: they are secrets like other tokens. */
  readonly made: readonly string[];
}

const usualKey = "key-1";

/** Makes a signer; `start` in Unix seconds is what `$at` counts from. */
export function replySigner(start: number): ReplySigner {
  const keys = keyRing();
  const made: string[] = [];

  function spellOut(value: Json, fill: (text: string) => string): Json {
    if (typeof value === "string") return fill(value);
    if (typeof value !== "object" || value === null) return value;
    if (Array.isArray(value)) return value.map((item: Json) => spellOut(item, fill));
    const members = value as Members;
    const { $at, $repeat, times, $nest, $jwks, $jwk, $members } = members;
    if (typeof $at === "number") return start + $at;
    if (typeof $repeat === "string") return fill($repeat).repeat(Number(times));
    if (typeof $nest === "number") return nestMark($nest);
    if (typeof $jwk === "string") return keys.publicJwk($jwk);
    if ("$jwt" in members) {
      const token = jwt(members, (part) => spellOut(part, fill), keys, start);
      made.push(token);
      return token;
    }
    if (Array.isArray($jwks)) return { keys: $jwks.map((entry: Json) => keyEntry(entry, keys)) };
    const own = Object.entries(members).filter(([name]) => name !== "$members");
    return Object.fromEntries([
      ...own.map(([name, member]) => [name, spellOut(member, fill)] as const),
      ...Array.from({ length: Number($members ?? 0) }, (_, index) => [`x-${index}`, index] as const),
    ]);
  }

  return { text: (value, fill) => nested(JSON.stringify(spellOut(value, fill))), made };
}

/** A JWT: usual claims and header with changes, signed, and then spoilt as its form says. */
function jwt(form: Members, spelt: (part: Json) => Json, keys: KeyRing, start: number): string {
  const key = typeof form["key"] === "string" ? form["key"] : usualKey;
  const usual = {
    iss: "https://as.example.com",
    sub: "user-1",
    aud: "client-1",
    iat: start,
    exp: start + 3600,
  };
  const claims = withChanges(usual, spelt(form["$jwt"] ?? {}) as Members);
  const header = withChanges({ alg: keys.algorithm(key), kid: key }, spelt(form["header"] ?? {}) as Members);
  return sealedInto({
    header: withTail(header, form["header_tail"]),
    claims: withTail(claims, form["claims_tail"]),
    key: keys.signing(key, header["alg"]),
    sent: (form["sent"] ?? (header["alg"] === "none" ? "unsigned" : "compact")) as SentAs,
  });
}

/** A name is the public key of that name; `{key, as, with}` is another form of it; anything else is taken as it is. */
function keyEntry(entry: Json, keys: KeyRing): Json {
  if (typeof entry === "string") return keys.publicJwk(entry);
  const members = (entry ?? {}) as Members;
  const { key, as: form, with: changes } = members;
  if (typeof key !== "string") return entry;
  const forms = { private: keys.privateJwk, secret: keys.secretJwk };
  const jwk = form === "private" || form === "secret" ? forms[form] : keys.publicJwk;
  return withChanges(jwk(key), (changes ?? {}) as Members);
}

/** Null takes a member away. */
function withChanges(usual: Members, changes: Members): Members {
  return Object.fromEntries(Object.entries({ ...usual, ...changes }).filter(([, value]) => value !== null));
}

/** The JSON text with more before its last brace, which a writer of JSON would not let through. */
function withTail(members: Members, tail: Json | undefined): string {
  const text = JSON.stringify(members);
  return typeof tail === "string" ? `${text.slice(0, -1)},${tail}}` : text;
}

/** Stands for arrays in each other until the text is written: a writer of JSON has no room for so many. */
function nestMark(depth: number): string {
  return `\u0001nest ${depth}\u0001`;
}

function nested(text: string): string {
  return text.replace(/"\\u0001nest ([0-9]+)\\u0001"/g, (_, depth: string) =>
    "[".repeat(Number(depth)).concat("]".repeat(Number(depth))),
  );
}
