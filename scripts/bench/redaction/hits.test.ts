import { expect, test } from "vitest";
import { hitsIn } from "./hits.ts";
import { isGone } from "./leak.ts";

test("places and lengths in characters, whatever the bytes", () => {
  const text = "é <redacted:old:3> \u{1f600}sécret\u{1f600}! tail xyz";
  const redacted = "é <redacted:old:3> \u{1f600}<redacted:a:11>! tail <redacted:b:3>";
  const hits = hitsIn(text, redacted);
  expect(hits.map(({ name, start, end }) => [name, text.slice(start, end)])).toEqual([
    ["a", "sécret\u{1f600}"],
    ["b", "xyz"],
  ]);
});

test("a secret is gone when no eight characters in a row are left, the name of its pattern aside", () => {
  expect(isGone("abcdefghij", "abcdefg and defghij")).toBe(true);
  expect(isGone("abcdefghij", "x bcdefghi x")).toBe(false);
  expect(isGone("short", "a short one")).toBe(false);
  expect(isGone("github_pat_x", "<redacted:github_pat_fine:93>")).toBe(true);
});
