import { expect, test } from "vitest";
import { seededRandom } from "../../../stdlib/oauth/redaction/catalogue/sample-token.test.support.ts";
import { alternation, replaceLoop } from "./expressions.ts";
import { isGone } from "./leak.ts";
import { tokenKinds } from "./sample-tokens.ts";
import { isInScope } from "./scope.ts";

test("the loop finds every token of the catalogue between spaces, and each is in scope", () => {
  const loop = replaceLoop();
  const random = seededRandom(1);
  const samples = tokenKinds.map(({ family, sample }) => ({ family, ...sample(random, 6) }));
  const left = samples.filter(({ text, secret }) => !isGone(secret, loop(`log ${text} end`)));
  expect(left.map(({ family }) => family)).toEqual([]);
  // Behind a scheme or a name, the token itself has no form.
  const outside = samples.filter(({ text, secret }) => secret === text && !isInScope(secret));
  expect(outside.map(({ family }) => family)).toEqual([]);
});

test("the alternation knows guards and names", () => {
  const redact = alternation();
  const strong = tokenKinds.find(({ family, isStrong }) => family === "github_token" && isStrong);
  const token = strong?.sample(seededRandom(2)).text ?? "";
  expect(redact(`x${token} y`)).toBe("x<redacted:github_token> y");
  const key = ["AK", "IA"].join("") + "ABCDEFGHIJKLMNOP";
  expect(redact(key)).toBe("<redacted:aws_access_key>");
  expect(redact(`a${key}`)).toBe(`a${key}`);
});
