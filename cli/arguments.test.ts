import { describe, expect, test } from "vitest";
import { limits, list, pairs, scriptArgs } from "./arguments.ts";
import { UsageError } from "./usage-error.ts";

test("list takes commas and repeats, and refuses an empty entry", () => {
  const allow = list("--allow-net");
  expect(allow("b, c", allow("a", undefined))).toEqual(["a", "b", "c"]);
  expect(() => allow("a,,b", undefined)).toThrow(UsageError);
  expect(() => allow("", undefined)).toThrow("--allow-net has an empty entry");
});

test("pairs cut at the first equals sign", () => {
  const arg = pairs("--arg");
  expect([...arg("query=a=b", arg("empty=", undefined))]).toEqual([
    ["empty", ""],
    ["query", "a=b"],
  ]);
  expect(() => arg("novalue", undefined)).toThrow("--arg needs name=value");
  expect(() => arg("=value", undefined)).toThrow(UsageError);
  expect(() => arg("a=2", arg("a=1", undefined))).toThrow("--arg a is given twice");
});

describe("scriptArgs", () => {
  test("keeps --arg values as strings and lets them win", () => {
    expect(
      scriptArgs(
        `{"a":1,"b":[true]}`,
        new Map([
          ["a", "2"],
          ["c", `{"d":1}`],
        ]),
      ),
    ).toEqual({
      a: "2",
      b: [true],
      c: `{"d":1}`,
    });
  });

  test("treats __proto__ as any other name", () => {
    const args = scriptArgs(`{"__proto__":{"polluted":1}}`, new Map([["constructor", "x"]]));
    expect(Object.keys(args)).toEqual(["__proto__", "constructor"]);
    expect(Object.getPrototypeOf(args)).toBe(Object.prototype);
  });

  test.each(["[1]", "null", "1", "{"])("refuses %s", (json) => {
    expect(() => scriptArgs(json, new Map())).toThrow(UsageError);
  });
});

describe("limits", () => {
  test("reads units", () => {
    const given = new Map(
      Object.entries({ memory: "64MiB", wall: "1.5s", cpu: "250", pendingCalls: "7", result: "2KiB" }),
    );
    expect(limits(given)).toEqual({
      memory: 67_108_864,
      wall: 1_500,
      cpu: 250,
      pendingCalls: 7,
      result: 2_048,
    });
  });

  test.each([
    ["memory", "64MB"],
    ["wall", "soon"],
    ["wall", "-1s"],
    ["pendingCalls", "7s"],
    ["memory", ""],
  ])("refuses %s=%s", (name, value) => {
    expect(() => limits(new Map([[name, value]]))).toThrow(UsageError);
  });

  test("names the limits when there is no such one", () => {
    expect(() => limits(new Map([["ram", "1"]]))).toThrow(/no limit "ram"; the limits are memory, cpu/);
    expect(() => limits(new Map([["constructor", "1"]]))).toThrow(UsageError);
  });
});
