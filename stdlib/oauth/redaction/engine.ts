/**
 * The redaction engine: every string that is persisted, printed, forwarded or returned in an error passes it.
 *
 * @module
 */

import type { Carried, RedactionAudit, Redactor } from "../../../runtime/ports.ts";
import { OAuthError } from "../errors.ts";
import { AuditRing, type AuditTotals } from "./audit-ring.ts";
import { carriedIn } from "./carried.ts";
import { tokenFamilies } from "./catalogue/index.ts";
import {
  type CustomPattern,
  customPattern,
  mostCustomPatterns,
  type PatternSpec,
  refusedName,
} from "./custom-patterns.ts";
import { fieldPlaceholderNames } from "./field-names.ts";
import { KnownValues } from "./known-values.ts";
import { placeholder, placeholdersIn, utf8Length } from "./placeholder.ts";
import { byteStream, textStream } from "./redaction-stream.ts";
import { mostKnownBytes, Registrations } from "./registrations.ts";
import { beforeLiterals, rulesOf } from "./rules.ts";
import { Scrubber, type ScrubberParts } from "./scrubber.ts";
import { apartFrom, joined, replaced, type Span } from "./spans.ts";
import { redactedCopy } from "./structural.ts";
import { Tally } from "./tally.ts";
import type { KnownSpans } from "./pass.ts";
import { TextLane } from "./text-lane.ts";
import { userinfoName } from "./userinfo.ts";

/** Called with the audit entries of one call, sorted by pattern name. What it throws is ignored. */
export type AuditListener = (entries: readonly RedactionAudit[]) => void;

export interface RedactorOptions {
  /** Told of every redaction of this redactor and of its forks. Not told of redactions that it causes itself. */
  readonly onAudit?: AuditListener;
  /** Patterns beside the catalogue, for this redactor and its forks. No script can clear them. */
  readonly patterns?: readonly { readonly name: string; readonly regex: string | PatternSpec }[];
}

/** A redactor with its controls. */
export interface RedactorEngine extends Redactor {
  /**
   * Adds a pattern behind the catalogue; a name may be used more than once. It holds for forks made from this redactor too.
   *
   * @throws OAuthError HARN-OAU-011 when the name or the expression is refused, or there are 100 patterns already.
   */
  registerPattern(name: string, regex: string | PatternSpec): void;
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
  /**
   * A stream that redacts text in parts, in constant memory: how the text is cut makes no difference. What is decided is
   * passed on at once, so that lines come out when they go in. Each part that holds tokens leaves its audit entries. When redaction
   * fails, all that follows is dropped and one placeholder says how much.
   */
  stream(): TransformStream<string, string>;
  /** As {@link stream}, for bytes in any encoding that keeps ASCII; bytes that are no token come out as they went in. */
  byteStream(): TransformStream<Uint8Array, Uint8Array>;
  /** Also tells `listener` of the redactions of this redactor and its forks, until the returned function is called. */
  onAudit(listener: AuditListener): () => void;
  fork(): RedactorEngine;
}

/** Shared by a redactor and all its forks. */
interface Family {
  readonly lane: TextLane;
  readonly known: KnownValues;
  /** The names of known values, own ones too. */
  readonly namesUsed: Set<string>;
  /** True while a listener runs: what it redacts itself (by writing an event) is not reported again. */
  telling: boolean;
}

const unscannable = "unscannable";
/** A round can uncover a match that stood against a token; more rounds than this are an attack. */
const mostRounds = 8;
/** Nothing that is looked for is shorter. */
const shortestRedacted = 4;

const fixedNames: ReadonlySet<string> = new Set([
  ...tokenFamilies.map((family) => family.name),
  ...fieldPlaceholderNames,
  userinfoName,
  unscannable,
]);

let catalogueLane: TextLane | undefined;

/**
 * Makes a redactor with the catalogue, no known values and an empty audit.
 *
 * @throws OAuthError HARN-OAU-011 when one of `options.patterns` is refused.
 */
export function createRedactor(options: RedactorOptions = {}): RedactorEngine {
  catalogueLane ??= new TextLane(rulesOf(tokenFamilies), beforeLiterals(tokenFamilies));
  const namesUsed = new Set<string>();
  const known = new KnownValues(namesUsed);
  // The host keeps known what it holds for all runs and for as long as it lives; a run has a cap.
  const engine = new Engine({ lane: catalogueLane, known, namesUsed, telling: false }, null, Infinity);
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
  /** From the first ancestor to this one. */
  readonly #lineage: readonly Engine[];
  readonly #audit = new AuditRing();
  readonly #listeners = new Set<AuditListener>();
  readonly #registrations: Registrations;
  #custom: readonly CustomPattern[] = [];

  constructor(family: Family, parent: Engine | null, mostBytes: number) {
    this.#family = family;
    this.#parent = parent;
    this.#lineage = parent === null ? [this] : [...parent.#lineage, this];
    this.#registrations = new Registrations(family.known, family.namesUsed, mostBytes);
  }

  redact(text: string): string {
    const clean = typeof text === "string" ? this.#cleanUpTo(text) : 0;
    if (clean === text?.length) return text;
    const tally = new Tally();
    const result = this.#scrub(text, tally, clean);
    if (tally.counts.size > 0) this.#record(tally);
    return result;
  }

  redactValue(value: unknown): unknown {
    const tally = new Tally();
    let result: unknown;
    try {
      const lane = {
        scrub: (text: string, into: Tally) => {
          const clean = this.#cleanUpTo(text);
          return clean === text.length ? text : this.#scrub(text, into, clean);
        },
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

  get holdsValues(): boolean {
    return !this.#registrations.isEmpty;
  }

  release(): void {
    this.#registrations.release();
  }

  registerPattern(name: string, regex: string | PatternSpec): void {
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
    if (this.defaultPatterns().includes(name)) throw refusedName("is that of a built-in pattern");
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

  stream(): TransformStream<string, string> {
    return textStream(new Scrubber(this.#parts(false)), (tally) => this.#record(tally));
  }

  byteStream(): TransformStream<Uint8Array, Uint8Array> {
    return byteStream(new Scrubber(this.#parts(true)), (tally) => this.#record(tally));
  }

  readonly #trusts = (name: string): boolean => this.#trust(name) !== null;

  readonly #trust = (name: string): "rule" | "pattern" | null => {
    if (this.#patterns().some((pattern) => pattern.name === name)) return "pattern";
    return fixedNames.has(name) || this.#family.known.hasName(name) ? "rule" : null;
  };

  #patterns(): readonly CustomPattern[] {
    return this.#lineage.flatMap((engine) => engine.#custom);
  }

  #parts(isBytes: boolean): ScrubberParts {
    return {
      lane: this.#family.lane,
      known: this.#known,
      trust: this.#trust,
      patterns: this.#patterns(),
      isBytes,
    };
  }

  #maskAll(text: string): string {
    return untilStable(text, (current) =>
      replaced(current, this.#known(current, 0, true).spans, placeholdersIn(current, this.#trusts)),
    );
  }

  /**
   * Values that all know, and those of this redactor and of the ones it was forked from. An own one that overlaps with another is
   * left alone: a script chose it, perhaps as a guess of how a token begins, and what becomes of the text must not tell.
   */
  readonly #known = (text: string, from: number, isFinal: boolean): KnownSpans => {
    const { known } = this.#family;
    const shared = known.scan(text, from);
    const own = this.#own(text, from);
    const spans = own.length === 0 ? shared : [...shared, ...apartFrom(shared, own)];
    const sorted = spans.length < 2 ? spans : spans.toSorted((a, b) => a.start - b.start);
    if (isFinal) return { spans: sorted, undecidedFrom: text.length };
    const parts = this.#lineage.map(
      (engine) => engine.#registrations.own?.firstPart(text, from) ?? text.length,
    );
    const undecidedFrom = Math.min(known.firstPart(text, from), ...parts);
    return { spans: sorted, undecidedFrom };
  };

  #own(text: string, from: number): readonly Span[] {
    return this.#lineage.flatMap((engine) => engine.#registrations.own?.scan(text, from) ?? []);
  }

  /** How far the text holds nothing that any rule or pattern would look at, and no known value. Allocates nothing. */
  #cleanUpTo(text: string): number {
    const isShort = text.length < shortestRedacted;
    for (const engine of this.#lineage) {
      if (engine.#custom.length > 0) return 0;
      if (!isShort && engine.#registrations.own?.isAbsent(text) === false) return 0;
    }
    if (isShort) return text.length;
    try {
      return this.#family.known.isAbsent(text) ? this.#family.lane.cleanUpTo(text, this.#trust) : 0;
    } catch {
      return 0;
    }
  }

  #scrub(text: string, tally: Tally, cleanUpTo = 0): string {
    const counted = new Tally();
    let result: string;
    try {
      if (typeof text !== "string") throw new TypeError("not a text");
      result = new Scrubber(this.#parts(false), cleanUpTo).write(text, true, counted);
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
