/**
 * Sets of ASCII characters, as one byte per character code.
 *
 * @module
 */

/** One where the character belongs to the set. Codes from 128 on never do. */
export type CharClass = Readonly<Uint8Array>;

const known = new Map<string, CharClass>();

/** Reads a set written as in a regular expression: `A-Za-z0-9_-`, a dash last stands for itself. The same text gives the same set. */
export function charClass(spec: string): CharClass {
  const set = known.get(spec) ?? read(spec);
  known.set(spec, set);
  return set;
}

function read(spec: string): CharClass {
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
