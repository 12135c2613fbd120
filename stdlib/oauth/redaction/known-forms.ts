/**
 * The texts in which a known value can occur.
 *
 * @module
 */

/** Values and forms shorter than this are never looked for: they would match ordinary text. */
export const shortestKnown = 8;

/**
 * Every form of a value that is looked for: raw, base64 and base64url at the three alignments, hex, percent-encoded,
 * and escaped as in JSON.
 */
export function knownForms(value: string): readonly string[] {
  const bytes = Buffer.from(value, "utf8");
  const forms = new Set<string>([value]);
  const escaped = escapedOnce(value);
  forms.add(escaped);
  forms.add(escapedOnce(escaped));
  forms.add(escaped.replaceAll("/", "\\/"));
  for (const keep of [/[A-Za-z0-9_.~-]/, /[A-Za-z0-9_.~!*'()-]/, /[A-Za-z0-9_.*-]/]) {
    const encoded = percentEncoded(bytes, keep);
    forms.add(encoded);
    forms.add(encoded.replace(/%../g, (octet) => octet.toLowerCase()));
    forms.add(encoded.replaceAll("%20", "+"));
  }
  const hex = bytes.toString("hex");
  forms.add(hex);
  forms.add(hex.toUpperCase());
  for (const before of [0, 1, 2]) {
    const middle = stableBase64(bytes, before);
    forms.add(middle);
    forms.add(middle.replaceAll("+", "-").replaceAll("/", "_"));
  }
  return [...forms].filter((form) => form.length >= shortestKnown);
}

function escapedOnce(text: string): string {
  return JSON.stringify(text).slice(1, -1);
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
