/**
 * `holdfast redact --scan`: says how many tokens stand in which file, and shows none.
 *
 * @module
 */

import { countIn, type Found } from "../stdlib/oauth/redaction/count.ts";
import { createRedactor } from "../stdlib/oauth/redaction/engine.ts";
import { type ExitCode, exitCodes } from "./exit-codes.ts";
import { failureReason, fileBytes, statPath } from "./file-bytes.ts";
import { aborted, endBySignal, interrupt } from "./interrupt.ts";
import { pathText } from "./path-text.ts";
import { noProgress, progress, type Progress } from "./progress.ts";
import type { ScanOptions } from "./redact-command.ts";
import { type FileCount, jsonReport, type ScanReport, tableReport } from "./scan-report.ts";
import { note, print, safeJson } from "./terminal.ts";
import { walkFiles } from "./walk-files.ts";

/** Counts and prints the report. Throws UsageError when a path leads nowhere, before anything is read. */
export async function scan({ paths, json, quiet }: ScanOptions): Promise<ExitCode> {
  const roots = paths.map((path) => ({ path, stats: statPath(path) }));
  const line = !quiet && process.stderr.isTTY ? progress(null) : noProgress;
  const stop = interrupt({ quiet: true });
  const report = await Promise.race([counted(roots, line), aborted(stop.signal)]);
  line.clear();
  stop.release();
  if (report === undefined) {
    if (roots.some(({ stats }) => stats?.isFile() === false && !stats.isDirectory())) endBySignal();
    return exitCodes.interrupted;
  }
  await print(json ? (safeJson(jsonReport(report), 2) ?? "") : tableReport(report));
  if (report.found.length > 0) return exitCodes.threw;
  return report.unreadable.length > 0 ? exitCodes.io : exitCodes.done;
}

type Root = { readonly path: string; readonly stats: ReturnType<typeof statPath> };

async function counted(roots: readonly Root[], line: Progress): Promise<ScanReport> {
  const redactor = createRedactor();
  const found: FileCount[] = [];
  const unreadable: { path: string; reason: string }[] = [];
  let files = 0;
  let bytes = 0;
  const refuse = (path: string | Buffer, error: unknown): void => {
    const failure = { path: pathText(path), reason: failureReason(error) };
    unreadable.push(failure);
    line.clear();
    note(`holdfast: ${failure.path}: ${failure.reason}`);
  };
  async function* measured(parts: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const part of parts) {
      bytes += part.length;
      line.add(part.length);
      yield part;
    }
  }
  const count = async (path: string | Buffer, parts: AsyncIterable<Uint8Array>): Promise<void> => {
    let counts: Found;
    try {
      counts = await countIn(redactor, measured(parts));
    } catch (error) {
      return refuse(path, error);
    }
    files += 1;
    line.addFile();
    if (counts.match_count > 0) found.push({ path: pathText(path), counts });
  };
  for (const { path, stats } of roots) {
    if (!stats?.isDirectory()) await count(path, fileBytes(path));
    else
      for await (const file of walkFiles(path, refuse))
        await count(file, fileBytes(file, { noFollow: true }));
  }
  return { files, bytes, found, unreadable };
}
