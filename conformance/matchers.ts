/**
 * Compares what was with what a case expects.
 *
 * Plain data must be equal, with two softenings: members of an object that the case does not name do not count (unless
 * `$exact`), and `{"$at": n}` is the Unix second n after the case's start. Matchers:
 *
 *     "$any"                     anything, also nothing
 *     "$present"                 anything but nothing and null
 *     "$absent"                  the member is not there
 *     "$base64url(43)"           43 characters of base64url
 *     "$sealed(access-token-1)"  a capsule of it where tokens are sealed, the value itself elsewhere
 *     {"$match": "^a+$"}         a text that the expression finds something in
 *     {"$between": [1, 5]}       a number, both ends included
 *     {"$contains": x}           a text with this part, or a list with an entry like this (a list: with each of them)
 *     {"$exact": {…}}            an object with these members and no other
 *     {"$not": x}                anything that is not like x
 *     "$name", "$name.member"    an earlier value
 *
 * @module
 */

/** One thing that differs. */
export interface Difference {
  /** Where, as in `.form.scope`; empty for the whole. */
  readonly at: string;
  readonly expected: string;
  readonly actual: string;
}

/** A token in its capsule, opened for the comparison. Elsewhere it is shown as `sealed(value)`. */
export class Sealed {
  readonly value: string;

  constructor(value: string) {
    this.value = value;
  }

  toJSON(): string {
    return `sealed(${this.value})`;
  }
}

export interface MatchContext {
  /** Values by name, for `$name`. */
  readonly values: Readonly<Record<string, unknown>>;
  /** Unix seconds, for `$at`. */
  readonly start: number;
  /** Whether tokens come sealed here. */
  readonly sealed: boolean;
}

/** Everything that differs. */
export function compare(
  expected: unknown,
  actual: unknown,
  context: MatchContext,
  at = "",
): readonly Difference[] {
  const differs = (wanted: string = show(expected)): readonly Difference[] => [
    { at, expected: wanted, actual: show(actual) },
  ];
  const holds = (yes: boolean, wanted?: string): readonly Difference[] => (yes ? [] : differs(wanted));
  if (typeof expected === "string" && expected.startsWith("$"))
    return compareWord(expected, actual, context, at, holds);
  if (Array.isArray(expected)) {
    if (!Array.isArray(actual)) return differs();
    const length = Math.max(expected.length, actual.length);
    return Array.from({ length }, (_, index) => {
      const place = `${at}[${index}]`;
      if (index >= expected.length)
        return [{ at: place, expected: "(nothing more)", actual: show(actual[index]) }];
      if (index >= actual.length)
        return [{ at: place, expected: show(expected[index]), actual: "(nothing)" }];
      return compare(expected[index], actual[index], context, place);
    }).flat();
  }
  if (!isObject(expected)) return holds(expected === actual);
  const [word = "", ...others] = Object.keys(expected);
  if (word.startsWith("$") && others.length === 0)
    return compareMatcher(word, expected[word], actual, context, at, holds);
  if (!isObject(actual)) return differs();
  return Object.entries(expected).flatMap(([name, wanted]) =>
    compare(wanted, actual[name], context, `${at}.${name}`),
  );
}

type Holds = (yes: boolean, wanted?: string) => readonly Difference[];

function compareWord(
  expected: string,
  actual: unknown,
  context: MatchContext,
  at: string,
  holds: Holds,
): readonly Difference[] {
  if (expected.startsWith("$$")) return compare({ $is: expected.slice(1) }, actual, context, at);
  switch (expected) {
    case "$any":
      return [];
    case "$present":
      return holds(actual !== undefined && actual !== null);
    case "$absent":
      return holds(actual === undefined);
  }
  const [, matcher, argument] = /^\$(base64url|sealed)\((.*)\)$/s.exec(expected) ?? [];
  if (matcher === "base64url") return base64url(Number(argument), actual, holds);
  if (matcher === "sealed") return sealed(argument ?? "", actual, context, holds);
  const found = lookUp(context.values, expected);
  if (found === undefined) return holds(false, `${expected} (there is no such value)`);
  return holds(JSON.stringify(found) === JSON.stringify(actual), show(found));
}

function compareMatcher(
  word: string,
  argument: unknown,
  actual: unknown,
  context: MatchContext,
  at: string,
  holds: Holds,
): readonly Difference[] {
  switch (word) {
    case "$is":
      return holds(argument === actual, show(argument));
    case "$at":
      return holds(actual === context.start + Number(argument), show(context.start + Number(argument)));
    case "$match": {
      const text = actual instanceof Sealed ? actual.value : actual;
      return holds(typeof text === "string" && new RegExp(String(argument), "u").test(text));
    }
    case "$between": {
      const [low, high] = argument as readonly [number, number];
      return holds(typeof actual === "number" && actual >= low && actual <= high);
    }
    case "$contains":
      return contains(argument, actual, context, holds);
    case "$not":
      return holds(actual !== undefined && compare(argument, actual, context).length > 0);
    case "$base64url":
      return base64url(Number(argument), actual, holds);
    case "$sealed":
      return sealed(String(argument), actual, context, holds);
    case "$exact": {
      if (!isObject(actual) || !isObject(argument)) return holds(false);
      const more = Object.keys(actual)
        .filter((name) => actual[name] !== undefined && !Object.hasOwn(argument, name))
        .map((name) => ({ at: `${at}.${name}`, expected: "(not there)", actual: show(actual[name]) }));
      const members = Object.entries(argument);
      return [
        ...members.flatMap(([name, wanted]) => compare(wanted, actual[name], context, `${at}.${name}`)),
        ...more,
      ];
    }
    default:
      return holds(false, `${word} (there is no such matcher)`);
  }
}

function contains(
  argument: unknown,
  actual: unknown,
  context: MatchContext,
  holds: Holds,
): readonly Difference[] {
  if (typeof actual === "string") return holds(typeof argument === "string" && actual.includes(argument));
  if (!Array.isArray(actual)) return holds(false);
  const wanted: readonly unknown[] = Array.isArray(argument) ? argument : [argument];
  return holds(
    wanted.every((one) => actual.some((entry: unknown) => compare(one, entry, context).length === 0)),
  );
}

function base64url(length: number, actual: unknown, holds: Holds): readonly Difference[] {
  const text = actual instanceof Sealed ? actual.value : actual;
  return holds(typeof text === "string" && text.length === length && /^[A-Za-z0-9_-]*$/.test(text));
}

function sealed(value: string, actual: unknown, context: MatchContext, holds: Holds): readonly Difference[] {
  const wanted = context.sealed ? `sealed(${value})` : JSON.stringify(value);
  if (context.sealed) return holds(actual instanceof Sealed && actual.value === value, wanted);
  return holds(actual === value, wanted);
}

/** The value of `$name.member`, or undefined. */
export function lookUp(values: Readonly<Record<string, unknown>>, reference: string): unknown {
  let found: unknown = values;
  for (const name of reference.slice(1).split("."))
    found =
      (isObject(found) || Array.isArray(found)) && Object.hasOwn(found, name)
        ? (found as Readonly<Record<string, unknown>>)[name]
        : undefined;
  return found;
}

/** One line, cut to a readable length. */
export function show(value: unknown): string {
  if (value === undefined) return "(nothing)";
  const text = value instanceof Sealed ? value.toJSON() : JSON.stringify(value);
  return text.length > 300 ? `${text.slice(0, 300)}…` : text;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Sealed);
}
