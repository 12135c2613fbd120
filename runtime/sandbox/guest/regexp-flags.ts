/**
 * The flags of a regular expression, read past what a script may have overwritten.
 *
 * @module
 */

import { list } from "./own-members.ts";
import { type Getter, getOwnPropertyDescriptor, method } from "./primordials.ts";

const regExpFlags = list<{ letter: string; isSet: Getter<boolean> }>();
for (const [letter, name] of [
  ["d", "hasIndices"],
  ["g", "global"],
  ["i", "ignoreCase"],
  ["m", "multiline"],
  ["s", "dotAll"],
  ["u", "unicode"],
  ["v", "unicodeSets"],
  ["y", "sticky"],
] as const) {
  if (getOwnPropertyDescriptor(RegExp.prototype, name) === undefined) continue;
  regExpFlags[regExpFlags.length] = { letter, isSet: method(RegExp.prototype, name) };
}

/** The flags as `RegExp.prototype.flags` gives them. @throws TypeError for what is no regular expression. */
export function flagsOf(value: object): string {
  let flags = "";
  for (let i = 0; i < regExpFlags.length; i++) {
    const flag = regExpFlags[i] as (typeof regExpFlags)[number];
    if (flag.isSet(value)) flags += flag.letter;
  }
  return flags;
}
