/**
 * The text lane beside a slow matcher that was made by another route, and its two scans beside each other.
 */

import fc from "fast-check";
import { expect, test } from "vitest";
import { deepTimeout, holdsFor } from "../../../scripts/fuzz/deep-property.test.support.ts";
import { jsLane, wasmLane } from "./anchor-scan.ts";
import { tokenFamilies } from "./catalogue/index.ts";
import { adversarialText } from "./generated-token.test.support.ts";
import { encodingsOf, type KnownSecret, slowMatcher } from "./slow-matcher.test.support.ts";
import { smallCase } from "./small-catalogue.test.support.ts";
import { smallEngine } from "./small-engine.test.support.ts";

const families = tokenFamilies.filter(({ special = "jwt" }) => special === "jwt");
const secrets: readonly KnownSecret[] = [
  { value: "opaque/Value+1=ü", name: "access_token" },
  { value: "aaaaaaaaab", name: "device_code" },
  { value: 'with "quotes"\\', name: "client_secret" },
];
const trusted = new Set([...families, ...secrets].map(({ name }) => name));
const forms = secrets.flatMap(({ value }) => encodingsOf(value).map(({ form }) => form));
const texts = adversarialText(families, forms);

test("the engine finds what the slow matcher finds", { timeout: deepTimeout }, async () => {
  const slow = slowMatcher(families, secrets, trusted);
  const fast = smallEngine(families, secrets);
  await holdsFor("redaction-differential", texts, (text) => {
    const expected = slow.redact(text);
    expect(fast.redact(text)).toBe(expected);
    return expected !== text;
  });
});

test("so it does with any small catalogue", { timeout: deepTimeout }, async () => {
  await holdsFor("redaction-small-catalogue", smallCase, ({ families, text }) => {
    const expected = slowMatcher(families).redact(text);
    expect(smallEngine(families, [], jsLane).redact(text)).toBe(expected);
    return expected !== text;
  });
});

test("with any small catalogue, the cuts of a stream make no difference", {
  timeout: deepTimeout,
}, async () => {
  const cuts = fc.array(fc.integer({ min: 0, max: 9 }), { maxLength: 20 });
  await holdsFor("redaction-small-stream", fc.tuple(smallCase, cuts), ([{ families, text }, lengths]) => {
    const engine = smallEngine(families, [], jsLane);
    const expected = engine.redact(text);
    let at = 0;
    const parts = lengths.map((length) => text.slice(at, (at += length)));
    expect(engine.redactParts([...parts, text.slice(at)])).toBe(expected);
    expect(engine.redactParts(text.split(""))).toBe(expected);
    return expected !== text;
  });
});

test("without WebAssembly the result is the same", { timeout: deepTimeout }, async () => {
  const one = smallEngine(families, secrets, jsLane);
  const other = smallEngine(families, secrets, (table) => {
    const lane = wasmLane(table);
    if (lane === null) throw new Error("no WebAssembly here");
    return lane;
  });
  await holdsFor("redaction-lanes", texts, (text) => {
    const result = one.redact(text);
    expect(result).toBe(other.redact(text));
    return result !== text;
  });
});
