/**
 * The redaction engine: every string that is persisted, printed, forwarded or returned in an error passes it.
 *
 * @module
 */

import type { Carried, RedactionAudit, Redactor } from "../../../runtime/ports.ts";
import { OAuthError } from "../errors.ts";
import { AuditRing, type AuditTotals } from "./audit-ring.ts";
import { carriedIn } from "./carried.ts";
import { tokenFamilies } from "./catalogue.ts";
import {
  type CustomPattern,
  customPattern,
  customSpans,
  mostCustomPatterns,
  refusedName,
} from "./custom-patterns.ts";
import { fieldPlaceholderNames } from "./field-names.ts";
import { KnownValues } from "./known-values.ts";
import { namedValues, userinfoName } from "./named-values.ts";
import { placeholder, placeholdersIn, utf8Length } from "./placeholder.ts";
import { mostKnownBytes, Registrations } from "./registrations.ts";
import { type ShapeScanner, shapeScanner } from "./shape-scanner.ts";
import { apartFrom, joined, replaced, type Span, Tally } from "./spans.ts";
import { redactedCopy } from "./structural.ts";

/** Called with the audit entries of one call, sorted by pattern name. What it throws is ignored. */
export type AuditListener = (entries: readonly RedactionAudit[]) => void;

export interface RedactorOptions {
  /** Told of every redaction of this redactor and of its forks. Not told of redactions that it causes itself. */
  readonly onAudit?: AuditListener;
  /** Patterns beside the catalogue, for this redactor and its forks. No script can clear them. */
  readonly patterns?: readonly { readonly name: string; readonly regex: string }[];
}

/** A redactor with its controls. */
export interface RedactorEngine extends Redactor {
  /**
   * Adds a pattern behind the catalogue; a name may be used more than once. It holds for forks made from this redactor too.
   *
   * @throws OAuthError HARN-OAU-011 when the name or the expression is refused, or there are 100 patterns already.
   */
  registerPattern(name: string, regex: string): void;
  /** Removes the patterns that were registered on this very redactor. */
  clearCustomPatterns(): void;
  /** Names of the patterns registered on this very redactor, in order. */
  customPatterns(): readonly string[];
  /** Names of the catalogue's patterns, in order. */
  defaultPatterns(): readonly string[];
  /** Audit entries of this redactor since the last drain, oldest first; at most 1,024. */
  drainAudit(): readonly RedactionAudit[];
  /** Exact counts since this redactor was made. */
  auditTotals(): AuditTotals;
  /** Also tells `listener` of the redactions of this redactor and its forks, until the returned function is called. */
  onAudit(listener: AuditListener): () => void;
  fork(): RedactorEngine;
}

/** Shared by a redactor and all its forks. */
interface Family {
  readonly shapes: ShapeScanner;
  readonly known: KnownValues;
  /** The names of known values, own ones too. */
  readonly namesUsed: Set<string>;
  /** True while a listener runs: what it redacts itself (by writing an event) is not reported again. */
  telling: boolean;
}

const unscannable = "unscannable";
/** A round can uncover a match that stood against a token; more rounds than this are an attack. */
const mostRounds = 8;
const shortestRedacted = 4;

const fixedNames: ReadonlySet<string> = new Set([
  ...tokenFamilies.map((family) => family.name),
  ...fieldPlaceholderNames,
  userinfoName,
  unscannable,
]);

let catalogueScanner: ShapeScanner | undefined;

/**
 * Makes a redactor with the catalogue, no known values and an empty audit.
 *
 * @throws OAuthError HARN-OAU-011 when one of `options.patterns` is refused.
 */
export function createRedactor(options: RedactorOptions = {}): RedactorEngine {
  catalogueScanner ??= shapeScanner(tokenFamilies);
  const namesUsed = new Set<string>();
  const known = new KnownValues(namesUsed);
  // The host keeps known what it holds for all runs and for as long as it lives; a run has a cap.
  const engine = new Engine({ shapes: catalogueScanner, known, namesUsed, telling: false }, null, Infinity);
  for (const { name, regex } of options.patterns ?? []) engine.registerPattern(name, regex);
  if (options.onAudit) engine.onAudit(options.onAudit);
  // A fork of its own, so that clearing custom patterns does not reach those of the options.
  return options.patterns === undefined || options.patterns.length === 0 ? engine : engine.fork(Infinity);
}

/** True for a redactor that {@link createRedactor} made, or a fork of one. */
export function isRedactorEngine(value: unknown): value is RedactorEngine {
  return value instanceof Engine;
}

class Engine implements RedactorEngine {
  readonly #family: Family;
  readonly #parent: Engine | null;
  readonly #audit = new AuditRing();
  readonly #listeners = new Set<AuditListener>();
  readonly #registrations: Registrations;
  #custom: readonly CustomPattern[] = [];

  constructor(family: Family, parent: Engine | null, mostBytes: number) {
    this.#family = family;
    this.#parent = parent;
    this.#registrations = new Registrations(family.known, family.namesUsed, mostBytes);
  }

  redact(text: string): string {
    const tally = new Tally();
    const result = this.#scrub(text, tally);
    this.#record(tally);
    return result;
  }

  redactValue(value: unknown): unknown {
    const tally = new Tally();
    let result: unknown;
    try {
      const lane = {
        scrub: (text: string, into: Tally) => this.#scrub(text, into),
        isPlaceholder: (text: string) => {
          const [first] = placeholdersIn(text, this.#trusts);
          return first?.start === 0 && first.end === text.length;
        },
      };
      result = redactedCopy(value, lane, tally);
    } catch {
      tally.add(unscannable, 0);
      result = placeholder(unscannable, 0);
    }
    this.#record(tally);
    return result;
  }

  maskKnown(text: string, carried?: Carried): string {
    try {
      const parts: string[] = [];
      let from = 0;
      for (const { start, end, name } of carried === undefined ? [] : joined(carriedIn(text, carried))) {
        parts.push(
          this.#maskAll(text.slice(from, start)),
          placeholder(name, utf8Length(text.slice(start, end))),
        );
        from = end;
      }
      parts.push(this.#maskAll(text.slice(from)));
      return parts.join("");
    } catch {
      return failed(text);
    }
  }

  register(value: string, name: string, scope: { readonly own: boolean } = { own: false }): () => void {
    return this.#registrations.register(value, name, scope.own);
  }

  fork(mostBytes: number = mostKnownBytes): RedactorEngine {
    return new Engine(this.#family, this, mostBytes);
  }

  release(): void {
    this.#registrations.release();
  }

  registerPattern(name: string, regex: string): void {
    const pattern = customPattern(name, regex);
    if (this.#custom.length >= mostCustomPatterns) {
      throw new OAuthError(
        "HARN-OAU-011",
        `std/oauth/redaction: register_pattern: there are ${mostCustomPatterns} patterns already`,
        "Call clear_custom_patterns first, or join patterns with |.",
      );
    }
    // The name will stand in every placeholder: it must not be a token itself.
    if (this.#scrub(name, new Tally()) !== name) throw refusedName("looks like a secret");
    this.#custom = [...this.#custom, pattern];
  }

  clearCustomPatterns(): void {
    this.#custom = [];
  }

  customPatterns(): readonly string[] {
    return this.#custom.map((pattern) => pattern.name);
  }

  defaultPatterns(): readonly string[] {
    return tokenFamilies.map((family) => family.name);
  }

  drainAudit(): readonly RedactionAudit[] {
    return this.#audit.drain();
  }

  auditTotals(): AuditTotals {
    return this.#audit.totals();
  }

  onAudit(listener: AuditListener): () => void {
    const own: AuditListener = (entries) => listener(entries);
    this.#listeners.add(own);
    return () => void this.#listeners.delete(own);
  }

  readonly #trusts = (name: string): boolean =>
    fixedNames.has(name) ||
    this.#family.known.hasName(name) ||
    this.#patterns().some((pattern) => pattern.name === name);

  #patterns(): readonly CustomPattern[] {
    if (this.#parent === null) return this.#custom;
    const inherited = this.#parent.#patterns();
    if (inherited.length === 0) return this.#custom;
    return this.#custom.length === 0 ? inherited : [...inherited, ...this.#custom];
  }

  #maskAll(text: string): string {
    return untilStable(text, (current) =>
      replaced(current, this.#knownIn(current), placeholdersIn(current, this.#trusts), null),
    );
  }

  /**
   * Values that all know, and those of this redactor and of the ones it was forked from. An own one that overlaps with another is
   * left alone: a script chose it, perhaps as a guess of how a token begins, and what becomes of the text must not tell.
   */
  #knownIn(text: string): readonly Span[] {
    const shared = this.#family.known.scan(text);
    return [...shared, ...apartFrom(shared, this.#ownIn(text))];
  }

  #ownIn(text: string): readonly Span[] {
    const spans = this.#registrations.scanOwn(text);
    return this.#parent === null ? spans : [...spans, ...this.#parent.#ownIn(text)];
  }

  #scrub(text: string, tally: Tally): string {
    const counted = new Tally();
    let result: string;
    try {
      const patterns = this.#patterns();
      if (text.length < shortestRedacted && patterns.length === 0) return text;
      result = untilStable(text, (current) => this.#round(current, patterns, counted));
    } catch {
      result = failed(text);
      counted.counts.clear();
      counted.add(unscannable, typeof text === "string" ? utf8Length(text) : 0);
    }
    for (const [name, { match_count, bytes_redacted }] of counted.counts) {
      tally.add(name, bytes_redacted, match_count);
    }
    return result;
  }

  /** The catalogue, known values and names first, then each custom pattern on what is left. */
  #round(text: string, patterns: readonly CustomPattern[], tally: Tally): string {
    const { shapes } = this.#family;
    const spans = [...this.#knownIn(text), ...shapes.scan(text), ...namedValues(text)];
    let result = spans.length === 0 ? text : replaced(text, spans, placeholdersIn(text, this.#trusts), tally);
    for (const pattern of patterns) {
      const matches = customSpans(pattern, result);
      if (matches.length > 0) result = replaced(result, matches, placeholdersIn(result, this.#trusts), tally);
    }
    return result;
  }

  #record(tally: Tally): void {
    if (tally.counts.size === 0) return;
    const entries = this.#audit.write(tally);
    if (this.#family.telling) return;
    this.#family.telling = true;
    this.#tell(entries);
    this.#family.telling = false;
  }

  #tell(entries: readonly RedactionAudit[]): void {
    for (const listener of this.#listeners) {
      try {
        listener(entries);
      } catch {
        // A listener that fails must not undo a redaction.
      }
    }
    if (this.#parent !== null) this.#parent.#tell(entries);
  }
}

/** Applies `round` until the text stays the same, so that redacting twice is redacting once. */
function untilStable(text: string, round: (text: string) => string): string {
  let current = text;
  for (let rounds = 0; rounds < mostRounds; rounds++) {
    const next = round(current);
    if (next === current) return current;
    current = next;
  }
  throw new RangeError("the text does not settle");
}

function failed(text: unknown): string {
  return placeholder(unscannable, typeof text === "string" ? utf8Length(text) : 0);
}
