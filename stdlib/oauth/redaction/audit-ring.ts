/**
 * The audit: the latest entries in a ring, and totals that never lose count.
 *
 * @module
 */

import type { RedactionAudit } from "../../../runtime/ports.ts";
import type { Tally } from "./tally.ts";

/** How many entries the ring holds. */
export const auditCapacity = 1_024;
const mostPatterns = 1_000;

/** What was redacted since the redactor was made; draining does not change it. */
export type AuditTotals = {
  /** Entries written, those dropped included. */
  readonly entries: number;
  /** Entries that the ring had to drop before they were drained. */
  readonly dropped: number;
  readonly match_count: number;
  readonly bytes_redacted: number;
  /** By pattern name; beyond 1,000 names the rest is counted under `other`. */
  readonly patterns: Readonly<
    Record<string, { readonly match_count: number; readonly bytes_redacted: number }>
  >;
};

/** A ring of audit entries. Writing is O(1); when it is full the oldest entry goes. */
export class AuditRing {
  /** Grows up to the capacity: most redactors live for one run and write little. */
  readonly #slots: (RedactionAudit | undefined)[] = [];
  #oldest = 0;
  #held = 0;
  #written = 0;
  #dropped = 0;
  readonly #totals = new Map<string, { match_count: number; bytes_redacted: number }>();

  /** Writes one entry per pattern of the tally, sorted by name, and returns them. */
  write(tally: Tally): readonly RedactionAudit[] {
    const entries = [...tally.counts]
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([pattern, count]): RedactionAudit => Object.freeze({ code: "HARN-OAU-001", pattern, ...count }));
    for (const entry of entries) this.#push(entry);
    return entries;
  }

  /** The entries held, oldest first; the ring is empty afterwards. */
  drain(): readonly RedactionAudit[] {
    const entries: RedactionAudit[] = [];
    for (let i = 0; i < this.#held; i++) {
      const slot = (this.#oldest + i) % auditCapacity;
      const entry = this.#slots[slot];
      if (entry !== undefined) entries.push(entry);
      this.#slots[slot] = undefined;
    }
    this.#oldest = 0;
    this.#held = 0;
    return entries;
  }

  totals(): AuditTotals {
    let match_count = 0;
    let bytes_redacted = 0;
    for (const total of this.#totals.values()) {
      match_count += total.match_count;
      bytes_redacted += total.bytes_redacted;
    }
    const patterns = Object.fromEntries([...this.#totals].map(([name, total]) => [name, { ...total }]));
    return { entries: this.#written, dropped: this.#dropped, match_count, bytes_redacted, patterns };
  }

  #push(entry: RedactionAudit): void {
    this.#written += 1;
    if (this.#held === auditCapacity) {
      this.#slots[this.#oldest] = entry;
      this.#oldest = (this.#oldest + 1) % auditCapacity;
      this.#dropped += 1;
    } else {
      this.#slots[(this.#oldest + this.#held) % auditCapacity] = entry;
      this.#held += 1;
    }
    const name =
      this.#totals.has(entry.pattern) || this.#totals.size < mostPatterns ? entry.pattern : "other";
    const total = this.#totals.get(name) ?? { match_count: 0, bytes_redacted: 0 };
    total.match_count += entry.match_count;
    total.bytes_redacted += entry.bytes_redacted;
    this.#totals.set(name, total);
  }
}
