/**
 * Where events can go: a file of JSON lines, or memory.
 *
 * @module
 */

import { closeSync, fsyncSync, openSync, writeSync } from "node:fs";
import type { EventSink, LogEvent } from "../ports.ts";
import { RunError } from "./run-error.ts";

/** A file that JSON values are appended to, one a line. */
export interface JsonLinesFile {
  /** Each value is one write, so lines of several processes do not mix. @throws what the file system says. */
  write(value: unknown): void;
  /** Waits until the file is on the disk. @throws what the file system says. */
  close(): void;
}

/** Opens the file, and creates it with mode 0600 when there is none. @throws what the file system says. */
export function jsonLinesFile(path: string): JsonLinesFile {
  const file = openSync(path, "a", 0o600);
  let torn = false;
  return {
    write(value) {
      // A line that a full disk cut short must not swallow the next one.
      const line = Buffer.from(`${torn ? "\n" : ""}${JSON.stringify(value)}\n`, "utf8");
      torn = true;
      for (let at = 0; at < line.length; ) at += writeSync(file, line, at);
      torn = false;
    },
    close() {
      try {
        fsyncSync(file);
      } catch (error) {
        // Pipes and terminals have nothing to flush.
        if (!["EINVAL", "ENOTSUP"].includes((error as NodeJS.ErrnoException).code ?? "")) throw error;
      } finally {
        closeSync(file);
      }
    },
  };
}

/**
 * A sink that appends each event as one JSON line to a file, which it creates with mode 0600. Each event is one
 * write, so lines of several processes do not mix. Closing waits until the file is on the disk.
 * @throws HARN-RUN-015 when the file cannot be opened.
 */
export function jsonlSink(path: string): EventSink {
  let file: JsonLinesFile | null;
  try {
    file = jsonLinesFile(path);
  } catch (error) {
    throw new RunError(
      "HARN-RUN-015",
      `The event log ${path} cannot be opened: ${(error as NodeJS.ErrnoException).code ?? "unknown error"}.`,
      { hint: "Name a file in an existing folder that you may write to." },
    );
  }
  return {
    name: `jsonl ${path}`,
    persists: true,
    write(event) {
      if (file === null) throw new RunError("HARN-RUN-015", "The event log is closed.");
      file.write(event);
    },
    async close() {
      const open = file;
      file = null;
      open?.close();
    },
  };
}

/** A sink that keeps every event in `events`; for tests and short runs. */
export function memorySink(): EventSink & { events: LogEvent[] } {
  const events: LogEvent[] = [];
  return {
    name: "memory",
    persists: false,
    events,
    write(event) {
      events.push(event);
    },
    async close() {},
  };
}
