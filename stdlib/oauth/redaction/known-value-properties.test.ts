/**
 * A known value disappears in every encoding, wherever it stands, until it is released.
 */

import fc from "fast-check";
import { expect, test } from "vitest";
import { deepTimeout, holdsFor } from "../../../scripts/fuzz/deep-property.test.support.ts";
import { createRedactor } from "./engine.ts";
import { encodingsOf } from "./slow-matcher.test.support.ts";

const timeout = deepTimeout;
const value = fc.oneof(
  fc.string({ unit: "grapheme-ascii", minLength: 8, maxLength: 60 }),
  fc.string({ unit: "grapheme", minLength: 8, maxLength: 30 }),
  fc.string({ unit: fc.constantFrom("a", "b", '"', "\\", "/", "+", "=", " "), minLength: 8, maxLength: 40 }),
);
const glue = fc.oneof(
  fc.string({ unit: "binary", maxLength: 12 }),
  fc.constantFrom("", "a", "%", "\\", "=", "0", '"'),
);

/** True when no twelve characters of the form are left; fewer may be chance. */
const isGone = (form: string, shown: string): boolean => {
  const rest = shown.replace(/<redacted:[^>]*>/g, "\u0000");
  for (let at = 0; at + 12 <= form.length; at++) if (rest.includes(form.slice(at, at + 12))) return false;
  return !rest.includes(form);
};

test("each encoding disappears, and comes back when the value is released", { timeout }, async () => {
  await holdsFor(
    "redaction-known",
    fc.tuple(value, glue, glue),
    ([secret, before, after]) => {
      const redactor = createRedactor();
      const release = redactor.register(secret, "access_token");
      const forms = encodingsOf(secret).filter(({ form }) => form.length >= 8);
      for (const { encoding, form } of forms) {
        const shown = redactor.maskKnown(`${before}${form}${after}`);
        if (!`${before}${after}`.includes(form)) {
          const rest = shown.replaceAll(/<redacted:access_token:[0-9]+>/g, "\u0000");
          expect({ encoding, isFound: rest !== shown, isLeft: rest.includes(form) }).toEqual({
            encoding,
            isFound: true,
            isLeft: false,
          });
        }
      }
      release();
      for (const { form } of forms) {
        const text = `${before}${form}${after}`;
        expect(redactor.maskKnown(text)).toBe(text);
      }
      return true;
    },
    300,
  );
});

test("base64 of it in other base64, at any alignment", { timeout }, async () => {
  const bytes = fc.uint8Array({ maxLength: 9 });
  const input = fc.tuple(value, bytes, bytes, fc.constantFrom("base64" as const, "base64url" as const));
  await holdsFor("redaction-known-base64", input, ([secret, before, after, alphabet]) => {
    const redactor = createRedactor();
    redactor.register(secret, "access_token");
    const own = Buffer.from(secret);
    const text = Buffer.concat([before, own, after]).toString(alphabet);
    const shown = redactor.maskKnown(text);
    expect(shown).toContain("<redacted:access_token:");
    // What is left may hold a few bits of the first and the last byte.
    const first = shown.indexOf("<");
    expect(first).toBeLessThanOrEqual(Math.ceil((before.length * 8) / 6));
    expect(shown.length - shown.lastIndexOf(">") - 1).toBeLessThanOrEqual(
      Math.ceil((after.length * 8) / 6) + 3,
    );
    return true;
  });
});

test("each encoding, wrapped by line ends", { timeout }, async () => {
  const long = fc.string({
    unit: fc.constantFrom(..."abcXYZ019-_/+".split("")),
    minLength: 48,
    maxLength: 120,
  });
  const ends = fc.constantFrom("\n", "\r\n", "\n    ", "\r\n\t");
  await holdsFor(
    "redaction-known-wrapped",
    fc.tuple(long, ends, fc.integer({ min: 32, max: 76 })),
    ([secret, end, width]) => {
      const redactor = createRedactor();
      redactor.register(secret, "access_token");
      for (const { encoding, form } of encodingsOf(secret)) {
        // What is left for the last line stays on the one before when it is short.
        const pieces = form.match(new RegExp(`.{${width}}(?:.{0,15}$)?|.+$`, "gs")) ?? [];
        const shown = redactor.maskKnown(`x ${pieces.join(end)} y`);
        for (const piece of pieces)
          expect({ encoding, shown, isGone: isGone(piece, shown) }).toEqual({
            encoding,
            shown,
            isGone: true,
          });
      }
      return true;
    },
    200,
  );
});
