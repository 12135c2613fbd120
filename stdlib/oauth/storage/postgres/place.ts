/**
 * Where an entry stands.
 *
 * @module
 */

export interface Place {
  readonly tenant: string;
  readonly scope: string;
  /** As it stands in the database, see {@link keyText}. */
  readonly key: string;
}

/** Names a place in this process. */
export function placeName({ tenant, scope, key }: Place): string {
  return JSON.stringify([tenant, scope, key]);
}

/** A storage key as text of PostgreSQL, which has no NUL: `\0` stands for it, and `\\` for the backslash. */
export function keyText(key: string): string {
  return key.replaceAll("\\", "\\\\").replaceAll("\0", "\\0");
}

/** The storage key that {@link keyText} wrote. */
export function keyOf(text: string): string {
  return text.replaceAll(/\\(.)/g, (_, escaped: string) => (escaped === "0" ? "\0" : escaped));
}
