/**
 * Lineage: whether a stored entry is still the one that a write believes it replaces.
 *
 * @module
 */

import { hash } from "node:crypto";
import type { Entry, Lineage } from "./entry.ts";

/** SHA-256 of a refresh token in base64url; null when there is none. */
export function refreshHash(refresh_token: string | undefined): string | null {
  if (refresh_token === undefined) return null;
  return hash("sha256", refresh_token, "base64url");
}

/** The lineage that a write after this entry expects. */
export function lineageOf(entry: Entry): Lineage {
  return { generation: entry.generation, refresh_hash: refreshHash(entry.token_set.refresh_token) };
}

/** True when the entry is there and of this lineage. */
export function isOfLineage(entry: Entry | null, expected: Lineage): boolean {
  return (
    entry !== null &&
    entry.generation === expected.generation &&
    refreshHash(entry.token_set.refresh_token) === expected.refresh_hash
  );
}
