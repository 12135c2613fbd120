/**
 * What is stored, as a refresh sees it: with the intent of the refresh that was begun last, wherever that is kept.
 *
 * @module
 */

import { type BoundEntry, bindEntry } from "./bound-entry.ts";
import type { ClientContext } from "./client-context.ts";
import { writeWithRetries } from "./durable-write.ts";
import { forgetAnswer, keepAnswer, keepIntent, keptAnswer, keptIntent } from "./kept-answers.ts";
import { consentNeeded } from "./refresh-errors.ts";
import { intentOf } from "./refresh-profile.ts";
import type { Entry, Intent, Lineage } from "./storage/entry.ts";
import { lineageOf } from "./storage/lineage.ts";
import { isOwn } from "./storage/own-knowledge.ts";

/**
 * What is stored, bound to this client. Values that a script brought raw are the client's from its first use on, also in later runs.
 * Throws HARN-OAU-002 for nothing and 004 for an entry bound elsewhere.
 */
export async function storedEntry(context: ClientContext): Promise<BoundEntry> {
  const { store, storageKey } = context;
  const entry = await store.read(storageKey);
  if (entry === null) throw consentNeeded("no token in storage");
  const bound = bindEntry(context, entry);
  return needsBinding(context, entry) ? await bindStored(context) : bound;
}

/** Under the lock, or the intent of a refresh that is on its way would be written over. */
async function bindStored(context: ClientContext): Promise<BoundEntry> {
  const { store, storageKey, binding } = context;
  return await store.withRefreshLock(storageKey, async () => {
    const entry = await store.read(storageKey);
    if (entry === null) throw consentNeeded("no token in storage");
    const bound = bindEntry(context, entry);
    if (!needsBinding(context, entry)) return bound;
    await store.write(storageKey, { ...entry, binding, version: entry.version + 1 }, lineageOf(entry));
    // A script's own set needs no lock.
    const written = await store.read(storageKey);
    if (written === null) throw consentNeeded("no token in storage");
    return bindEntry(context, written);
  });
}

function needsBinding({ store, ports }: ClientContext, entry: Entry): boolean {
  return entry.binding === null && !ports.run.trusted && store.keepsEntries && isOwn(ports, entry);
}

/** What is stored now. `found`: what the lock brought, when it brought it. */
export async function entryNow(context: ClientContext, found?: Entry | null): Promise<Entry | null> {
  const { store, storageKey } = context;
  const entry = found === undefined ? await store.read(storageKey) : found;
  if (entry === null || store.keepsEntries) return entry;
  return { ...entry, intent: keptIntent(store, storageKey) };
}

/**
 * Stores the answer that an earlier flight of this process could not store, and answers it; null when there is none.
 * Throws what the storage throws; the answer is then still kept.
 */
export async function storeKeptAnswer(context: ClientContext, entry: Entry): Promise<Entry | null> {
  const { store, storageKey } = context;
  const next = keptAnswer(store, storageKey, entry);
  if (next === null) return null;
  const wrote = await store.write(storageKey, next, lineageOf(entry));
  forgetAnswer(store, storageKey);
  return wrote ? next : null;
}

/**
 * Writes down that the entry's refresh token is about to be presented, and answers the entry as it then stands; null when
 * the stored one is another by now. Where the storage keeps it, this is also the proof that it can be written. `now`
 * is the time for which `isInDoubt` was asked, or an intent could begin anew when the window closes in between.
 */
export async function beginRefresh(context: ClientContext, entry: Entry, now: number): Promise<Entry | null> {
  const { store, storageKey, provider } = context;
  const intent = intentOf(provider.refresh_handling, entry, now);
  const begun: Entry = { ...entry, intent, version: entry.version + 1, updated_at_unix: now };
  if (store.keepsEntries) return (await store.write(storageKey, begun, lineageOf(entry))) ? begun : null;
  keepIntent(store, storageKey, intent);
  return begun;
}

/**
 * The refresh that was begun brought nothing and changed nothing at the provider. `unsettled`: the one before it that is
 * still unsettled. Best effort, for an intent that stays only makes the next refresh more careful.
 */
export async function endRefresh(
  context: ClientContext,
  begun: Entry,
  unsettled: Intent | null,
): Promise<void> {
  const { store, storageKey } = context;
  if (!store.keepsEntries) return keepIntent(store, storageKey, unsettled);
  const ended: Entry = { ...begun, intent: unsettled, version: begun.version + 1 };
  await store.write(storageKey, ended, lineageOf(begun)).catch(() => false);
}

/**
 * Stores what the provider will not give again, over nothing but the lineage that was presented, and answers whether it did.
 * Throws what the storage throws when it takes nothing for seconds; the successor is then kept for the next flight.
 */
export async function writeSuccessor(
  context: ClientContext,
  next: Entry,
  lineage: Lineage,
): Promise<boolean> {
  const { store, storageKey } = context;
  keepIntent(store, storageKey, null);
  try {
    return await writeWithRetries(context, next, lineage);
  } catch (error) {
    keepAnswer(store, storageKey, next, lineage);
    throw error;
  }
}
