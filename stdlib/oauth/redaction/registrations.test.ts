import { describe, expect, test } from "vitest";
import type { Redactor } from "../../../runtime/ports.ts";
import { createRedactor } from "./engine.ts";
import { KnownValues } from "./known-values.ts";
import { mostKnownBytes, Registrations, valueCost } from "./registrations.ts";

const text = "api.github.com";
const masked = "<redacted:access_token:14>";

describe("an own value", () => {
  test("is known to its redactor and its forks, in every encoding, and to nobody else", () => {
    const root = createRedactor();
    const [run, other] = [root.fork(), root.fork()];
    run.register(text, "access_token", { own: true });
    for (const knows of [run, run.fork()]) {
      expect(knows.redact(`at ${text}`)).toBe(`at ${masked}`);
      expect(knows.maskKnown(`at ${text}`)).toBe(`at ${masked}`);
      expect(knows.maskKnown(Buffer.from(text).toString("hex"))).toBe("<redacted:access_token:28>");
    }
    for (const ignorant of [root, other]) {
      expect(ignorant.redact(`at ${text}`)).toBe(`at ${text}`);
      expect(ignorant.maskKnown(`at ${text}`)).toBe(`at ${text}`);
    }
  });

  test("stays own when it is registered again, as reading it back from a store does", () => {
    const root = createRedactor();
    const run = root.fork();
    run.register(text, "access_token", { own: true });
    run.register(text, "access_token");
    run.register(text, "refresh_token");
    expect(root.fork().maskKnown(text)).toBe(text);
    expect(run.maskKnown(text)).toBe(masked);
  });

  test("of one run is known to all when the host gave it to another", () => {
    const root = createRedactor();
    const [guess, holder] = [root.fork(), root.fork()];
    guess.register(text, "access_token", { own: true });
    holder.register(text, "access_token");
    expect(root.fork().maskKnown(text)).toBe(masked);
    holder.release();
    expect(root.fork().maskKnown(text)).toBe(text);
    expect(guess.maskKnown(text)).toBe(masked);
    guess.release();
    expect(guess.maskKnown(text)).toBe(text);
  });

  test("leaves a placeholder that another redactor leaves alone", () => {
    const root = createRedactor();
    const run = root.fork();
    run.register("opaque-value-1", "subject_token", { own: true });
    const line = run.redact("token=opaque-value-1");
    expect(line).toContain("redacted:");
    expect(root.redact(line)).toBe(line);
  });
});

describe("a cap", () => {
  const value = (number: number): string => `opaque-é-${number}`;
  const cost = Buffer.byteLength(value(0)) + valueCost;
  const capped = () => {
    const names = new Set<string>();
    return new Registrations(new KnownValues(names), names, 3 * cost);
  };
  const refusal = expect.objectContaining({
    code: "HARN-OAU-011",
    message: `std/oauth/redaction: the tokens and secrets of one run may not be over ${3 * cost} bytes together`,
  });

  test.each([true, false])("refuses the value beyond it, again and again (own: %s)", (own) => {
    const held = capped();
    for (let i = 0; i < 3; i += 1) held.register(value(i), "access_token", own);
    for (let again = 0; again < 2; again += 1) {
      expect(() => held.register(value(3), "access_token", own)).toThrow(refusal);
    }
    const found = held.own?.scan(`${value(2)} ${value(3)}`) ?? [];
    expect(new Set(found.map(({ start }) => start)).size).toBe(own ? 1 : 0);
  });

  test("counts a value once, however often it is registered, and no more when all released it", () => {
    const held = capped();
    for (let i = 0; i < 10; i += 1) held.register(value(1), "access_token", false);
    const releases = [1, 2].map(() => held.register(value(2), "access_token", false));
    held.register(value(3), "access_token", true);
    expect(() => held.register(value(4), "access_token", false)).toThrow(refusal);
    releases[0]?.();
    releases[0]?.();
    expect(() => held.register(value(4), "access_token", false)).toThrow(refusal);
    releases[1]?.();
    held.register(value(4), "access_token", false);
    releases[1]?.();
    expect(() => held.register(value(5), "access_token", false)).toThrow(refusal);
    held.release();
    for (let i = 5; i < 8; i += 1) held.register(value(i), "access_token", false);
  });

  test("is that of every run, and not the host's", () => {
    const fill = (redactor: Redactor): void => {
      for (let i = 0; i <= mostKnownBytes / valueCost; i += 1)
        redactor.register(`opaque-${i}`, "access_token");
    };
    const house = createRedactor({ patterns: [{ name: "house", regex: "house-\\d+" }] });
    for (const host of [createRedactor(), house]) {
      fill(host);
      expect(() => fill(host.fork())).toThrow("may not be over 4194304 bytes together");
    }
  });
});
