/**
 * Options objects are closed: what is not on the list is refused, with the nearest valid name.
 *
 * @module
 */

import { OAuthError } from "./errors.ts";

/** Longer names are never compared, so that a huge key costs nothing. */
const longestCompared = 64;

/**
 * A null-prototype copy of an options object's own data properties; `undefined` values are left out, and no object at
 * all (`undefined`, `null`) is an empty one. `module` is the name after `std/oauth/`, `fn` the function whose options
 * these are.
 *
 * @throws OAuthError HARN-OAU-011 when `given` is not a plain object, has an accessor, or has a name that is not in
 * `allowed`; the message then names the nearest allowed one, never the unknown one.
 */
export function closedOptions(
  module: string,
  fn: string,
  given: unknown,
  allowed: readonly string[],
): Record<string, unknown> {
  const copy = Object.create(null) as Record<string, unknown>;
  if (given === undefined || given === null) return copy;
  if (typeof given !== "object" || Array.isArray(given)) {
    throw new OAuthError(
      "HARN-OAU-011",
      `std/oauth/${module}: ${fn}: options must be an object`,
      `Pass the options of ${fn} as one object.`,
    );
  }
  for (const name of Object.keys(given)) {
    if (!allowed.includes(name)) throw unknownOption(module, fn, name, allowed);
    const property = Object.getOwnPropertyDescriptor(given, name);
    if (!property || !("value" in property)) {
      throw new OAuthError(
        "HARN-OAU-011",
        `std/oauth/${module}: ${fn}: option "${name}" must be a value, not an accessor`,
        `Give "${name}" as a plain value.`,
      );
    }
    if (property.value !== undefined) copy[name] = property.value;
  }
  return copy;
}

function unknownOption(module: string, fn: string, name: string, allowed: readonly string[]): OAuthError {
  const near = nearest(name, allowed);
  return new OAuthError(
    "HARN-OAU-011",
    `std/oauth/${module}: ${fn}: unknown option${near === null ? "" : `; did you mean "${near}"?`}`,
    allowed.length === 0 ? `${fn} takes no options.` : `The options of ${fn} are: ${allowed.join(", ")}.`,
  );
}

/** The candidate that `name` was most likely meant to be, or null when none is close. Case does not count. */
export function nearest(name: string, candidates: readonly string[]): string | null {
  if (name.length > longestCompared) return null;
  const wanted = name.toLowerCase();
  let best: string | null = null;
  let bestDistance = Number.POSITIVE_INFINITY;
  for (const candidate of candidates) {
    const other = candidate.toLowerCase();
    let distance = editDistance(wanted, other);
    const shorter = Math.min(wanted.length, other.length);
    // A name that begins the other (`redirect` for `redirect_uri`) is close however long the rest is.
    if (shorter >= 3 && (other.startsWith(wanted) || wanted.startsWith(other)))
      distance = Math.min(distance, 2);
    if (distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  const tolerated = Math.max(1, Math.floor(wanted.length / 3));
  return bestDistance <= Math.max(tolerated, Math.min(2, wanted.length - 1)) ? best : null;
}

/** Insertions, deletions, replacements and swaps of neighbours that turn one text into the other. */
function editDistance(a: string, b: string): number {
  let before: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      let cost = Math.min((last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (last[j - 1] ?? 0) + (same ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        cost = Math.min(cost, (before[j - 2] ?? 0) + 1);
      }
      row.push(cost);
    }
    before = last;
    last = row;
  }
  return last[b.length] ?? 0;
}
