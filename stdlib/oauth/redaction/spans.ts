/**
 * Spans: what the scanners found in a text, and how they are replaced.
 *
 * @module
 */

import { placeholder, type Range, utf8Length } from "./placeholder.ts";

/** A secret's place in a text. Where two begin together the lower rank gives the name, then the longer one. */
export interface Span extends Range {
  readonly name: string;
  readonly rank: number;
}

/** The rank of known values: they give the name. */
export const knownRank = 0;

/** Joins overlapping spans: the union, under the name of the one that begins first. */
export function joined(spans: readonly Span[]): readonly Span[] {
  if (spans.length < 2) return spans;
  const sorted = spans.toSorted((a, b) => a.start - b.start || a.rank - b.rank || b.end - a.end);
  const result: Span[] = [];
  let open: Span | undefined;
  for (const span of sorted) {
    if (open === undefined || span.start >= open.end) {
      if (open !== undefined) result.push(open);
      open = span;
    } else if (span.end > open.end) {
      open = { ...open, end: span.end };
    }
  }
  if (open !== undefined) result.push(open);
  return result;
}

/** Those of the spans that overlap with none of the others. */
export function apartFrom(others: readonly Span[], spans: readonly Span[]): readonly Span[] {
  if (others.length === 0 || spans.length === 0) return spans;
  const taken = joined(others);
  let next = 0;
  return spans
    .toSorted((a, b) => a.start - b.start)
    .filter(({ start, end }) => {
      while (next < taken.length && (taken[next]?.end ?? 0) <= start) next++;
      return (taken[next]?.start ?? end) >= end;
    });
}

/**
 * The text with every span replaced. What lies inside `kept` ranges (placeholders that stand already) is not touched,
 * so a placeholder is never redacted again. Without any span the very same text comes back.
 */
export function replaced(text: string, spans: readonly Span[], kept: readonly Range[]): string {
  const pieces = without(joined(spans), kept);
  if (pieces.length === 0) return text;
  const parts: string[] = [];
  let from = 0;
  for (const piece of pieces) {
    const bytes = utf8Length(text.slice(piece.start, piece.end));
    parts.push(text.slice(from, piece.start), placeholder(piece.name, bytes));
    from = piece.end;
  }
  parts.push(text.slice(from));
  return parts.join("");
}

function without(spans: readonly Span[], kept: readonly Range[]): readonly Span[] {
  if (kept.length === 0 || spans.length === 0) return spans;
  const pieces: Span[] = [];
  let next = 0;
  for (const span of spans) {
    let start = span.start;
    while (next < kept.length && (kept[next]?.end ?? 0) <= start) next++;
    // Spans do not overlap, so a range that reaches past this span is looked at again for the next one.
    for (let i = next; i < kept.length && start < span.end; i++) {
      const range = kept[i];
      if (range === undefined || range.start >= span.end) break;
      if (range.start > start) pieces.push({ ...span, start, end: range.start });
      start = Math.max(start, range.end);
    }
    if (start < span.end) pieces.push({ ...span, start });
  }
  return pieces;
}
