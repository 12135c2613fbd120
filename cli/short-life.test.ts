import { cachedDataVersionTag } from "node:v8";
import { expect, test } from "vitest";
import { forShortLife } from "./short-life.ts";

test("V8 has other flags while something is compiled, and its own before and after", () => {
  const usual = cachedDataVersionTag();
  let meanwhile = usual;
  forShortLife(() => {
    meanwhile = cachedDataVersionTag();
  });
  expect(meanwhile).not.toBe(usual);
  expect(cachedDataVersionTag()).toBe(usual);
});
