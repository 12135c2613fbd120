import { describe, expect, test } from "vitest";
import type { SealBinding } from "../ports.ts";
import { systemRandom } from "./random.ts";
import { createSealer } from "./seal.ts";
import { sealingKeysOf } from "./sealing-keys.ts";

const random = systemRandom();
const binding: SealBinding = {
  kind: "access_token",
  provider: "github",
  issuer: null,
  key: "work",
  origins: ["https://api.github.com"],
};

const sealWith = (...sealingKeys: Uint8Array[]): ReturnType<ReturnType<typeof createSealer>["forRun"]> =>
  createSealer({ random, sealingKeys }).forRun({ passThrough: false, redactor: null });

/** 32 bytes that begin with a number. */
function numbered(number: number): Uint8Array {
  const key = new Uint8Array(32);
  new DataView(key.buffer).setUint32(0, number);
  return key;
}

describe("of several keys", () => {
  const [old, now] = [random.bytes(32), random.bytes(32)];

  test("all open, and the first one seals", () => {
    const capsule = sealWith(old).conceal("the value", binding);
    const rotated = sealWith(now, old);
    expect(rotated.open(capsule)).toEqual({ value: "the value", binding });
    const again = rotated.conceal("the value", binding);
    expect(again).toBe(sealWith(now).conceal("the value", binding));
    expect(again).not.toBe(capsule);
    // A host that the new key has not reached yet.
    expect(sealWith(old, now).open(again).value).toBe("the value");
  });

  test("a dropped one opens nothing", () => {
    const capsule = sealWith(old).conceal("the value", binding);
    expect(() => sealWith(now).open(capsule)).toThrow(expect.objectContaining({ reason: "unknown_key" }));
  });

  test("two with the same id are both tried", () => {
    const [one, other] = [numbered(9_984), numbered(54_270)];
    const ids = sealingKeysOf([one, other]).all.map(({ id }) => Buffer.from(id).toString("hex"));
    expect(ids[0]).toBe(ids[1]);
    const capsule = sealWith(other).conceal("the value", binding);
    for (const keys of [
      [one, other],
      [other, one],
    ])
      expect(sealWith(...keys).open(capsule).value).toBe("the value");
    expect(() => sealWith(one).open(capsule)).toThrow(expect.objectContaining({ reason: "altered" }));
  });

  test("none is kept: the caller may wipe them", () => {
    const key = random.bytes(32);
    const seal = sealWith(key);
    const capsule = seal.conceal("the value", binding);
    key.fill(0);
    expect(seal.open(capsule).value).toBe("the value");
    expect(sealWith(new Uint8Array(32)).conceal("the value", binding)).not.toBe(capsule);
  });
});

test.each([
  ["no key", []],
  ["a short key", [new Uint8Array(31)]],
  ["a long key", [new Uint8Array(33)]],
  ["a second key that is short", [new Uint8Array(32), new Uint8Array(16)]],
  ["a key twice", [new Uint8Array(32).fill(1), new Uint8Array(32).fill(2), Buffer.alloc(32, 1)]],
  ["a text", ["x".repeat(32)]],
  ["one key that is no list", new Uint8Array(32)],
])("%s is refused", (_, sealingKeys) => {
  const given = sealingKeys as readonly Uint8Array[];
  expect(() => createSealer({ random, sealingKeys: given })).toThrow(
    expect.objectContaining({ code: "HARN-RUN-015", hint: expect.stringContaining("32 random bytes") }),
  );
});
