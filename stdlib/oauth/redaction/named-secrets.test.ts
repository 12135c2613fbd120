/**
 * What only its name makes a secret.
 */

import fc from "fast-check";
import { expect, test } from "vitest";
import { deepTimeout, holdsFor } from "../../../scripts/fuzz/deep-property.test.support.ts";
import { createRedactor } from "./engine.ts";
import { isHidden, some } from "./generated-token.test.support.ts";
import { namedPlaces } from "./named-secret.test.support.ts";
import { cut, streamed } from "./streamed.test.support.ts";

const value = fc
  .tuple(
    fc.constantFrom("A-Za-z0-9", "A-Za-z0-9_-", "A-Za-z0-9._~-"),
    fc.integer({ min: 14, max: 80 }),
    fc.nat(),
  )
  // Letters alone could be a word.
  .map(([set, length, seed]) => `${some(set, length, seed)}7q`);
/** Headers and assignments are lines; all else may stand anywhere. */
const around = fc.constantFrom("", "\n", "log: a\r\n", "中\n", "\u001b[0m\n");

test("no value survives in any of the places, whole or cut", { timeout: deepTimeout }, async () => {
  const redactor = createRedactor();
  const input = fc.tuple(
    fc.constantFrom(...namedPlaces),
    value,
    around,
    fc.array(fc.nat(12), { maxLength: 12 }),
  );
  await holdsFor("redaction-named", input, async ([[where, place], secret, before, lengths]) => {
    const text = `${before}${place.replace("¤", secret)}`;
    const shown = redactor.redact(text);
    const isGone = isHidden({ secret: [secret] }, shown);
    expect({ where, shown, isGone }).toEqual({ where, shown, isGone: true });
    expect(redactor.redact(shown)).toBe(shown);
    expect(await streamed(redactor, cut(text, lengths))).toBe(shown);
    return true;
  });
});
