/**
 * Sets of code points, as a regular expression describes them.
 *
 * @module
 */

/** Code points as sorted, disjoint, inclusive pairs. */
export type CharSet = readonly (readonly [number, number])[];

const lastCodePoint = 0x10ffff;
/** Every code point. */
export const everything: CharSet = [[0, lastCodePoint]];
/** The characters of `\d`. */
export const digits: CharSet = [[0x30, 0x39]];
/** The characters of `\s`. */
export const spaces: CharSet = normalised([
  [0x09, 0x0d],
  [0x20, 0x20],
  [0xa0, 0xa0],
  [0x1680, 0x1680],
  [0x2000, 0x200a],
  [0x2028, 0x2029],
  [0x202f, 0x202f],
  [0x205f, 0x205f],
  [0x3000, 0x3000],
  [0xfeff, 0xfeff],
]);

/** The characters of `\w`. */
export const wordCharacters: CharSet = normalised([
  [0x30, 0x39],
  [0x41, 0x5a],
  [0x5f, 0x5f],
  [0x61, 0x7a],
]);

/** What `.` does not match. */
export const lineEnds: CharSet = normalised([
  [0x0a, 0x0a],
  [0x0d, 0x0d],
  [0x2028, 0x2029],
]);

/** True when the set has this code point. */
export function contains(set: CharSet, point: number): boolean {
  return set.some(([low, high]) => low <= point && point <= high);
}

/** True when no character is in both sets. */
export function disjoint(a: CharSet, b: CharSet): boolean {
  return !a.some(([low, high]) => b.some(([from, to]) => low <= to && from <= high));
}

/** True when every character of `inner` is in `outer`. */
export function within(inner: CharSet, outer: CharSet): boolean {
  return disjoint(inner, complement(outer));
}

/** The characters of any of the sets. */
export function union(sets: readonly CharSet[]): CharSet {
  return normalised(sets.flat());
}

/** Every code point that is not in the set. */
export function complement(set: CharSet): CharSet {
  const result: [number, number][] = [];
  let next = 0;
  for (const [low, high] of set) {
    if (low > next) result.push([next, low - 1]);
    next = high + 1;
  }
  if (next <= lastCodePoint) result.push([next, lastCodePoint]);
  return result;
}

/** The ranges sorted and joined. */
export function normalised(ranges: CharSet): CharSet {
  const result: [number, number][] = [];
  for (const [low, high] of ranges.toSorted((a, b) => a[0] - b[0])) {
    const last = result.at(-1);
    if (last !== undefined && low <= last[1] + 1) last[1] = Math.max(last[1], high);
    else result.push([low, high]);
  }
  return result;
}
