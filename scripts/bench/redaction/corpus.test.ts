import { expect, test } from "vitest";
import { seededRandom } from "../../../stdlib/oauth/redaction/catalogue/sample-token.test.support.ts";
import { createRedactor } from "../../../stdlib/oauth/redaction/engine.ts";
import { generated, inPieces } from "./corpus.ts";
import { knownSecrets } from "./known-secrets.ts";

test("the same seed makes the same text, another one another", () => {
  const text = generated(seededRandom(1), 200_000);
  expect(generated(seededRandom(1), 200_000)).toBe(text);
  expect(generated(seededRandom(2), 200_000)).not.toBe(text);
  expect(knownSecrets(20)).toEqual(knownSecrets(20));
});

test("what is made up is ASCII, as long as asked, and holds no token", () => {
  const text = generated(seededRandom(3), 1_000_000);
  expect(text).toMatch(/^[\n\x20-\x7e]+$/);
  // Prose has the other fifth.
  expect(text.length).toBeGreaterThan(800_000);
  expect(text.length).toBeLessThan(860_000);
  expect(createRedactor().redact(text)).toBe(text);
});

test("pieces are of 64 KiB; what is left over is left out", () => {
  expect(inPieces("a".repeat(200_000)).map((piece) => piece.length)).toEqual([65_536, 65_536, 65_536]);
});
