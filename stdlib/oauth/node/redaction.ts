/**
 * `holdfast/oauth/redaction`: the functions of `std/oauth/redaction` for plain Node code.
 *
 * @module
 */

import { type RedactionModule, redaction as module } from "../node.ts";

export const register_pattern: RedactionModule["register_pattern"] = module.register_pattern;
export const clear_custom_patterns: RedactionModule["clear_custom_patterns"] = module.clear_custom_patterns;
export const redact: RedactionModule["redact"] = module.redact;
export const default_patterns: RedactionModule["default_patterns"] = module.default_patterns;
export const custom_patterns: RedactionModule["custom_patterns"] = module.custom_patterns;
export const drain_audit: RedactionModule["drain_audit"] = module.drain_audit;
export const redact_value: RedactionModule["redact_value"] = module.redact_value;
export const audit_totals: RedactionModule["audit_totals"] = module.audit_totals;
