import { expect, test } from "vitest";
import { createRedactor } from "../engine.ts";
import { tryCanary } from "./canary.ts";
import { failClosed } from "./fail-closed.ts";

const open = { redact: (text: string) => text, redactValue: (value: unknown) => value };
const refused = expect.objectContaining({
  code: "HARN-OAU-011",
  message: "std/oauth/redaction: pino: refused, because a token that was sent through it came out",
});

test("an adapter that redacts is accepted, and sends more than one secret", () => {
  const sent: string[] = [];
  tryCanary(createRedactor(), "pino", (through, secret) => {
    sent.push(secret);
    return through.redact(`with ${secret}`);
  });
  expect(sent).toHaveLength(2);
  expect(createRedactor().redact(sent[0] ?? "")).toMatch(/^<redacted:jwt:\d+>$/);
  expect(createRedactor().redact(sent[1] ?? "")).toBe(sent[1]);
});

test("no two canaries are the same", () => {
  const sent = new Set<string>();
  for (let i = 0; i < 20; i++) {
    tryCanary(createRedactor(), "pino", (through, secret) => through.redact([...sent.add(secret)].join(" ")));
  }
  expect(sent.size).toBe(40);
});

test("an adapter that shows a secret, or a piece of one, is refused", () => {
  expect(() => tryCanary(open, "pino", (through, secret) => through.redact(secret))).toThrow(refused);
  expect(() => tryCanary(createRedactor(), "pino", (_, secret) => secret)).toThrow(refused);
  expect(() => tryCanary(createRedactor(), "pino", (_, secret) => secret.slice(-8))).toThrow(refused);
});

test("a redactor that knows shapes but no values is refused", () => {
  const inner = createRedactor();
  const deaf = { ...open, fork: () => Object.assign(createRedactor(), { register: () => () => {} }) };
  expect(inner.redact("x")).toBe("x");
  expect(() => tryCanary(deaf, "pino", (through, secret) => through.redact(secret))).toThrow(refused);
});

test("an adapter that throws is refused", () => {
  expect(() =>
    tryCanary(createRedactor(), "pino", () => {
      throw new Error("broken");
    }),
  ).toThrow(refused);
});

test("the canary is forgotten, and leaves nothing in the redactor's audit", () => {
  const redactor = createRedactor();
  let opaque = "";
  tryCanary(redactor, "pino", (through, secret) => {
    opaque = secret;
    return through.redact(secret);
  });
  expect(redactor.redact(opaque)).toBe(opaque);
  expect(redactor.drainAudit()).toEqual([]);
});

test("a redactor that fails shows nothing", () => {
  const broken = failClosed({
    redact: () => {
      throw new Error("broken");
    },
    redactValue: () => {
      throw new Error("broken");
    },
  });
  expect(broken.redact("läuft")).toBe("<redacted:unscannable:6>");
  expect(broken.redactValue({ a: 1 })).toBe("<redacted:unscannable:0>");
  const wrong = failClosed({ redact: () => undefined as unknown as string, redactValue: (value) => value });
  expect(wrong.redact("abc")).toBe("<redacted:unscannable:3>");
});
