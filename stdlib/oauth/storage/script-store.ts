/**
 * What a handle needs of the store behind it, beyond what the client needs.
 *
 * @module
 */

import type { Entry, EntryStore } from "./entry.ts";

/** An entry store whose entry can be replaced in one step with reading it. */
export interface ScriptStore extends EntryStore {
  /** Stores what `next` makes of the current entry. A store that keeps no entries passes null. */
  replace(key: string, next: (current: Entry | null) => Entry): Promise<void>;
  /**
   * `withRefreshLock` for a body that may ask for the same lock again, which is then refused. Left out: `withRefreshLock` notices that
   * itself.
   */
  withLockFor?<T>(key: string, body: () => Promise<T>): Promise<T>;
}
