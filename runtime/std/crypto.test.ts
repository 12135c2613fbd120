import { hmac } from "@noble/hashes/hmac.js";
import { sha256 as nobleSha256 } from "@noble/hashes/sha2.js";
import fc from "fast-check";
import { expect, test } from "vitest";
import { isPlain } from "../plugin.ts";
import { cryptoModule } from "./crypto.ts";
import { loose, testPorts } from "./ports.test.fixture.ts";

const module = cryptoModule(testPorts());
const utf8 = new TextEncoder();

test("every function is plain, and bytes are plain Uint8Arrays", () => {
  expect(Object.values(module).every((fn) => isPlain(fn as () => unknown))).toBe(true);
  for (const bytes of [
    module.random_bytes(4),
    module.sha256(""),
    module.hmac_sha256("", ""),
    module.base64url_decode("AA"),
  ]) {
    expect(Object.getPrototypeOf(bytes)).toBe(Uint8Array.prototype);
  }
});

test("FIPS 180-4 and RFC 4231 vectors", () => {
  expect(module.sha256_hex("abc")).toBe("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  expect(Buffer.from(module.hmac_sha256("Jefe", "what do ya want for nothing?")).toString("hex")).toBe(
    "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
  );
});

test("hashes agree with another implementation", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.string({ unit: "binary" }), (key, text) => {
      const bytes = utf8.encode(text);
      expect(module.sha256(text)).toEqual(nobleSha256(bytes));
      expect(module.sha256(bytes)).toEqual(nobleSha256(bytes));
      expect(module.sha256_hex(bytes)).toBe(Buffer.from(nobleSha256(bytes)).toString("hex"));
      expect(module.hmac_sha256(key, text)).toEqual(hmac(nobleSha256, key, bytes));
    }),
  );
});

test("base64url comes back, and a part of a buffer stays a part", () => {
  fc.assert(
    fc.property(fc.uint8Array(), (bytes) => {
      const text = module.base64url_encode(bytes);
      expect(text).toMatch(/^[A-Za-z0-9_-]*$/);
      expect(module.base64url_decode(text)).toEqual(new Uint8Array(bytes));
    }),
  );
  expect(module.base64url_encode(new Uint8Array([1, 2, 3, 4]).subarray(1, 3))).toBe("AgM");
  expect(module.base64url_encode("é")).toBe("w6k");
});

test.each(["A", "AA==", "AB", "A+", "A/", "AA A", "AA\n", "é", "AAB", "AA-_="])(
  "base64url_decode refuses %j",
  (text) => {
    expect(() => module.base64url_decode(text)).toThrowError(
      "std/crypto: base64url_decode: text must be base64url without padding",
    );
  },
);

test("random values come from the run's source", () => {
  const fixed = cryptoModule(testPorts({ random: { bytes: (length) => new Uint8Array(length).fill(255) } }));
  expect(fixed.random_bytes(2)).toEqual(new Uint8Array([255, 255]));
  expect(fixed.random_uuid()).toBe("ffffffff-ffff-4fff-bfff-ffffffffffff");
  expect(module.random_uuid()).toMatch(
    /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
  );
  expect(module.random_bytes(65_536)).toHaveLength(65_536);
});

test.each([
  ["random_bytes", [65_537], "n must be a whole number from 0 to 65536"],
  ["random_bytes", [-1], "n must be a whole number"],
  ["sha256", [{}], "data must be a string or a Uint8Array"],
  ["sha256_hex", [null], "data must be a string or a Uint8Array"],
  ["hmac_sha256", [1, ""], "key must be a string or a Uint8Array"],
  ["hmac_sha256", ["", undefined], "data must be a string or a Uint8Array"],
  ["base64url_encode", [[1]], "data must be a string or a Uint8Array"],
  ["base64url_decode", [1], "text must be a string"],
] as const)("%s refuses %j", (name, args, sentence) => {
  expect(() => loose(module[name])(...args)).toThrowError(`std/crypto: ${name}: ${sentence}`);
});
