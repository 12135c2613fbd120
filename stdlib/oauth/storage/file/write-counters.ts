/**
 * The highest write counter that this process has seen of each store, whatever handle saw it.
 *
 * @module
 */

import type { StoreHeader } from "./format-2.ts";

/** The oldest are forgotten beyond this many stores. */
const maxStores = 10_000;

const highest = new Map<string, number>();

/** Remembers a counter that was read or written. */
export function noteCounter(store_id: string, counter: number): void {
  const known = highest.get(store_id) ?? 0;
  highest.delete(store_id);
  highest.set(store_id, Math.max(known, counter));
  const [oldest] = highest.keys();
  if (highest.size > maxStores && oldest !== undefined) highest.delete(oldest);
}

/** True when a later state of this store was seen here. */
export function isRolledBack(header: StoreHeader): boolean {
  return header.counter < (highest.get(header.store_id) ?? 0);
}
