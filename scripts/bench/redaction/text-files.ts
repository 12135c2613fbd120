/**
 * The text files below a folder.
 *
 * @module
 */

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const largest = 32_000_000;

/** A file that is valid UTF-8 without NUL. */
export interface TextFile {
  readonly path: string;
  readonly text: string;
  readonly bytes: number;
}

/** One after the other; links are not followed, and what cannot be read or is larger than 32 MB is left out. */
export function* textFiles(folder: string): Generator<TextFile> {
  const entries = readdirSync(folder, { withFileTypes: true }).toSorted((a, b) => (a.name < b.name ? -1 : 1));
  for (const entry of entries) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* textFiles(path);
    if (!entry.isFile()) continue;
    const file = read(path);
    if (file !== null) yield file;
  }
}

function read(path: string): TextFile | null {
  try {
    const bytes = readFileSync(path);
    if (bytes.length > largest || bytes.subarray(0, 8_192).includes(0)) return null;
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    return { path, text, bytes: bytes.length };
  } catch {
    return null;
  }
}
