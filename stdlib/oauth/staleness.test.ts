import fc from "fast-check";
import { expect, test } from "vitest";
import { freshness, isBornStale } from "./staleness.ts";
import type { TokenSet } from "./token-set.ts";

const set = (more: Partial<TokenSet>): TokenSet => ({ access_token: "a", token_type: "Bearer", ...more });
const lived = (lifetime: number): TokenSet =>
  set({ issued_at_unix: 1_000, expires_in: lifetime, expires_at_unix: 1_000 + lifetime });

test.each([
  ["3600 s, second 2699", lived(3600), 1_000 + 2699, 0, "fresh"],
  ["3600 s, second 2700", lived(3600), 1_000 + 2700, 0, "aging"],
  ["3600 s, second 3599", lived(3600), 1_000 + 3599, 0, "aging"],
  ["3600 s, second 3600", lived(3600), 1_000 + 3600, 0, "expired"],
  ["3 s, second 1", lived(3), 1_001, 0, "fresh"],
  ["3 s, second 2", lived(3), 1_002, 0, "aging"],
  ["1 s, at once", lived(1), 1_000, 0, "aging"],
  ["0 s, at once", lived(0), 1_000, 0, "expired"],
  ["no expiry", set({ issued_at_unix: 1 }), 1e12, 0, "fresh"],
  ["no issued time, before the end", set({ expires_at_unix: 2_000 }), 1_999, 0, "fresh"],
  ["no issued time, at the end", set({ expires_at_unix: 2_000 }), 2_000, 0, "expired"],
  [
    "only expires_in reads as issued then",
    set({ issued_at_unix: 1_000, expires_in: 100 }),
    1_075,
    0,
    "aging",
  ],
  ["only expires_in ends", set({ issued_at_unix: 1_000, expires_in: 100 }), 1_100, 0, "expired"],
  ["only expires_in without any time", set({ expires_in: 100 }), 5, 0, "fresh"],
  ["issued after its end", set({ issued_at_unix: 3_000, expires_at_unix: 2_000 }), 1_500, 0, "fresh"],
  ["issued in the future: the clock was set back", lived(3600), 1_000 - 61, 0, "aging"],
  ["issued in the future, as clocks differ", lived(3600), 1_000 - 60, 0, "fresh"],
  ["leeway, one second before", lived(3600), 1_000 + 3600 - 1_801, 1_800, "fresh"],
  ["leeway, its first second", lived(3600), 1_000 + 3600 - 1_800, 1_800, "aging"],
  ["leeway without issued time", set({ expires_at_unix: 2_000 }), 1_990, 10, "aging"],
  ["no access token", set({ access_token: "" }), 0, 0, "absent"],
] as const)("%s", (_name, given, now, leeway, expected) => {
  expect(freshness(given, now, leeway)).toBe(expected);
});

test("the first stale second is issued + trunc(3/4 of the life)", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1e9 }), (lifetime) => {
      const first = 1_000 + Math.trunc((lifetime * 3) / 4);
      expect(freshness(lived(lifetime), first)).toBe("aging");
      if (first > 1_000) expect(freshness(lived(lifetime), first - 1)).toBe("fresh");
    }),
  );
});

test("nothing is stored", () => {
  expect(freshness(null, 0)).toBe("absent");
});

test("stale on arrival", () => {
  expect(isBornStale(lived(0), 0)).toBe(true);
  expect(isBornStale(lived(1), 0)).toBe(true);
  expect(isBornStale(lived(2), 0)).toBe(false);
  expect(isBornStale(lived(3600), 3600)).toBe(true);
});
