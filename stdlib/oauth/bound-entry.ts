/**
 * A stored entry together with what this client may do with it, and its way out to the caller.
 *
 * @module
 */

import { type BindingVerdict, bindingRefusals, judgeBinding } from "./binding.ts";
import { type ClientContext, emitEvent } from "./client-context.ts";
import { OAuthError } from "./errors.ts";
import { knowTokens } from "./known-tokens.ts";
import { isCatalogueOrigin, isCatalogueUrl } from "./providers/catalogue.ts";
import { isCustomStore } from "./storage/custom.ts";
import type { Entry, EntryBinding } from "./storage/entry.ts";
import { copyJson } from "./storage/json-copy.ts";
import { isOwn } from "./storage/own-knowledge.ts";
import { type TokenSet, tokenMembers } from "./token-set.ts";

export interface BoundEntry {
  readonly entry: Entry;
  /** Origins that the access token may be sent to by this client. */
  readonly origins: readonly string[];
  /** Whether the refresh token may go to this client's token endpoint. */
  readonly refreshable: boolean;
}

/**
 * Binds an entry to a client.
 *
 * Throws HARN-OAU-004, and leaves a `destination_refused` event, when the client would re-aim it.
 */
export function bindEntry(context: ClientContext, entry: Entry): BoundEntry {
  const verdict = verdictOn(context, entry);
  if (!verdict.ok) throw destinationRefused(context, bindingRefusals[verdict.reason]);
  return { entry, origins: verdict.origins, refreshable: verdict.refreshable };
}

/** Judges without throwing. */
export function verdictOn(context: ClientContext, entry: Entry): BindingVerdict {
  const { provider, ports, store } = context;
  // What a script's own store returns unsealed the script knows already.
  const ownKnowledge = isCustomStore(store) || isOwn(ports, entry);
  const client = {
    binding: context.binding,
    trusted: ports.run.trusted,
    catalogueTokenUrl: isCatalogueUrl(provider.id, provider.token_url),
    isCatalogueOrigin: (origin: string) => isCatalogueOrigin(provider.id, origin),
  };
  return judgeBinding(client, entry.binding, ownKnowledge);
}

/** The HARN-OAU-004 error, with its event. `why` is a sentence of ours. */
export function destinationRefused(context: ClientContext, why: string): OAuthError {
  emitEvent(context, "destination_refused", { code: "HARN-OAU-004", reason: why });
  return new OAuthError(
    "HARN-OAU-004",
    `std/oauth/${context.module}: destination refused: ${why}`,
    "Use the client that the login was made with, or log in again with this one.",
  );
}

/** The token set as the caller gets it: every token in a capsule bound to where it may go. */
export function concealedSet(context: ClientContext, bound: BoundEntry): TokenSet {
  const { token_set } = bound.entry;
  const copy = copyJson(token_set, false) as Record<string, unknown>;
  for (const member of tokenMembers) {
    const value = token_set[member];
    if (value !== undefined) copy[member] = concealed(context, bound, member, value);
  }
  return copy as unknown as TokenSet;
}

/** One token as the caller gets it. Only an access token may be sent to a resource. */
export function concealed(
  context: ClientContext,
  bound: BoundEntry,
  kind: (typeof tokenMembers)[number],
  value: string,
): string {
  const { provider, issuer } = bound.entry.binding ?? context.binding;
  return context.ports.seal.conceal(value, {
    kind,
    provider,
    issuer,
    key: context.storageKey,
    origins: kind === "access_token" ? bound.origins : [],
  });
}

/**
 * Makes the tokens of a set known to the redactor, in place of those that this client's storage key had before.
 *
 * Throws HARN-OAU-011 when the run holds as many values as it may; the tokens must then go nowhere.
 */
export function registerTokens({ ports, store, storageKey }: ClientContext, set: TokenSet): void {
  knowTokens(ports, `${store.identity}\0${storageKey}`, set);
}

/**
 * Like {@link registerTokens}, for tokens that exist nowhere else yet: a redactor that takes no more must not keep them from
 * being stored. It refuses again when they are to be shown or sent.
 */
export function registerReceived(context: ClientContext, set: TokenSet): void {
  try {
    registerTokens(context, set);
  } catch (error) {
    if (!(error instanceof OAuthError)) throw error;
  }
}

/** The entry that a login makes: a new generation, bound to this client. */
export function loginEntry(context: ClientContext, token_set: TokenSet): Entry {
  const binding: EntryBinding = context.binding;
  return {
    token_set,
    ttl_seconds: null,
    binding,
    generation: Buffer.from(context.ports.random.bytes(16)).toString("base64url"),
    version: 1,
    updated_at_unix: Math.floor(context.ports.clock.now() / 1000),
    intent: null,
  };
}
