/**
 * Catalogues of a few short shapes over a few characters, and texts of the same: what random tokens of the real
 * catalogue never do (overlap, touch, contain each other, end in one another's middle) happens here all the time.
 */

import fc from "fast-check";
import type { TokenFamily, TokenShape } from "./token-shape.ts";

const set = fc.constantFrom(
  "a",
  "ab",
  "b-",
  "aB",
  "ab.",
  "A-Za-z",
  "ab0",
  "0-9",
  "a.b%",
  "=ab",
  "a-zA-Z0-9_-",
);
/** The lane counts on it that what stands before a literal looks like a word. */
const wordSet = set.filter((spec) => !spec.includes("%"));
const stretch = fc.record({ of: set, length: fc.integer({ min: 1, max: 3 }) });
const literalOf = (characters: string): fc.Arbitrary<string> =>
  fc.string({ unit: fc.constantFrom(...characters.split("")), minLength: 3, maxLength: 4 });

const shape: fc.Arbitrary<TokenShape> = fc
  .record({
    anyCase: fc.boolean(),
    strictLiterals: fc.array(literalOf("abB-_"), { minLength: 1, maxLength: 2 }),
    looseLiterals: fc.array(literalOf("ab-"), { minLength: 1, maxLength: 2 }),
    guard: fc.constantFrom("none" as const, "alphanumeric" as const),
    before: fc.option(fc.record({ of: wordSet, min: fc.nat(3), more: fc.nat(3) }), { freq: 2 }),
    least: fc.array(fc.oneof(stretch, fc.constantFrom("-", "ab", ".")), { minLength: 1, maxLength: 2 }),
    body: set,
    trimDots: fc.boolean(),
  })
  .map(({ anyCase, strictLiterals, looseLiterals, guard, before, least, body, trimDots }) => ({
    literals: [...new Set(anyCase ? looseLiterals : strictLiterals)],
    guard,
    least,
    body,
    ...(anyCase ? { ignoreCase: true as const } : {}),
    ...(before
      ? { before: { of: before.of, min: before.min, max: Math.max(1, before.min + before.more) } }
      : {}),
    ...(trimDots ? { trimDots: true as const } : {}),
  }));

/** One to four families; the first may be JWTs. */
export const smallCatalogue: fc.Arbitrary<readonly TokenFamily[]> = fc
  .tuple(
    fc.array(fc.array(shape, { minLength: 1, maxLength: 2 }), { minLength: 1, maxLength: 4 }),
    fc.boolean(),
  )
  .map(([families, withJwt]) => [
    ...(withJwt ? [familyOf("jwt", [], "jwt")] : []),
    ...families.map((shapes, at) => familyOf(`family${at}`, shapes)),
  ]);

function familyOf(name: string, shapes: readonly TokenShape[], special?: "jwt"): TokenFamily {
  return {
    name,
    shapes,
    confidence: "high",
    since: null,
    source: "RFC 0",
    ...(special ? { special } : {}),
  };
}

const rawPieces = [
  ..."aaabbbB0-_.% \n".split(""),
  "%3D",
  "%253D",
  "\\n",
  "\\u0022",
  "\\x1b[0m",
  "=3D",
  "\u001b[0m",
  "\u001b[0",
  "eyJaaaaa",
  "eyJ",
  ".a.",
  "..",
  "<redacted:family0:7>",
  "<redacted:family1:",
  "<redacted:other:7>",
  "\u0161",
  "\ud83d",
];

/** A catalogue, and a text that is full of what it looks for. */
export const smallCase: fc.Arbitrary<{ readonly families: readonly TokenFamily[]; readonly text: string }> =
  smallCatalogue.chain((families) => {
    const literals = families.flatMap(({ shapes }) =>
      shapes.flatMap(({ literals }) => literals.flatMap((literal) => [literal, `${literal}aaa`])),
    );
    return fc
      .array(
        fc.oneof(
          { weight: 3, arbitrary: fc.constantFrom(...rawPieces) },
          { weight: 2, arbitrary: fc.constantFrom("", ...literals) },
        ),
        { maxLength: 24 },
      )
      .map((pieces) => ({ families, text: pieces.join("") }));
  });
