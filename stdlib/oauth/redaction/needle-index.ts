/**
 * Looks for many texts at once (Wu and Manber, 1994): one window of each text is indexed, and most places of the
 * haystack are skipped because no window can end there.
 *
 * @module
 */

/** A text to look for. `owner` says whose it is. */
export interface Needle<Owner> {
  readonly text: string;
  readonly owner: Owner;
}

/** A needle's occurrence. */
export interface Hit<Owner> {
  readonly start: number;
  readonly end: number;
  readonly owner: Owner;
}

interface Windowed<Owner> {
  readonly needle: Needle<Owner>;
  readonly offset: number;
}

const window = 8;
const block = 3;
const furthest = window - block + 1;
const tableSize = 65_536;
const offsetsTried = 64;
/** Comparisons allowed per character of the haystack, so that no choice of needles makes a scan slow. */
const workPerCharacter = 64;
const workAtLeast = 1_000_000;

/** A set of needles of at least eight characters. */
export class NeedleIndex<Owner> {
  readonly #windows = new Map<string, Windowed<Owner>[]>();
  #shifts: Uint8Array = new Uint8Array(tableSize).fill(furthest);
  #live = 0;
  #removed = 0;

  get size(): number {
    return this.#live;
  }

  add(needle: Needle<Owner>): void {
    const offset = this.#bestOffset(needle.text);
    const key = needle.text.slice(offset, offset + window);
    const sharing = this.#windows.get(key);
    if (sharing === undefined) this.#windows.set(key, [{ needle, offset }]);
    else sharing.push({ needle, offset });
    this.#live += 1;
    this.#lowerShifts(key);
  }

  remove(needle: Needle<Owner>): void {
    for (let offset = needle.text.length - window; offset >= 0; offset--) {
      const key = needle.text.slice(offset, offset + window);
      const sharing = this.#windows.get(key);
      const at = sharing?.findIndex((windowed) => windowed.needle === needle) ?? -1;
      if (sharing === undefined || at === -1) continue;
      sharing.splice(at, 1);
      if (sharing.length === 0) this.#windows.delete(key);
      this.#live -= 1;
      this.#removed += 1;
      break;
    }
    // Old entries only make shifts smaller than they could be; now and then the table is made anew.
    if (this.#removed > 256 && this.#removed > this.#live) {
      this.#shifts = new Uint8Array(tableSize).fill(furthest);
      for (const key of this.#windows.keys()) this.#lowerShifts(key);
      this.#removed = 0;
    }
  }

  /**
   * Every occurrence of every needle, overlapping ones too.
   *
   * @throws RangeError when the needles repeat themselves so much that the scan would not be linear.
   */
  find(text: string): Hit<Owner>[] {
    const hits: Hit<Owner>[] = [];
    if (this.#live === 0) return hits;
    const shifts = this.#shifts;
    let work = workAtLeast + workPerCharacter * text.length;
    for (let last = window - 1; last < text.length; ) {
      const shift = shifts[hash(text, last)] ?? 0;
      if (shift > 0) {
        last += shift;
        continue;
      }
      const from = last - window + 1;
      for (const { needle, offset } of this.#windows.get(text.slice(from, last + 1)) ?? []) {
        const start = from - offset;
        const same = commonLength(text, start, needle.text);
        work -= same + 1;
        if (work < 0) throw new RangeError("too many comparisons");
        if (same === needle.text.length) hits.push({ start, end: start + same, owner: needle.owner });
      }
      last += 1;
    }
    return hits;
  }

  /** The window that fewest needles share, from the end: tokens of one issuer begin alike. */
  #bestOffset(text: string): number {
    let best = text.length - window;
    let fewest = Number.POSITIVE_INFINITY;
    for (let offset = best, tried = 0; offset >= 0 && tried < offsetsTried; offset--, tried++) {
      const sharing = this.#windows.get(text.slice(offset, offset + window))?.length ?? 0;
      if (sharing >= fewest) continue;
      best = offset;
      fewest = sharing;
      if (sharing === 0) break;
    }
    return best;
  }

  #lowerShifts(key: string): void {
    for (let last = block - 1; last < window; last++) {
      const at = hash(key, last);
      this.#shifts[at] = Math.min(this.#shifts[at] ?? 0, window - 1 - last);
    }
  }
}

function hash(text: string, last: number): number {
  return (
    ((text.charCodeAt(last - 2) << 10) ^ (text.charCodeAt(last - 1) << 5) ^ text.charCodeAt(last)) &
    (tableSize - 1)
  );
}

function commonLength(text: string, start: number, needle: string): number {
  if (start < 0) return 0;
  let same = 0;
  while (same < needle.length && text.charCodeAt(start + same) === needle.charCodeAt(same)) same++;
  return same;
}
