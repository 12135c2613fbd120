/**
 * Places in a source, and how they are shown.
 *
 * @module
 */

import type { SourceLocation } from "../host/run-error.ts";
import { sourceCell } from "./display-text.ts";

/** Lines that are shown; the last is the one that is meant. */
const linesShown = 3;

/** Cells of a line that are shown at most, and how many of them stand before the caret when a line is cut. */
const widest = 100;
const beforeCaret = 60;

/** The line and column (characters, not UTF-16 units; both from 1) of an offset in UTF-16 units. Only `\n` ends a line. */
export function locationAt(source: string, file: string, offset: number): SourceLocation {
  const before = source.slice(0, offset);
  const lineStart = before.lastIndexOf("\n") + 1;
  let line = 1;
  for (let at = before.indexOf("\n"); at !== -1; at = before.indexOf("\n", at + 1)) line += 1;
  return { file, line, column: countCharacters(before.slice(lineStart)) + 1 };
}

/**
 * Up to three lines of source with line numbers, the last being the line of the location, and a caret under its
 * column. Long lines are cut around the column, tabs stay, control characters are shown as escapes. Empty when the
 * source has no such line.
 */
export function sourceFrame(
  source: string,
  location: { readonly line: number; readonly column: number },
): string {
  const lines = linesUpTo(source, location.line);
  const meant = lines.at(-1);
  if (meant === undefined) return "";
  const cut = cutAround(meant, location.column);
  const digits = String(location.line).length;
  const gutter = (mark: string, number: string): string => `${mark} ${number.padStart(digits)} |`;
  const shown = lines.map((line, index) => {
    const number = location.line - lines.length + 1 + index;
    const { text } = show(line, cut, location.column);
    return `${gutter(number === location.line ? ">" : " ", String(number))} ${text}`.trimEnd();
  });
  const { caret } = show(meant, cut, location.column);
  return [...shown, `${gutter(" ", "")} ${caret}^`].join("\n");
}

/** The line with that number and those before it, three in all. */
function linesUpTo(source: string, line: number): string[] {
  const lines: string[] = [];
  let start = 0;
  for (let number = 1; number <= line; number += 1) {
    if (start > source.length) return [];
    const end = source.indexOf("\n", start);
    const stop = end === -1 ? source.length : end;
    if (number > line - linesShown) lines.push(source.slice(start, stop).replace(/\r$/, ""));
    start = stop + 1;
  }
  return lines;
}

/** The first character of a line that is shown, from 0, so that the column is in sight. */
function cutAround(line: string, column: number): number {
  let cells = 0;
  let index = 0;
  const widths: number[] = [];
  for (const character of line) {
    const width = spent(character);
    widths.push(width);
    cells += width;
    index += 1;
    if (cells > widest && index > column + widest) break;
  }
  if (cells <= widest) return 0;
  let start = Math.min(column - 1, widths.length);
  let before = 0;
  while (start > 0) {
    before += widths[start - 1] ?? 0;
    if (before > beforeCaret) break;
    start -= 1;
  }
  return start;
}

/** A line from the character `from` on, as it is shown, and the white space that stands under what precedes the column. */
function show(line: string, from: number, column: number): { text: string; caret: string } {
  let text = from > 0 ? "…" : "";
  let caret = from > 0 ? " " : "";
  let cells = 0;
  let index = 0;
  for (const character of line) {
    index += 1;
    if (index <= from) continue;
    const cell = sourceCell(character);
    cells += spent(character);
    if (cells > widest) {
      text += "…";
      break;
    }
    text += cell.text;
    if (index < column) caret += character === "\t" ? "\t" : " ".repeat(cell.cells);
  }
  return { text, caret };
}

/** What a character takes of the width; marks without a cell of their own count too, so that no line is endless. */
function spent(character: string): number {
  return Math.max(1, sourceCell(character).cells);
}

function countCharacters(text: string): number {
  let count = 0;
  for (const _ of text) count += 1;
  return count;
}
