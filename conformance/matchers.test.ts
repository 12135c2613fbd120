import { describe, expect, test } from "vitest";
import { compare, type MatchContext, Sealed } from "./matchers.ts";

const open: MatchContext = { values: { pkce: { state: "s1" }, list: [7] }, start: 1000, sealed: false };
const sealing: MatchContext = { ...open, sealed: true };
const fits = (expected: unknown, actual: unknown, context: MatchContext = open): boolean =>
  compare(expected, actual, context).length === 0;

describe("matchers", () => {
  test.each([
    ["$any", undefined, true],
    ["$any", null, true],
    ["$present", 0, true],
    ["$present", null, false],
    ["$present", undefined, false],
    ["$absent", undefined, true],
    ["$absent", null, false],
    ["$base64url(4)", "a-_9", true],
    ["$base64url(4)", "a-_9x", false],
    ["$base64url(4)", "a+/9", false],
    [{ $base64url: 2 }, "ab", true],
    [{ $match: "^a+$" }, "aaa", true],
    [{ $match: "^a+$" }, "ab", false],
    [{ $match: "7" }, 7, false],
    [{ $between: [1, 5] }, 1, true],
    [{ $between: [1, 5] }, 5, true],
    [{ $between: [1, 5] }, 6, false],
    [{ $between: [1, 5] }, "3", false],
    [{ $contains: "lo" }, "hello", true],
    [{ $contains: "x" }, "hello", false],
    [{ $contains: { a: 1 } }, [{ a: 1, b: 2 }], true],
    [{ $contains: ["a", "c"] }, ["a", "b", "c"], true],
    [{ $contains: ["a", "d"] }, ["a", "b", "c"], false],
    [{ $exact: { a: 1 } }, { a: 1 }, true],
    [{ $exact: { a: 1 } }, { a: 1, b: 2 }, false],
    [{ $exact: { a: 1, b: "$absent" } }, { a: 1 }, true],
    [{ $not: "$pkce.state" }, "s2", true],
    [{ $not: "$pkce.state" }, "s1", false],
    [{ $not: "s1" }, undefined, false],
    [{ $at: 60 }, 1060, true],
    [{ $at: 60 }, 1061, false],
    ["$pkce.state", "s1", true],
    ["$pkce.state", "s2", false],
    ["$list.0", 7, true],
    ["$nothing", "x", false],
    ["$$any", "$any", true],
    [{ $unknown: 1 }, 1, false],
  ])("%j against %j: %s", (expected, actual, outcome) => {
    expect(fits(expected, actual)).toBe(outcome);
  });

  test("data: members that are not named do not count, lists and types do", () => {
    expect(fits({ a: 1 }, { a: 1, b: 2 })).toBe(true);
    expect(fits({ a: { b: 1 } }, { a: { b: 2 } })).toBe(false);
    expect(fits([1, 2], [1, 2, 3])).toBe(false);
    expect(fits([1, 2], [1])).toBe(false);
    expect(fits(1, "1")).toBe(false);
    expect(fits(null, undefined)).toBe(false);
    expect(fits({ a: null }, {})).toBe(false);
    expect(fits({}, [])).toBe(false);
  });

  test("$sealed wants a capsule where tokens are sealed, and the value elsewhere", () => {
    expect(fits("$sealed(tok)", "tok")).toBe(true);
    expect(fits("$sealed(tok)", "other")).toBe(false);
    expect(fits("$sealed(tok)", new Sealed("tok"), sealing)).toBe(true);
    expect(fits({ $sealed: "tok" }, new Sealed("other"), sealing)).toBe(false);
    expect(fits("$sealed(tok)", "tok", sealing)).toBe(false);
    expect(fits("tok", new Sealed("tok"), sealing)).toBe(false);
    expect(fits("$base64url(3)", new Sealed("tok"), sealing)).toBe(true);
  });

  test("every difference has its place and both sides", () => {
    expect(compare({ a: [1, { b: "x" }] }, { a: [1, { b: "y" }, 3] }, open)).toEqual([
      { at: ".a[1].b", expected: '"x"', actual: '"y"' },
      { at: ".a[2]", expected: "(nothing more)", actual: "3" },
    ]);
  });
});
