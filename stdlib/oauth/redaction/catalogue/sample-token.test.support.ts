/**
 * Tokens made up from the catalogue, so that no real-looking one stands in a file.
 *
 * @module
 */

import { charClass } from "../char-class.ts";
import type { SpecialForm, TokenShape } from "../token-shape.ts";
import { alphanumeric, base64, base64url } from "./alphabets.ts";

/** A source of numbers from 0 up to but not including 1. */
export type Random = () => number;

/** The generator mulberry32: the same seed gives the same numbers. */
export function seededRandom(seed: number): Random {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** The characters of a set, in the order of their codes. */
export function charactersOf(set: string): string {
  const members = charClass(set);
  return Array.from(members, (member, code) => (member === 1 ? String.fromCharCode(code) : "")).join("");
}

/** One token of a shape: the least that is one, and `extra` more characters. It never ends in a dot that would be trimmed. */
export function sampleToken(shape: TokenShape, random: Random, extra = 0): string {
  const { before } = shape;
  const head = before === undefined ? "" : some(before.of, between(before.min, before.max, random), random);
  const literal = anyOf(shape.literals, random);
  const least = shape.least.map((part) =>
    typeof part === "string" ? part : some(part.of, part.length, random),
  );
  const tail = shape.body === "" ? "" : some(shape.body, extra, random);
  const token = head + (shape.ignoreCase ? inSomeCase(literal, random) : literal) + least.join("") + tail;
  // Every set with a dot has the letters and the digits.
  return shape.trimDots && token.endsWith(".") ? token.slice(0, -1) + some(alphanumeric, 1, random) : token;
}

/** One text of a special form. Those with a scheme or a name have it in front. */
export function sampleSpecial(form: SpecialForm, random: Random): string {
  switch (form) {
    case "jwt":
      return random() < 0.5 ? signedJwt(random) : encryptedJwt(random);
    case "private-key":
      return privateKey(random);
    case "bearer":
      return `${inSomeCase("Bearer", random)} ${some(alphanumeric, between(20, 60, random), random)}`;
    case "basic": {
      const name = some(alphanumeric, between(3, 12, random), random);
      return `Basic ${btoa(`${name}:${some(alphanumeric, between(8, 24, random), random)}`)}`;
    }
    case "assignment":
      return `password = "${some(alphanumeric, between(12, 32, random), random)}"`;
  }
}

/** RFC 7515 §3.1. One in four has no signature (RFC 7515 §A.5), and ends in a dot. */
function signedJwt(random: Random): string {
  const isSigned = random() < 0.75;
  const alg = isSigned ? anyOf(["HS256", "RS256", "ES256", "EdDSA"], random) : "none";
  const typ = anyOf(["JWT", "at+jwt", "dpop+jwt"], random);
  const header = random() < 0.5 ? { alg, typ } : { typ, alg };
  const claims = { sub: some(alphanumeric, 12, random), iat: between(1e9, 2e9, random) };
  const signature = isSigned ? some(base64url, between(43, 342, random), random) : "";
  return `${encoded(header)}.${encoded(claims)}.${signature}`;
}

/** RFC 7516 §3.1. Half of them have an empty key (RFC 7518 §4.5). */
function encryptedJwt(random: Random): string {
  const isDirect = random() < 0.5;
  const header = { alg: isDirect ? "dir" : "RSA-OAEP-256", enc: "A256GCM" };
  const key = isDirect ? "" : some(base64url, 342, random);
  const text = some(base64url, between(20, 200, random), random);
  return [encoded(header), key, some(base64url, 16, random), text, some(base64url, 22, random)].join(".");
}

/** RFC 7468 §10 and §11, and its older and younger relatives. */
function privateKey(random: Random): string {
  const kind = anyOf(["", "RSA ", "EC ", "OPENSSH ", "ENCRYPTED ", "PGP "], random);
  const end = kind === "PGP " ? " BLOCK" : "";
  const lines = Array.from({ length: between(2, 24, random) }, () => some(base64, 64, random));
  lines.push(`${some(base64, between(1, 15, random) * 4 - 1, random)}=`);
  if (kind === "PGP ") lines.push(`=${some(base64, 4, random)}`);
  const headers =
    kind === "PGP "
      ? [""]
      : kind === "RSA " && random() < 0.5
        ? ["Proc-Type: 4,ENCRYPTED", `DEK-Info: AES-256-CBC,${some("0-9A-F", 32, random)}`, ""]
        : [];
  return [
    `-----BEGIN ${kind}PRIVATE KEY${end}-----`,
    ...headers,
    ...lines,
    `-----END ${kind}PRIVATE KEY${end}-----`,
  ].join("\n");
}

function encoded(value: object): string {
  return btoa(JSON.stringify(value)).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}

function between(least: number, most: number, random: Random): number {
  return least + Math.floor(random() * (most - least + 1));
}

function anyOf<T>(choices: readonly T[], random: Random): T {
  const choice = choices[Math.floor(random() * choices.length)];
  if (choice === undefined) throw new RangeError("nothing to choose from");
  return choice;
}

function some(set: string, length: number, random: Random): string {
  const characters = Array.from(charactersOf(set));
  return Array.from({ length }, () => anyOf(characters, random)).join("");
}

function inSomeCase(text: string, random: Random): string {
  return Array.from(text, (letter) => (random() < 0.5 ? letter.toUpperCase() : letter.toLowerCase())).join(
    "",
  );
}
