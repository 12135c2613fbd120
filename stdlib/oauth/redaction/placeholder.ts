/**
 * What stands in place of a token: `<redacted:NAME:LEN>`.
 *
 * @module
 */

/** The longest name of a placeholder. */
export const longestPlaceholderName = 64;

/** The names that may stand in a placeholder. */
export const placeholderName: RegExp = /^[A-Za-z0-9_.-]{1,64}$/;

/** What every placeholder begins with. */
export const placeholderLead = "<redacted:";

/** Length of a text in UTF-8 bytes; an unpaired surrogate counts as three. */
export function utf8Length(text: string): number {
  return Buffer.byteLength(text, "utf8");
}

/** The placeholder for a text of `bytes` bytes. */
export function placeholder(name: string, bytes: number): string {
  return `${placeholderLead}${name}:${bytes}>`;
}

/** A stretch of a text: from `start` up to, not including, `end`, in UTF-16 units. */
export interface Range {
  readonly start: number;
  readonly end: number;
}

/**
 * Where placeholders with a trusted name stand, in order. A placeholder with any other name is ordinary text: it could
 * have been written to smuggle a token past us as its name.
 */
export function placeholdersIn(text: string, trusts: (name: string) => boolean): readonly Range[] {
  if (!text.includes(placeholderLead)) return [];
  const found: Range[] = [];
  for (const match of text.matchAll(/<redacted:([A-Za-z0-9_.-]{1,64}):[0-9]{1,15}>/g)) {
    if (trusts(match[1] ?? "")) found.push({ start: match.index, end: match.index + match[0].length });
  }
  return found;
}
