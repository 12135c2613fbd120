/**
 * What one redactor made known: to all redactors of its family or, where a script brought the value, to itself alone.
 *
 * @module
 */

import { OAuthError } from "../errors.ts";
import { shortestKnown } from "./known-forms.ts";
import { KnownValues } from "./known-values.ts";

/** Bytes of values that one run may keep known; each also costs {@link valueCost}. */
export const mostKnownBytes: number = 4 * 1024 * 1024;

/** What a value costs besides its text, in bytes: it is looked for in many forms. */
export const valueCost = 256;

interface Held {
  holders: number;
  readonly cost: number;
  readonly release: () => void;
}

/** The registrations of one redactor, each counted once however often it is made. */
export class Registrations {
  readonly #shared: KnownValues;
  readonly #namesUsed: Set<string>;
  readonly #mostBytes: number;
  readonly #held = new Map<string, Held>();
  #own: KnownValues | null = null;
  #bytes = 0;

  /** `namesUsed` are the names of the family; `mostBytes` is Infinity for the host's own redactor. */
  constructor(shared: KnownValues, namesUsed: Set<string>, mostBytes: number) {
    this.#shared = shared;
    this.#namesUsed = namesUsed;
    this.#mostBytes = mostBytes;
  }

  /**
   * Makes a value known; returns what releases it (once).
   *
   * @throws OAuthError HARN-OAU-011 when the values held are over the cap with it. It is then not known.
   */
  register(value: string, name: string, asOwn: boolean): () => void {
    if (typeof value !== "string" || value.length < shortestKnown) return () => {};
    // Own once, own for ever: else storing a text and reading it back would make it known to all.
    const own = asOwn || this.#own?.has(value) === true;
    const id = `${own}\0${name}\0${value}`;
    const held = this.#held.get(id) ?? this.#hold(id, value, name, own);
    held.holders += 1;
    let open = true;
    return () => {
      if (open) this.#let(id, held);
      open = false;
    };
  }

  /** Values that are this redactor's own; null when there never were any. */
  get own(): KnownValues | null {
    return this.#own;
  }

  get isEmpty(): boolean {
    return this.#held.size === 0;
  }

  /** Releases everything. */
  release(): void {
    for (const [id, held] of this.#held) this.#drop(id, held);
  }

  #hold(id: string, value: string, name: string, own: boolean): Held {
    const cost = Buffer.byteLength(value) + valueCost;
    if (this.#bytes + cost > this.#mostBytes) {
      throw new OAuthError(
        "HARN-OAU-011",
        `std/oauth/redaction: the tokens and secrets of one run may not be over ${this.#mostBytes} bytes together`,
        "Work on fewer or shorter tokens in one run.",
      );
    }
    if (own) this.#own ??= new KnownValues(this.#namesUsed);
    const release = (own && this.#own ? this.#own : this.#shared).register(value, name);
    const held: Held = { holders: 0, cost, release };
    this.#held.set(id, held);
    this.#bytes += cost;
    return held;
  }

  #let(id: string, held: Held): void {
    held.holders -= 1;
    if (held.holders === 0) this.#drop(id, held);
  }

  #drop(id: string, held: Held): void {
    // Released already, and perhaps held anew since.
    if (this.#held.get(id) !== held) return;
    this.#held.delete(id);
    this.#bytes -= held.cost;
    held.release();
  }
}
