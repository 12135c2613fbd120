/**
 * Secrets for property tests, made at run time, and where they are planted.
 *
 * @module
 */

import fc from "fast-check";
import { createRedactor, type RedactorEngine } from "../engine.ts";

const base62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const of = (characters: string, minLength: number, maxLength = minLength): fc.Arbitrary<string> =>
  // Not fc.string: it likes words that also stand in stack traces.
  fc.array(fc.constantFrom(...characters.split("")), { minLength, maxLength }).map((body) => body.join(""));

/** A value without any shape that {@link plantedRedactor} knows. */
export const knownValue: string = ["Zk3", "vUq", "9Tw", "LxE", "2Rm", "BhY"].join("");

/** A redactor with the catalogue and {@link knownValue}. */
export function plantedRedactor(): RedactorEngine {
  const redactor = createRedactor();
  redactor.register(knownValue, "access_token");
  return redactor;
}

/** Tokens of a known shape, and the known value. */
export const secret: fc.Arbitrary<string> = fc.oneof(
  fc.constant(knownValue),
  of(base62, 36).map((body) => ["gh", "p_", body].join("")),
  fc
    .tuple(of(base62, 8, 60), of(base62, 20, 60))
    .map(([claims, signature]) =>
      [Buffer.from(`{"alg":"ES256","typ":"JWT"}`).toString("base64url"), claims, signature].join("."),
    ),
);

const before = [
  "",
  " ",
  "=",
  "\n",
  '"',
  "\\",
  "\u001b[31m",
  "https://example.com/?q=",
  "%3D",
  "é",
  "'",
  "{",
  "\t",
];
const after = ["", " ", "\n", '"', "&x=1", "\u001b[0m", "}", "'", "\\", "中", "%s"];

/** Text with a secret in it, and the secret. */
export const planted: fc.Arbitrary<{ readonly text: string; readonly secret: string }> = fc
  .tuple(fc.constantFrom(...before), secret, fc.constantFrom(...after))
  .map(([left, value, right]) => ({ text: left + value + right, secret: value }));

/** True when no eight characters of the secret's body are left; how a token begins is no secret. */
export function isGone(value: string, text: string): boolean {
  for (let at = value === knownValue ? 0 : 16; at + 8 <= value.length; at++) {
    if (text.includes(value.slice(at, at + 8))) return false;
  }
  return true;
}

/** Any JSON value whose texts are taken from `text`, under harmless names. */
export function jsonOf(text: fc.Arbitrary<string>): fc.Arbitrary<unknown> {
  const { value } = fc.letrec((tie) => ({
    value: fc.oneof(
      { depthSize: "small", withCrossShrink: true },
      text,
      fc.integer(),
      fc.boolean(),
      fc.constant(null),
      fc.array(tie("value"), { maxLength: 3 }),
      fc.dictionary(fc.constantFrom("a", "b c", "note", "url", "__proto__", "7", "req"), tie("value"), {
        maxKeys: 4,
        // pino cannot put an object without a prototype into a message.
        noNullPrototype: true,
      }),
    ),
  }));
  return value;
}
