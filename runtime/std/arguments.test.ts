import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { integerWithin, json, maxDepth, numberWithin, oneOf, options, textRecord } from "./arguments.ts";

const place = "std/http: http_get";

describe("options", () => {
  test("an unknown name is refused and the nearest known one is named", () => {
    expect(() => options(place, { tiemout: 1 }, ["timeout", "headers", "body"])).toThrowError(
      'std/http: http_get: unknown option "tiemout"; the nearest known one is "timeout"',
    );
    expect(() => options(place, { Headers: 1 }, ["timeout", "headers"])).toThrowError(
      'nearest known one is "headers"',
    );
  });

  test("a name that is no word is not repeated in the message", () => {
    expect(() => options(place, { "a\nb": 1 }, ["timeout"])).toThrowError(
      /^std\/http: http_get: unknown option$/,
    );
  });

  test("absent, null and members that are undefined count as left out", () => {
    expect(options(place, undefined, ["timeout"])).toEqual({});
    expect(options(place, null, ["timeout"])).toEqual({});
    expect(Object.keys(options(place, { timeout: undefined }, ["timeout"]))).toEqual([]);
  });

  test.each([[1], ["x"], [[]], [new Uint8Array(1)], [new Date()]])("%s is no options object", (value) => {
    expect(() => options(place, value, ["timeout"])).toThrowError("opts must be an object");
  });

  test("members of a polluted prototype are not options", () => {
    const value = Object.create({ timeout: 5 }) as object;
    expect(() => options(place, value, ["timeout"])).toThrowError("opts must be an object");
  });
});

describe("json", () => {
  test("JSON data is accepted as it is", () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5 }), (value) => {
        expect(json(place, "value", value)).toBe(value);
      }),
    );
  });

  class Client {
    secret = "s";
  }
  test.each([
    ["a function", { a: () => 1 }, "holds a function"],
    [
      "a host object with methods",
      Object.freeze({ secret: "s", request: async () => 1 }),
      "holds a function",
    ],
    ["an instance", [new Client()], "holds a host object"],
    ["bytes", { a: new Uint8Array(1) }, "holds bytes"],
    ["a bigint", [1n], "holds a function or another value"],
    ["a symbol", [Symbol("x")], "holds a function or another value"],
  ])("%s is refused, not serialised", (_, value, problem) => {
    expect(() => json(place, "value", value)).toThrowError(problem);
  });

  test("nesting is limited, and a circle is too deep", () => {
    const nested = (levels: number): unknown => {
      let value: unknown = 1;
      for (let i = 0; i < levels; i++) value = [value];
      return value;
    };
    expect(json(place, "value", nested(maxDepth))).toBeTruthy();
    expect(() => json(place, "value", nested(maxDepth + 1))).toThrowError("nested deeper than 100 levels");
    const circle: unknown[] = [];
    circle.push(circle);
    expect(() => json(place, "value", circle)).toThrowError("nested deeper");
  });
});

test("numbers are checked at the limit and one past it", () => {
  expect(integerWithin(place, "n", 3, 0, 3)).toBe(3);
  for (const value of [4, -1, 1.5, NaN, Infinity, "3", null, undefined]) {
    expect(() => integerWithin(place, "n", value, 0, 3)).toThrowError("n must be a whole number from 0 to 3");
  }
  expect(numberWithin(place, "n", 0.5, 0, 3)).toBe(0.5);
  for (const value of [3.01, -0.01, NaN, Infinity, "1"]) {
    expect(() => numberWithin(place, "n", value, 0, 3)).toThrowError("n must be a number from 0 to 3");
  }
});

test("words and string records", () => {
  expect(oneOf(place, "as", "text", ["text", "bytes"])).toBe("text");
  expect(() => oneOf(place, "as", "json", ["text", "bytes"])).toThrowError(
    'as must be one of "text", "bytes"',
  );
  const copy = textRecord(place, "headers", JSON.parse('{"a":"1","__proto__":"2"}'));
  expect(Object.getPrototypeOf(copy)).toBe(null);
  expect(Object.entries(copy)).toEqual([
    ["a", "1"],
    ["__proto__", "2"],
  ]);
  expect(() => textRecord(place, "headers", { a: 1 })).toThrowError(
    "every value of headers must be a string",
  );
});
