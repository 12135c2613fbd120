/**
 * Counts what redaction would replace.
 *
 * @module
 */

import type { AuditTotals } from "./audit-ring.ts";
import type { RedactorEngine } from "./engine.ts";
import { readableBytes } from "./readable-bytes.ts";

/** What was found, by pattern name. */
export type Found = Pick<AuditTotals, "match_count" | "bytes_redacted" | "patterns">;

/** Counts in bytes of any length and encoding that keeps ASCII, in constant memory. `redactor` keeps no count of them. */
export async function countIn(redactor: RedactorEngine, bytes: AsyncIterable<Uint8Array>): Promise<Found> {
  const own = redactor.fork();
  const reader = readableBytes(bytes).pipeThrough(own.byteStream()).getReader();
  while (!(await reader.read()).done);
  return own.auditTotals();
}
