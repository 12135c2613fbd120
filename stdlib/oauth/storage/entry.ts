/**
 * What a storage keeps beside the token set, and the operations that the client uses on it. Scripts see only
 * token sets; none of these fields ever appears in one.
 *
 * @module
 */

import type { TokenSet } from "../token-set.ts";

/** Where the tokens of an entry came from and may go; recorded at login, later only narrowed. */
export interface EntryBinding {
  readonly provider: string;
  readonly issuer: string | null;
  /** Origin of the token endpoint that issued the tokens. */
  readonly token_origin: string;
  /** Origins that the access token may be sent to. */
  readonly resource_origins: readonly string[];
}

/** A refresh that was begun: written before the request, cleared with its outcome. */
export interface Intent {
  /** Hash of the refresh token that is being presented. */
  readonly refresh_hash: string;
  readonly started_at_unix: number;
}

export interface Entry {
  /** Real values, never capsules. */
  readonly token_set: TokenSet;
  readonly ttl_seconds: number | null;
  /** Null: written by a script, or read from a store that keeps no binding. */
  readonly binding: EntryBinding | null;
  /** 128 random bits in base64url, new at each login. */
  readonly generation: string;
  /** Grows by one with each write in a generation. */
  readonly version: number;
  readonly updated_at_unix: number;
  readonly intent: Intent | null;
}

/** The ancestry that a write expects to find (RFC-free: see the refresh algorithm in `refresh.ts`). */
export interface Lineage {
  readonly generation: string;
  /** SHA-256, base64url, of the refresh token that was presented; null when there was none. */
  readonly refresh_hash: string | null;
}

/** A storage handle as the client uses it. */
export interface EntryStore {
  /** The same for every handle that reaches the same place (`file:/path`), so that they share flights and locks. */
  readonly identity: string;
  /** False for `custom`, `secrets` and cloud storage: no intent is kept, and a refresh makes exactly one write. */
  readonly keepsEntries: boolean;
  read(key: string): Promise<Entry | null>;
  /**
   * Stores the entry. With `expected`, only if the stored entry is still of that lineage; the comparison and the write
   * are one step. Answers whether it wrote.
   */
  write(key: string, entry: Entry, expected?: Lineage): Promise<boolean>;
  /** Removing what is not there is no error. */
  remove(key: string): Promise<void>;
  /**
   * Runs `body` while no one else holds the refresh lock of this key. Waits end after 60 s with HARN-OAU-010, retryable.
   * `found` is the stored entry when taking the lock told it already, undefined when it must be read.
   */
  withRefreshLock<T>(key: string, body: (found?: Entry | null) => Promise<T>): Promise<T>;
}
