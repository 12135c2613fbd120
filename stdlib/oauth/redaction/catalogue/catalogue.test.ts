import { expect, test } from "vitest";
import { charClass } from "../char-class.ts";
import type { TokenShape } from "../token-shape.ts";
import { catalogueVersion, tokenFamilies } from "./index.ts";
import { charactersOf, sampleSpecial, sampleToken, seededRandom } from "./sample-token.test.support.ts";

const shapes = tokenFamilies.flatMap(({ name, shapes }) => shapes.map((shape) => ({ name, shape })));
const literals = shapes.flatMap(({ name, shape }) =>
  shape.literals.map((literal) => ({ name, shape, literal })),
);
/** True when every character of the text belongs to the set. */
function isAllOf(set: string, text: string): boolean {
  const members = charClass(set);
  return Array.from(text).every((character) => members[character.charCodeAt(0)] === 1);
}

/** The shape read as a regular expression, for a token at the start of a text. */
function expressionOf({ before, literals, least, ignoreCase }: TokenShape): RegExp {
  const head = before === undefined ? "" : `${setOf(before.of)}{${before.min},${before.max}}`;
  const rest = least.map((part) =>
    typeof part === "string" ? escaped(part) : `${setOf(part.of)}{${part.length}}`,
  );
  return new RegExp(`^${head}(?:${literals.map(escaped).join("|")})${rest.join("")}`, ignoreCase ? "i" : "");
}

const escaped = (text: string): string => text.replace(/[^A-Za-z0-9]/g, String.raw`\$&`);
const setOf = (of: string): string => `[${escaped(charactersOf(of))}]`;

test("has at least ninety families, each with a name of its own", () => {
  const names = tokenFamilies.map(({ name }) => name);
  expect(names.length).toBeGreaterThanOrEqual(90);
  expect(new Set(names).size).toBe(names.length);
  expect(names.filter((name) => !/^[a-z0-9_]{1,64}$/.test(name))).toEqual([]);
});

test("says where each format is described and when it last changed", () => {
  const sources = tokenFamilies.map(({ source }) => source);
  expect(sources.filter((source) => !/^(https:\/\/[a-z0-9.-]+\/\S*|RFC \d+)$/.test(source))).toEqual([]);
  const dates = tokenFamilies.flatMap(({ since }) => since ?? []);
  expect(dates.filter((date) => !/^20\d\d-[01]\d-[0-3]\d$/.test(date) || date > catalogueVersion)).toEqual(
    [],
  );
  const latest = tokenFamilies.filter(({ since }) => since?.startsWith("2026")).map(({ name }) => name);
  expect(latest).toEqual(
    expect.arrayContaining(["github_token", "google_api_key", "cloudflare_token", "vercel_token"]),
  );
});

test("describes each family by shapes or by one special form", () => {
  const other = tokenFamilies.filter(
    ({ shapes, special }) => (shapes.length === 0) !== (special !== undefined),
  );
  expect(other).toEqual([]);
});

test("finds tokens by literals of three ASCII characters and more", () => {
  expect(shapes.filter(({ shape }) => shape.literals.length === 0)).toEqual([]);
  const bad = literals.filter(
    ({ literal, shape }) =>
      !/^[\x21-\x7e]{3,}$/.test(literal) || (shape.ignoreCase && literal !== literal.toLowerCase()),
  );
  expect(bad).toEqual([]);
});

test("lists no literal that another one of the shape makes superfluous", () => {
  const superfluous = literals.filter(({ literal, shape }) => {
    const [only] = shape.least;
    if (typeof only !== "object" || shape.least.length > 1) return false;
    return shape.literals.some(
      (other) =>
        other !== literal && literal.startsWith(other) && isAllOf(only.of, literal.slice(other.length)),
    );
  });
  expect(superfluous.map(({ literal }) => literal)).toEqual([]);
});

test("writes sets with ascending ranges, and bodies that include all that must follow", () => {
  for (const { name, shape } of shapes) {
    const { before, least, body } = shape;
    const stretches = [...least.filter((part) => typeof part === "object"), ...(before ? [before] : [])];
    for (const of of [...stretches.map(({ of }) => of), body]) {
      const ranges = Array.from(of.matchAll(/(?<=(.))-(?=(.))/g));
      expect(ranges.filter(([, low = "", high = ""]) => low >= high)).toEqual([]);
    }
    const parts = least.map((part) => (typeof part === "string" ? part : charactersOf(part.of)));
    expect({ name, outside: parts.filter((part) => !isAllOf(body, part)) }).toEqual({ name, outside: [] });
    expect({ name, trims: shape.trimDots === true }).toEqual({ name, trims: body.includes(".") });
  }
});

test("asks for enough characters that chance does not make a token", () => {
  const short = literals.filter(({ literal, shape }) => {
    const rest = shape.least.reduce((sum, part) => sum + part.length, shape.before?.min ?? 0);
    return literal.length + rest < 16;
  });
  expect(short).toEqual([]);
});

test("names each token after the family that it was made from", () => {
  const expressions = shapes.map(({ name, shape }) => ({ name, expression: expressionOf(shape) }));
  const random = seededRandom(1);
  for (const { name, shape } of shapes) {
    for (let extra = 0; extra < 8; extra++) {
      const token = sampleToken(shape, random, extra);
      expect(expressions.find(({ expression }) => expression.test(token))?.name).toBe(name);
    }
  }
});

test("makes samples that are all body after the least, and end in no dot that is punctuation", () => {
  const random = seededRandom(2);
  for (const { shape } of shapes) {
    const token = sampleToken(shape, random, 12);
    const least = expressionOf(shape).exec(token)?.[0] ?? "";
    expect(isAllOf(shape.body, token.slice(least.length))).toBe(true);
    if (shape.trimDots) expect(token.endsWith(".")).toBe(false);
  }
});

test("makes the same samples from the same seed", () => {
  const forms = tokenFamilies.flatMap(({ special }) => special ?? []);
  const make = (seed: number): string[] => {
    const random = seededRandom(seed);
    return [
      ...forms.map((form) => sampleSpecial(form, random)),
      ...shapes.map(({ shape }) => sampleToken(shape, random, 3)),
    ];
  };
  expect(make(7)).toEqual(make(7));
  expect(make(7)).not.toEqual(make(8));
});
