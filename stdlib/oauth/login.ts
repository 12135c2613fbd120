/**
 * The end of every login: tokens are stored, then shown.
 *
 * @module
 */

import { bindEntry, concealedSet, loginEntry, registerTokens } from "./bound-entry.ts";
import type { ClientContext } from "./client-context.ts";
import { writeWithRetries } from "./durable-write.ts";
import type { GrantedMembers } from "./token-response.ts";
import type { TokenSet } from "./token-set.ts";
import { tokenSetOf } from "./token-set-of.ts";

/**
 * Stores what a login granted as a new generation, under the refresh lock so that a refresh in flight cannot
 * overwrite it, and answers the token set for the caller. `issuedAt`: Unix seconds before the request was sent.
 *
 * Throws what the storage throws (HARN-OAU-010).
 */
export async function storeLogin(
  context: ClientContext,
  members: GrantedMembers,
  issuedAt: number,
): Promise<{ shown: TokenSet; stored: TokenSet }> {
  const token_set = tokenSetOf(members, issuedAt, context.scopes, null);
  registerTokens(context, token_set);
  const entry = loginEntry(context, token_set);
  await context.store.withRefreshLock(context.storageKey, () => writeWithRetries(context, entry));
  return { shown: concealedSet(context, bindEntry(context, entry)), stored: token_set };
}
