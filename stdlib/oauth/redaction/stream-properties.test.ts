/**
 * However a text is cut, its stream says what one call says.
 */

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { deepTimeout, holdsFor } from "../../../scripts/fuzz/deep-property.test.support.ts";
import { sampleSpecial, seededRandom } from "./catalogue/sample-token.test.support.ts";
import { tokenFamilies } from "./catalogue/index.ts";
import { createRedactor, type RedactorEngine } from "./engine.ts";
import { adversarialText, kindsOf, tokenOf } from "./generated-token.test.support.ts";
import { namedPlaces, namePieces } from "./named-secret.test.support.ts";
import { encodingsOf } from "./slow-matcher.test.support.ts";
import { cut, streamed, streamedBytes } from "./streamed.test.support.ts";

const timeout = deepTimeout;
const known = "opaque/Value+1=and more";
const others = [...namePieces, ...encodingsOf(known).map(({ form }) => form), "acme_xyz", "123456789"];
const texts = adversarialText(tokenFamilies, others);
const cuts = fc.array(fc.oneof(fc.nat(3), fc.nat(40), fc.nat(300)), { maxLength: 20 });

function redactorWithAll(): RedactorEngine {
  const redactor = createRedactor();
  redactor.register(known, "access_token");
  redactor.register(known.slice(8), "device_code");
  redactor.registerPattern("acme", "\\bacme_[a-z]+");
  redactor.registerPattern("number", "[0-9]{9}");
  return redactor;
}

test("text, cut anywhere", { timeout }, async () => {
  const redactor = redactorWithAll();
  await holdsFor("redaction-stream", fc.tuple(texts, cuts), async ([text, lengths]) => {
    const expected = redactor.redact(text);
    expect(await streamed(redactor, cut(text, lengths))).toBe(expected);
    return expected !== text;
  });
});

test("text, one character at a time", { timeout }, async () => {
  const redactor = redactorWithAll();
  await holdsFor("redaction-stream-characters", texts, async (text) => {
    const expected = redactor.redact(text);
    expect(await streamed(redactor, text.split(""))).toBe(expected);
    return expected !== text;
  });
});

test("bytes, cut anywhere", { timeout }, async () => {
  const redactor = createRedactor();
  redactor.register(known, "access_token");
  await holdsFor("redaction-stream-bytes", fc.tuple(texts, cuts), async ([given, lengths]) => {
    const text = Buffer.from(given).toString();
    const expected = redactor.redact(text);
    const shown = await streamedBytes(redactor, cut(Buffer.from(text), lengths));
    expect(Buffer.from(shown).toString()).toBe(expected);
    return expected !== text;
  });
});

test("bytes that are no text come out as they went in", { timeout }, async () => {
  const redactor = createRedactor();
  const noise = fc.uint8Array({ maxLength: 200 });
  await holdsFor("redaction-stream-noise", fc.tuple(noise, cuts), async ([bytes, lengths]) => {
    const text = Buffer.from(bytes).toString("latin1");
    if (redactor.redact(text) !== text) return false;
    expect(Buffer.from(await streamedBytes(redactor, cut(bytes, lengths)))).toEqual(Buffer.from(bytes));
    return true;
  });
});

test("the audit counts the same", { timeout }, async () => {
  await holdsFor(
    "redaction-stream-audit",
    fc.tuple(texts, cuts),
    async ([text, lengths]) => {
      const [one, other] = [redactorWithAll(), redactorWithAll()];
      one.redact(text);
      await streamed(other, cut(text, lengths));
      const { patterns, match_count, bytes_redacted } = one.auditTotals();
      expect(other.auditTotals()).toMatchObject({ patterns, match_count, bytes_redacted });
      return match_count > 0;
    },
    150,
  );
});

describe("every single cut", () => {
  const after = `" and ${"more ".repeat(3)}`;
  const shapes = tokenFamilies.flatMap(({ name, shapes }) =>
    shapes.map((shape, i) => ({ name, shape, literal: shape.literals[i % shape.literals.length] ?? "" })),
  );
  const expectAllCuts = async (redactor: RedactorEngine, text: string): Promise<void> => {
    const expected = redactor.redact(text);
    for (let at = 0; at <= text.length; at++) {
      // An empty part says nothing, and must not be forgotten something at.
      const shown = await streamed(redactor, [text.slice(0, at), "", text.slice(at)]);
      if (shown !== expected) expect({ at, text, shown }).toEqual({ at, text, shown: expected });
    }
  };

  test("of a token of each shape", { timeout }, async () => {
    const redactor = createRedactor();
    for (const kind of shapes) await expectAllCuts(redactor, `x "${tokenOf(kind, 1, 5).token}${after}`);
  });

  test("of a long token of each shape", { timeout }, async () => {
    const redactor = createRedactor();
    for (const kind of shapes) {
      const { token } = tokenOf(kind, 2, 150);
      const expected = redactor.redact(`${token}${after}`);
      for (let at = 1; at < token.length; at += 7) {
        expect(
          await streamed(redactor, [
            token.slice(0, at),
            "",
            token.slice(at, at + 1),
            token.slice(at + 1),
            after,
          ]),
        ).toBe(expected);
      }
    }
  });

  test("of each special form", { timeout }, async () => {
    const redactor = createRedactor();
    for (const { special } of tokenFamilies) {
      if (special === undefined) continue;
      for (const seed of [1, 2, 3]) {
        const text = sampleSpecial(special, seededRandom(seed)).slice(0, 900);
        await expectAllCuts(redactor, `x "${text}${after}`);
      }
    }
  });

  test("of each place that a name protects", { timeout }, async () => {
    const redactor = createRedactor();
    for (const [, place] of namedPlaces) {
      await expectAllCuts(redactor, `${place.replace("¤", "opaque.Value_1")} ${after}`);
    }
  });

  test("of a known value in each encoding", { timeout }, async () => {
    const redactor = redactorWithAll();
    for (const { form } of encodingsOf(known)) await expectAllCuts(redactor, `ab${form}cd`);
  });
});

test("each literal is found where a window of the scan ends", { timeout }, async () => {
  const redactor = createRedactor();
  const kinds = kindsOf(tokenFamilies).filter((_, at) => at % 7 === 0);
  for (const kind of kinds) {
    const { token } = tokenOf(kind, 3, 0);
    const expected = redactor.redact(` ${token} `);
    for (const shift of [3, 2, 1, 0].map((back) => kind.literal.length - back).concat(token.length)) {
      const padding = " ".repeat(65_536 - Math.max(0, shift));
      expect(redactor.redact(`${padding} ${token} `).slice(padding.length)).toBe(expected);
    }
  }
});
