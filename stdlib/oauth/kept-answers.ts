/**
 * What this process alone knows of a refresh: answers that no storage took yet, and, for storages that keep no intent, the
 * refreshes that were begun and never settled. Process-wide; gone with the process.
 *
 * @module
 */

import type { Entry, EntryStore, Intent, Lineage } from "./storage/entry.ts";
import { isOfLineage } from "./storage/lineage.ts";

const kept = new Map<string, { readonly next: Entry; readonly lineage: Lineage }>();
const intents = new Map<string, Intent>();
const most = 10_000;

/** Keeps an answer whose write failed: the provider will not give it again. `lineage` is what it may replace. */
export function keepAnswer(store: EntryStore, key: string, next: Entry, lineage: Lineage): void {
  if (kept.size < most) kept.set(slot(store, key), { next, lineage });
}

/** The kept answer that follows on the stored entry, or null. One that follows on another login's is forgotten. */
export function keptAnswer(store: EntryStore, key: string, stored: Entry | null): Entry | null {
  const answer = kept.get(slot(store, key));
  if (answer === undefined) return null;
  if (isOfLineage(stored, answer.lineage)) return answer.next;
  forgetAnswer(store, key);
  return null;
}

/** The kept answer is stored, or its login is over. */
export function forgetAnswer(store: EntryStore, key: string): void {
  kept.delete(slot(store, key));
}

/** Keeps an intent, or none, for a storage that does not. */
export function keepIntent(store: EntryStore, key: string, intent: Intent | null): void {
  intents.delete(slot(store, key));
  if (intent === null) return;
  intents.set(slot(store, key), intent);
  for (const oldest of intents.keys()) {
    if (intents.size <= most) break;
    intents.delete(oldest);
  }
}

/** The kept intent, or null. */
export function keptIntent(store: EntryStore, key: string): Intent | null {
  return intents.get(slot(store, key)) ?? null;
}

function slot(store: EntryStore, key: string): string {
  return JSON.stringify([store.identity, key]);
}
