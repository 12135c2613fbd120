import fc from "fast-check";
import { expect, test } from "vitest";
import type { RedactionAudit } from "../../../runtime/ports.ts";
import { AuditRing, auditCapacity } from "./audit-ring.ts";
import { Tally } from "./spans.ts";

const tally = (...names: readonly string[]): Tally => {
  const made = new Tally();
  for (const name of names) made.add(name, 10);
  return made;
};

test("behaves like a list that forgets its oldest entries", () => {
  const step = fc.oneof(
    {
      weight: 9,
      arbitrary: fc.record({ count: fc.integer({ min: 1, max: 400 }), name: fc.constantFrom("a", "b", "c") }),
    },
    { weight: 1, arbitrary: fc.constant("drain" as const) },
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const ring = new AuditRing();
      let model: RedactionAudit[] = [];
      let written = 0;
      let dropped = 0;
      const totals: Record<string, { match_count: number; bytes_redacted: number }> = {};
      for (const now of steps) {
        if (now === "drain") {
          expect(ring.drain()).toEqual(model);
          model = [];
          continue;
        }
        for (let i = 0; i < now.count; i++) {
          model.push(...ring.write(tally(now.name, now.name)));
          written += 1;
          const total = (totals[now.name] ??= { match_count: 0, bytes_redacted: 0 });
          total.match_count += 2;
          total.bytes_redacted += 20;
          if (model.length > auditCapacity) {
            model.shift();
            dropped += 1;
          }
        }
        expect(ring.totals()).toMatchObject({
          entries: written,
          dropped,
          match_count: 2 * written,
          patterns: totals,
        });
      }
      expect(ring.drain()).toEqual(model);
      expect(ring.drain()).toEqual([]);
    }),
    { numRuns: 60 },
  );
});

test("ten times its capacity: the latest stay, nothing is lost from the totals", () => {
  const ring = new AuditRing();
  for (let i = 0; i < 10 * auditCapacity; i++) ring.write(tally(`p${i}`));
  const kept = ring.drain();
  expect(kept).toHaveLength(1_024);
  expect(kept[0]?.pattern).toBe(`p${9 * auditCapacity}`);
  expect(kept.at(-1)?.pattern).toBe(`p${10 * auditCapacity - 1}`);
  const totals = ring.totals();
  expect(totals.dropped + kept.length).toBe(totals.entries);
  expect(totals.match_count).toBe(10 * auditCapacity);
  expect(Object.keys(totals.patterns)).toHaveLength(1_001);
  expect(totals.patterns.other?.match_count).toBe(10 * auditCapacity - 1_000);
});

test("one call's entries are sorted by name and cannot be changed", () => {
  const entries = new AuditRing().write(tally("b", "a", "c", "a"));
  expect(entries.map((entry) => [entry.pattern, entry.match_count])).toEqual([
    ["a", 2],
    ["b", 1],
    ["c", 1],
  ]);
  expect(entries.every((entry) => Object.isFrozen(entry))).toBe(true);
});
