/**
 * Custom patterns: what is accepted leaves nothing that it describes.
 */

import fc from "fast-check";
import { expect, test } from "vitest";
import { deepTimeout, holdsFor } from "../../../scripts/fuzz/deep-property.test.support.ts";
import { createRedactor } from "./engine.ts";
import { cut, streamed } from "./streamed.test.support.ts";

const atom = fc.constantFrom(
  "a",
  "b",
  "ab",
  "abc",
  "[ab]",
  "[^a]",
  "\\d",
  "\\w",
  "[a-c_]",
  "(?:ab|ba)",
  "(?:a|bc)",
  "_",
  "\\.",
  "é",
  "x1",
);
const times = fc.constantFrom("", "", "", "{2}", "{1,3}", "?", "+", "*", "{3,}");
const piece = fc.tuple(atom, times).map((parts) => parts.join(""));
const expression = fc
  .tuple(
    fc.constantFrom("", "", "\\b", "^"),
    fc.array(piece, { minLength: 1, maxLength: 4 }),
    fc.constantFrom("", "", "\\b", "$"),
  )
  .map(([start, pieces, end]) => `${start}${pieces.join("")}${end}`);
const text = fc
  .array(
    fc.constantFrom(
      "a",
      "b",
      "c",
      "ab",
      "abc",
      "_",
      ".",
      " ",
      "1",
      "x1",
      "é",
      "\n",
      "😀",
      "<redacted:acme:3>",
    ),
    { maxLength: 40 },
  )
  .map((parts) => parts.join(""));

test("no match of an accepted pattern is left, however the text is cut", {
  timeout: deepTimeout,
}, async () => {
  const input = fc.tuple(expression, text, fc.array(fc.nat(5), { maxLength: 12 }));
  await holdsFor(
    "redaction-custom",
    input,
    async ([regex, given, lengths]) => {
      const redactor = createRedactor();
      try {
        redactor.registerPattern("acme", regex);
      } catch {
        return false;
      }
      const shown = redactor.redact(given);
      // Behind a match a new text begins; a boundary at the end of a pattern is no condition.
      const rest = new RegExp(regex.replace(/(?:\\b|\$)$/, ""), "u");
      for (const left of shown.split(/<redacted:acme:[0-9]+>/)) expect(left).not.toMatch(rest);
      expect(redactor.redact(shown)).toBe(shown);
      expect(await streamed(redactor, cut(given, lengths))).toBe(shown);
      return true;
    },
    1_000,
  );
});
