/**
 * The entry that a store of the host makes: it keeps token sets only.
 *
 * @module
 */

import type { Ports } from "../../../runtime/ports.ts";
import type { TokenSet } from "../token-set.ts";
import type { Entry, EntryBinding, Lineage } from "./entry.ts";
import { bringsIn } from "./own-knowledge.ts";
import { isOfLineage } from "./lineage.ts";
import { storageError } from "./storage-fault.ts";
import { judgeTokenSet } from "./token-set-judge.ts";

/**
 * The entry of what such a store answered. `binding`: what the embedder says of the key, or null.
 * @throws HARN-OAU-010 for a value that is no token set.
 */
export function foreignEntry(ports: Ports, value: unknown, binding: EntryBinding | null): Entry {
  const judged = judgeTokenSet(value);
  if (!judged.ok) throw storageError("host_value");
  return entryOf(ports, judged.token_set, binding);
}

function entryOf(ports: Ports, token_set: TokenSet, binding: EntryBinding | null): Entry {
  // Empty: nobody recorded the login. In a scripted world every answer is the script's own knowledge.
  const generation = ports.testing === null ? "" : "scripted";
  if (generation !== "") bringsIn(ports, generation);
  return {
    token_set,
    ttl_seconds: null,
    binding,
    generation,
    version: 0,
    updated_at_unix: 0,
    intent: null,
  };
}

/** True when the entry is there and its refresh token is the expected one: such a store keeps no generation. */
export function hasRefreshTokenOf(entry: Entry | null, expected: Lineage): boolean {
  return entry !== null && isOfLineage(entry, { ...expected, generation: entry.generation });
}
