import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { linearRegex } from "./linear-regex.ts";

const refusal = (source: string): string | undefined => {
  const judged = linearRegex(source);
  return "refusal" in judged ? judged.refusal : undefined;
};

describe("linearRegex", () => {
  test.each([
    "acme_[a-z0-9]{20,}",
    "acme_[a-z0-9]+",
    "\\bacme_[a-z0-9]{10,40}\\b",
    "\\bacme_[a-z0-9_]{10,}\\b",
    "internal_[a-z]+_[0-9]+",
    "(?:foo|bar)-[0-9]{4}",
    "(?<kind>tok|key)_(?:[a-z]+|[0-9]+)",
    "tok_[a-z]+(?:-[0-9]+)?",
    "(?:[A-Z0-9]{4}-){3}[A-Z0-9]{4}",
    "[0-9a-f]{32}",
    "sess:\\w+",
    "x{2,3}",
    "[^\\s]{8}",
    "\\u{1F600}\\x41\\cA\\/",
    "[\\d\\-a-c]{3}",
    "\\p{L}{3}",
    "a.c",
    "^acme[0-9]+$",
    "TOKEN=[^\\s&]+",
    "[a-z]+\\b",
    "\\Bacme_[a-z_]+\\b",
  ])("%s is taken", (source) => expect(refusal(source)).toBeUndefined());

  test.each([
    ["", "empty text"],
    ["a*", "empty text"],
    ["(?:a|b?)", "empty text"],
    ["\\b", "empty text"],
    ["a|", "empty text"],
    ["^$", "empty text"],
    ["(", "not a valid"],
    ["[", "not a valid"],
    ["a{2,1}", "not a valid"],
    ["\\-", "not a valid"],
    ["(a)\\1", "backreference"],
    ["(?<n>a)\\k<n>", "backreference"],
    ["a(?=b)", "lookahead or lookbehind"],
    ["a(?!b)", "lookahead or lookbehind"],
    ["(?<=b)a", "lookahead or lookbehind"],
    ["(?<!b)a", "lookahead or lookbehind"],
    ["(a+)+", "nests one unbounded repetition"],
    ["(?:a*b)*c", "nests one unbounded repetition"],
    ["(?:a|b)+", "repeats a group without an upper bound"],
    ["(?:a|aa)+$", "repeats a group without an upper bound"],
    ["(?:a+b){3}", "inside a repeated group"],
    ["a+a+b", "followed by something that it matches itself"],
    [".*x", "followed by something that it matches itself"],
    ["a+b", "begin again inside itself"],
    ["\\w+@", "begin again inside itself"],
    ["x[a-z]+-[a-z-]+!", "begin again inside itself"],
    ["-[a-z]{0,500}[a-z]+!", "too many ways"],
    ["(?:a|ab)(?:a|ab)(?:a|ab)(?:a|ab)(?:a|ab)(?:a|ab)(?:a|ab)(?:a|ab)c", "too many ways"],
    ["(?:(?:a|ab)(?:c|bc)){12}", "too many ways"],
    ["(?:a?){30}a{30}", "too many ways"],
    ["[ab]{1,200}[ab]{1,200}x", "too many ways"],
    ["a{1,2000}", "more than 1000 times"],
    ["a".repeat(1_001), "longer than 1000"],
  ])("%s is refused: %s", (source, reason) => expect(refusal(source)).toContain(reason));

  test("what is taken is linear on texts made to hurt it", () => {
    const atoms = [
      "a",
      "b",
      "-",
      "[ab]",
      "[a-]",
      "\\w",
      ".",
      "\\b",
      "(?:a|b)",
      "(?:ab|-)",
      "(?:a-)",
      "(?:a|[b-]+)",
    ];
    const quantifiers = ["", "", "", "+", "*", "?", "{2}", "{1,3}", "{2,}", "{0,30}"];
    const part = fc
      .tuple(fc.constantFrom(...atoms), fc.constantFrom(...quantifiers))
      .map(([a, q]) => (a === "\\b" ? a : a + q));
    const pieces = ["a", "b", "ab", "a-", "-", "aab-", "ba"];
    let taken = 0;
    fc.assert(
      fc.property(
        fc.array(part, { minLength: 1, maxLength: 6 }),
        fc.constantFrom(...pieces),
        (parts, piece) => {
          const judged = linearRegex(parts.join(""));
          fc.pre("regex" in judged);
          taken += 1;
          if (!("regex" in judged)) return;
          // A quadratic search of this text takes 10^10 steps, half a minute; the bound is generous.
          const text = `${piece.repeat(Math.ceil(100_000 / piece.length))}!`;
          const started = process.cpuUsage().user;
          let empty = 0;
          for (const match of text.matchAll(new RegExp(judged.regex.source, "gu")))
            empty += match[0] === "" ? 1 : 0;
          expect(empty).toBe(0);
          expect(process.cpuUsage().user - started).toBeLessThan(5_000_000);
        },
      ),
      { numRuns: 100 },
    );
    expect(taken).toBeGreaterThan(0);
  });
});
