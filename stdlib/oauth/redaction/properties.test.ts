import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createRedactor } from "./engine.ts";

const base62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const of = (characters: string, minLength: number, maxLength = minLength): fc.Arbitrary<string> =>
  fc.string({ unit: fc.constantFrom(...characters.split("")), minLength, maxLength });
const base64url = `${base62}-_`;
const hexadecimal = "0123456789abcdef";

/** A token, the pattern that it belongs to, and whether it is found inside a word too. */
interface Sample {
  readonly name: string;
  readonly token: string;
  readonly strong: boolean;
}

const family = (
  name: string,
  strong: boolean,
  prefixes: readonly string[],
  body: fc.Arbitrary<string>,
): fc.Arbitrary<Sample> =>
  fc
    .tuple(fc.constantFrom(...prefixes), body)
    .map(([prefix, rest]) => ({ name, strong, token: prefix + rest }));

const header = fc
  .record({
    alg: fc.constantFrom("RS256", "ES256", "none"),
    typ: fc.constantFrom("JWT", "at+jwt"),
    kid: of(base62, 0, 9),
  })
  .map((fields) => Buffer.from(JSON.stringify(fields)).toString("base64url"));
const jwt = fc
  .tuple(header, of(base64url, 4, 80), fc.oneof(of(base64url, 1, 90), fc.constant("")))
  .map((segments) => segments.join("."));
const digits = "0123456789";

const samples: fc.Arbitrary<Sample> = fc.oneof(
  jwt.map((token) => ({ name: "jwt", strong: true, token })),
  family(
    "github_token",
    true,
    ["ghp", "gho", "ghu"].map((kind) => `${kind}_`),
    of(base62, 36),
  ),
  family("github_token", true, ["ghr_"], of(base62, 36, 76)),
  fc.tuple(of(digits, 5, 8), jwt).map(([app, rest]) => ({
    name: "github_token",
    strong: true,
    token: `ghs_${app}_${rest}x`,
  })),
  family(
    "github_pat_fine",
    true,
    [["github", "pat", ""].join("_")],
    fc.tuple(of(base62, 22), of(base62, 59)).map((two) => two.join("_")),
  ),
  family(
    "slack_token",
    true,
    ["a", "b", "p", "r", "s", "e"].map((kind) => `xox${kind}-`),
    fc.tuple(of(digits, 10, 13), of(digits, 10, 13), of(base62, 24, 34)).map((three) => three.join("-")),
  ),
  family("aws_access_key", false, ["AKIA", "ASIA", "AROA"], of("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 16)),
  family("gitlab_token", true, [["gl", "pat-"].join("")], of(base64url, 20, 40)),
  family("npm_token", true, ["npm_"], of(base62, 36)),
  family("openai_key", false, ["sk-", "sk-proj-", "sk-ant-api03-"], of(base64url, 20, 100)),
  family(
    "stripe_key",
    false,
    ["sk", "rk"].flatMap((kind) => [`${kind}_live_`, `${kind}_test_`]),
    of(base62, 16, 99),
  ),
);

const strongBefore = ["a", "Z", "0", "word", "é", "中", "\ud83d\ude00", "\ud800"];
const openBefore = [
  "",
  " ",
  "=",
  ":",
  '"',
  "'",
  "(",
  "/",
  "_",
  "\n",
  "\\n",
  "\\\\n",
  "\\t",
  "\\u001b[32m",
  "\u001b[0m",
  "\u001b[1;31m",
  "\\u0022",
  "%3D",
  "%253d",
  "https://example.com/?q=",
  "https://example.com/?access_token=",
  "Authorization: Bearer ",
  "X-Header: ",
  '{"note":"',
  '{\\"note\\":\\"',
  "<redacted:jwt:10>",
];
/** What no token's body goes on with. */
const after = [
  "",
  " ",
  "\n",
  "&x=1",
  '"',
  '"}',
  "',",
  "\\n",
  "\u001b[0m",
  "%26",
  ";",
  ")",
  "<",
  "中",
  "\ud83d\ude00",
];

const placed = fc.tuple(samples, fc.nat(), fc.constantFrom(...after)).map(([sample, at, behind]) => {
  const contexts = sample.strong ? [...openBefore, ...strongBefore] : openBefore;
  return { ...sample, text: `${contexts[at % contexts.length] ?? ""}${sample.token}${behind}` };
});

/** True when no eight characters of the token's body are left; its prefix is no secret. */
function isGone(token: string, text: string): boolean {
  const body = token.slice(Math.min(16, token.length - 8));
  for (let i = 0; i + 8 <= body.length; i++) if (text.includes(body.slice(i, i + 8))) return false;
  return true;
}

describe("generated tokens", () => {
  test("never survive, wherever they stand", () => {
    fc.assert(
      fc.property(placed, ({ token, text }) => {
        expect(isGone(token, createRedactor().redact(text))).toBe(true);
      }),
      { numRuns: 2_000 },
    );
  });

  test("never survive among others, in JSON, in a value", () => {
    const redactor = createRedactor();
    fc.assert(
      fc.property(fc.array(placed, { minLength: 1, maxLength: 5 }), (several) => {
        const text = several.map((one) => one.text).join(" ");
        const tokens = several.map((one) => one.token);
        const shown = [
          redactor.redact(text),
          redactor.redact(JSON.stringify({ text })),
          redactor.redact(JSON.stringify(JSON.stringify([text]))),
          JSON.stringify(redactor.redactValue({ text, list: [text], [text]: 1 })),
        ];
        for (const result of shown) expect(tokens.every((token) => isGone(token, result))).toBe(true);
        expect(() => JSON.parse(redactor.redact(JSON.stringify({ text }))) as unknown).not.toThrow();
      }),
      { numRuns: 500 },
    );
  });

  test("have their own name and their exact length between spaces", () => {
    fc.assert(
      fc.property(samples, ({ name, token }) => {
        expect(createRedactor().redact(`a ${token} b`)).toBe(
          `a <redacted:${name}:${Buffer.byteLength(token)}> b`,
        );
      }),
      { numRuns: 500 },
    );
  });
});

const anything = fc
  .array(
    fc.oneof(
      placed.map((one) => one.text),
      fc.string({ unit: "binary", maxLength: 12 }),
      fc.constantFrom(
        "eyJ",
        "sk-",
        "Bearer ",
        "gh",
        "<redacted:",
        "<redacted:jwt:3>",
        "<redacted:x:3>",
        "://",
        "@",
        "?token=",
        "&code=",
        '"password":"',
        "%3Dtoken%3D",
        ".",
        "opaque-value-1",
        "acme_x",
      ),
      of(hexadecimal, 0, 20),
    ),
    { maxLength: 10 },
  )
  .map((parts) => parts.join(""));

describe("any text", () => {
  const engine = createRedactor();
  engine.register("opaque-value-1", "access_token");
  engine.registerPattern("acme", "\\bacme_[a-z]+");
  engine.registerPattern("number", "[0-9]{9}");

  test("redacting twice is redacting once", () => {
    fc.assert(
      fc.property(anything, (text) => {
        const once = engine.redact(text);
        expect(engine.redact(once)).toBe(once);
        const masked = engine.maskKnown(text);
        expect(engine.maskKnown(masked)).toBe(masked);
        const value = { text, password: text, list: [text] };
        const copy = engine.redactValue(value);
        expect(engine.redactValue(copy)).toEqual(copy);
      }),
      { numRuns: 2_000 },
    );
  });

  test("the lengths in the placeholders and in the audit add up to the bytes that are gone", () => {
    fc.assert(
      fc.property(anything, (given) => {
        const text = given.replaceAll("<redacted:", "");
        engine.drainAudit();
        const result = engine.redact(text);
        const shown = [...result.matchAll(/<redacted:[\w.-]+:(\d+)>/g)];
        const lengths = shown.reduce((sum, match) => sum + Number(match[1]), 0);
        const placeholders = shown.reduce((sum, match) => sum + match[0].length, 0);
        expect(Buffer.byteLength(result) - placeholders + lengths).toBe(Buffer.byteLength(text));
        const audit = engine.drainAudit();
        expect(audit.reduce((sum, entry) => sum + entry.bytes_redacted, 0)).toBe(lengths);
        expect(audit.reduce((sum, entry) => sum + entry.match_count, 0)).toBe(shown.length);
      }),
      { numRuns: 2_000 },
    );
  });

  test("text without any anchor comes back unchanged", () => {
    const clean = fc.string({
      unit: fc.constantFrom(...base62.slice(0, 20).split(""), " ", ".", ",", "\n", "é", "中"),
      maxLength: 300,
    });
    fc.assert(
      fc.property(clean, (text) => {
        expect(createRedactor().redact(text)).toBe(text);
        expect(createRedactor().redactValue({ text })).toEqual({ text });
      }),
    );
  });
});

/** Inputs that make a careless matcher walk the same run again and again. */
const adversarial: readonly (readonly [string, string])[] = [
  ["JWT headers", "eyJ"],
  ["JWT headers with dashes", "eyJabcd-"],
  ["JWT segments", "eyJabcde."],
  ["two segments without an end", "-eyJaaaa"],
  ["bearer words", "Bearer "],
  ["bearer credentials", "Bearer+"],
  ["key prefixes", "sk-"],
  ["keys in keys", "-sk-aaaaaaaaaaaaaaaaaaaa"],
  ["GitHub prefixes", "ghs_"],
  ["Slack prefixes", "xoxe.xoxb-"],
  ["dots", "ghs_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa...................."],
  ["schemes", "://"],
  ["user information", "://a@"],
  ["parameters", "?token="],
  ["other parameters", "?x="],
  ["encoded parameters", "%3Ftoken%3D"],
  ["members", '"token":"'],
  ["other members", '"x":"y",'],
  ["backslashes", "\\"],
  ["escaped members", '\\"token\\":\\"'],
  ["quotes", '"'],
  ["colons", ":"],
  ["equals", "="],
  ["placeholders", "<redacted:jwt:1>"],
  ["placeholder heads", "<redacted:"],
  ["one letter", "a"],
  ["spaces", " "],
  ["control sequences", "\u001b["],
  ["semicolons after a bracket", "[0;0;0;0;0;0;0;0"],
];

const hurtful = [
  ...adversarial.map(([what, piece]) => [what, piece.repeat(Math.ceil(262_144 / piece.length))] as const),
  ["dots after many tokens", `${"eyJaaaa.aaaa.".repeat(20_000)}${".".repeat(262_144)}`] as const,
];

test.each(hurtful)("%s: no quadratic time", (_, text) => {
  const redactor = createRedactor();
  redactor.register("opaque-value-1", "access_token");
  const started = process.cpuUsage().user;
  redactor.redact(text);
  redactor.redactValue({ text });
  // A quarter of a mebibyte and more: quadratic work on it takes far longer.
  expect(process.cpuUsage().user - started).toBeLessThan(5_000_000);
});
