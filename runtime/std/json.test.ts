import fc from "fast-check";
import { expect, test } from "vitest";
import { jsonModule } from "./json.ts";
import { loose } from "./ports.test.fixture.ts";

const { json_parse, json_stringify } = jsonModule();

test("values come back as they were", () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 6 }), fc.integer({ min: 0, max: 10 }), (value, indent) => {
      const text = json_stringify(value, indent);
      expect(text).toBe(JSON.stringify(value, null, indent));
      expect(json_parse(text)).toEqual(JSON.parse(text));
    }),
  );
});

test("`__proto__` is a member like any other", () => {
  const value = json_parse('{"__proto__":{"admin":true}}') as Record<string, unknown>;
  expect(Object.keys(value)).toEqual(["__proto__"]);
  expect(value["admin"]).toBe(undefined);
  expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
  expect(json_stringify(value)).toBe('{"__proto__":{"admin":true}}');
});

test("members without a value are left out; nothing at all is null", () => {
  expect(json_stringify({ a: undefined, b: 1 })).toBe('{"b":1}');
  expect(json_stringify(undefined)).toBe("null");
});

test("text that is not JSON is refused, and never repeated in the message", () => {
  const secret = ["gh", "p_", "b".repeat(36)].join("");
  for (const text of ["", "{", `{"a":${secret}}`, "[1,]", "NaN", "\ufeff1"]) {
    expect(() => json_parse(text)).toThrowError(
      /^std\/json: json_parse: text is not JSON( \(line \d+, column \d+\))?$/,
    );
  }
  expect(() => json_parse('{\n "a" 1}')).toThrowError("text is not JSON (line 2, column 6)");
});

test("what is too deep to cross to a script is refused", () => {
  const nested = (levels: number): string => "[".repeat(levels) + "]".repeat(levels);
  expect(json_parse(nested(100))).toBeTruthy();
  expect(() => json_parse(nested(101))).toThrowError("text is nested deeper than 100 levels");
  expect(() => json_parse(nested(100_000))).toThrowError("text is nested deeper than 100 levels");
});

test.each([
  ["json_parse", [1], "text must be a string"],
  ["json_stringify", [{ f: () => 1 }], "value holds a function"],
  ["json_stringify", [new Uint8Array(1)], "value holds bytes"],
  ["json_stringify", [1, 11], "indent must be a whole number from 0 to 10"],
  ["json_stringify", [1, "\t"], "indent must be a whole number from 0 to 10"],
] as const)("%s refuses %o", (name, args, sentence) => {
  const fn = loose(jsonModule()[name]);
  expect(() => fn(...args)).toThrowError(`std/json: ${name}: ${sentence}`);
});
