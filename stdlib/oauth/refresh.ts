/**
 * Refresh: a refresh token is spent once, its successor is never lost, and nobody waits longer than they must.
 *
 * 1. A fresh token is returned at once (the 75 % rule, `staleness.ts`).
 * 2. Who finds a stale one joins the flight for that very token, or starts it: one per process.
 * 3. The flight takes the storage's refresh lock, which other processes and hosts respect, and reads again (unless the
 *    lock came with what is stored): if someone else was faster, their token is used.
 * 4. The intent is written before the request. That also proves that the storage can be written.
 * 5. One POST. Its outcome is one of: not sent, answered, unknown.
 * 6. The new tokens are stored, then shown; only over the entry that was presented (compare-and-set on lineage).
 * 7. `invalid_grant` reads once more before it means "consent is needed", and deletes nothing. A failure that may pass
 *    leaves the old token in use while it lives.
 *
 * @module
 */

import { answerError } from "./answer-error.ts";
import {
  type BoundEntry,
  bindEntry,
  destinationRefused,
  registerReceived,
  registerTokens,
} from "./bound-entry.ts";
import { type ClientContext, emitEvent, nowSeconds } from "./client-context.ts";
import type { DpopKey } from "./dpop-key.ts";
import { writeWithRetries } from "./durable-write.ts";
import { redactedAnswer } from "./error-answer.ts";
import { OAuthError, type ProviderAnswer } from "./errors.ts";
import { isSameSubject } from "./id-token.ts";
import { checkedClaims } from "./id-token-validation.ts";
import { keepAnswer, storeKeptAnswer } from "./kept-answers.ts";
import { sha256 } from "./pkce.ts";
import { joinFlight } from "./refresh-flights.ts";
import { isJustBornStale, noteBornStale, pauseAfterFailure, pausedFailure } from "./refresh-pace.ts";
import { mayPresentAgain, presentRefreshToken, refreshKey } from "./refresh-request.ts";
import { revokeUnheld } from "./revoke.ts";
import { freshness, isBornStale } from "./staleness.ts";
import type { Entry, Lineage } from "./storage/entry.ts";
import { isOwn } from "./storage/own-knowledge.ts";
import { isOfLineage, lineageOf } from "./storage/lineage.ts";
import type { GrantedMembers } from "./token-response.ts";
import type { TokenSet } from "./token-set.ts";
import { tokenSetOf, tokenShape } from "./token-set-of.ts";

/** Why a refresh happens; stands in its event. */
export type RefreshReason = "ttl_threshold" | "forced" | "post_401";

type Outcome =
  | { readonly ok: true; readonly entry: Entry }
  | { readonly ok: false; readonly error: OAuthError };

/**
 * The entry to use now: the stored one while it is fresh, else its successor, else the stored one while it still works.
 * `admit` may refuse the stored entry by throwing, before anything is sent.
 *
 * Throws HARN-OAU-002 when consent is needed, 003 when it cannot be done now, 004 when the entry is bound elsewhere, 006
 * and 012 when the answer was refused by us or the request by the provider, 010 from the storage.
 */
export async function validEntry(
  context: ClientContext,
  admit?: (bound: BoundEntry) => void,
): Promise<BoundEntry> {
  const bound = await storedEntry(context);
  admit?.(bound);
  if (stateOf(context, bound.entry) === "fresh") return bound;
  const works = (): boolean => stateOf(context, bound.entry) === "aging";
  if (works() && (bound.entry.token_set.refresh_token === undefined || !bound.refreshable)) return bound;
  const name = flightName(context, bound.entry.token_set);
  if (isJustBornStale(context.ports, name)) return bound;
  const failure = pausedFailure(context.ports, name);
  if (failure?.retryable === false) throw failure;
  if (failure && works()) return bound;
  const outcome = await renew(context, bound, "ttl_threshold");
  if (outcome.ok) return bindEntry(context, outcome.entry);
  if (outcome.error.retryable && works()) return bound;
  throw outcome.error;
}

/** Refreshes what is stored at the time of the call, unless someone else does so first. Throws as {@link validEntry}. */
export async function forcedRefresh(context: ClientContext): Promise<BoundEntry> {
  const outcome = await renew(context, await storedEntry(context), "forced");
  if (!outcome.ok) throw outcome.error;
  return bindEntry(context, outcome.entry);
}

/**
 * After a 401: the stored entry when it is not the one that was rejected any more, else its successor. Throws as
 * {@link validEntry}; during the pause after a failure or a {@link noteRejected} nothing is sent.
 */
export async function refreshAfter401(context: ClientContext, rejected: BoundEntry): Promise<BoundEntry> {
  const stored = await storedEntry(context);
  if (isOvertaken(context, stored.entry, rejected.entry.token_set)) return stored;
  const failure = pausedFailure(context.ports, flightName(context, rejected.entry.token_set));
  if (failure !== null) throw failure;
  const outcome = await renew(context, rejected, "post_401");
  if (!outcome.ok) throw outcome.error;
  return bindEntry(context, outcome.entry);
}

/**
 * The successor of a rejected token was rejected too, so the next 401 is no reason to refresh for a while: else an API
 * that answers nothing but 401 could have the refresh token rotated with every request.
 */
export function noteRejected(context: ClientContext, { entry }: BoundEntry): void {
  const error = new OAuthError(
    "HARN-OAU-003",
    `std/oauth/${context.module}: the resource server rejects the renewed token`,
    "Compare the token's scopes and audience with what the resource server wants.",
  );
  pauseAfterFailure(context.ports, flightName(context, entry.token_set), error, null);
}

/**
 * What is stored, bound to this client. Values that a script brought raw are the client's from its first use on, also in later runs.
 * Throws HARN-OAU-002 for nothing and 004 for an entry bound elsewhere.
 */
export async function storedEntry(context: ClientContext): Promise<BoundEntry> {
  const { store, storageKey, binding, ports } = context;
  const entry = await store.read(storageKey);
  if (entry === null) throw consentNeeded("no token in storage");
  const bound = bindEntry(context, entry);
  if (entry.binding !== null || ports.run.trusted || !store.keepsEntries || !isOwn(ports, entry))
    return bound;
  await store.write(storageKey, { ...entry, binding, version: entry.version + 1 }, lineageOf(entry));
  // Someone else may have stored other tokens meanwhile.
  const written = await store.read(storageKey);
  if (written === null) throw consentNeeded("no token in storage");
  return bindEntry(context, written);
}

async function renew(context: ClientContext, seen: BoundEntry, reason: RefreshReason): Promise<Outcome> {
  const { token_set } = seen.entry;
  if (token_set.refresh_token === undefined) {
    return noted(context, reason, consentNeeded("the stored token set has no refresh token"));
  }
  if (!seen.refreshable) {
    const why = "the refresh token has no record of this client's token endpoint";
    return noted(context, reason, destinationRefused(context, why));
  }
  try {
    const fly = (): Promise<Outcome> => flight(context, token_set, reason);
    return await joinFlight(context.ports.run, flightName(context, token_set), fly, context.timeoutMs);
  } catch (error) {
    if (error instanceof OAuthError) return { ok: false, error };
    throw error;
  }
}

async function flight(context: ClientContext, seen: TokenSet, reason: RefreshReason): Promise<Outcome> {
  const { store, storageKey } = context;
  let outcome: Outcome;
  try {
    outcome = await store.withRefreshLock(storageKey, (found) =>
      refreshUnderLock(context, seen, reason, false, found),
    );
  } catch (error) {
    if (!(error instanceof OAuthError)) throw error;
    outcome = { ok: false, error };
  }
  return outcome.ok ? outcome : noted(context, reason, outcome.error);
}

/** A failed refresh is an event, once for all who wait for it. */
function noted(context: ClientContext, reason: RefreshReason, error: OAuthError): Outcome {
  emitEvent(context, "refresh_failed", { reason, code: error.code });
  return failed(error);
}

async function refreshUnderLock(
  context: ClientContext,
  seen: TokenSet,
  reason: RefreshReason,
  isSecondLook: boolean,
  found?: Entry | null,
): Promise<Outcome> {
  const { store, storageKey, ports } = context;
  const lookAgain = (): Promise<Outcome> => refreshUnderLock(context, seen, reason, true);

  const entry = found === undefined ? await store.read(storageKey) : found;
  if (entry === null) return failed(consentNeeded("no token in storage"));
  const { refreshable } = bindEntry(context, entry);
  registerTokens(context, entry.token_set);
  const late = await storeKeptAnswer(store, storageKey);
  if (late !== null) return { ok: true, entry: late };
  if (isOvertaken(context, entry, seen)) return { ok: true, entry };
  const { refresh_token } = entry.token_set;
  if (refresh_token === undefined) return failed(consentNeeded("the stored token set has no refresh token"));
  if (!refreshable)
    return failed(destinationRefused(context, "the stored token was replaced by another login"));

  const lineage = lineageOf(entry);
  const name = flightName(context, entry.token_set);
  if (reason === "ttl_threshold" && isInDoubt(context, entry, lineage)) return failed(outcomeUnknown());

  let written = entry;
  if (store.keepsEntries) {
    const issued = nowSeconds(ports);
    const intent = { refresh_hash: lineage.refresh_hash ?? "", started_at_unix: issued };
    written = { ...entry, intent, version: entry.version + 1, updated_at_unix: issued };
    if (!(await store.write(storageKey, written, lineage)))
      return isSecondLook ? failed(busy()) : await lookAgain();
  }
  const clearIntent = async (): Promise<void> => {
    if (!store.keepsEntries) return;
    // Best effort: an intent that stays only makes the next refresh more careful.
    await store
      .write(storageKey, { ...written, intent: null, version: written.version + 1 }, lineage)
      .catch(() => false);
  };

  const issuedAt = nowSeconds(ports);
  const dpopKey = refreshKey(context, entry.token_set);
  const answer = await presentRefreshToken(context, entry.token_set, refresh_token, dpopKey).catch(
    async (error: unknown) => {
      await clearIntent(); // It throws only before anything is sent.
      throw error;
    },
  );
  switch (answer.kind) {
    case "granted":
      return await storeSuccessor(context, written, lineage, answer.members, issuedAt, reason, dpopKey);
    case "refused": {
      if (!isDeadToken(context, answer.answer)) {
        await clearIntent();
        return failed(answerError(context, answer));
      }
      const current = await store.read(storageKey);
      if (current !== null && !isOfLineage(current, lineage) && !isSecondLook) return await lookAgain();
      await clearIntent();
      const details = redactedAnswer(answer.answer, ports.redactor);
      const error = consentNeeded("the provider refused the refresh token", details);
      pauseAfterFailure(ports, name, error, null);
      return failed(error);
    }
    case "invalid":
      await clearIntent();
      return failed(answerError(context, answer));
    case "unavailable": {
      await clearIntent();
      const error = answerError(context, answer);
      pauseAfterFailure(ports, name, error, answer.retryAfter);
      return failed(error);
    }
    case "unreachable": {
      if (answer.outcome !== "unknown") await clearIntent();
      const error = answer.outcome === "unknown" ? outcomeUnknown() : answer.error;
      if (error.retryable) pauseAfterFailure(ports, name, error, null);
      return failed(error);
    }
  }
}

/** Stored, then shown. Over another lineage nothing is written: what is stored there is newer, and is used. */
async function storeSuccessor(
  context: ClientContext,
  entry: Entry,
  lineage: Lineage,
  members: GrantedMembers,
  issuedAt: number,
  reason: RefreshReason,
  dpopKey: DpopKey | null,
): Promise<Outcome> {
  const { store, storageKey, ports } = context;
  const { id_token, access_token } = members;
  try {
    if (!isSameSubject(entry.token_set.id_token, id_token)) throw otherSubject();
    if (id_token !== undefined && context.scopes.includes("openid"))
      checkedClaims(context, id_token, { nonce: null, since: null, access_token, code: null });
  } catch (error) {
    // The provider will say the same again, and may spend another refresh token for it.
    if (error instanceof OAuthError)
      pauseAfterFailure(ports, flightName(context, entry.token_set), error, null);
    throw error;
  }
  const token_set = tokenSetOf(members, issuedAt, context.scopes, entry.token_set, dpopKey);
  registerReceived(context, token_set);
  const next: Entry = {
    ...entry,
    token_set,
    binding: entry.binding ?? context.binding,
    version: entry.version + 1,
    updated_at_unix: nowSeconds(ports),
    intent: null,
  };
  let wrote: boolean;
  try {
    wrote = await writeWithRetries(context, next, lineage);
  } catch (error) {
    keepAnswer(store, storageKey, next, lineage);
    throw error;
  }
  if (!wrote) {
    const current = await store.read(storageKey);
    if (current !== null) return { ok: true, entry: current };
    // Somebody removed the login meanwhile: its successor must not live on at the provider, where nobody holds it.
    await revokeUnheld(context, next);
    return failed(consentNeeded("no token in storage"));
  }
  if (isBornStale(token_set, context.refreshLeeway)) noteBornStale(ports, flightName(context, token_set));
  emitEvent(context, "token_refreshed", {
    reason,
    prev: tokenShape(entry.token_set),
    next: tokenShape(token_set),
  });
  return { ok: true, entry: next };
}

/** Someone else replaced the token that the caller saw, and the new one works. */
function isOvertaken(context: ClientContext, entry: Entry, seen: TokenSet): boolean {
  const state = stateOf(context, entry);
  return entry.token_set.access_token !== seen.access_token && (state === "fresh" || state === "aging");
}

/**
 * An earlier process presented this very token and never heard back. At a provider that ends the grant when a token
 * comes twice, it is not presented again while the access token works.
 */
function isInDoubt(context: ClientContext, entry: Entry, lineage: Lineage): boolean {
  return (
    entry.intent !== null &&
    entry.intent.refresh_hash === lineage.refresh_hash &&
    !mayPresentAgain(context.provider.refresh_handling) &&
    stateOf(context, entry) === "aging"
  );
}

function isDeadToken(context: ClientContext, answer: ProviderAnswer): boolean {
  const { error } = answer;
  if (error === undefined) return false;
  return error === "invalid_grant" || context.provider.refresh_handling.invalid_grant_errors.includes(error);
}

function stateOf(context: ClientContext, entry: Entry): ReturnType<typeof freshness> {
  return freshness(entry.token_set, nowSeconds(context.ports), context.refreshLeeway);
}

/**
 * What two callers must have in common to share a flight: the place, the request that would be sent, and the tokens
 * themselves, so that nobody joins a refresh of tokens that they do not hold.
 */
function flightName(context: ClientContext, set: TokenSet): string {
  const { provider, credentials, resource, scopes, scopesGiven, dpop, store, storageKey } = context;
  const place = [store.identity, storageKey];
  const request = [provider.token_url, credentials.client_id, resource, scopesGiven ? scopes : null, dpop];
  return sha256(JSON.stringify([place, request, set.access_token, set.refresh_token ?? null]));
}

function failed(error: OAuthError): Outcome {
  return { ok: false, error };
}

function consentNeeded(why: string, details?: ProviderAnswer): OAuthError {
  return new OAuthError(
    "HARN-OAU-002",
    `std/oauth/client: ${why}; re-run authorization`,
    "Send the person through start_authorization or device_flow again.",
    details ? { details } : {},
  );
}

function outcomeUnknown(): OAuthError {
  return new OAuthError(
    "HARN-OAU-003",
    "std/oauth/client: the refresh was sent and its answer was lost: the outcome is unknown",
    "Try again later; if the provider then refuses the refresh token, authorize again.",
  );
}

function otherSubject(): OAuthError {
  return new OAuthError(
    "HARN-OAU-006",
    "std/oauth/client: the refreshed ID token names another person than the login did",
    "Report this to the provider; authorize again.",
  );
}

function busy(): OAuthError {
  return new OAuthError(
    "HARN-OAU-003",
    "std/oauth/client: the stored token changed while it was being refreshed",
    "Try again.",
  );
}
