import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { SealBinding, SealFailure, SecretKind } from "../ports.ts";
import { mentionsCapsule } from "./capsule.ts";
import { systemRandom } from "./random.ts";
import { exactRedactor } from "./redactor.test.support.ts";
import { createSealer, SealFailureError } from "./seal.ts";

const random = systemRandom();
const key = random.bytes(32);
const seal = createSealer({ random, sealingKeys: [key] }).forRun({ passThrough: false, redactor: null });

const kinds: readonly SecretKind[] = [
  "access_token",
  "refresh_token",
  "id_token",
  "client_secret",
  "device_code",
  "code_verifier",
  "env",
];
const anyText = fc.string({ unit: "grapheme", maxLength: 40 });
const bindings: fc.Arbitrary<SealBinding> = fc.record({
  kind: fc.constantFrom(...kinds),
  provider: anyText,
  issuer: fc.option(anyText),
  key: anyText,
  origins: fc.array(
    fc.webUrl().map((url) => new URL(url).origin),
    { maxLength: 3 },
  ),
});
const binding: SealBinding = {
  kind: "access_token",
  provider: "github",
  issuer: "https://github.com",
  key: "work",
  origins: ["https://api.github.com"],
};

function reasonOf(open: () => unknown): SealFailure["reason"] | null {
  try {
    open();
    return null;
  } catch (error) {
    if (error instanceof SealFailureError) return error.reason;
    throw error;
  }
}

describe("a sealed token", () => {
  test("opens to what was sealed, hides it, and is the same each time", () => {
    fc.assert(
      fc.property(anyText, bindings, (value, bound) => {
        const capsule = seal.conceal(value, bound);
        expect(capsule).toMatch(/^hfs1\.[A-Za-z0-9_-]+$/);
        expect(mentionsCapsule(`x=${capsule}`)).toBe(true);
        expect(seal.open(capsule)).toEqual({ value, binding: bound });
        expect(seal.conceal(value, bound)).toBe(capsule);
        // Another sealer with the same key has nothing cached, and gives the same text.
        const twin = createSealer({ random, sealingKeys: [key] }).forRun({
          passThrough: false,
          redactor: null,
        });
        expect(twin.conceal(value, bound)).toBe(capsule);
      }),
      { numRuns: 40 },
    );
  });

  test("does not contain the value", () => {
    const value = "s3cr3t-".repeat(5);
    const bytes = Buffer.from(seal.conceal(value, binding).slice(5), "base64url");
    expect(bytes.includes("s3cr3t")).toBe(false);
    // The binding, on the other hand, is there to be read.
    expect(bytes.includes("https://api.github.com")).toBe(true);
  });

  test("is refused with any character altered, added or removed", () => {
    const capsule = seal.conceal("a secret value", binding);
    const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_=+/. \n";
    for (let at = 5; at < capsule.length; at += 1) {
      const other = alphabet[(alphabet.indexOf(capsule[at] ?? "") + 1) % 64] ?? "";
      expect(reasonOf(() => seal.open(capsule.slice(0, at) + other + capsule.slice(at + 1)))).not.toBe(null);
    }
    fc.assert(
      fc.property(
        fc.nat(capsule.length - 5),
        fc.constantFrom(...alphabet.split("")),
        fc.boolean(),
        (offset, other, insert) => {
          const at = 5 + offset;
          const changed = capsule.slice(0, at) + other + capsule.slice(insert ? at : at + 1);
          fc.pre(changed !== capsule);
          expect(reasonOf(() => seal.open(changed))).not.toBe(null);
        },
      ),
      { numRuns: 300 },
    );
    for (let length = 5; length < capsule.length; length += 1)
      expect(reasonOf(() => seal.open(capsule.slice(0, length)))).not.toBe(null);
  });

  test("has one spelling only", () => {
    const capsule = seal.conceal("x", { ...binding, key: "padded" });
    for (const other of [`${capsule}=`, `${capsule} `, `${capsule}\n`, capsule.replaceAll("-", "+")])
      if (other !== capsule) expect(reasonOf(() => seal.open(other))).toBe("malformed");
  });

  test("is refused when another binding is put around it", () => {
    const mine = Buffer.from(seal.conceal("a secret value", binding).slice(5), "base64url");
    const evil = JSON.stringify({ ...binding, origins: ["https://api.github.bad"] });
    expect(evil.length).toBe(JSON.stringify(binding).length);
    const moved = Buffer.from(mine.toString("latin1").replace(JSON.stringify(binding), evil), "latin1");
    expect(moved.equals(mine)).toBe(false);
    expect(reasonOf(() => seal.open(`hfs1.${moved.toString("base64url")}`))).toBe("altered");
    // The same with another length, and with the length field moved into the ciphertext.
    for (const length of [JSON.stringify(binding).length - 1, JSON.stringify(binding).length + 1]) {
      const shifted = Buffer.from(mine);
      shifted.writeUInt16BE(length, 17);
      expect(reasonOf(() => seal.open(`hfs1.${shifted.toString("base64url")}`))).toBe("altered");
    }
  });

  test("has a nonce of its own for each pair of binding and value", () => {
    const nonces = new Set<string>();
    const pairs: [string, SealBinding][] = [
      ["ab", { ...binding, key: "c" }],
      ["b", { ...binding, key: "ca" }],
      ["ab", { ...binding, key: "d" }],
      ["ac", { ...binding, key: "c" }],
    ];
    for (const [value, bound] of pairs)
      nonces.add(Buffer.from(seal.conceal(value, bound).slice(5), "base64url").toString("hex", 5, 17));
    expect(nonces.size).toBe(pairs.length);
  });

  test("of another key is refused, and says so", () => {
    const other = createSealer({ random }).forRun({ passThrough: false, redactor: null });
    expect(reasonOf(() => other.open(seal.conceal("x", binding)))).toBe("unknown_key");
  });

  test("moved to another use is refused", () => {
    const capsule = seal.conceal("x", binding);
    expect(seal.open(capsule, { kind: "access_token", key: "work", provider: "github" }).value).toBe("x");
    for (const expected of [
      { kind: "refresh_token" },
      { key: "home" },
      { provider: "g" },
      { issuer: null },
    ] as const)
      expect(reasonOf(() => seal.open(capsule, expected))).toBe("binding");
  });

  test("a text that is no capsule comes back", () => {
    for (const text of ["", "plain", "HFS1.AAAA", " hfs1.AAAA"])
      expect(seal.open(text)).toEqual({ value: text, binding: null });
    expect(reasonOf(() => seal.open("hfs1."))).toBe("malformed");
    expect(reasonOf(() => seal.open(`hfs1.${"A".repeat(400_000)}`))).toBe("malformed");
  });
});

describe("a sealer", () => {
  test("passes values through for trusted code, and still opens capsules", () => {
    const trusted = createSealer({ random, sealingKeys: [key] }).forRun({
      passThrough: true,
      redactor: null,
    });
    expect(trusted.conceal("value", binding)).toBe("value");
    expect(trusted.open(seal.conceal("value", binding)).value).toBe("value");
  });

  test("makes every value known to the redactor, sealed, passed through or opened", () => {
    for (const passThrough of [false, true]) {
      const redactor = exactRedactor();
      const run = createSealer({ random, sealingKeys: [key] }).forRun({ passThrough, redactor });
      run.conceal("first-value", binding);
      run.conceal("first-value", binding);
      run.open(seal.conceal("second-value", { ...binding, kind: "client_secret" }));
      expect([...redactor.known]).toEqual([
        ["first-value", { name: "access_token", count: 1 }],
        ["second-value", { name: "client_secret", count: 1 }],
      ]);
    }
  });

  test("gives out nothing that the redactor refuses to know, however often it is asked", () => {
    for (const passThrough of [false, true]) {
      const redactor = exactRedactor();
      redactor.register = () => {
        throw new Error("full");
      };
      const run = createSealer({ random, sealingKeys: [key] }).forRun({ passThrough, redactor });
      for (let again = 0; again < 2; again += 1) {
        expect(() => run.conceal("first-value", binding)).toThrow("full");
        expect(() => run.open(seal.conceal("first-value", binding))).toThrow("full");
      }
    }
  });

  test("refuses what it could not give back", () => {
    expect(() => seal.conceal("\ud800", binding)).toThrow("well-formed");
    expect(() => seal.conceal("x".repeat(200_000), binding)).toThrow("128 KiB");
    expect(() => seal.conceal("x", { ...binding, key: "k".repeat(70_000) })).toThrow("65,535");
    expect(() => createSealer({ random, sealingKeys: [new Uint8Array(16)] })).toThrow("32 bytes");
    const longest = "x".repeat(128 * 1024);
    expect(seal.open(seal.conceal(longest, { ...binding, key: "k".repeat(65_000) })).value).toBe(longest);
  });

  test("stays right when its cache turns over", () => {
    const first = seal.conceal("value-0", binding);
    for (let i = 1; i < 1_100; i += 1) seal.conceal(`value-${i}`, binding);
    expect(seal.conceal("value-0", binding)).toBe(first);
  });
});
