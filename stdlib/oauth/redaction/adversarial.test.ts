/**
 * Inputs that make a careless matcher read the same run again and again: four times as much takes about four times as long.
 */

import { describe, expect, test } from "vitest";
import { growth } from "./cpu-growth.test.support.ts";
import { tokenFamilies } from "./catalogue/index.ts";
import { createRedactor, type RedactorEngine } from "./engine.ts";
import { kindsOf, some, tokenOf } from "./generated-token.test.support.ts";
import { KnownValues } from "./known-values.ts";
import { beforeLiterals, rulesOf } from "./rules.ts";
import { Scrubber } from "./scrubber.ts";
import { Tally } from "./tally.ts";
import { TextLane } from "./text-lane.ts";

const pem = ["-----BEGIN ", "PRIVATE KEY-----\n"].join("");
const slashes = (count: number): string => "\\".repeat(count);

/** Pieces that are repeated. */
const repeated: Readonly<Record<string, string>> = {
  "one letter": "a",
  spaces: " ",
  "line ends": "\n",
  "JWT heads": "eyJ",
  "JWT heads with dashes": "eyJabcd-",
  "JWT heads behind dots": "eyJabcde.",
  "JWT heads with a dash before": "-eyJaaaa",
  "JWT heads that read as JSON": Buffer.from('{"alg":"RS256",').toString("base64url"),
  "JWTs in one run": "eyJaaaa.aaaa.",
  "JWE beginnings": "eyJaaaa..",
  "PEM heads": pem,
  "PEM heads in one line": pem.trimEnd(),
  "PEM heads with escaped line ends": `${pem.trimEnd()}\\n`,
  "PEM ends": pem.replace("BEGIN", "END"),
  "PEM heads and a little base64": `${pem}aaaa\n`,
  dashes: "-",
  "key prefixes": "sk-",
  "keys in keys": "-sk-aaaaaaaaaaaaaaaaaaaa",
  "GitHub prefixes": "ghs_",
  "Slack prefixes": "xoxe.xoxb-",
  "tokens before dots": `ghs_${"a".repeat(36)}${".".repeat(20)}`,
  dots: ".",
  "bearer words": "Bearer ",
  "bearer words in one run": "Bearer+",
  "bearer and spaces": `Bearer${" ".repeat(50)}`,
  "percent-encoded spaces": "bearer%20%20%20",
  "basic words": "Basic ",
  "basic credentials that are none": `Basic ${"A".repeat(50)} `,
  schemes: "://",
  "user information": "://a@",
  "user information without an end": "://a:",
  "schemes in one word": "a://b",
  "at signs": "@",
  parameters: "?token=",
  "parameters with empty values": "&token=&",
  "other parameters": "?x=",
  "encoded parameters": "%3Ftoken%3D",
  "encoded parameters twice": "%253Ftoken%253D",
  percents: "%",
  "percent runs": "%25",
  "HTML-escaped parameters": "&amp;token=",
  "members without values": '"token":',
  members: '"token":"',
  "members without ends": '"token":"\\',
  "other members": '"x":"y",',
  "escaped members": '\\"token\\":\\"',
  "members at mixed levels": `"token":"${slashes(1)}"token${slashes(1)}":${slashes(1)}"${slashes(3)}"token${slashes(3)}":`,
  "quotes at mixed levels": `"${slashes(1)}"${slashes(3)}"${slashes(7)}"`,
  backslashes: "\\",
  "backslashes and quotes": '\\"',
  quotes: '"',
  colons: ":",
  equals: "=",
  "names with colons": "token:",
  "names in names": "client_secret_",
  "names before equals": "password = ",
  "long names": `${"a".repeat(100)}_token`,
  "header lines": "Cookie: ",
  "header lines of one letter": "Authorization: a\n",
  placeholders: "<redacted:jwt:1>",
  "placeholder heads": "<redacted:",
  "placeholders of others": "<redacted:nobody:1>",
  "placeholders without ends": "<redacted:jwt:1",
  "control sequences": "\u001b[",
  "parameters of control sequences": `\u001b[${"0;".repeat(30)}`,
  "semicolons behind a bracket": "[0;0;0;0;0;0;0;0",
  "hex digits": "0f",
  "high surrogates": "\ud83d",
  "known values": "aaaaaaaaab",
  "known values, nearly": "aaaaaaaaa",
  "known values over lines": "opaque-value-1-that-\n    is-long-enough-2",
  "known values over lines, nearly": "opaque-value-1-that-\n",
  "beginnings of custom matches": "acme_",
  "custom matches": "acme_a-",
};

const made: Readonly<Record<string, (length: number) => string>> = {
  "base64 text": (length) => some("A-Za-z0-9+/", length, 1),
  "a JWT head and a run": (length) => `eyJ${"a".repeat(length)}`,
  "a key's run": (length) => `sk-${"a".repeat(length)}`,
  "many JWTs, then dots": (length) => "eyJaaaa.aaaa.".repeat(length / 26) + ".".repeat(length / 2),
  "members in members": (length) => {
    let text = "";
    for (let level = 0; level < 8; level++)
      text += `${slashes(2 ** level - 1)}"token${slashes(2 ** level - 1)}":`;
    return text.repeat(Math.ceil(length / text.length));
  },
  "backslashes, then a quote": (length) => `"token":"${"\\".repeat(length)}"`,
  "a value without an end": (length) => `"token":"${"a\\\\".repeat(length / 3)}`,
  "a key without an end": (length) => pem + `${"a".repeat(64)}\n`.repeat(length / 65),
  "literals of every family": (length) =>
    repeatedTo(
      kindsOf(tokenFamilies)
        .map(({ literal }) => literal)
        .join(""),
      length,
    ),
  "tokens of every family": (length) =>
    repeatedTo(
      kindsOf(tokenFamilies)
        .filter((_, at) => at % 5 === 0)
        .map((kind) => tokenOf(kind, 1, 0).token)
        .join(" "),
      length,
    ),
  "beginnings of every token": (length) =>
    repeatedTo(
      kindsOf(tokenFamilies)
        .map((kind) => tokenOf(kind, 1, 0).token.slice(0, -1))
        .join(" "),
      length,
    ),
};

const repeatedTo = (piece: string, length: number): string => piece.repeat(Math.ceil(length / piece.length));
const inputs: Readonly<Record<string, (length: number) => string>> = {
  ...Object.fromEntries(
    Object.entries(repeated).map(([name, piece]) => [name, (length: number) => repeatedTo(piece, length)]),
  ),
  ...made,
};
const bound = 8;

function hostileRedactor(): RedactorEngine {
  const redactor = createRedactor();
  redactor.register("opaque-value-1-that-is-long-enough-2", "access_token");
  redactor.register("aaaaaaaaab", "device_code");
  redactor.register("aaaaaaaaaaaaaaaab", "device_code");
  redactor.registerPattern("acme", "acme_[a-z-]+");
  return redactor;
}

describe("one call", () => {
  const redactor = hostileRedactor();
  test.each(Object.keys(inputs))("%s", (name) => {
    const task = (size: number) => {
      const text = inputs[name]?.(size) ?? "";
      return () => void redactor.redact(text);
    };
    expect(growth(task, 32_768)).toBeLessThan(bound);
  });
});

describe("a value", () => {
  const redactor = hostileRedactor();
  test.each(Object.keys(inputs))("%s", (name) => {
    const task = (size: number) => {
      const text = inputs[name]?.(size) ?? "";
      return () => void redactor.redactValue({ text, password: text });
    };
    expect(growth(task, 16_384)).toBeLessThan(bound);
  });

  test.each<readonly [string, (size: number) => unknown]>([
    [
      "many members",
      (size) => Object.fromEntries(Array.from({ length: size / 8 }, (_, i) => [`name_${i}`, "eyJ"])),
    ],
    ["a long list", (size) => Array.from({ length: size }, () => "sk-")],
    [
      "JSON in JSON in JSON",
      (size) => JSON.stringify(JSON.stringify(JSON.stringify({ token: ['"'.repeat(size / 16)] }))),
    ],
  ])("%s", (_, make) => {
    const task = (size: number) => {
      const value = make(size);
      return () => void redactor.redactValue(value);
    };
    expect(growth(task, 16_384)).toBeLessThan(bound);
  });
});

describe("a stream", () => {
  const lane = new TextLane(rulesOf(tokenFamilies), beforeLiterals(tokenFamilies));
  const values = new KnownValues();
  values.register("opaque-value-1-that-is-long-enough-2", "access_token");
  values.register("aaaaaaaaab", "device_code");
  const parts = {
    lane,
    known: (text: string, from: number, isFinal: boolean) => ({
      spans: values.scan(text, from).toSorted((one, other) => one.start - other.start),
      undecidedFrom: isFinal ? text.length : values.firstPart(text, from),
    }),
    trust: (name: string) =>
      tokenFamilies.some((family) => family.name === name) ? ("rule" as const) : null,
    patterns: [],
    isBytes: false,
  };
  // Without the web stream around it: what its promises cost is not asked.
  const task = (name: string, partLength: number) => (size: number) => {
    const text = inputs[name]?.(size) ?? "";
    return () => {
      const scrubber = new Scrubber(parts);
      const tally = new Tally();
      for (let at = 0; at < text.length; at += partLength)
        scrubber.write(text.slice(at, at + partLength), false, tally);
      scrubber.write("", true, tally);
    };
  };

  test.each(Object.keys(inputs))("%s, in small parts", (name) => {
    expect(growth(task(name, 64), 16_384)).toBeLessThan(bound);
  });

  test.each(["spaces", "one letter", "JWT heads", "a key without an end", "tokens of every family"])(
    "%s, one character at a time",
    (name) => {
      expect(growth(task(name, 1), 6_144)).toBeLessThan(bound);
    },
  );
});

describe("custom patterns", () => {
  test.each([
    ["acme_[a-z]+", "acme_"],
    ["acme_[a-z]+", "acme_a"],
    ["[a-z]{3,}", "abc1"],
    ["(?:ab|ba|a|b)+1", "ab"],
    ["[ab]{1,10}c", "ab"],
    ["a{1,20}b", "a"],
    ["\\w+", "a."],
    ["\\bacme[0-9]+\\b", "acme1-"],
    ["^ddd", "ddd"],
    ["(?:a|aa|aaa)b", "a"],
    ["[a-z]+[0-9]+", "abc"],
    ["x[^y]{0,30}y", "x"],
  ])("%s over %j", (regex, piece) => {
    const redactor = createRedactor();
    try {
      redactor.registerPattern("acme", regex);
    } catch {
      return; // Refused: it cannot be slow.
    }
    const task = (size: number) => {
      const text = repeatedTo(piece, size);
      return () => void redactor.redact(text);
    };
    expect(growth(task, 32_768)).toBeLessThan(bound);
  });
});

test("many known values that overlap", () => {
  const redactor = createRedactor();
  for (let i = 0; i < 200; i++) redactor.register(`${"ab".repeat(4 + (i % 40))}${i}`, "access_token");
  const task = (size: number) => {
    const text = repeatedTo(`${"ab".repeat(40)}7`, size);
    return () => void redactor.redact(text);
  };
  expect(growth(task, 16_384)).toBeLessThan(bound);
});
