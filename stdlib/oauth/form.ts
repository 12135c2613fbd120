/**
 * Form and query encoding.
 *
 * @module
 */

/** Parameters in order. A `null` value is left out; a name may repeat (`resource`, RFC 8707 §2). */
export type Parameters = readonly (readonly [name: string, value: string | null])[];

/**
 * Encodes one name or value: every UTF-8 byte outside `A–Z a–z 0–9 - . _ ~` (RFC 3986 §2.3) becomes `%XX`, so a
 * space is `%20` and reads the same in a query and in a form. Half a surrogate pair is sent as U+FFFD.
 */
export function percentEncode(text: string): string {
  // Most values need nothing.
  if (/^[\w.~-]*$/.test(text)) return text;
  return encodeURIComponent(text.replace(/\p{Cs}/gu, "\ufffd")).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/** Encodes parameters as `a=1&b=2`, in their order. */
export function encodeForm(parameters: Parameters): string {
  return parameters
    .flatMap(([name, value]) => (value === null ? [] : [`${percentEncode(name)}=${percentEncode(value)}`]))
    .join("&");
}

/** The same parameters as a JSON object, for the token endpoints that want one. A repeated name becomes a list. */
export function encodeJson(parameters: Parameters): string {
  const members = new Map<string, string | string[]>();
  for (const [name, value] of parameters) {
    if (value === null) continue;
    const before = members.get(name);
    members.set(name, before === undefined ? value : [before, value].flat());
  }
  return JSON.stringify(Object.fromEntries(members));
}
