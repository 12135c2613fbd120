/**
 * Names of database roles in statements, where no parameter can stand.
 *
 * @module
 */

/**
 * The name as a quoted identifier.
 * @throws TypeError for an empty name and one with a NUL, which no role has.
 */
export function quoteIdentifier(name: string): string {
  if (name === "" || name.includes("\0")) throw new TypeError("a database role needs a name");
  return `"${name.replaceAll('"', '""')}"`;
}
