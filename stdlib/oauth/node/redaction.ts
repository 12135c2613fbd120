/**
 * `holdfast/oauth/redaction`: the functions of `std/oauth/redaction` for plain Node code, redactors of one's own, and adapters
 * that put one before pino, OpenTelemetry or the console.
 *
 * @module
 */

import { type RedactionModule, redaction as module } from "../node.ts";

export type { AdapterRedactor } from "../redaction/adapters/fail-closed.ts";
export { type ConsoleTarget, redactingConsole } from "../redaction/adapters/console.ts";
export {
  type LogRecord,
  type LogRecordProcessor,
  redactingLogRecordProcessor,
} from "../redaction/adapters/open-telemetry/log-record-processor.ts";
export {
  type EndedSpanProcessor,
  type ReadableSpan,
  type RedactingSpanProcessor,
  redactingSpanProcessor,
} from "../redaction/adapters/open-telemetry/span-processor.ts";
export { type PinoOptions, type PinoRedaction, pinoRedaction } from "../redaction/adapters/pino.ts";
export {
  type AuditListener,
  createRedactor,
  type RedactorEngine,
  type RedactorOptions,
} from "../redaction/engine.ts";

export const register_pattern: RedactionModule["register_pattern"] = module.register_pattern;
export const clear_custom_patterns: RedactionModule["clear_custom_patterns"] = module.clear_custom_patterns;
export const redact: RedactionModule["redact"] = module.redact;
export const default_patterns: RedactionModule["default_patterns"] = module.default_patterns;
export const custom_patterns: RedactionModule["custom_patterns"] = module.custom_patterns;
export const drain_audit: RedactionModule["drain_audit"] = module.drain_audit;
export const redact_value: RedactionModule["redact_value"] = module.redact_value;
export const audit_totals: RedactionModule["audit_totals"] = module.audit_totals;
