/**
 * What holds for any text, however hostile.
 */

import fc from "fast-check";
import { expect, test } from "vitest";
import { deepTimeout, holdsFor } from "../../../scripts/fuzz/deep-property.test.support.ts";
import { tokenFamilies } from "./catalogue/index.ts";
import { createRedactor } from "./engine.ts";
import {
  adversarialText,
  closings,
  glued,
  isHidden,
  openings,
  type Planted,
  plantedFrom,
} from "./generated-token.test.support.ts";
import { namePieces } from "./named-secret.test.support.ts";

const timeout = deepTimeout;
/** Every six characters in a row. */
const sixes = (text: string): ReadonlySet<string> =>
  new Set(Array.from({ length: Math.max(0, text.length - 5) }, (_, at) => text.slice(at, at + 6)));

const planted = plantedFrom(tokenFamilies);
/** What every token of a shape has, and the names, which stand in every audit. */
const fixed = tokenFamilies
  .flatMap(({ name, shapes }) => [
    name,
    ...shapes.flatMap(({ least }) => least.filter((part) => typeof part === "string")),
  ])
  .join("\n");
const opening = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...openings) },
  {
    weight: 1,
    arbitrary: fc.string({ unit: "grapheme", maxLength: 3 }).map((text) => text.replace(/[A-Za-z0-9]+$/, "")),
  },
);
const before = fc.oneof(opening, fc.constantFrom(...glued));
const closing = fc.constantFrom(...closings);
const placed = fc
  .tuple(planted, opening, before, closing)
  .map(([one, open, glue, close]) => ({ one, text: `${one.guarded ? open : glue}${one.token}${close}` }));
const several = fc
  .array(placed, { minLength: 1, maxLength: 4 })
  .map((list) => ({ text: list.map(({ text }) => text).join(""), tokens: list.map(({ one }) => one) }));
const texts = adversarialText(tokenFamilies, [...namePieces, "opaque-value-1", "acme_x"]);

const expectHidden = (tokens: readonly Planted[], shown: string): void => {
  const left = tokens.filter((one) => !isHidden(one, shown)).map(({ name }) => name);
  expect({ left, shown }).toEqual({ left: [], shown });
};

test("no leak: nothing of a token is left", { timeout }, async () => {
  const redactor = createRedactor();
  await holdsFor("redaction-no-leak", several, ({ text, tokens }) => {
    expectHidden(tokens, redactor.redact(text));
    return true;
  });
});

test("context: nothing that stands around a token hides it", { timeout }, async () => {
  const redactor = createRedactor();
  const anything = fc.string({ unit: "binary", maxLength: 30 });
  const open = anything.map((text) => text.replace(/[A-Za-z0-9]+$/, " "));
  await holdsFor(
    "redaction-context",
    fc.tuple(planted, anything, open, anything),
    ([one, glue, gap, behind]) => {
      expectHidden([one], redactor.redact(`${one.guarded ? gap : glue}${one.token}${behind}`));
      return true;
    },
  );
});

test("idempotence: redacting twice is redacting once", { timeout }, async () => {
  const redactor = createRedactor();
  redactor.register("opaque-value-1", "access_token");
  redactor.registerPattern("acme", "\\bacme_[a-z]+");
  redactor.registerPattern("number", "[0-9]{9}");
  await holdsFor("redaction-idempotence", texts, (text) => {
    const once = redactor.redact(text);
    expect(redactor.redact(once)).toBe(once);
    const masked = redactor.maskKnown(text);
    expect(redactor.maskKnown(masked)).toBe(masked);
    const copy = redactor.redactValue({ text, password: text, list: [text] });
    expect(redactor.redactValue(copy)).toEqual(copy);
    return once !== text;
  });
});

test("lengths: what is gone adds up to the bytes that were there, in the text and in the audit", {
  timeout,
}, async () => {
  const redactor = createRedactor();
  redactor.register("opaque-value-1", "access_token");
  await holdsFor("redaction-lengths", texts, (given) => {
    const text = given.replaceAll("<redacted:", "");
    redactor.drainAudit();
    const result = redactor.redact(text);
    const shown = [...result.matchAll(/<redacted:[\w.-]+:(\d+)>/g)];
    const lengths = shown.reduce((sum, match) => sum + Number(match[1]), 0);
    const placeholders = shown.reduce((sum, match) => sum + match[0].length, 0);
    expect(Buffer.byteLength(result) - placeholders + lengths).toBe(Buffer.byteLength(text));
    const audit = redactor.drainAudit();
    expect(audit.reduce((sum, entry) => sum + entry.bytes_redacted, 0)).toBe(lengths);
    expect(audit.reduce((sum, entry) => sum + entry.match_count, 0)).toBe(shown.length);
    expect(new Set(audit.map((entry) => entry.pattern)).size).toBe(audit.length);
    return shown.length > 0;
  });
});

test("audit: an entry holds nothing of a token", { timeout }, async () => {
  const redactor = createRedactor();
  await holdsFor("redaction-audit", several, ({ text, tokens }) => {
    redactor.drainAudit();
    redactor.redact(text);
    redactor.redactValue({ text, [text]: 1 });
    const audit = redactor.drainAudit();
    expect(audit.length).toBeGreaterThan(0);
    const written = sixes(JSON.stringify([audit, redactor.auditTotals()]));
    const told = tokens.flatMap(({ secret }) => secret.flatMap((part) => [...sixes(part)]));
    // Digits are counts.
    const secret = told.filter((six) => !/^[0-9]+$/.test(six) && !fixed.includes(six));
    expect(secret.filter((six) => written.has(six))).toEqual([]);
    return true;
  });
});

test("concatenation: what stands before a blank line does not change what comes behind it", {
  timeout,
}, async () => {
  const redactor = createRedactor();
  const text = adversarialText(tokenFamilies);
  await holdsFor("redaction-concatenation", fc.tuple(text, text), ([one, other]) => {
    const whole = redactor.redact(`${one}\n\n${other}`);
    expect(whole).toBe(redactor.redact(`${one}\n\n`) + redactor.redact(other));
    return whole !== `${one}\n\n${other}`;
  });
});

test("JSON: a redacted text of JSON parses, and says what the redacted value says", { timeout }, async () => {
  const redactor = createRedactor();
  // A literal that reads as a name has another meaning at the start of a line, which JSON does not have.
  const families = tokenFamilies
    .map((family) => ({
      ...family,
      shapes: family.shapes.filter(({ literals }) => !/[:=]/.test(literals.join(""))),
    }))
    .filter(({ shapes }) => shapes.length > 0);
  // So does a placeholder whose beginning is gone.
  const text = adversarialText(families).map((given) => given.replaceAll(/<redacted:[^>]*>?/g, ""));
  await holdsFor("redaction-json", fc.tuple(text, text), ([one, other]) => {
    // Nor has it a literal that something made a name of.
    if ([one, other].some((given) => /^[^\w\n]*[\w.-]+\s*[:=]/m.test(given))) return false;
    const value = { a: one, list: [other, 1, null, { b: one + other }] };
    const parsed: unknown = JSON.parse(redactor.redact(JSON.stringify(value)));
    expect(parsed).toEqual(redactor.redactValue(value));
    return JSON.stringify(parsed) !== JSON.stringify(value);
  });
});

test("JSON: with names in it, and in another JSON, it still parses to the same shape", {
  timeout,
}, async () => {
  const redactor = createRedactor();
  await holdsFor("redaction-json-names", fc.tuple(texts, texts), ([one, other]) => {
    const value = { password: one, list: [other, { access_token: other, [one]: 7 }] };
    const shape = (given: unknown): unknown =>
      typeof given === "string"
        ? ""
        : Array.isArray(given)
          ? given.map(shape)
          : given !== null && typeof given === "object"
            ? Object.values(given).map(shape)
            : given;
    for (const written of [JSON.stringify(value), JSON.stringify([JSON.stringify(value)])]) {
      expect(shape(JSON.parse(redactor.redact(written)))).toEqual(shape(JSON.parse(written)));
    }
    return true;
  });
});

test("clean identity: a text without any anchor comes back as it is", { timeout }, async () => {
  const redactor = createRedactor();
  const clean = fc.string({
    unit: fc.constantFrom(..."0123456789ABCDEFGHIJ".split(""), " ", ".", ",", "\n", "é", "中", "\ud83d"),
    maxLength: 300,
  });
  await holdsFor("redaction-clean", clean, (text) => {
    expect(redactor.redact(text)).toBe(text);
    expect(redactor.redactValue({ text })).toEqual({ text });
    return true;
  });
  expect(redactor.auditTotals().entries).toBe(0);
});
