/**
 * Looks for secret values in files, in the forms in which a value usually leaks.
 *
 * @module
 */

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

export interface Found {
  readonly file: string;
  readonly kind: string;
  readonly form: string;
}

export interface Search {
  readonly files: number;
  readonly bytes: number;
  readonly needles: number;
  readonly found: readonly Found[];
}

/** The value in each form: raw, percent, hex in both cases, and base64 and base64url at each of the three alignments. */
export function formsOf(value: string): ReadonlyMap<string, string> {
  const bytes = Buffer.from(value, "utf8");
  const hex = bytes.toString("hex");
  const forms = new Map([
    ["raw", value],
    ["percent", encodeURIComponent(value)],
    ["percent of every byte", hex.replace(/../g, "%$&")],
    ["percent of every byte, upper case", hex.toUpperCase().replace(/../g, "%$&")],
    ["hex", hex],
    ["hex, upper case", hex.toUpperCase()],
    ["JSON", JSON.stringify(value).slice(1, -1)],
  ]);
  for (const encoding of ["base64", "base64url"] as const) {
    for (const shift of [0, 1, 2]) {
      // Inside a longer text, the first and last characters depend on the neighbours: only the middle is sure.
      const padded = Buffer.concat([Buffer.alloc(shift), bytes])
        .toString(encoding)
        .replace(/=+$/, "");
      const certain = Math.floor(((shift + bytes.length) * 8) / 6);
      forms.set(`${encoding} at ${shift}`, padded.slice(Math.ceil((shift * 8) / 6), certain));
    }
  }
  return forms;
}

/** Searches every file below `folder` for every value in every form. */
export function searchFolder(
  folder: string,
  values: readonly { readonly kind: string; readonly value: string }[],
): Search {
  const needles = values.flatMap(({ kind, value }) =>
    [...formsOf(value)].map(([form, text]) => ({ kind, form, bytes: Buffer.from(text, "utf8") })),
  );
  const found: Found[] = [];
  let bytes = 0;
  let files = 0;
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const file = join(entry.parentPath, entry.name);
    const content = readFileSync(file);
    files += 1;
    bytes += content.length;
    for (const needle of needles) {
      if (content.includes(needle.bytes)) found.push({ file, kind: needle.kind, form: needle.form });
    }
  }
  return { files, bytes, needles: needles.length, found };
}
