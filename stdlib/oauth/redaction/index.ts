/**
 * `std/oauth/redaction`: a script's view of its redactor.
 *
 * All functions are plain. Redaction is for what is shown and stored; a tool that needs a token still gets the real one.
 *
 * @module
 */

import { plain } from "../../../runtime/plugin.ts";
import type { Ports, RedactionAudit } from "../../../runtime/ports.ts";
import { OAuthError } from "../errors.ts";
import type { AuditTotals } from "./audit-ring.ts";
import type { PatternSpec } from "./custom-patterns.ts";
import { isRedactorEngine, type RedactorEngine } from "./engine.ts";

/** The functions of `std/oauth/redaction`. */
export type RedactionModule = {
  /**
   * Adds a pattern for this run, behind the built-in ones: a regular expression (flag `u`), or prefixes with the characters that
   * follow them. What follows a match is not looked at: a `\b` or `$` at the end is left out, a last repetition without an upper bound
   * is taken to its end, and one that is not last takes 4,096 characters at most.
   *
   * @throws OAuthError HARN-OAU-011 when the name is empty, no plain name or that of a built-in pattern, or when the expression is
   * invalid, can match the empty text, or cannot be run in linear time; the message says why.
   */
  readonly register_pattern: (name: string, regex: string | PatternSpec) => null;
  /** Removes the patterns that this run registered. */
  readonly clear_custom_patterns: () => null;
  /** The text with every token replaced by `<redacted:NAME:LEN>`. @throws OAuthError HARN-OAU-011 when it is no string. */
  readonly redact: (text: string) => string;
  /** A copy of the same shape, redacted by field name and by text. */
  readonly redact_value: (value: unknown) => unknown;
  /** Names of the built-in patterns, in order. */
  readonly default_patterns: () => readonly string[];
  /** Names of this run's own patterns, in order. */
  readonly custom_patterns: () => readonly string[];
  /** This run's audit entries since the last call, oldest first; the 1,024 latest are kept. */
  readonly drain_audit: () => readonly RedactionAudit[];
  /** Exact counts of this run, whatever was drained or dropped. */
  readonly audit_totals: () => AuditTotals;
};

/** Makes the module over the run's redactor. */
export function redactionModule(ports: Ports): RedactionModule {
  return {
    register_pattern: plain((name: string, regex: string | PatternSpec) => {
      engineOf(ports).registerPattern(name, regex);
      return null;
    }),
    clear_custom_patterns: plain(() => {
      engineOf(ports).clearCustomPatterns();
      return null;
    }),
    redact: plain((text: string) => {
      if (typeof text !== "string") {
        throw new OAuthError(
          "HARN-OAU-011",
          "std/oauth/redaction: redact: the text must be a string",
          "Use redact_value for objects and lists.",
        );
      }
      return engineOf(ports).redact(text);
    }),
    redact_value: plain((value: unknown) => engineOf(ports).redactValue(value)),
    default_patterns: plain(() => engineOf(ports).defaultPatterns()),
    custom_patterns: plain(() => engineOf(ports).customPatterns()),
    drain_audit: plain(() => engineOf(ports).drainAudit()),
    audit_totals: plain(() => engineOf(ports).auditTotals()),
  };
}

function engineOf(ports: Ports): RedactorEngine {
  if (isRedactorEngine(ports.redactor)) return ports.redactor;
  throw new OAuthError(
    "HARN-OAU-011",
    "std/oauth/redaction: the redactor of this runtime was not made by createRedactor",
    "Give the runtime the oauth() plugin, which brings its redactor.",
  );
}
