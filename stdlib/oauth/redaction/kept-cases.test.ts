/**
 * Cases that properties found once, in their smallest form.
 */

import { expect, test } from "vitest";
import { createRedactor } from "./engine.ts";
import { cut, streamed, streamedBytes } from "./streamed.test.support.ts";

/** Tokens are put together here, so that no scanner takes this file for a leak. */
const join = (...parts: readonly string[]): string => parts.join("");
const github = join("gh", "p_", "aB3".repeat(12));
const aws = join("AK", "IA", "2".repeat(16));
const salesforce = join("00D", "a1B2".repeat(3), "!A", "Q", "aB3_".repeat(25));
const azure = join("M/q+CH57D+HQJVTCr0JTHF7RT1ZAQ6OhA", "AZ", "EG", "KW8pLI=");
const redactor = createRedactor();

test.each([
  ["an empty part while a long token is open", `x ${join("gh", "p_", "aB3".repeat(150))} y`, [400, 0]],
  ["a cut inside a literal that what stands before belongs to", `x ${salesforce} y`, [19]],
  ["punctuation that may go on", `&amp;sig=${".".repeat(12)}`, Array<number>(20).fill(1)],
  ["a cut between surrogates at the start of a value", '{"password":"\u{1f600}hunter2hunter2"}', [14]],
])("stream: %s", async (_, text, lengths) => {
  expect(await streamed(redactor, cut(text, lengths))).toBe(redactor.redact(text));
});

test("bytes: a control sequence is told by both of its bytes", async () => {
  for (const before of ["", "\u00e9", "\u00c2", "\u96db"]) {
    const given = `${before}\u009b0K${aws} \u96dbK${aws}`;
    const streamedText = Buffer.from(await streamedBytes(redactor, [Buffer.from(given)])).toString();
    expect(streamedText).toBe(redactor.redact(given));
    expect(redactor.redact(given)).toMatch(/0K<redacted:aws_access_key:20> .K[^<]*$/);
  }
});

test("a control sequence ends with a letter", () => {
  expect(redactor.redact(`\u001b[0${aws}`)).toBe(`\u001b[0${aws}`);
});

test.each(["%253D", "%3D", "=3D", "\\u0022", "\u001b[0m"])(
  "after %j, what stands before a literal has its own length",
  (before) => {
    for (const more of ["", "x", "xx", "xxx"]) {
      const token = `${more}${salesforce}`;
      expect(redactor.redact(`${before}${token} `)).toMatch(/^\S{0,6}<redacted:salesforce_token:[0-9]+> $/);
    }
  },
);

test("directly behind another secret, what stands before a literal begins there", () => {
  const token = `${"x".repeat(15)}${salesforce.slice(15)}`;
  expect(redactor.redact(`${aws}${token}`)).toBe(
    `<redacted:aws_access_key:20><redacted:salesforce_token:${token.length}>`,
  );
});

test("a secret's run may hold the beginning of another", () => {
  expect(redactor.redact(`${github}_${azure}`)).toBe(
    `<redacted:github_token:${github.length + 1 + azure.length}>`,
  );
});

test.each([
  ["single quotes", { a: "'secret': '", b: 1 }],
  ["quotes of the next level", { list: ['"password":"', { a: "b" }] }],
  ["quotes of the level after the next", { a: '\\"secret\\":\\"', b: 1 }],
])("%s that do not end before the string does: it still is JSON", (_, value) => {
  const written = JSON.stringify(value);
  expect(Object.keys(JSON.parse(redactor.redact(written)) as object)).toEqual(Object.keys(value));
});

test.each([
  ["a strong shape", `\nab${join("5", "Q~", "aB3_".repeat(8))}`],
  ["a weak shape", `line\n${salesforce}`],
  ["behind a lone surrogate", `\udc00${join("5", "Q~", "aB3_".repeat(8))}`],
])("%s takes no part of an escape of JSON for its own", (_, value) => {
  const written = JSON.stringify({ value, list: [value] });
  expect(JSON.parse(redactor.redact(written))).toEqual(redactor.redactValue({ value, list: [value] }));
});

test("a byte that is part of a character is no control sequence", async () => {
  const text = `\u{2435b}n${join("api", "_", "aB3".repeat(14))}`;
  const shown = await streamedBytes(redactor, [Buffer.from(text)]);
  expect(Buffer.from(shown).toString()).toBe(redactor.redact(text));
});

test("a known value that repeats itself, in hex over lines", () => {
  const own = createRedactor();
  const secret = `aaa+${"a".repeat(36)}`;
  own.register(secret, "access_token");
  for (const hex of [Buffer.from(secret).toString("hex"), Buffer.from(secret).toString("hex").toUpperCase()])
    expect(own.maskKnown(hex.replace(/.{32}(?=.)/g, "$&\n"))).toBe("<redacted:access_token:82>");
});
