/**
 * The log of one run.
 *
 * @module
 */

import type { Clock, Json, Log, LogLevel, Redactor } from "../ports.ts";
import { copyJson } from "./json-value.ts";
import { RunError } from "./run-error.ts";

export interface LogLine {
  readonly level: LogLevel;
  readonly message: string;
  readonly fields?: Json;
  /** Milliseconds since the Unix epoch. */
  readonly at: number;
}

/** What a line costs besides its text, so that empty lines are not free. */
const lineBytes = 16;

/**
 * A log that keeps its lines, redacted, and hands each to `onLine`. `write` throws HARN-RUN-006 once messages and
 * fields (UTF-8, and 16 bytes per line) are over `maxBytes`, and HARN-RUN-015 for fields that are not JSON.
 */
export function createRunLog(options: {
  clock: Clock;
  redactor: Redactor | null;
  maxBytes: number;
  onLine?(line: LogLine): void;
}): Log & { lines: LogLine[] } {
  const { clock, redactor, maxBytes } = options;
  const lines: LogLine[] = [];
  let bytes = 0;
  return {
    lines,
    write(level, message, fields) {
      const copied = fields === undefined ? undefined : copyJson(fields);
      if (fields !== undefined && copied === undefined)
        throw new RunError("HARN-RUN-015", "The fields of a log line must be JSON.");
      bytes +=
        lineBytes +
        Buffer.byteLength(message) +
        (copied === undefined ? 0 : Buffer.byteLength(JSON.stringify(copied)));
      if (bytes > maxBytes)
        throw new RunError("HARN-RUN-006", `the log has more than ${maxBytes} bytes`, {
          hint: "Log less, or raise the limit log.",
        });
      const line: LogLine = {
        level,
        message: redactor ? redactor.redact(message) : message,
        ...(copied === undefined ? {} : { fields: redactFields(copied, redactor) }),
        at: clock.now(),
      };
      lines.push(line);
      options.onLine?.(line);
    },
  };
}

function redactFields(fields: Json, redactor: Redactor | null): Json {
  return redactor ? (copyJson(redactor.redactValue(fields)) ?? null) : fields;
}
