/**
 * What is left of a secret.
 *
 * @module
 */

const window = 8;
/** Ours, and those of the peers that we make. */
const placeholders = /<redacted(?::[A-Za-z0-9_.-]+)*>/g;

/**
 * True when no eight characters in a row of the secret are left (of a shorter one: not the whole). What lies in its first
 * `known` characters says nothing: all tokens of its kind begin so.
 */
export function isGone(secret: string, redacted: string, known = 0): boolean {
  // The name of a pattern may hold the prefix of its tokens.
  const text = redacted.replace(placeholders, "\0");
  if (secret.length <= window) return !text.includes(secret);
  for (let at = Math.max(0, known - window + 1); at + window <= secret.length; at++)
    if (text.includes(secret.slice(at, at + window))) return false;
  return true;
}
