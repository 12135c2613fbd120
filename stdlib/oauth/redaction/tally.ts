/**
 * What one call redacted.
 *
 * @module
 */

/** Matches and bytes by pattern name. */
export class Tally {
  readonly counts: Map<string, { match_count: number; bytes_redacted: number }> = new Map();

  add(name: string, bytes: number, matches = 1): void {
    const count = this.counts.get(name);
    if (count === undefined) this.counts.set(name, { match_count: matches, bytes_redacted: bytes });
    else {
      count.match_count += matches;
      count.bytes_redacted += bytes;
    }
  }
}
