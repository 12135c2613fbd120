/**
 * What was redacted, read off the text before and after.
 *
 * @module
 */

/** A placeholder that was put in. */
export interface Hit {
  readonly name: string;
  /** Of what it stands for, in characters. */
  readonly start: number;
  readonly end: number;
}

/** In order. Placeholders that stood there before are none. */
export function hitsIn(text: string, redacted: string): readonly Hit[] {
  const hits: Hit[] = [];
  let shift = 0;
  for (const match of redacted.matchAll(/<redacted:([A-Za-z0-9_.-]{1,64}):([0-9]{1,15})>/g)) {
    const [whole, name = "", length = "0"] = match;
    const start = match.index + shift;
    if (text.startsWith(whole, start)) continue;
    const end = start + unitsOf(text, start, Number(length));
    hits.push({ name, start, end });
    shift = end - (match.index + whole.length);
  }
  return hits;
}

/** How many UTF-16 units `bytes` bytes of UTF-8 are. */
function unitsOf(text: string, start: number, bytes: number): number {
  let at = start;
  for (let left = bytes; left > 0 && at < text.length; ) {
    const code = text.codePointAt(at) ?? 0;
    at += code > 0xffff ? 2 : 1;
    left -= code < 0x80 ? 1 : code < 0x800 ? 2 : code > 0xffff ? 4 : 3;
  }
  return at - start;
}
