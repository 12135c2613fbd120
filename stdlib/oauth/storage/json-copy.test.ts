import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { copyJson, maxDepth } from "./json-copy.ts";

describe("copyJson", () => {
  test("copies what JSON can hold, and shares nothing with it", () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.boolean(), (value, freeze) => {
        const text = JSON.stringify(value);
        const copy = copyJson(value, freeze);
        expect(JSON.stringify(copy)).toBe(text);
        if (typeof value === "object" && value !== null) {
          expect(copy).not.toBe(value);
          expect(Object.isFrozen(copy)).toBe(freeze);
        }
      }),
    );
  });

  test("freezes every level", () => {
    const copy = copyJson({ a: { b: [{ c: 1 }] } }, true) as { a: { b: { c: number }[] } };
    for (const part of [copy, copy.a, copy.a.b, copy.a.b[0]]) expect(Object.isFrozen(part)).toBe(true);
  });

  test("keeps a member named __proto__ a member", () => {
    const copy = copyJson(JSON.parse('{"__proto__":{"polluted":true}}'), false) as object;
    expect(Object.getPrototypeOf(copy)).toBe(Object.prototype);
    expect(JSON.stringify(copy)).toBe('{"__proto__":{"polluted":true}}');
  });

  test("leaves undefined members out", () => {
    expect(Object.keys(copyJson({ a: undefined, b: 1 }, false) as object)).toEqual(["b"]);
  });

  test("answers undefined for anything that JSON cannot hold", () => {
    const loop: Record<string, unknown> = {};
    loop["self"] = loop;
    const bad = [
      Number.NaN,
      Infinity,
      1n,
      () => 1,
      Symbol(),
      new Date(0),
      new Map(),
      new Uint8Array(1),
      loop,
    ];
    for (const value of bad) {
      expect(copyJson(value, false)).toBeUndefined();
      expect(copyJson({ member: value }, false)).toBeUndefined();
      expect(copyJson([value], true)).toBeUndefined();
    }
    expect(copyJson([undefined], false)).toBeUndefined();
  });

  test("goes as deep as the limit and no deeper", () => {
    const nested = (levels: number): unknown => (levels === 0 ? 1 : [nested(levels - 1)]);
    expect(copyJson(nested(maxDepth), false)).toEqual(nested(maxDepth));
    expect(copyJson(nested(maxDepth + 1), false)).toBeUndefined();
  });
});
