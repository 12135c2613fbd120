/**
 * The form in which the catalogue describes tokens: data, no expressions.
 *
 * A shape finds a token by a literal that each such token contains, looks at a bounded stretch around it, and then
 * takes the whole run of body characters. What follows a token can never save it: a longer token is a match too. So no
 * shape has a right guard or an exact length.
 *
 * @module
 */

/** A stretch of exactly `length` characters of a set, written as in {@link charClass}: `A-Za-z0-9_-`. */
export interface Stretch {
  readonly of: string;
  readonly length: number;
}

/** How one kind of token looks. */
export interface TokenShape {
  /** Texts of three or more ASCII characters; a token has one of them, at its start unless `before` says otherwise. */
  readonly literals: readonly string[];
  /** True: literals match in any case; they are written in lower case. */
  readonly ignoreCase?: true;
  /**
   * `none`: a strong shape, found inside a word too. `alphanumeric`: a weak one: no ASCII letter or digit may stand directly
   * before the token, unless it ends an escape (`\n`, `%3D`, a terminal colour).
   */
  readonly guard: "none" | "alphanumeric";
  /** The part of the token before the literal: the run of `of` that ends there, `min` to `max` characters of it. */
  readonly before?: { readonly of: string; readonly min: number; readonly max: number };
  /** What follows the literal at least, in order: texts, and stretches. The token is certain after them. */
  readonly least: readonly (Stretch | string)[];
  /** What else belongs to the token: the whole run, without an upper limit. */
  readonly body: string;
  /** True: dots at the very end (up to three) are punctuation, not part of the token. */
  readonly trimDots?: true;
}

/** Shapes that need a confirmer of their own. */
export type SpecialForm =
  /** Dot-separated base64url segments whose first is a JSON object (RFC 7515 §3.1, RFC 7516 §3.1). */
  | "jwt"
  /** `-----BEGIN … PRIVATE KEY-----` up to its END, or as far as the text looks like a key (RFC 7468). */
  | "private-key"
  /** An authentication scheme, white space, and credentials (RFC 9110 §11.4); the scheme stays. */
  | "bearer"
  /** `Basic` and base64 that decodes to printable text with a colon (RFC 7617 §2); the scheme stays. */
  | "basic"
  /** `password = "…"` and the like. */
  | "assignment";

/** A pattern: the name in placeholders and audit entries, and what it stands for. */
export interface TokenFamily {
  /** `[a-z0-9_]`, at most 64. */
  readonly name: string;
  readonly shapes: readonly TokenShape[];
  readonly special?: SpecialForm;
  /** `heuristic`: matches what is only likely a credential. */
  readonly confidence: "high" | "heuristic";
  /** ISO date of the format's latest known change, or null. */
  readonly since: string | null;
  /** Where the format is described: an https address or an RFC. */
  readonly source: string;
}
