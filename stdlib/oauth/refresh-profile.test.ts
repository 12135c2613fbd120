import { describe, expect, test } from "vitest";
import type { RefreshHandling } from "./providers/record.ts";
import { intentOf, isDeadToken, isInDoubt, repeatRule } from "./refresh-profile.ts";
import type { Entry } from "./storage/entry.ts";
import { refreshHash } from "./storage/lineage.ts";

const handling = (more: Partial<RefreshHandling>): RefreshHandling => ({
  strategy: "rotating",
  expires_in_field: "expires_in",
  expires_at_field: null,
  refresh_grant: "standard_refresh_token",
  rotates_refresh_token: true,
  notes: [],
  reuse: "unknown",
  grace_seconds: 0,
  processing_bound_seconds: 60,
  invalid_grant_errors: [],
  ...more,
});
const notRotating = handling({ rotates_refresh_token: false });
const grace = handling({ reuse: "grace", grace_seconds: 10 });
const unknown = handling({});
const strict = handling({ reuse: "strict" });
const begunAt = 1_700_000_000;

const entry = (intent: Entry["intent"]): Entry => ({
  token_set: { access_token: "a", token_type: "Bearer", refresh_token: "r" },
  ttl_seconds: null,
  binding: null,
  generation: "g",
  version: 1,
  updated_at_unix: 0,
  intent,
});
const begun = entry({ refresh_hash: refreshHash("r") ?? "", started_at_unix: begunAt });

test("how often a lost request is repeated at once, and for how long", () => {
  expect(repeatRule(notRotating)).toEqual({ windowSeconds: Number.POSITIVE_INFINITY, repeats: 1 });
  expect(repeatRule(grace)).toEqual({ windowSeconds: 10, repeats: 3 });
  expect(repeatRule(unknown)).toEqual({ windowSeconds: 5, repeats: 1 });
  expect(repeatRule(strict)).toEqual({ windowSeconds: 0, repeats: 0 });
  // A record that says both is taken at its more careful word.
  expect(repeatRule(handling({ rotates_refresh_token: false, reuse: "strict" })).repeats).toBe(0);
});

describe("an unsettled refresh of the stored token", () => {
  // Seconds since it was begun → may be presented while the access token works, and when it does not.
  test.each([
    ["not rotating", notRotating, { 0: "yes yes", 1_000_000: "yes yes" }],
    ["grace", grace, { 0: "yes yes", 9: "yes yes", 10: "no no", 69: "no no", 70: "no yes" }],
    ["unknown", unknown, { 0: "yes yes", 4: "yes yes", 5: "no no", 64: "no no", 65: "no yes" }],
    ["strict", strict, { 0: "no no", 59: "no no", 60: "no yes", 1_000_000: "no yes" }],
    [
      "a slow provider",
      handling({ reuse: "strict", processing_bound_seconds: 300 }),
      { 299: "no no", 300: "no yes" },
    ],
  ] as const)("at a provider that is %s", (_, rule, expected) => {
    for (const [age, may] of Object.entries(expected)) {
      const now = begunAt + Number(age);
      const said = [true, false].map((works) => (isInDoubt(rule, begun, now, works) ? "no" : "yes"));
      expect([age, said.join(" ")]).toEqual([age, may]);
      // A start in the future: another host's clock, or one that was set back.
      const before = begunAt - Number(age);
      expect(isInDoubt(rule, begun, before, false)).toBe(isInDoubt(rule, begun, now, false));
    }
  });

  test("of another token, or none at all, is no reason to wait", () => {
    expect(isInDoubt(strict, entry(null), begunAt, true)).toBe(false);
    const other = entry({ refresh_hash: refreshHash("another") ?? "", started_at_unix: begunAt });
    expect(isInDoubt(strict, other, begunAt, true)).toBe(false);
  });

  test("keeps its start through the repeats within the window, so that they cannot stretch a grace", () => {
    expect(intentOf(grace, begun, begunAt + 9)).toEqual(begun.intent);
    expect(intentOf(grace, begun, begunAt + 70)).toEqual({ ...begun.intent, started_at_unix: begunAt + 70 });
    expect(intentOf(strict, begun, begunAt + 1).started_at_unix).toBe(begunAt + 1);
    expect(intentOf(grace, entry(null), 7)).toEqual({ ...begun.intent, started_at_unix: 7 });
  });
});

test("invalid_grant and the vendor's own words mean a dead token, and nothing else does", () => {
  const vendor = handling({ invalid_grant_errors: ["bad_refresh_token"] });
  expect(isDeadToken(vendor, { status: 400, error: "invalid_grant" })).toBe(true);
  expect(isDeadToken(vendor, { status: 200, error: "bad_refresh_token" })).toBe(true);
  expect(isDeadToken(strict, { status: 200, error: "bad_refresh_token" })).toBe(false);
  expect(isDeadToken(vendor, { status: 401, error: "invalid_client" })).toBe(false);
  expect(isDeadToken(vendor, { status: 400 })).toBe(false);
});
