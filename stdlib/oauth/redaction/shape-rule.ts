/**
 * Rules made from the shapes of the catalogue.
 *
 * @module
 */

import { charClass, isIn } from "./char-class.ts";
import { isLeftBoundary } from "./left-guard.ts";
import { type Match, type Reading, type Rule, runClass, type Tail, undecided } from "./reading.ts";
import { runTail } from "./run-tail.ts";
import type { TokenShape } from "./token-shape.ts";

/** The rule of a shape; matches have the given name and rank. */
export function shapeRule(shape: TokenShape, name: string, rank: number): Rule {
  const least = shape.least.map((part) =>
    typeof part === "string" ? part : { members: charClass(part.of), length: part.length },
  );
  const tail = bodyTail(shape.body, shape.trimDots === true);
  const isWeak = shape.guard === "alphanumeric";
  const judge = (reading: Reading, run: number, at: number, end: number): Match | typeof undecided | null => {
    const start = begin(reading, run, at - (before?.min ?? 0));
    if (start === -1) return null;
    const { text } = reading;
    let next = end;
    for (const part of least) {
      const partEnd = next + part.length;
      const known = Math.min(partEnd, text.length);
      if (typeof part === "string") {
        if (text.slice(next, known) !== part.slice(0, known - next)) return null;
      } else {
        for (let i = next; i < known; i++) if (!isIn(part.members, text, i)) return null;
      }
      if (known < partEnd) return reading.isFinal ? null : undecided;
      next = partEnd;
    }
    return { start, end: next, name, rank, tail };
  };
  /** The first place from `first` to `last` where the token may begin, or -1. */
  const begin = (reading: Reading, first: number, last: number): number => {
    const { text, boundary, wall } = reading;
    for (let start = first; start <= last; start++) {
      if (behindEscape(text, start, start >= boundary ? boundary : wall) > start) continue;
      if (!isWeak || isLeftBoundary(reading, start)) return start;
    }
    return -1;
  };
  const couldMatch = (text: string, end: number): boolean => {
    let next = end;
    for (const part of least) {
      if (typeof part === "string") {
        if (!text.startsWith(part, next)) return false;
      } else {
        for (let i = next; i < next + part.length; i++) if (!isIn(part.members, text, i)) return false;
      }
      next += part.length;
    }
    return true;
  };
  const { before } = shape;
  if (before === undefined) return { judge, couldMatch, tail };
  const members = charClass(before.of);
  const startOf = (text: string, at: number, boundary: number): number => {
    const first = Math.max(boundary, at - before.max);
    let start = at;
    while (start > first && isIn(members, text, start - 1)) start--;
    return start;
  };
  return { startOf, judge, couldMatch, tail };
}

/** Behind the escape (`\n`, `\u0022`) that `at` lies in, or `at`: its characters are none of the token's. */
function behindEscape(text: string, at: number, boundary: number): number {
  for (let back = 1; back <= 5 && at - back >= boundary; back++) {
    if (text[at - back] !== "\\") continue;
    if (/^u[0-9A-Fa-f]{4}/.test(text.slice(at - back + 1, at - back + 6))) return at - back + 6;
    return back === 1 && "nrtbf".includes(text.charAt(at)) ? at + 1 : at;
  }
  return at;
}

const tails = new Map<string, Tail>();

/** Shapes with the same body share their tail: inside one, another adds nothing. */
function bodyTail(body: string, trimDots: boolean): Tail {
  const key = `${trimDots} ${body}`;
  const known = tails.get(key) ?? runTail(runClass(charClass(body)), trimDots);
  tails.set(key, known);
  return known;
}
