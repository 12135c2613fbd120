/**
 * The scopes that a resource server asks for (RFC 6750 §3).
 *
 * @module
 */

const longestField = 8_192;

/**
 * The scopes of a Bearer challenge with `error="insufficient_scope"`; null when there is none. Linear, and only the
 * first 8 KiB are read. A challenge that breaks the grammar ends the reading.
 */
export function insufficientScopes(field: string | undefined): readonly string[] | null {
  const text = (field ?? "").slice(0, longestField);
  let scheme = "";
  let error = "";
  let scope: string | null = null;
  const found = (): readonly string[] | null =>
    scheme === "bearer" && error === "insufficient_scope"
      ? (scope ?? "").split(" ").filter((item) => item !== "")
      : null;
  // scheme | name=value with a token or a quoted string | separators
  const part =
    /[ \t,]*(?:([!#$%&'*+.^_`|~0-9A-Za-z-]+)(?:[ \t]*=[ \t]*(?:"((?:[^"\\]|\\.)*)"|([^\s",]+))|(?=[ \t,]|$)))/y;
  for (let match = part.exec(text); match !== null; match = part.exec(text)) {
    const [, word = "", quoted, plain] = match;
    const value = quoted?.replace(/\\(.)/g, "$1") ?? plain;
    if (value === undefined) {
      const scopes = found();
      if (scopes !== null) return scopes;
      scheme = word.toLowerCase();
      error = "";
      scope = null;
    } else if (word.toLowerCase() === "error") error = value;
    else if (word.toLowerCase() === "scope") scope = value;
  }
  return found();
}
