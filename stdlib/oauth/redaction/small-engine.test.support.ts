/**
 * The engine's text lane over any catalogue, without the rules of names and schemes.
 */

import type { AnchorLane } from "./anchor-scan.ts";
import type { AnchorTable } from "./anchor-table.ts";
import { KnownValues } from "./known-values.ts";
import { beforeLiterals, rulesOf } from "./rules.ts";
import { Scrubber } from "./scrubber.ts";
import type { KnownSecret } from "./slow-matcher.test.support.ts";
import { Tally } from "./tally.ts";
import { TextLane } from "./text-lane.ts";
import type { TokenFamily } from "./token-shape.ts";

/** A text redacted as a whole, and in parts. */
export interface SmallEngine {
  readonly redact: (text: string) => string;
  readonly redactParts: (parts: readonly string[]) => string;
}

/** Makes the lane. Names of `families` and `known` are trusted in placeholders. */
export function smallEngine(
  families: readonly TokenFamily[],
  known: readonly KnownSecret[] = [],
  lane?: (table: AnchorTable) => AnchorLane,
): SmallEngine {
  const values = new KnownValues();
  for (const { value, name } of known) values.register(value, name);
  const trusted = new Set([...families, ...known].map(({ name }) => name));
  const rules = rulesOf(families).filter(
    ({ rule, literal }) => rule.isNamed !== true && literal.text !== "://",
  );
  const parts = {
    lane: new TextLane(rules, beforeLiterals(families), lane),
    known: (text: string, from: number, isFinal: boolean) => ({
      spans: values.scan(text, from).toSorted((one, other) => one.start - other.start),
      undecidedFrom: isFinal ? text.length : values.firstPart(text, from),
    }),
    trust: (name: string) => (trusted.has(name) ? ("rule" as const) : null),
    patterns: [],
    isBytes: false,
  };
  return {
    redact: (text) => new Scrubber(parts).write(text, true, new Tally()),
    redactParts: (texts) => {
      const scrubber = new Scrubber(parts);
      const tally = new Tally();
      return (
        texts.map((text) => scrubber.write(text, false, tally)).join("") + scrubber.write("", true, tally)
      );
    },
  };
}
