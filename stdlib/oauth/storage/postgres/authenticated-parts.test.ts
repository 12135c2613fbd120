import { createSecretKey, randomBytes } from "node:crypto";
import { expect, test } from "vitest";
import { openAt, sealAt } from "./authenticated-parts.ts";

const key = createSecretKey(randomBytes(32));
const place = ["tenant", "scope", "key"];
const value = Buffer.from("the value");

test("a value is opened in its place, with its key", () => {
  const sealed = sealAt(key, place, value);
  expect(openAt(key, place, sealed)).toEqual(value);
  expect(openAt(createSecretKey(randomBytes(32)), place, sealed)).toBeNull();
  expect(sealAt(key, place, value)).not.toEqual(sealed);
});

test("parts that only read the same together are another place", () => {
  const sealed = sealAt(key, ["a", "bc"], value);
  for (const parts of [["ab", "c"], ["abc"], ["a", "b", "c"], ["a", "bc", ""], ["bc", "a"]]) {
    expect(openAt(key, parts, sealed)).toBeNull();
  }
});

test("every flipped bit and every cut is refused", () => {
  const sealed = sealAt(key, place, value);
  for (let bit = 0; bit < sealed.length * 8; bit += 1) {
    const altered = Buffer.from(sealed);
    altered[bit >> 3] = (altered[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    expect(openAt(key, place, altered)).toBeNull();
  }
  for (let length = 0; length < sealed.length; length += 1) {
    expect(openAt(key, place, sealed.subarray(0, length))).toBeNull();
  }
});
