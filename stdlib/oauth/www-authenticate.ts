/**
 * What a resource server asks for in `WWW-Authenticate` (RFC 9110 §11.6.1).
 *
 * @module
 */

const longestField = 8_192;

export interface Challenge {
  /** In lower case. */
  readonly scheme: string;
  /** Names in lower case; the last of two with one name. */
  readonly parameters: ReadonlyMap<string, string>;
}

/**
 * The challenges of a field. Linear, and only the first 8 KiB are read. A challenge that breaks the grammar ends the
 * reading.
 */
export function challenges(field: string | undefined): readonly Challenge[] {
  const text = (field ?? "").slice(0, longestField);
  const found: { scheme: string; parameters: Map<string, string> }[] = [];
  // scheme | name=value with a token or a quoted string | separators
  const part =
    /[ \t,]*(?:([!#$%&'*+.^_`|~0-9A-Za-z-]+)(?:[ \t]*=[ \t]*(?:"((?:[^"\\]|\\.)*)"|([^\s",]+))|(?=[ \t,]|$)))/y;
  for (let match = part.exec(text); match !== null; match = part.exec(text)) {
    const [, word = "", quoted, plain] = match;
    const value = quoted?.replace(/\\(.)/g, "$1") ?? plain;
    if (value === undefined) found.push({ scheme: word.toLowerCase(), parameters: new Map() });
    else found.at(-1)?.parameters.set(word.toLowerCase(), value);
  }
  return found;
}

/** The scopes of a challenge with `error="insufficient_scope"` (RFC 6750 §3, RFC 9449 §7.1); null when there is none. */
export function insufficientScopes(field: string | undefined): readonly string[] | null {
  const challenge = challenges(field).find(
    ({ scheme, parameters }) =>
      (scheme === "bearer" || scheme === "dpop") && parameters.get("error") === "insufficient_scope",
  );
  if (challenge === undefined) return null;
  return (challenge.parameters.get("scope") ?? "").split(" ").filter((item) => item !== "");
}
