/**
 * The text that is measured with: made anew by each run, the same for the same seed and the same installed packages.
 *
 * @module
 */

import {
  type Random,
  seededRandom,
} from "../../../stdlib/oauth/redaction/catalogue/sample-token.test.support.ts";
import { accessLog, gitLog, image, jsonLog, npmLock, type Part, pnpmLock } from "./corpus-parts.ts";
import { prose } from "./prose.ts";
import { between } from "./randomness.ts";

/** Text without a token. */
export interface Corpus {
  /** One byte for each character. */
  readonly text: string;
  /** The same in pieces of 64 KiB. */
  readonly pieces: readonly string[];
  /** The pieces with an astral character in front, so that V8 stores two bytes for each character. */
  readonly widePieces: readonly string[];
  /** 512 pieces of lines, each of exactly 100 characters. */
  readonly lines: readonly string[];
  /** Lines of the prose that were left out because the redactor changes them. */
  readonly leftOut: number;
}

const megabytes = 10;
const piece = 65_536;
const lineLength = 100;
const lineCount = 512;
/** Percent of the whole; prose has the rest. */
const mix: readonly (readonly [share: number, parts: readonly Part[]])[] = [
  [22, [npmLock, pnpmLock]],
  [29, [accessLog]],
  [18, [jsonLog]],
  [6, [image]],
  [5, [gitLog]],
];

/** Makes it. `redact` says which lines of prose are not clean; what is generated stays in whatever it says. */
export function corpus(redact: (text: string) => string, seed = 1): Corpus {
  const random = seededRandom(seed);
  const total = megabytes * 1_000_000;
  const made = generated(random, total);
  const written = prose(total - made.length).split("\n");
  const clean = written.filter((line) => redact(line) === line);
  const text = flat(made + clean.join("\n"));
  const pieces = inPieces(text);
  return {
    text,
    pieces,
    widePieces: pieces.map((part) => wide(`\u{1f600}${part}`)),
    lines: cutLines(random, text, redact),
    leftOut: written.length - clean.length,
  };
}

/** What is made up of it: lock files, logs, pictures, histories. */
export function generated(random: Random, total: number): string {
  return mix
    .map(([share, parts]) => {
      const stretch: string[] = [];
      let length = 0;
      for (let turn = 0; length < (total * share) / 100; turn++) {
        const next = parts[turn % parts.length]?.(random) ?? "";
        stretch.push(next);
        length += next.length;
      }
      return stretch.join("");
    })
    .join("");
}

/** Pieces of 64 KiB, each a string of its own. */
export function inPieces(text: string): readonly string[] {
  return Array.from({ length: Math.floor(text.length / piece) }, (_, i) =>
    flat(text.slice(i * piece, (i + 1) * piece)),
  );
}

/** The same text in one block with one byte for each character, as if it had just been read. */
export function flat(text: string): string {
  return Buffer.from(text, "latin1").toString("latin1");
}

/** The same text in one block with two bytes for each character. */
export function wide(text: string): string {
  return Buffer.from(text, "utf16le").toString("utf16le");
}

function cutLines(random: Random, text: string, redact: (text: string) => string): readonly string[] {
  const all = text.split("\n").filter((line) => line.length >= lineLength);
  const lines: string[] = [];
  while (lines.length < lineCount) {
    const line = all[between(random, 0, all.length - 1)] ?? "";
    const start = between(random, 0, Math.min(200, line.length - lineLength));
    const cut = flat(line.slice(start, start + lineLength));
    if (redact(cut) === cut) lines.push(cut);
  }
  return lines;
}
