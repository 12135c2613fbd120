import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readJson } from "./strict-json.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

test("reads what JSON.parse reads, without prototypes", () => {
  fc.assert(
    fc.property(fc.json({ maxDepth: 5 }), (text) => {
      const result = readJson(bytes(text));
      const names = new Set(text.match(/__proto__|constructor|prototype/g) ?? []);
      fc.pre(names.size === 0);
      expect(result).toEqual({ ok: true, value: JSON.parse(text) });
    }),
  );
});

test("refuses what JSON.parse refuses, and never throws", () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(...'{}[]",:\\ntrue1-.e \t\u0000'.split("")) }), (text) => {
      // Beyond the range of a double, JSON.parse reads infinity.
      fc.pre(!/e1111/.test(text));
      let expected = true;
      try {
        JSON.parse(text);
      } catch {
        expected = false;
      }
      const result = readJson(bytes(text));
      if (!expected) expect(result.ok).toBe(false);
      else if (!result.ok) expect(result.reason).toBe("duplicate_member");
    }),
    { numRuns: 1_000 },
  );
});

describe("refuses", () => {
  test.each([
    ["a member twice", '{"a":1,"a":2}', "duplicate_member"],
    ["a member twice, spelt in two ways", '{"a":1,"\\u0061":2}', "duplicate_member"],
    ["a member twice further down", '{"a":{"b":1,"b":1}}', "duplicate_member"],
    ["more after the value", "{} {}", "not_json"],
    ["a byte order mark", "\ufeff{}", "not_json"],
    ["nothing", "", "not_json"],
    ["NaN", '{"a":NaN}', "not_json"],
    ["a number beyond the range", '{"a":1e400}', "not_json"],
    ["200,000 nested lists", "[".repeat(200_000), "too_deep"],
    ["33 levels", `${"[".repeat(33)}${"]".repeat(33)}`, "too_deep"],
  ])("%s", (_name, text, reason) => {
    expect(readJson(bytes(text))).toEqual({ ok: false, reason });
  });

  test("bytes that are no UTF-8", () => {
    expect(readJson(Uint8Array.of(0x22, 0xc3, 0x28, 0x22))).toEqual({ ok: false, reason: "not_utf8" });
  });

  test("one byte over the cap", () => {
    const fits = `"${"a".repeat(1024 * 1024 - 2)}"`;
    expect(readJson(bytes(fits)).ok).toBe(true);
    expect(readJson(bytes(`${fits} `))).toEqual({ ok: false, reason: "too_large" });
  });
});

test("32 levels are read", () => {
  expect(readJson(bytes(`${"[".repeat(32)}${"]".repeat(32)}`)).ok).toBe(true);
});

test("members that reach a prototype are dropped", () => {
  const result = readJson(bytes('{"__proto__":{"polluted":1},"constructor":{"prototype":{}},"a":1}'));
  expect(result).toEqual({ ok: true, value: { a: 1 } });
  expect(Object.getPrototypeOf(result.ok ? result.value : {})).toBeNull();
  expect(({} as Record<string, unknown>).polluted).toBeUndefined();
});
