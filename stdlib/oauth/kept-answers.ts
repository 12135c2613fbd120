/**
 * Refresh answers that no storage took yet. The provider will not give them again, so they are kept, and the next
 * refresh of that key stores them before it asks for others. Process-wide.
 *
 * @module
 */

import type { Entry, EntryStore, Lineage } from "./storage/entry.ts";

const kept = new Map<string, { readonly next: Entry; readonly lineage: Lineage }>();
const most = 1_000;

/** Keeps an answer whose write failed. `lineage` is what it may replace. */
export function keepAnswer(store: EntryStore, key: string, next: Entry, lineage: Lineage): void {
  if (kept.size < most) kept.set(slot(store, key), { next, lineage });
}

/**
 * Stores a kept answer, if it still follows on what is stored, and answers it; null when there is none.
 * Throws what the storage throws; the answer is then still kept.
 */
export async function storeKeptAnswer(store: EntryStore, key: string): Promise<Entry | null> {
  const answer = kept.get(slot(store, key));
  if (answer === undefined) return null;
  const wrote = await store.write(key, answer.next, answer.lineage);
  kept.delete(slot(store, key));
  return wrote ? answer.next : null;
}

function slot(store: EntryStore, key: string): string {
  return JSON.stringify([store.identity, key]);
}
