/**
 * Writes of tokens that exist nowhere else yet.
 *
 * @module
 */

import type { ClientContext } from "./client-context.ts";
import { OAuthError } from "./errors.ts";
import type { Entry, Lineage } from "./storage/entry.ts";

/** Waits between the attempts of one write, in ms. */
const pauses: readonly number[] = [20, 100, 500];

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
  for (const pause of pauses) {
    try {
      return await store.write(storageKey, entry, expected);
    } catch (error) {
      // A refused argument or grant will be refused again.
      if (error instanceof OAuthError && error.code !== "HARN-OAU-010") throw error;
      await ports.clock.sleep(pause);
    }
  }
  return await store.write(storageKey, entry, expected);
}
