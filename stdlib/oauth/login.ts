/**
 * The end of every login: tokens are stored, then shown.
 *
 * @module
 */

import { bindEntry, concealedSet, loginEntry, registerReceived } from "./bound-entry.ts";
import type { ClientContext } from "./client-context.ts";
import type { DpopKey } from "./dpop-key.ts";
import { writeWithRetries } from "./durable-write.ts";
import { keptRefreshToken, mayKeepRefreshToken } from "./kept-refresh-token.ts";
import type { GrantedMembers } from "./token-response.ts";
import type { TokenSet } from "./token-set.ts";
import { tokenSetOf } from "./token-set-of.ts";

/**
 * Stores what a login granted as a new generation, under the refresh lock so that a refresh in flight cannot
 * overwrite it, and answers the token set for the caller. A stored refresh token of the same grant stays when the login brought none
 * (`kept-refresh-token.ts`). `issuedAt`: Unix seconds before the request was sent; `dpopKey`: the
 * key that the request proved.
 *
 * Throws what the storage throws (HARN-OAU-010).
 */
export async function storeLogin(
  context: ClientContext,
  members: GrantedMembers,
  issuedAt: number,
  dpopKey: DpopKey | null = null,
): Promise<{ shown: TokenSet; stored: TokenSet }> {
  const granted = tokenSetOf(members, issuedAt, context.scopes, null, dpopKey);
  registerReceived(context, granted);
  const { store, storageKey } = context;
  const entry = await store.withRefreshLock(storageKey, async (found) => {
    const before = mayKeepRefreshToken(context, granted)
      ? found === undefined
        ? await store.read(storageKey)
        : found
      : null;
    const kept = keptRefreshToken(context, granted, before);
    const made = loginEntry(context, kept === undefined ? granted : { ...granted, refresh_token: kept });
    await writeWithRetries(context, made);
    return made;
  });
  return { shown: concealedSet(context, bindEntry(context, entry)), stored: entry.token_set };
}
