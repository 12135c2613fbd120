/**
 * `holdfast redact`: from standard input, or files, to standard output.
 *
 * @module
 */

import { setTimeout as sleep } from "node:timers/promises";
import type { Found } from "../stdlib/oauth/redaction/count.ts";
import { createRedactor } from "../stdlib/oauth/redaction/engine.ts";
import { jsonLinesStream } from "../stdlib/oauth/redaction/json-lines.ts";
import { readableBytes } from "../stdlib/oauth/redaction/readable-bytes.ts";
import { type ExitCode, exitCodes } from "./exit-codes.ts";
import { failureReason, fileBytes, isSystemError, statReadable } from "./file-bytes.ts";
import { aborted, endBySignal, interrupt } from "./interrupt.ts";
import { pathText } from "./path-text.ts";
import { noProgress, type Progress, progress } from "./progress.ts";
import { auditFile } from "./redact-audit.ts";
import type { FilterOptions } from "./redact-command.ts";
import { note, printBytes } from "./terminal.ts";

/** How long a reader that has stopped may hold up the end, in milliseconds. */
const patience = 1_000;

/** Redacts what comes in until it ends. Throws UsageError before anything is read. */
export async function redact({ paths, json, audit, quiet }: FilterOptions): Promise<ExitCode> {
  const redactor = createRedactor();
  const inputs = paths.map((path) => ({ path, stats: statReadable(path) }));
  const log = audit === undefined ? null : auditFile(audit);
  log?.follow(redactor);
  const isFiles = inputs.every(({ stats }) => stats?.isFile());
  const line =
    !quiet && isFiles && process.stderr.isTTY && !process.stdout.isTTY
      ? progress(inputs.reduce((sum, { stats }) => sum + (stats?.size ?? 0), 0))
      : noProgress;
  let failed = false;
  const fail = (words: string): void => {
    failed = true;
    line.clear();
    note(`holdfast: ${words}`);
  };

  const stop = interrupt({ quiet: true });
  const filter = json ? jsonLinesStream(redactor) : redactor.byteStream();
  const bytes = concatenated(paths, line, (path, error) =>
    fail(`${pathText(path)}: ${failureReason(error)}`),
  );
  const output = new Output(readableBytes(bytes).pipeThrough(filter), stop.signal);
  try {
    await Promise.race([output.end(), aborted(stop.signal)]);
  } catch (error) {
    if (!isSystemError(error)) throw error;
    fail(`standard output: ${failureReason(error)}`);
  }
  if (stop.signal.aborted) await Promise.race([output.idle(), sleep(patience)]);
  line.clear();

  const unlogged = log?.end(redactor) ?? null;
  if (unlogged !== null) fail(`--audit ${pathText(audit ?? "")}: ${unlogged}`);
  if (!quiet && process.stderr.isTTY) {
    const words = summary(redactor.auditTotals());
    if (words !== null) note(`holdfast: ${words}`);
  }
  stop.release();
  if (stop.signal.aborted) {
    if (inputs.some(({ stats }) => stats?.isFile() === false)) endBySignal();
    return exitCodes.interrupted;
  }
  return failed ? exitCodes.io : exitCodes.done;
}

/** The bytes of all files as if they were one: a token may begin in one and end in the next. */
async function* concatenated(
  paths: readonly string[],
  line: Progress,
  failed: (path: string, error: unknown) => void,
): AsyncGenerator<Uint8Array> {
  for (const path of paths) {
    try {
      for await (const part of fileBytes(path)) {
        line.add(part.length);
        yield part;
      }
    } catch (error) {
      failed(path, error);
    }
  }
}

/** Writes a stream to standard output, one part at a time. */
class Output {
  readonly #parts: ReadableStreamDefaultReader<Uint8Array>;
  readonly #signal: AbortSignal;
  #writing: Promise<boolean> = Promise.resolve(true);

  constructor(stream: ReadableStream<Uint8Array>, signal: AbortSignal) {
    this.#parts = stream.getReader();
    this.#signal = signal;
  }

  /** Resolves when everything is written, or nobody reads it. @throws what the file system says. */
  async end(): Promise<void> {
    for (let next = await this.#parts.read(); !next.done; next = await this.#parts.read()) {
      if (this.#signal.aborted) return;
      this.#writing = printBytes(next.value);
      if (!(await this.#writing)) return;
    }
  }

  /** Resolves when the part that is being written is. */
  async idle(): Promise<void> {
    await this.#writing.catch(() => false);
  }
}

/** What was redacted, in one line; null when nothing was. */
export function summary({ match_count, bytes_redacted, patterns }: Found): string | null {
  if (match_count === 0) return null;
  const each = Object.entries(patterns)
    .toSorted(([a, one], [b, other]) => other.match_count - one.match_count || (a < b ? -1 : 1))
    .map(([name, count]) => `${name} ${count.match_count}`);
  return `redacted ${match_count} (${bytes_redacted} bytes): ${each.join(", ")}`;
}
