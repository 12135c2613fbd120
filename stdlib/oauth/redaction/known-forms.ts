/**
 * The texts in which a known value can occur.
 *
 * @module
 */

/** Values and forms shorter than this are never looked for: they would match ordinary text. */
export const shortestKnown = 8;

/**
 * Every form of a value that is looked for: raw, base64 and base64url at the three alignments, hex, percent-encoded,
 * escaped as in JSON, and its UTF-8 bytes read one by one, as in a stream of bytes.
 */
export function knownForms(value: string): readonly string[] {
  const bytes = Buffer.from(value, "utf8");
  const forms = new Set<string>([value]);
  const escaped = escapedOnce(value);
  forms.add(escaped);
  forms.add(escapedOnce(escaped));
  forms.add(escaped.replaceAll("/", "\\/"));
  for (const one of [escaped, escaped.replaceAll("/", "\\/")]) {
    forms.add(inAscii(one));
    forms.add(inAscii(one).replace(/\\u[0-9a-f]{4}/g, (unit) => `\\u${unit.slice(2).toUpperCase()}`));
  }
  // As writers do that keep a text safe inside HTML.
  forms.add(inAscii(escaped, /[<>&\u2028\u2029]/g));
  forms.add(bytes.toString("latin1"));
  if (!/^[A-Za-z0-9_-]*$/.test(value)) addPercentEncoded(bytes, forms);
  const hex = bytes.toString("hex");
  forms.add(hex);
  forms.add(hex.toUpperCase());
  addBase64(bytes, forms);
  return [...forms].filter((form) => form.length >= shortestKnown);
}

function escapedOnce(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}

function addBase64(bytes: Uint8Array, forms: Set<string>): void {
  for (const before of [0, 1, 2]) {
    const middle = stableBase64(bytes, before);
    forms.add(middle);
    forms.add(middle.replaceAll("+", "-").replaceAll("/", "_"));
  }
}

/** Of components, of whole addresses, twice, and inside base64 as in the credentials of a client (RFC 6749 §2.3.1). */
function addPercentEncoded(bytes: Uint8Array, forms: Set<string>): void {
  const once = percentEncoded(bytes, /[A-Za-z0-9_.~-]/);
  forms.add(percentEncoded(bytes, /[A-Za-z0-9_.~!*'();:@&=+$,/?#-]/));
  forms.add(once.replaceAll("%", "%25"));
  addBase64(Buffer.from(once), forms);
  for (const keep of [/[A-Za-z0-9_.~-]/, /[A-Za-z0-9_.~!*'()-]/, /[A-Za-z0-9_.*-]/]) {
    const encoded = percentEncoded(bytes, keep);
    forms.add(encoded);
    forms.add(encoded.replace(/%../g, (octet) => octet.toLowerCase()));
    forms.add(encoded.replaceAll("%20", "+"));
  }
}

/** As JSON writers do that give ASCII only. */
function inAscii(text: string, what: RegExp = /[^\0-\x7f]/g): string {
  return text.replace(what, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

function percentEncoded(bytes: Uint8Array, keep: RegExp): string {
  let encoded = "";
  for (const byte of bytes) {
    const char = String.fromCharCode(byte);
    encoded += keep.test(char) ? char : `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
  }
  return encoded;
}

/** The characters of the base64 text that depend on these bytes alone, when `before` bytes stand before them. */
function stableBase64(bytes: Uint8Array, before: number): string {
  const encoded = Buffer.concat([new Uint8Array(before), bytes]).toString("base64");
  return encoded.slice(Math.ceil((before * 8) / 6), Math.floor(((before + bytes.length) * 8) / 6));
}
