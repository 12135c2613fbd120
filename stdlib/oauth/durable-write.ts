/**
 * Writes of tokens that exist nowhere else yet.
 *
 * @module
 */

import type { ClientContext } from "./client-context.ts";
import { OAuthError } from "./errors.ts";
import { lockLimits } from "./lock-limits.ts";
import type { Entry, Lineage } from "./storage/entry.ts";

/** Waits between the attempts of one write, in ms: the lock is held meanwhile. */
const pauses: readonly number[] = [20, 100, 500, 1_000, 2_000, 2_000, 2_000];

/**
 * Writes an entry, and tries again while the storage fails: the provider will not give the same tokens twice.
 * Answers whether it wrote (see `EntryStore.write`); throws the last failure.
 */
export async function writeWithRetries(
  context: ClientContext,
  entry: Entry,
  expected?: Lineage,
): Promise<boolean> {
  const { store, storageKey, ports } = context;
  const until = ports.clock.monotonic() + lockLimits.storeMs;
  for (const pause of pauses) {
    try {
      return await store.write(storageKey, entry, expected);
    } catch (error) {
      // A refused argument or grant will be refused again.
      if (error instanceof OAuthError && error.code !== "HARN-OAU-010") throw error;
      if (ports.clock.monotonic() + pause >= until) throw error;
      await ports.clock.sleep(pause);
    }
  }
  return await store.write(storageKey, entry, expected);
}
