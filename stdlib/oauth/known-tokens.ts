/**
 * The tokens that a redactor knows by value: those in use, and for a while those that they replaced.
 *
 * A process refreshes for ever; without an end of it, every token it ever had would stay in memory, in all the forms that are
 * looked for.
 *
 * @module
 */

import type { Ports, Redactor } from "../../runtime/ports.ts";
import { type TokenSet, tokenMembers } from "./token-set.ts";

/** Whose tokens they are. */
type Holder = Pick<Ports, "redactor"> & { readonly run: Pick<Ports["run"], "trusted"> };

/** Replaced tokens that stay known: late answers and logs may still hold them. */
const mostReplaced = 500;

const books = new WeakMap<Redactor, KnownTokens>();

/**
 * Makes the tokens of a set known, in place of those that `place` (a storage and a key in it) had before. What a sandboxed run had
 * stays known until its end: a script must not be able to push a token out.
 *
 * Throws HARN-OAU-011 when the run holds as many values as it may; the tokens must then go nowhere.
 */
export function knowTokens({ redactor, run }: Holder, place: string, set: TokenSet): void {
  let book = books.get(redactor);
  if (book === undefined) {
    book = new KnownTokens(redactor, run.trusted ? mostReplaced : Number.POSITIVE_INFINITY);
    books.set(redactor, book);
  }
  book.note(place, set);
}

class KnownTokens {
  readonly #redactor: Redactor;
  readonly #mostReplaced: number;
  readonly #releases = new Map<string, () => void>();
  readonly #inUse = new Map<string, TokenSet>();
  /** The oldest first. */
  readonly #replaced = new Set<string>();

  constructor(redactor: Redactor, most: number) {
    this.#redactor = redactor;
    this.#mostReplaced = most;
  }

  note(place: string, set: TokenSet): void {
    const before = this.#inUse.get(place);
    for (const member of tokenMembers) {
      const value = set[member];
      if (value === undefined) continue;
      this.#replaced.delete(value);
      if (!this.#releases.has(value)) this.#releases.set(value, this.#redactor.register(value, member));
    }
    if (before === set) return;
    this.#inUse.set(place, set);
    if (before === undefined) return;
    for (const member of tokenMembers) {
      const value = before[member];
      if (value !== undefined && value !== set[member]) this.#replaced.add(value);
    }
    for (const oldest of this.#replaced) {
      if (this.#replaced.size <= this.#mostReplaced) break;
      this.#replaced.delete(oldest);
      this.#releases.get(oldest)?.();
      this.#releases.delete(oldest);
    }
  }
}
