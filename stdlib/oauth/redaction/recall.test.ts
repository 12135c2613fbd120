/**
 * Every literal of every family in seventeen contexts: no token is missed.
 */

import { describe, expect, test } from "vitest";
import { sampleSpecial, seededRandom } from "./catalogue/sample-token.test.support.ts";
import { tokenFamilies } from "./catalogue/index.ts";
import { createRedactor } from "./engine.ts";
import { isHidden, jwtOf, kindsOf, type Planted, tokenOf } from "./generated-token.test.support.ts";

/** What stands before and after a token. */
const contexts: Readonly<Record<string, readonly [string, string]>> = {
  alone: ["", ""],
  "between spaces": ["the token ", " is here"],
  "in quotes": ['x "', '".'],
  "in single quotes": ["f('", "')"],
  "in a query": ["https://host.example/x?q=", "&page=2"],
  "in a path": ["https://host.example/a/", "/b"],
  "in a header": ["X-Header: ", "\r\nHost: x"],
  "in JSON": ['{"note":"', '","n":1}'],
  "in JSON, on a new line": ['{"note":"line\\n', '\\nline"}'],
  "in JSON in JSON": ['"{\\"note\\":\\"a\\\\n', '\\\\n\\"}"'],
  "percent-encoded": ["u=a%3D", "%26b"],
  "percent-encoded twice": ["u=a%253D", "%2526b"],
  "quoted-printable": ["a=3D", "=\n"],
  "in a terminal colour": ["\u001b[1;31m", "\u001b[0m"],
  "in a colour written as an escape": ['"\\u001b[32m', '\\u001b[0m"'],
  "behind an underscore": ["PREFIX_", " "],
  "between other scripts": ["中文é", "\u{1f600}中"],
};

/** Where a word goes on into the token, only strong ones are found. */
const wordContexts: Readonly<Record<string, readonly [string, string]>> = {
  "a letter before": ["x", " "],
  "a digit before": ["id7", " "],
};

const kinds = kindsOf(tokenFamilies);
const plain = [
  ...kinds.flatMap((kind) => [tokenOf(kind, 11, 0), tokenOf(kind, 12, 9)]),
  ...Array.from({ length: 24 }, (_, seed) => jwtOf(seed)),
];
const redactor = createRedactor();

const missed = (tokens: readonly Planted[], [before, after]: readonly [string, string]): readonly string[] =>
  tokens
    .filter((one) => !isHidden(one, redactor.redact(`${before}${one.token}${after}`)))
    .map(({ name, token }) => `${name}: ${token}`);

test.each(Object.keys(contexts))("%s: every token", (name) => {
  expect(missed(plain, contexts[name] ?? ["", ""])).toEqual([]);
});

test.each(Object.keys(wordContexts))("%s: every strong token", (name) => {
  const strong = plain.filter(({ guarded }) => !guarded);
  expect(strong.length).toBeGreaterThan(plain.length / 3);
  expect(missed(strong, wordContexts[name] ?? ["", ""])).toEqual([]);
});

test("between spaces a token is one placeholder of its exact length", () => {
  for (const { token, name } of plain) {
    const shown = redactor.redact(`a ${token} b`);
    const named = shown.replace(/:[a-z0-9_]+:/, `:${name}:`);
    expect(named).toBe(`a <redacted:${name}:${token.length}> b`);
  }
});

describe("special forms", () => {
  const secretOf = (text: string): readonly string[] =>
    text
      .replace(/^(?:bearer|basic|password) (?:= )?/i, "")
      .split(/[\n."]|-----.*-----/)
      .filter((part) => part.length >= 16 && !/^(?:eyJ|Proc|DEK)/.test(part));
  const open = Object.entries(contexts).filter(([, [before]]) => !/[A-Za-z0-9_]$/.test(before));

  test.each(tokenFamilies.flatMap(({ special }) => (special === undefined ? [] : [special])))(
    "%s",
    (special) => {
      const random = seededRandom(5);
      for (let i = 0; i < 40; i++) {
        const text = sampleSpecial(special, random);
        for (const [context, [before, after]] of special === "assignment" ? open.slice(0, 2) : open) {
          const shown = redactor.redact(`${before}${text}${after}`);
          const isGone = isHidden({ secret: secretOf(text) }, shown);
          expect({ context, shown, isGone }).toEqual({ context, shown, isGone: true });
        }
      }
    },
  );
});
