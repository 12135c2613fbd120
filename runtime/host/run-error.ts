/**
 * The runtime's own errors: one table of codes, one class.
 *
 * @module
 */

import type { Usage } from "./usage.ts";

/** Every code that the runtime throws, with its meaning. The docs page is made from this table. */
export const runErrorCodes = {
  "HARN-RUN-001": { title: "memory limit reached", retryable: false },
  "HARN-RUN-002": { title: "CPU limit reached", retryable: false },
  "HARN-RUN-003": { title: "wall-clock limit reached", retryable: false },
  "HARN-RUN-004": { title: "stack limit reached", retryable: false },
  "HARN-RUN-005": { title: "result too large", retryable: false },
  "HARN-RUN-006": { title: "log limit reached", retryable: false },
  "HARN-RUN-007": { title: "too many pending calls", retryable: false },
  "HARN-RUN-008": { title: "the run can never settle", retryable: false },
  "HARN-RUN-009": { title: "cancelled", retryable: false },
  "HARN-RUN-010": { title: "not granted", retryable: false },
  "HARN-RUN-011": { title: "import refused", retryable: false },
  "HARN-RUN-012": { title: "syntax error", retryable: false },
  "HARN-RUN-013": { title: "address refused", retryable: false },
  "HARN-RUN-014": { title: "network failure", retryable: true },
  "HARN-RUN-015": { title: "invalid argument", retryable: false },
  "HARN-RUN-016": { title: "too many runs wait", retryable: true },
} as const;

export type RunErrorCode = keyof typeof runErrorCodes;

/** Where in the author's own source something happened. Line and column count from 1; columns in characters. */
export interface SourceLocation {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** An error of the runtime, or a script's own error on its way to the embedder. */
export class RunError extends Error {
  override readonly name: string = "RunError";
  /** A `HARN-RUN-…` code; for a script's own error the code that it carried (`HARN-OAU-002`), or null. */
  readonly code: string | null;
  readonly retryable: boolean;
  /** What to do, one sentence. */
  readonly hint: string | undefined;
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
    this.hint = more.hint;
    this.location = more.location;
    this.frame = more.frame;
  }

  override toString(): string {
    return `${this.code}: ${this.message}`;
  }
}
