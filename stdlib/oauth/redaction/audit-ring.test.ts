import fc from "fast-check";
import { expect, test } from "vitest";
import type { RedactionAudit } from "../../../runtime/ports.ts";
import { deepTimeout, holdsFor } from "../../../scripts/fuzz/deep-property.test.support.ts";
import { AuditRing, auditCapacity } from "./audit-ring.ts";
import { Tally } from "./tally.ts";

const tally = (...names: readonly string[]): Tally => {
  const made = new Tally();
  for (const name of names) made.add(name, 10);
  return made;
};

/** What the ring should be: a list that forgets its oldest entries, and counts that forget nothing. */
interface Model {
  held: RedactionAudit[];
  written: number;
  dropped: number;
  totals: Record<string, { match_count: number; bytes_redacted: number }>;
}

test("behaves like a list that forgets its oldest entries", { timeout: deepTimeout }, async () => {
  type Step = fc.Command<Model, AuditRing>;
  const write = (times: number, names: readonly string[]): Step => ({
    check: () => true,
    run(model, ring) {
      for (let i = 0; i < times; i++) {
        model.held.push(...ring.write(tally(...names)));
        for (const name of names) {
          const total = (model.totals[name] ??= { match_count: 0, bytes_redacted: 0 });
          total.match_count += 1;
          total.bytes_redacted += 10;
        }
        model.written += new Set(names).size;
      }
      model.dropped += Math.max(0, model.held.length - auditCapacity);
      model.held = model.held.slice(-auditCapacity);
    },
    toString: () => `write ${names.join(" ")} ${times} times`,
  });
  const drain: Step = {
    check: () => true,
    run(model, ring) {
      expect(ring.drain()).toEqual(model.held);
      model.held = [];
    },
    toString: () => "drain",
  };
  const count: Step = {
    check: () => true,
    run({ written, dropped, totals }, ring) {
      const sums = Object.values(totals);
      expect(ring.totals()).toEqual({
        entries: written,
        dropped,
        match_count: sums.reduce((sum, total) => sum + total.match_count, 0),
        bytes_redacted: sums.reduce((sum, total) => sum + total.bytes_redacted, 0),
        patterns: { ...totals },
      });
    },
    toString: () => "count",
  };
  const names = fc.array(fc.constantFrom("a", "b", "c", "toString"), { minLength: 1, maxLength: 4 });
  const steps = fc.commands(
    [
      fc.tuple(fc.oneof(fc.nat(3), fc.nat(700)), names).map(([times, list]) => write(times, list)),
      fc.constant(drain),
      fc.constant(count),
    ],
    { maxCommands: 30 },
  );
  await holdsFor(
    "redaction-audit-ring",
    steps,
    (commands) => {
      const totals = Object.create(null) as Model["totals"];
      const model: Model = { held: [], written: 0, dropped: 0, totals };
      fc.modelRun(() => ({ model, real: new AuditRing() }), commands);
      return true;
    },
    60,
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
