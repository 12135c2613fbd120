/**
 * The `Retry-After` field (RFC 9110 §10.2.3).
 *
 * @module
 */

/** The longest wait that a server can ask of us, in seconds. */
export const longestRetryAfter = 60;

/** Seconds to wait from `nowMs` on, at most 60; null when the field is missing, malformed or in the past. */
export function retryAfterSeconds(field: string | null | undefined, nowMs: number): number | null {
  const text = field?.trim() ?? "";
  if (/^[0-9]+$/.test(text)) return Math.min(Number(text), longestRetryAfter);
  // An IMF-fixdate; Date.parse alone would take almost anything.
  if (!/^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/.test(text)) return null;
  const seconds = Math.ceil((Date.parse(text) - nowMs) / 1000);
  return seconds >= 0 ? Math.min(seconds, longestRetryAfter) : null;
}
