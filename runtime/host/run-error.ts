/**
 * The runtime's own errors: one table of codes, one class.
 *
 * @module
 */

import type { Usage } from "./usage.ts";

/** Every code that the runtime throws, with its meaning and what to do when the error itself says nothing better. The docs page is made from this table. */
export const runErrorCodes = {
  "HARN-RUN-001": {
    title: "memory limit reached",
    retryable: false,
    hint: "Keep less at a time, or raise the limit memory.",
  },
  "HARN-RUN-002": {
    title: "CPU limit reached",
    retryable: false,
    hint: "Look for a loop that does not end, or raise the limit cpu.",
  },
  "HARN-RUN-003": {
    title: "wall-clock limit reached",
    retryable: false,
    hint: "Look for a wait that is too long, or raise the limit wall.",
  },
  "HARN-RUN-004": {
    title: "stack limit reached",
    retryable: false,
    hint: "Look for a function that calls itself without an end, or raise the limit stack.",
  },
  "HARN-RUN-005": {
    title: "result too large",
    retryable: false,
    hint: "Return less, or raise the limit result.",
  },
  "HARN-RUN-006": { title: "log limit reached", retryable: false, hint: "Log less, or raise the limit log." },
  "HARN-RUN-007": {
    title: "too many pending calls",
    retryable: false,
    hint: "Await some of them before starting more.",
  },
  "HARN-RUN-008": {
    title: "the run can never settle",
    retryable: false,
    hint: "No call, timer or job is left; look for a new Promise whose resolve is never called.",
  },
  "HARN-RUN-009": {
    title: "cancelled",
    retryable: false,
    hint: "Its caller ended it; run it again when that was not meant.",
  },
  "HARN-RUN-010": {
    title: "not granted",
    retryable: false,
    hint: "Add what is missing to the run's grants.",
  },
  "HARN-RUN-011": {
    title: "import refused",
    retryable: false,
    hint: "Import std modules, or files of the pipeline's own folder, by a literal name.",
  },
  "HARN-RUN-012": { title: "syntax error", retryable: false, hint: "Correct the source at this place." },
  "HARN-RUN-013": { title: "address refused", retryable: false, hint: "Ask for another address." },
  "HARN-RUN-014": { title: "network failure", retryable: true, hint: "Try again later." },
  "HARN-RUN-015": {
    title: "invalid argument",
    retryable: false,
    hint: "Correct the value that the message names.",
  },
  "HARN-RUN-016": {
    title: "too many runs wait",
    retryable: true,
    hint: "Start it again when others are done, or raise threads or waiting of the runtime.",
  },
} as const;

export type RunErrorCode = keyof typeof runErrorCodes;

/** Where in the author's own source something happened. Line and column count from 1; columns in characters. */
export interface SourceLocation {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** An error of the runtime. */
export class RunError extends Error {
  override readonly name: string = "RunError";
  readonly code: RunErrorCode;
  readonly retryable: boolean;
  /** What to do, one sentence. */
  readonly hint: string;
  /** The author's own line, where known. */
  location: SourceLocation | undefined;
  /** Up to three lines of source with a caret under the column. */
  frame: string | undefined;
  /** What the run had cost when it ended so; undefined when it had not begun. */
  usage: Usage | undefined;

  constructor(
    code: RunErrorCode,
    message: string,
    more: {
      hint?: string | undefined;
      location?: SourceLocation | undefined;
      frame?: string | undefined;
    } = {},
  ) {
    super(message);
    this.code = code;
    this.retryable = runErrorCodes[code].retryable;
    this.hint = more.hint ?? runErrorCodes[code].hint;
    this.location = more.location;
    this.frame = more.frame;
  }

  override toString(): string {
    return `${this.code}: ${this.message}`;
  }
}
