/**
 * Finds the name that was probably meant.
 *
 * @module
 */

/** Longer names are never compared, so that a huge key costs nothing. */
const longestCompared = 64;

/** The candidate that `name` was most likely meant to be, or null when none is close. Case does not count. */
export function nearest(name: string, candidates: Iterable<string>): string | null {
  if (name.length > longestCompared) return null;
  const wanted = name.toLowerCase();
  let best: string | null = null;
  let bestDistance = Number.POSITIVE_INFINITY;
  for (const candidate of candidates) {
    const other = candidate.toLowerCase();
    let distance = editDistance(wanted, other);
    const shorter = Math.min(wanted.length, other.length);
    // A name that begins or ends the other (`redirect` for `redirect_uri`) is close however long the rest is.
    const partly = [
      other.startsWith(wanted),
      other.endsWith(wanted),
      wanted.startsWith(other),
      wanted.endsWith(other),
    ];
    if (shorter >= 3 && partly.includes(true)) distance = Math.min(distance, 2);
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
