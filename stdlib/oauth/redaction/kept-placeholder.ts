/**
 * Placeholders that stand in a text already. They are left alone, so that redacting twice is redacting once.
 *
 * @module
 */

import { longestPlaceholderName, placeholderLead } from "./placeholder.ts";
import { type Kept, type Reading, type Rule, undecided } from "./reading.ts";

/** What they begin with. */
export const keptLiterals: readonly string[] = [placeholderLead];

const whole = /<redacted:([A-Za-z0-9_.-]{1,64}):[0-9]{1,15}>/y;
const longest = longestPlaceholderName + placeholderLead.length + 17;

/**
 * The placeholder at a place, or null. One whose name is not ours is ordinary text: it could have been written to smuggle a
 * token past us as its name.
 */
export function keptAt(reading: Reading, start: number): Kept | typeof undecided | null {
  whole.lastIndex = start;
  const match = whole.exec(reading.text);
  if (match === null)
    return reading.isOver(start + longest) && isPart(reading.text, start) ? undecided : null;
  const trust = reading.trust(match[1] ?? "");
  return trust === null ? null : { start, end: whole.lastIndex, isOpen: trust === "rule" };
}

function isPart(text: string, start: number): boolean {
  const part = text.slice(start, start + longest);
  return placeholderLead.startsWith(part) || /^<redacted:[A-Za-z0-9_.-]{0,64}(?::[0-9]{0,15})?$/.test(part);
}

/** The rule. A text with placeholders only is clean. */
export const keptRule: Rule = { judge: keptAt, couldMatch: () => false };
