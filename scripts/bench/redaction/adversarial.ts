/**
 * Texts that make a careless matcher walk the same run again and again.
 *
 * @module
 */

import { tokenFamilies } from "../../../stdlib/oauth/redaction/catalogue/index.ts";
import { seededRandom } from "../../../stdlib/oauth/redaction/catalogue/sample-token.test.support.ts";
import { flat, wide } from "./corpus.ts";
import { between, bytes } from "./randomness.ts";
import { tokenKinds } from "./sample-tokens.ts";

/** A text of any length. */
export interface Adversary {
  readonly name: string;
  readonly text: (length: number) => string;
}

const pieces: readonly (readonly [name: string, piece: string])[] = [
  ["one letter", "a"],
  ["spaces", " "],
  ["newlines", "\n"],
  ["two-byte letters", "中"],
  ["JWT headers", "eyJ"],
  ["JWT headers with dashes", "eyJabcd-"],
  ["JWT segments", "eyJabcde."],
  ["JWT segments without an end", "-eyJaaaa"],
  ["whole JWT headers", "eyJhbGciOiJIUzI1NiJ9."],
  ["begin lines of keys", "-----BEGIN RSA PRIVATE KEY-----\n"],
  ["begin lines of keys, no newline", "-----BEGIN PRIVATE KEY-----"],
  ["dashes", "-"],
  ["begin words", "-----BEGIN "],
  ["bearer words", "Bearer "],
  ["bearer credentials", "Bearer+"],
  ["basic words", "Basic "],
  ["basic credentials", "Basic dXNlcjpw"],
  ["key prefixes", "sk-"],
  ["keys in keys", "-sk-aaaaaaaaaaaaaaaaaaaa"],
  ["GitHub prefixes", "ghs_"],
  ["Slack prefixes", "xoxe.xoxb-"],
  ["AWS prefixes", "AKIA"],
  ["schemes", "://"],
  ["user information", "://a@"],
  ["user information without an end", "https://aaaaaaaa:aaaaaaaa"],
  ["connection strings", "postgres://app:x@db.example.com/app "],
  ["curl lines", "curl -u name:pass -H 'X-Api-Key: x' https://example.com/ \\\n"],
  ["keywords", "password secret token api_key credential "],
  ["parameters", "?token="],
  ["other parameters", "?x="],
  ["pairs of a query", "&code=a&state=b"],
  ["encoded parameters", "%3Ftoken%3D"],
  ["percent signs", "%25"],
  ["assignments", 'password="'],
  ["assignments with spaces", "password =         "],
  ["members", '"token":"'],
  ["other members", '"x":"y",'],
  ["backslashes", "\\"],
  ["escaped members", '\\"token\\":\\"'],
  ["escaped newlines", "\\n"],
  ["quotes", '"'],
  ["colons", ":"],
  ["equals", "="],
  ["cookies", "Cookie: a=b; "],
  ["authorization headers", "Authorization: "],
  ["placeholders", "<redacted:jwt:1>"],
  ["placeholders of nobody", "<redacted:x:1>"],
  ["placeholder heads", "<redacted:"],
  ["control sequences", "\u001b["],
  ["open control sequences", "[0;0;0;0;0;0;0;0"],
  ["letters that look alike in one byte", "\u0165\u0179\u014a"],
  ["lone surrogates", "\ud800"],
];

/** Every literal of the catalogue. */
export const literals: readonly string[] = [
  ...new Set(tokenFamilies.flatMap(({ shapes }) => shapes.flatMap(({ literals }) => literals))),
];

/** The suite. */
export const adversaries: readonly Adversary[] = [
  ...pieces.map(([name, piece]): Adversary => ({ name, text: (length) => repeated(piece, length) })),
  { name: "all literals of the catalogue", text: (length) => repeated(literals.join(" "), length) },
  { name: "all literals, nothing between", text: (length) => repeated(literals.join(""), length) },
  {
    name: "spaces behind a scheme",
    text: (length) => `Authorization: Bearer${" ".repeat(length - 21)}`,
  },
  {
    name: "one token without an end",
    text: (length) => `ghp_${"a".repeat(length - 4)}`,
  },
  {
    name: "dots behind many tokens",
    text: (length) => `${"eyJaaaa.aaaa.".repeat(length / 26)}${".".repeat(length / 2)}`,
  },
  {
    name: "a key without an end",
    text: (length) => `-----BEGIN PRIVATE KEY-----\n${`${"A".repeat(64)}\n`.repeat(length / 65)}`,
  },
  { name: "base64", text: (length) => bytes(seededRandom(5), length).toString("base64").slice(0, length) },
  {
    name: "one token after another",
    text: (length) => {
      const random = seededRandom(6);
      const parts: string[] = [];
      for (let made = 0; made < length; ) {
        const { text } = tokenKinds[between(random, 0, tokenKinds.length - 1)]?.sample(random) ?? {
          text: "",
        };
        parts.push(`${text} `);
        made += text.length + 1;
      }
      return parts.join("").slice(0, length);
    },
  },
  {
    name: "beginnings of a known value",
    text: (length) => repeated(`${knownToAll.slice(0, -1)} `, length),
  },
  { name: "a known value that repeats itself", text: (length) => "ab".repeat(length / 2) },
  { name: "a known value, again and again", text: (length) => repeated(`${knownToAll} `, length) },
];

/** What the redactor of the suite knows. */
export const knownToAll = "opaque-value-of-the-suite-0123456789";
/** Likewise, and it overlaps with itself. */
export const knownRepeating: string = "ab".repeat(20);

/** A literal of the catalogue again and again: too many for the suite, they are tried on shorter texts first. */
export function literalAdversary(literal: string): Adversary {
  return { name: `the literal ${literal}`, text: (length) => repeated(literal, length) };
}

/** The same text in one block, as long as asked. */
export function repeated(piece: string, length: number): string {
  const text = piece.repeat(Math.ceil(length / piece.length)).slice(0, length);
  return /[^\0-\xff]/.test(piece) ? wide(text) : flat(text);
}
