import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createRedactor } from "./engine.ts";
import { knownForms } from "./known-forms.ts";
import { type Hit, NeedleIndex } from "./needle-index.ts";

const value = 'opaque/Value+with=odd "chars"\nand 中';

describe("known values", () => {
  test.each([
    ["raw", value],
    ["JSON", JSON.stringify(value).slice(1, -1)],
    ["JSON in JSON", JSON.stringify(JSON.stringify(value)).slice(3, -3)],
    ["percent", encodeURIComponent(value)],
    ["percent, lower case", encodeURIComponent(value).replace(/%../g, (octet) => octet.toLowerCase())],
    ["form", new URLSearchParams({ v: value }).toString().slice(2)],
    ["hex", Buffer.from(value).toString("hex")],
    ["hex, upper case", Buffer.from(value).toString("hex").toUpperCase()],
  ])("%s", (_, form) => {
    const redactor = createRedactor();
    redactor.register(value, "client_secret");
    expect(redactor.maskKnown(`a ${form} b`)).toBe(`a <redacted:client_secret:${Buffer.byteLength(form)}> b`);
    expect(redactor.redact(`a ${form} b`)).toBe(`a <redacted:client_secret:${Buffer.byteLength(form)}> b`);
  });

  test("base64 of it inside other base64, at any alignment", () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 9 }),
        fc.string({ unit: "grapheme-ascii", minLength: 8, maxLength: 60 }),
        fc.uint8Array({ maxLength: 9 }),
        fc.constantFrom("base64", "base64url"),
        (before, secret, after, encoding) => {
          const redactor = createRedactor();
          redactor.register(secret, "access_token");
          const text = Buffer.concat([before, Buffer.from(secret), after]).toString(encoding);
          const masked = redactor.maskKnown(text);
          expect(masked).toContain("<redacted:access_token:");
          // What is left decodes to at most a byte of the secret at either end.
          const left = masked.replace(/<redacted:access_token:\d+>/g, "").length;
          expect(left).toBeLessThanOrEqual(Math.ceil(((before.length + after.length) * 8) / 6) + 8);
        },
      ),
    );
  });

  test("of under eight characters are ignored", () => {
    const redactor = createRedactor();
    redactor.register("1234567", "access_token");
    redactor.register("", "access_token");
    expect(redactor.maskKnown("1234567")).toBe("1234567");
    redactor.register("12345678", "access_token");
    expect(redactor.maskKnown("0123456789")).toBe("0<redacted:access_token:8>9");
  });

  test("are forgotten when everyone released them", () => {
    const root = createRedactor();
    const [one, two] = [root.fork(), root.fork()];
    const release = one.register("opaque-value-1", "access_token");
    two.register("opaque-value-1", "access_token");
    two.register("opaque-value-2", "access_token");
    release();
    release();
    expect(root.maskKnown("opaque-value-1")).toBe("<redacted:access_token:14>");
    one.release();
    expect(root.maskKnown("opaque-value-1")).toBe("<redacted:access_token:14>");
    two.release();
    expect(root.maskKnown("opaque-value-1 opaque-value-2")).toBe("opaque-value-1 opaque-value-2");
    two.register("opaque-value-2", "access_token");
    expect(one.maskKnown("opaque-value-2")).toBe("<redacted:access_token:14>");
  });

  test("have the name that was given first, and a plain one", () => {
    const redactor = createRedactor();
    const release = redactor.register("opaque-value-1", "id_token");
    redactor.register("opaque-value-1", "access_token");
    redactor.register("opaque-value-2", "no <name>");
    expect(redactor.maskKnown("opaque-value-1")).toBe("<redacted:id_token:14>");
    release();
    expect(redactor.maskKnown("opaque-value-1")).toBe("<redacted:access_token:14>");
    expect(redactor.maskKnown("opaque-value-2")).toBe("<redacted:secret:14>");
  });

  test("leave shapes alone in maskKnown, and win over them in redact", () => {
    const redactor = createRedactor();
    const token = ["gh", "p_", "a".repeat(36)].join("");
    expect(redactor.maskKnown(token)).toBe(token);
    redactor.register(token, "access_token");
    expect(redactor.redact(token)).toBe("<redacted:access_token:40>");
    expect(redactor.redact(`${token}bcd`)).toBe("<redacted:access_token:43>");
  });

  test("a value that holds another", () => {
    const redactor = createRedactor();
    redactor.register("opaque-value-1", "access_token");
    redactor.register("opaque-value-1.and-more", "refresh_token");
    expect(redactor.maskKnown("opaque-value-1.and-more")).toBe("<redacted:refresh_token:23>");
    expect(redactor.maskKnown("opaque-value-1.and")).toBe("<redacted:access_token:14>.and");
  });

  test("every form of a value is at least eight characters", () => {
    fc.assert(
      fc.property(fc.string({ minLength: 8, maxLength: 40, unit: "binary" }), (text) => {
        expect(knownForms(text).every((form) => form.length >= 8)).toBe(true);
        expect(knownForms(text)).toContain(text);
      }),
    );
  });
});

test("the index finds what a plain search finds", () => {
  const word = fc.string({ unit: fc.constantFrom("a", "b", "c"), minLength: 8, maxLength: 12 });
  fc.assert(
    fc.property(
      fc.array(word, { maxLength: 30 }),
      fc.array(fc.nat(29), { maxLength: 10 }),
      fc.array(fc.oneof(word, fc.string({ unit: fc.constantFrom("a", "b", "c"), maxLength: 9 })), {
        maxLength: 20,
      }),
      (words, removed, pieces) => {
        const index = new NeedleIndex<number>(8);
        const needles = words.map((text, owner) => ({ text, owner }));
        for (const needle of needles) index.add(needle);
        const gone = new Set(removed.filter((at) => at < needles.length));
        for (const at of gone) {
          const needle = needles[at];
          if (needle) index.remove(needle);
        }
        const text = pieces.join("");
        const expected: string[] = [];
        for (const { text: needle, owner } of needles.filter(({ owner: at }) => !gone.has(at))) {
          for (let at = text.indexOf(needle); at !== -1; at = text.indexOf(needle, at + 1))
            expected.push(`${at} ${owner}`);
        }
        const hits: Hit<number>[] = [];
        index.find(text, 0, hits);
        expect(hits.map(({ start, owner }) => `${start} ${owner}`).sort()).toEqual(expected.sort());
        expect(index.size).toBe(needles.length - gone.size);
      },
    ),
    { numRuns: 300 },
  );
});

test("an index that lost most needles still finds the rest", () => {
  const index = new NeedleIndex<number>(8);
  const needles = Array.from({ length: 1_000 }, (_, owner) => ({
    text: `needle-${owner}-with-a-tail`,
    owner,
  }));
  for (const needle of needles) index.add(needle);
  for (const needle of needles.slice(1)) index.remove(needle);
  const hits: Hit<number>[] = [];
  index.find(needles.map((needle) => needle.text).join(" "), 0, hits);
  // Once by each of its windows.
  expect(new Set(hits.map((hit) => hit.owner))).toEqual(new Set([0]));
});

test("every form of a value is at least as long as the value", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", minLength: 8, maxLength: 40 }), (secret) => {
      expect(Math.min(...knownForms(secret).map(({ length }) => length))).toBeGreaterThanOrEqual(
        secret.length,
      );
    }),
  );
});

test("many values are known, whichever texts came first, until they are released", () => {
  const redactor = createRedactor();
  const secrets = Array.from({ length: 3_000 }, (_, number) => `opaque secret number ${number}.`);
  const releases = secrets.map((secret) => redactor.register(secret, "access_token"));
  expect(redactor.redact("a short text")).toBe("a short text");
  for (const secret of secrets) expect(redactor.redact(secret)).toMatch(/^<redacted:access_token:\d+>$/);
  releases.forEach((release, number) => number % 2 === 0 && release());
  redactor.register("opaque and late", "access_token")();
  for (const secret of secrets.filter((_, number) => number % 2 === 0))
    expect(redactor.redact(secret)).toBe(secret);
  expect(redactor.redact(secrets[1] ?? "")).toMatch(/^<redacted/);
  expect(redactor.redact("an opaque and late one")).toBe("an opaque and late one");
});
