/**
 * Tokens made from the catalogue's data, and what may stand around them in a hostile text.
 *
 * No token stands in the repository: each is put together when the tests run.
 */

import fc from "fast-check";
import { charactersOf, sampleToken, seededRandom } from "./catalogue/sample-token.test.support.ts";
import type { TokenFamily, TokenShape } from "./token-shape.ts";

/** One way in which a family's tokens may look: one literal of one shape. */
export interface Kind {
  readonly name: string;
  readonly shape: TokenShape;
  readonly literal: string;
}

/** A token that was put into a text. */
export interface Planted {
  readonly name: string;
  readonly token: string;
  /** The parts that no one may see: all but the literal. */
  readonly secret: readonly string[];
  /** True: it is only found behind a left boundary. */
  readonly guarded: boolean;
}

/** Each literal of each shape. */
export function kindsOf(families: readonly TokenFamily[]): readonly Kind[] {
  return families.flatMap(({ name, shapes }) =>
    shapes.flatMap((shape) => shape.literals.map((literal) => ({ name, shape, literal }))),
  );
}

/** A token of a kind: the least that is one, and `extra` characters. */
export function tokenOf({ name, shape, literal }: Kind, seed: number, extra: number): Planted {
  const token = sampleToken({ ...shape, literals: [literal] }, seededRandom(seed), extra);
  const at = token.toLowerCase().indexOf(literal.toLowerCase(), shape.before?.min ?? 0);
  return {
    name,
    token,
    secret: [token.slice(0, at), token.slice(at + literal.length)],
    guarded: shape.guard === "alphanumeric",
  };
}

/** `length` characters of a set. */
export function some(set: string, length: number, seed: number): string {
  const random = seededRandom(seed);
  const characters = charactersOf(set);
  return Array.from({ length }, () => characters[Math.floor(random() * characters.length)] ?? "").join("");
}

const headers = [
  '{"alg":"ES256","typ":"JWT"}',
  '{"typ":"dpop+jwt","alg":"RS256"}',
  '{"alg":"dir","enc":"A256GCM"}',
  '{ "alg": "none" }',
  '{\n  "alg": "HS256"\n}',
  '{\r\n"alg":"HS256"}',
] as const;
const lengths = [
  [60, 43],
  [8, 0],
  [0, 16, 20, 22],
  [40, 16, 8, 22],
] as const;

/** A JWT (three segments, the last may be empty) or a JWE (five, the second may be empty), however its header is written. */
export function jwtOf(seed: number): Planted {
  const header = headers[seed % headers.length] ?? headers[0];
  const segments = (lengths[seed % lengths.length] ?? lengths[0]).map((length, i) =>
    some("A-Za-z0-9_-", length, seed + i),
  );
  return {
    name: "jwt",
    token: [Buffer.from(header).toString("base64url"), ...segments].join("."),
    secret: segments,
    guarded: !header.startsWith('{"'),
  };
}

/** A token of any family, or a JWT. */
export function plantedFrom(families: readonly TokenFamily[]): fc.Arbitrary<Planted> {
  const kinds = kindsOf(families);
  return fc.oneof(
    {
      weight: 9,
      arbitrary: fc
        .tuple(fc.constantFrom(...kinds), fc.nat(), fc.oneof(fc.constant(0), fc.nat(24)))
        .map(([kind, seed, extra]) => tokenOf(kind, seed, extra)),
    },
    { weight: 1, arbitrary: fc.nat().map(jwtOf) },
  );
}

/** True when the text shows no eight characters in a row of what is secret in a token. */
export function isHidden({ secret }: Pick<Planted, "secret">, text: string): boolean {
  return secret.every((part) => {
    for (let at = 0; at + 8 <= part.length; at++) if (text.includes(part.slice(at, at + 8))) return false;
    return true;
  });
}

/** Behind these any token is found. */
export const openings: readonly string[] = [
  "",
  " ",
  "\n",
  "=",
  ":",
  '"',
  "'",
  "(",
  "_",
  "-",
  ".",
  "/",
  "\\n",
  "\\\\n",
  "\\t",
  "\\x1b",
  "\\u0022",
  "\\033",
  "%3D",
  "%0a",
  "%253D",
  "=3D",
  "\u001b[0m",
  "\u001b[1;31m",
  "\u009b0K",
  "\\u001b[32m",
  "\\x1B[0m",
  "\\033[1m",
  "\\e[0;1m",
  "中",
  "é",
  "\u{1f600}",
  "\ud83d",
  "\udc00",
  "\u0161",
  "\u0130",
  "<redacted:jwt:10>",
  "<redacted:nobody:10>",
  "<redacted:",
];

/** Behind these only strong tokens are found. */
export const glued: readonly string[] = [
  "a",
  "Z",
  "0",
  "word",
  "eyJ",
  "3D",
  "x1b",
  "[0m",
  "\u001b[0",
  "u0022",
  "25",
];

/** What no one's token goes on with. */
export const closings: readonly string[] = [
  " ",
  "\n",
  '"',
  "'",
  ")",
  "<",
  "\\n",
  "中",
  "\u{1f600}",
  "\ud83d",
  "\u001b[0m",
];

/** A text as bad as it gets: tokens, what nearly is one, what escapes look like, and anything else, without order. */
export function adversarialText(
  families: readonly TokenFamily[],
  others: readonly string[] = [],
): fc.Arbitrary<string> {
  const token = plantedFrom(families).map((planted) => planted.token);
  const literal = fc.constantFrom(...kindsOf(families).map((kind) => kind.literal));
  /** Takes a place of a token, as a share of its length, and puts something else there. */
  const changed = (change: (text: string, at: number) => string): fc.Arbitrary<string> =>
    fc
      .tuple(token, fc.nat(999))
      .map(([text, share]) => change(text, Math.floor((share * text.length) / 1_000)));
  const wrong = fc.constantFrom("!", ".", "-", "_", "=", "%", "中", " ", "A", "<redacted:jwt:3>");
  const near = fc.oneof(
    changed((text, at) => text.slice(0, at) + text.slice(at + 1)),
    wrong.chain((one) => changed((text, at) => text.slice(0, at) + one + text.slice(at + 1))),
    // What looks right in its low byte.
    changed(
      (text, at) => text.slice(0, at) + String.fromCharCode(text.charCodeAt(at) + 0x100) + text.slice(at + 1),
    ),
    changed((text, at) => text.slice(0, at)),
    changed((text, at) => text.slice(at)),
  );
  const prefixes = fc
    .tuple(literal, fc.integer({ min: 1, max: 4 }))
    .map(([text, times]) => text.repeat(times));
  const run = fc
    .tuple(
      fc.constantFrom("A-Za-z0-9", "A-Za-z0-9_-", "A-Za-z0-9+/=", ".", "0-9a-f", "A-Z2-7"),
      fc.nat(90),
      fc.nat(),
    )
    .map(([set, length, seed]) => some(set, length, seed));
  return fc
    .array(
      fc.oneof(
        { weight: 6, arbitrary: token },
        { weight: 3, arbitrary: near },
        { weight: 6, arbitrary: fc.constantFrom(...openings, ...glued) },
        { weight: 2, arbitrary: prefixes },
        { weight: 2, arbitrary: run },
        { weight: 1, arbitrary: fc.string({ unit: "binary", maxLength: 6 }) },
        { weight: others.length > 0 ? 2 : 0, arbitrary: fc.constantFrom("", ...others) },
      ),
      { maxLength: 9 },
    )
    .map((pieces) => pieces.join(""));
}
