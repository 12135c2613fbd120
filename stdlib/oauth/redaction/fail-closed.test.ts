/**
 * Whatever breaks inside, nothing comes out that was not looked at.
 */

import fc from "fast-check";
import { afterEach, expect, test } from "vitest";
import { deepTimeout, holdsFor } from "../../../scripts/fuzz/deep-property.test.support.ts";
import { tokenFamilies } from "./catalogue/index.ts";
import { CustomLane } from "./custom-lane.ts";
import { createRedactor } from "./engine.ts";
import { adversarialText, isHidden, plantedFrom } from "./generated-token.test.support.ts";
import { KnownValues } from "./known-values.ts";
import { Reading } from "./reading.ts";
import { Scrubber } from "./scrubber.ts";
import { cut, streamed } from "./streamed.test.support.ts";
import { TextLane } from "./text-lane.ts";

/** The stages, each by a method that it cannot do without. */
const stages: readonly (readonly [object, string])[] = [
  [TextLane.prototype, "cleanUpTo"],
  [TextLane.prototype, "read"],
  [Reading.prototype, "runEnd"],
  [KnownValues.prototype, "scan"],
  [KnownValues.prototype, "firstPart"],
  [CustomLane.prototype, "output"],
  [Scrubber.prototype, "write"],
];

let repair = (): void => {};
afterEach(() => repair());

/** Makes a method throw when it is called for the `nth` time. */
function breakStage(
  [stage, method]: readonly [object, string],
  nth: number,
): { readonly isBroken: () => boolean } {
  const whole = Object.getOwnPropertyDescriptor(stage, method);
  if (whole === undefined) throw new Error(`no ${method}`);
  const old = whole.value as (...words: unknown[]) => unknown;
  let calls = 0;
  const value = function (this: unknown, ...words: unknown[]): unknown {
    calls += 1;
    if (calls > nth) throw new Error("injected");
    return old.apply(this, words);
  };
  Object.defineProperty(stage, method, { ...whole, value });
  repair = () => void Object.defineProperty(stage, method, whole);
  return { isBroken: () => calls > nth };
}

const planted = plantedFrom(tokenFamilies);
const text = fc
  .tuple(planted, adversarialText(tokenFamilies), adversarialText(tokenFamilies))
  .map(([one, before, after]) => ({ one, text: `${before} ${one.token} ${after}` }));
const input = fc.tuple(text, fc.constantFrom(...stages), fc.nat(6), fc.array(fc.nat(60), { maxLength: 8 }));

test("no stage that throws lets a token through", { timeout: deepTimeout }, async () => {
  await holdsFor("redaction-fail-closed", input, async ([{ one, text: given }, stage, nth, lengths]) => {
    const redactor = createRedactor();
    redactor.register("opaque-value-1", "access_token");
    redactor.registerPattern("acme", "acme_[a-z]+");
    const expected = redactor.redact(given);
    // The text around may hold the same characters by chance.
    if (!isHidden(one, expected)) return false;
    const all = Buffer.byteLength(given);
    let broken = breakStage(stage, nth);
    try {
      const shown = redactor.redact(given);
      expect(shown).toBe(broken.isBroken() ? `<redacted:unscannable:${all}>` : expected);
      repair();
      broken = breakStage(stage, nth);
      const copy = JSON.stringify(redactor.redactValue({ given, list: [given] }));
      expect(isHidden(one, copy)).toBe(true);
      repair();
      broken = breakStage(stage, nth);
      const out = await streamed(redactor, cut(given, lengths));
      if (!broken.isBroken()) expect(out).toBe(expected);
      else {
        // What came before the failure, and one placeholder for all the rest.
        const [, passed = "", lost] = /^(.*)<redacted:unscannable:(\d+)>$/s.exec(out) ?? [];
        expect(expected.slice(0, passed.length)).toBe(passed);
        expect(Number(lost)).toBeGreaterThan(0);
        expect(isHidden(one, out)).toBe(true);
      }
      return true;
    } finally {
      repair();
    }
  });
});

test("needles that repeat themselves too much are refused together with the text", () => {
  const redactor = createRedactor();
  for (let i = 0; i < 300; i++)
    redactor.register(`${String.fromCharCode(0x400 + i)}${"a".repeat(300)}`, "access_token");
  const given = `${"a".repeat(20_000)} opaque`;
  expect(redactor.redact(given)).toBe(`<redacted:unscannable:${given.length}>`);
});
