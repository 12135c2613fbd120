/**
 * Sets of ASCII characters, as one byte per character code.
 *
 * @module
 */

/** One where the character belongs to the set. Codes from 128 on never do. */
export type CharClass = Readonly<Uint8Array>;

/** Reads a set written as in a regular expression: `A-Za-z0-9_-`, a dash last stands for itself. */
export function charClass(spec: string): CharClass {
  const members = new Uint8Array(128);
  for (let i = 0; i < spec.length; i++) {
    const low = spec.charCodeAt(i);
    const isRange = spec[i + 1] === "-" && i + 2 < spec.length;
    const high = isRange ? spec.charCodeAt(i + 2) : low;
    members.fill(1, low, high + 1);
    if (isRange) i += 2;
  }
  return members;
}

/** True when the text's character at `at` belongs to the set. */
export function isIn(members: CharClass, text: string, at: number): boolean {
  return members[text.charCodeAt(at)] === 1;
}

/** The latest run of one set that was measured. Asked again from inside the run, it costs nothing. */
export class RunMemo {
  #from = -1;
  #end = -1;
  readonly #members: CharClass;

  constructor(members: CharClass) {
    this.#members = members;
  }

  /** Where the run of members that begins at `at` ends; `at` itself when there is none. */
  endOf(text: string, at: number): number {
    if (at >= this.#from && at <= this.#end) return this.#end;
    let end = at;
    while (end !== this.#from && isIn(this.#members, text, end)) end++;
    if (end === this.#from) end = this.#end;
    this.#from = at;
    this.#end = end;
    return end;
  }
}
