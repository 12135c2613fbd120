/**
 * The books of the token server: every grant, every token set, who asked for it and when, and what came twice.
 *
 * @module
 */

import { randomBytes } from "node:crypto";
import type { AnswerFault } from "./answer-faults.ts";

/** One request of a refresh, as the server saw it. Times are milliseconds of `performance.now()`. */
export interface Presentation {
  readonly worker: number;
  readonly set: IssuedSet;
  readonly arrivedAt: number;
  /** What was done to its answer; null: nothing. */
  readonly fault: AnswerFault | null;
  /** When the successor came to be; null: it did not. */
  committedAt: number | null;
  successor: IssuedSet | null;
}

/** One answer with tokens, or one login. */
export interface IssuedSet {
  readonly grant: Grant;
  readonly access_token: string;
  readonly refresh_token: string;
  /** The set whose refresh token was spent for it; null for a login. */
  readonly parent: IssuedSet | null;
  /** The request that spent its refresh token first. */
  spentBy: Presentation | null;
  /** A worker sent its access token to the API. */
  shown: boolean;
}

/** One login of one account. */
export interface Grant {
  readonly account: number;
  /** Requests whose client is there and waits for the answer. */
  readonly onWire: Set<Presentation>;
  /** What ended it: a refresh token that came again. */
  ended: Reuse | null;
}

/** A refresh token that came again after it was spent, at a server that then ends the grant. */
export interface Reuse {
  readonly set: IssuedSet;
  readonly by: Presentation;
}

/** A request that came while others of its grant were on the wire. */
export interface Overlap {
  readonly by: Presentation;
  readonly others: readonly Presentation[];
}

/** The books. `graceMs`: how long a spent refresh token works again; 0 is strict. */
export class GrantBooks {
  refreshes = 0;
  readonly overlaps: Overlap[] = [];
  readonly reuses: Reuse[] = [];
  /** Tokens that nobody issued, or that were shown for another account. */
  strangers = 0;
  readonly #graceMs: number;
  readonly #byRefreshToken = new Map<string, IssuedSet>();
  readonly #byAccessToken = new Map<string, IssuedSet>();

  constructor(graceMs: number) {
    this.#graceMs = graceMs;
  }

  /** A new grant of an account, with its first token set. */
  login(account: number): IssuedSet {
    return this.#issue({ account, onWire: new Set(), ended: null }, null);
  }

  /** The set of a refresh token. */
  find(refresh_token: string): IssuedSet | null {
    return this.#byRefreshToken.get(refresh_token) ?? null;
  }

  /** The set of an access token. */
  findAccess(access_token: string): IssuedSet | null {
    return this.#byAccessToken.get(access_token) ?? null;
  }

  /** A request has arrived. A turn of the event loop later it is known whether another's client is still there: its end may have arrived too. */
  arrive(presentation: Presentation): void {
    const { onWire } = presentation.set.grant;
    const others = [...onWire];
    onWire.add(presentation);
    if (others.length === 0) return;
    setImmediate(() => {
      const still = others.filter((other) => onWire.has(other));
      if (onWire.has(presentation) && still.length > 0)
        this.overlaps.push({ by: presentation, others: still });
    });
  }

  /** Its answer is written, or its client is gone. */
  leave(presentation: Presentation): void {
    presentation.set.grant.onWire.delete(presentation);
  }

  /** Spends the refresh token. Null: the grant has ended, perhaps by this. */
  commit(presentation: Presentation): IssuedSet | null {
    const { set } = presentation;
    const { grant } = set;
    if (grant.ended !== null) return null;
    const now = performance.now();
    const spentAt = set.spentBy?.committedAt ?? null;
    if (spentAt !== null && now - spentAt >= this.#graceMs) {
      grant.ended = { set, by: presentation };
      this.reuses.push(grant.ended);
      return null;
    }
    const successor = this.#issue(grant, set);
    presentation.committedAt = now;
    presentation.successor = successor;
    set.spentBy ??= presentation;
    this.refreshes += 1;
    return successor;
  }

  /** An access token was shown to the API. Answers whether it is one of this account. */
  show(access_token: string, account: number): boolean {
    const set = this.findAccess(access_token);
    if (set?.grant.account !== account) {
      this.strangers += 1;
      return false;
    }
    set.shown = true;
    return true;
  }

  /** Sets that were shown although the stored set does not come from them: shown before they were durable. */
  shownButNotBefore(stored: IssuedSet): readonly IssuedSet[] {
    const before = new Set<IssuedSet>();
    for (let set: IssuedSet | null = stored; set !== null; set = set.parent) before.add(set);
    return [...this.#byAccessToken.values()].filter(
      (set) => set.shown && set.grant === stored.grant && !before.has(set),
    );
  }

  #issue(grant: Grant, parent: IssuedSet | null): IssuedSet {
    const token = (): string => randomBytes(24).toString("base64url");
    const set = { grant, parent, access_token: token(), refresh_token: token(), spentBy: null, shown: false };
    this.#byRefreshToken.set(set.refresh_token, set);
    this.#byAccessToken.set(set.access_token, set);
    return set;
  }
}
