/**
 * The file that `holdfast redact --audit` writes.
 *
 * @module
 */

import { type JsonLinesFile, jsonLinesFile } from "../runtime/host/sinks.ts";
import type { RedactorEngine } from "../stdlib/oauth/redaction/engine.ts";
import { failureReason } from "./file-bytes.ts";
import { pathText } from "./path-text.ts";
import { UsageError } from "./usage-error.ts";

/** An audit on its way to a file. */
export interface AuditFile {
  /** Appends every entry of the redactor from now on, with the time as `at`, in milliseconds since the epoch. */
  follow(redactor: RedactorEngine): void;
  /** Appends the totals and closes the file. Answers why not everything could be written, or null. */
  end(redactor: RedactorEngine): string | null;
}

/** Opens the file. Throws UsageError when it cannot be. */
export function auditFile(path: string): AuditFile {
  let file: JsonLinesFile;
  try {
    file = jsonLinesFile(path);
  } catch (error) {
    throw new UsageError(`--audit ${pathText(path)}: ${failureReason(error)}`);
  }
  let failure: string | null = null;
  const attempt = (action: () => void): void => {
    try {
      action();
    } catch (error) {
      failure ??= failureReason(error);
    }
  };
  return {
    follow(redactor) {
      redactor.onAudit((entries) => {
        const at = Date.now();
        for (const entry of entries) attempt(() => file.write({ at, ...entry }));
      });
    },
    end(redactor) {
      // What the redactor's own memory dropped stands in the file.
      const { dropped: _, ...totals } = redactor.auditTotals();
      attempt(() => file.write({ at: Date.now(), totals }));
      attempt(() => file.close());
      return failure;
    },
  };
}
