/**
 * What a scan found, for a person and for a machine.
 *
 * @module
 */

import type { Found } from "../stdlib/oauth/redaction/count.ts";
import { sizeText } from "./progress.ts";

/** The counts of one file. */
export interface FileCount {
  /** As it is shown. */
  readonly path: string;
  readonly counts: Found;
}

/** What a scan found. */
export interface ScanReport {
  /** How many files were read to their ends, and how many bytes were read. */
  readonly files: number;
  readonly bytes: number;
  /** Files in which something was found. */
  readonly found: readonly FileCount[];
  /** Files and folders that could not be read, as they are shown, and why. */
  readonly unreadable: readonly { readonly path: string; readonly reason: string }[];
}

interface PatternCount {
  readonly pattern: string;
  readonly matches: number;
  readonly bytes: number;
  readonly files: number;
}

/** The report as one JSON document. */
export function jsonReport({ files, bytes, found, unreadable }: ScanReport): unknown {
  return {
    files_read: files,
    bytes_read: bytes,
    ...summed(found),
    patterns: Object.fromEntries(
      byPattern(found).map(({ pattern, matches, bytes: size, files: number }) => [
        pattern,
        { match_count: matches, match_bytes: size, files: number },
      ]),
    ),
    files: found.map(({ path, counts }) => ({
      path,
      match_count: counts.match_count,
      match_bytes: counts.bytes_redacted,
      patterns: Object.fromEntries(
        Object.entries(counts.patterns).map(([pattern, count]) => [
          pattern,
          { match_count: count.match_count, match_bytes: count.bytes_redacted },
        ]),
      ),
    })),
    unreadable,
  };
}

/** The report as tables. */
export function tableReport({ files, bytes, found, unreadable }: ScanReport): string {
  const { match_count } = summed(found);
  const read = `${plural(files, "file")}, ${sizeText(bytes)}`;
  const lines = [
    match_count === 0
      ? `nothing found in ${read}`
      : `${plural(match_count, "match", "matches")} in ${plural(found.length, "file")} of ${read}`,
  ];
  if (unreadable.length > 0) lines.push(`${unreadable.length} could not be read`);
  if (match_count === 0) return lines.join("\n");
  const patterns = byPattern(found).map(({ pattern, matches, bytes: size, files: number }) => [
    pattern,
    `${matches}`,
    `${size}`,
    `${number}`,
  ]);
  const each = found.map(({ path, counts }) => [
    path,
    `${counts.match_count}`,
    `${counts.bytes_redacted}`,
    Object.entries(counts.patterns)
      .map(([pattern, count]) => `${pattern} ${count.match_count}`)
      .join(", "),
  ]);
  return [
    ...lines,
    "",
    ...table(["pattern", "matches", "bytes", "files"], patterns),
    "",
    ...table(["file", "matches", "bytes", "patterns"], each),
  ].join("\n");
}

function summed(found: readonly FileCount[]): { match_count: number; match_bytes: number } {
  let match_count = 0;
  let match_bytes = 0;
  for (const { counts } of found) {
    match_count += counts.match_count;
    match_bytes += counts.bytes_redacted;
  }
  return { match_count, match_bytes };
}

/** The most frequent first. */
function byPattern(found: readonly FileCount[]): readonly PatternCount[] {
  const sums = new Map<string, PatternCount>();
  for (const { counts } of found) {
    for (const [pattern, count] of Object.entries(counts.patterns)) {
      const { matches, bytes, files } = sums.get(pattern) ?? { matches: 0, bytes: 0, files: 0 };
      sums.set(pattern, {
        pattern,
        matches: matches + count.match_count,
        bytes: bytes + count.bytes_redacted,
        files: files + 1,
      });
    }
  }
  return [...sums.values()].toSorted((a, b) => b.matches - a.matches || (a.pattern < b.pattern ? -1 : 1));
}

/** Columns wide enough for what is in them; the second and third are numbers, the last one is as long as it is. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): readonly string[] {
  const all = [head, ...rows];
  const widths = head.map((_, column) =>
    all.reduce((most, row) => Math.max(most, row[column]?.length ?? 0), 0),
  );
  return all.map((row) =>
    row
      .map((cell, column) => {
        if (column === row.length - 1 && head[column] === "patterns") return cell;
        return column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0);
      })
      .join("  "),
  );
}

function plural(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}
