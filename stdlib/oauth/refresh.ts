/**
 * Refresh: a refresh token is spent once, its successor is never lost, and nobody waits longer than they must.
 *
 * 1. A fresh token is returned at once (the 75 % rule, `staleness.ts`).
 * 2. Who finds a stale one joins the flight for that very token, or starts it: one per process (`refresh-flights.ts`).
 * 3. The flight takes the storage's refresh lock, which other processes and hosts respect, and looks at what is stored now:
 *    an answer that could not be stored before is stored; if someone else was faster, their token is used.
 * 4. An earlier refresh of this very token that nobody settled may have spent it. Whether it may be presented all the same
 *    is the provider's rule (`refresh-profile.ts`).
 * 5. The intent is written before the request. That also proves that the storage can be written.
 * 6. One POST, repeated at once only where the provider allows it (`refresh-request.ts`). It is not sent, answered, or unknown.
 * 7. The new tokens are stored, then shown; only over the entry that was presented (compare-and-set on lineage).
 * 8. `invalid_grant` looks once more before it means "consent is needed", and deletes nothing. A failure that may pass
 *    leaves the old token in use while it lives.
 *
 * `docs/refresh.md` has the reasons; `refresh-model/` proves the steps, and that none of them can be left out.
 *
 * @module
 */

import {
  type BoundEntry,
  bindEntry,
  destinationRefused,
  registerReceived,
  registerTokens,
} from "./bound-entry.ts";
import { type ClientContext, emitEvent, nowSeconds } from "./client-context.ts";
import { redactedAnswer } from "./error-answer.ts";
import { OAuthError, type ProviderAnswer } from "./errors.ts";
import { type LockTimes, lockTimes } from "./lock-limits.ts";
import { busy, consentNeeded, outcomeUnknown } from "./refresh-errors.ts";
import { flightName, joinFlight } from "./refresh-flights.ts";
import { isJustBornStale, noteBornStale, pauseAfterFailure, runningPause } from "./refresh-pace.ts";
import { isDeadToken, isInDoubt, unsettledRefresh } from "./refresh-profile.ts";
import { failureOf, presentRefreshToken, type Presented, refreshKey } from "./refresh-request.ts";
import { successorOf } from "./refresh-successor.ts";
import { revokeUnheld } from "./revoke.ts";
import { type Freshness, freshness, isBornStale } from "./staleness.ts";
import type { Entry } from "./storage/entry.ts";
import { isOfLineage, lineageOf } from "./storage/lineage.ts";
import {
  beginRefresh,
  endRefresh,
  entryNow,
  storedEntry,
  storeKeptAnswer,
  writeSuccessor,
} from "./stored-entry.ts";
import type { TokenSet } from "./token-set.ts";
import { tokenShape } from "./token-set-of.ts";

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
  const { token_set } = bound.entry;
  if (stateOf(context, token_set) === "fresh") return bound;
  const works = (): boolean => stateOf(context, token_set) === "aging";
  if (works() && (token_set.refresh_token === undefined || !bound.refreshable)) return bound;
  if (isJustBornStale(context, token_set)) return bound;
  const pause = runningPause(context, token_set);
  if (pause?.error.retryable === false) throw pause.error;
  if (pause && works()) return bound;
  if (pause?.asked) throw pause.error;
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
 * {@link validEntry}; during the pause after a failure or a `noteRejected` nothing is sent.
 */
export async function refreshAfter401(context: ClientContext, rejected: BoundEntry): Promise<BoundEntry> {
  const stored = await storedEntry(context);
  if (isOvertaken(context, stored.entry, rejected.entry.token_set)) return stored;
  const pause = runningPause(context, rejected.entry.token_set);
  if (pause !== null) throw pause.error;
  const outcome = await renew(context, rejected, "post_401");
  if (!outcome.ok) throw outcome.error;
  return bindEntry(context, outcome.entry);
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
    if (error instanceof OAuthError) return failed(error);
    throw error;
  }
}

async function flight(context: ClientContext, seen: TokenSet, reason: RefreshReason): Promise<Outcome> {
  const { store, storageKey, ports } = context;
  let outcome: Outcome | "changed";
  try {
    outcome = await store.withRefreshLock(storageKey, async (found) => {
      const times = lockTimes(ports.clock.monotonic());
      const first = await refreshUnderLock(context, seen, reason, times, found);
      return first === "changed" ? await refreshUnderLock(context, seen, reason, times) : first;
    });
  } catch (error) {
    if (!(error instanceof OAuthError)) throw error;
    outcome = failed(error);
  }
  if (outcome === "changed") outcome = failed(busy());
  return outcome.ok ? outcome : noted(context, reason, outcome.error);
}

/** A failed refresh is an event, once for all who wait for it. */
function noted(context: ClientContext, reason: RefreshReason, error: OAuthError): Outcome {
  emitEvent(context, "refresh_failed", { reason, code: error.code });
  return failed(error);
}

/** `changed`: someone without the lock (a login by a script's own `set`) stored other tokens meanwhile. */
async function refreshUnderLock(
  context: ClientContext,
  seen: TokenSet,
  reason: RefreshReason,
  times: LockTimes,
  found?: Entry | null,
): Promise<Outcome | "changed"> {
  const { provider, ports } = context;
  const stored = await entryNow(context, found);
  if (stored === null) return failed(consentNeeded("no token in storage"));
  const late = await storeKeptAnswer(context, stored);
  if (late !== null) emitRefreshed(context, reason, stored, late);
  const entry = late ?? stored;
  const { refreshable } = bindEntry(context, entry);
  registerTokens(context, entry.token_set);
  if (isOvertaken(context, entry, seen)) return { ok: true, entry };
  const { refresh_token } = entry.token_set;
  if (refresh_token === undefined) return failed(consentNeeded("the stored token set has no refresh token"));
  if (!refreshable)
    return failed(destinationRefused(context, "the stored token was replaced by another login"));

  const issuedAt = nowSeconds(ports);
  // A 401 says that it does not work any more, whatever its times say.
  const works = reason !== "post_401" && isUsable(context, entry.token_set);
  if (isInDoubt(provider.refresh_handling, entry, issuedAt, works)) return failed(outcomeUnknown());
  const isTooLate = (): boolean => ports.clock.monotonic() > times.sendUntil;
  if (isTooLate()) return failed(busy());
  const begun = await beginRefresh(context, entry, issuedAt);
  if (begun === null) return "changed";
  const end = async (unsettled = unsettledRefresh(entry)): Promise<void> => {
    if (ports.clock.monotonic() < times.writeUntil) await endRefresh(context, begun, unsettled);
  };
  // A slow storage may have used up the lock's time, or the provider's window.
  if (isTooLate() || isInDoubt(provider.refresh_handling, entry, nowSeconds(ports), works)) {
    await end();
    return failed(busy());
  }

  const dpopKey = refreshKey(context, entry.token_set);
  let presented: Presented;
  try {
    presented = await presentRefreshToken(context, entry.token_set, refresh_token, dpopKey);
  } catch (error) {
    await end(); // It throws only before anything is sent.
    throw error;
  }
  const { answer, inDoubt } = presented;
  if (answer.kind === "granted") {
    const next = successorOf(context, begun, answer.members, issuedAt, dpopKey);
    return await storeSuccessor(context, begun, next, reason);
  }
  if (answer.kind === "refused" && isDeadToken(provider.refresh_handling, answer.answer)) {
    return await refusedForGood(context, begun, answer.answer, () => end(null));
  }
  if (!inDoubt) await end();
  const error = failureOf(context, answer, inDoubt);
  const retryAfter = answer.kind === "unavailable" ? answer.retryAfter : null;
  if (error.retryable) pauseAfterFailure(context, entry.token_set, error, retryAfter);
  return failed(error);
}

/** Stored, then shown. Over another lineage nothing is written: what is stored there is newer, and is used. */
async function storeSuccessor(
  context: ClientContext,
  begun: Entry,
  next: Entry,
  reason: RefreshReason,
): Promise<Outcome> {
  registerReceived(context, next.token_set);
  if (!(await writeSuccessor(context, next, lineageOf(begun)))) {
    const current = await entryNow(context);
    // A write that was reported as failed may have been made.
    const isOwnWrite = current?.token_set.access_token === next.token_set.access_token;
    if (current !== null && !isOwnWrite) return { ok: true, entry: current };
    if (current === null) {
      // Somebody removed the login meanwhile: its successor must not live on at the provider, where nobody holds it.
      await revokeUnheld(context, next);
      return failed(consentNeeded("no token in storage"));
    }
  }
  if (isBornStale(next.token_set, context.refreshLeeway)) noteBornStale(context, next.token_set);
  emitRefreshed(context, reason, begun, next);
  return { ok: true, entry: next };
}

/** Nothing is deleted: the refusal may be wrong, and the next attempt is the person's or the provider's. */
async function refusedForGood(
  context: ClientContext,
  begun: Entry,
  refusal: ProviderAnswer,
  end: () => Promise<void>,
): Promise<Outcome | "changed"> {
  const current = await entryNow(context);
  if (current !== null && !isOfLineage(current, lineageOf(begun))) return "changed";
  await end();
  const details = redactedAnswer(refusal, context.ports.redactor);
  const error = consentNeeded("the provider refused the refresh token", details);
  pauseAfterFailure(context, begun.token_set, error);
  return failed(error);
}

/** Someone else replaced the token that the caller saw, and the new one works. */
function isOvertaken(context: ClientContext, entry: Entry, seen: TokenSet): boolean {
  return entry.token_set.access_token !== seen.access_token && isUsable(context, entry.token_set);
}

function isUsable(context: ClientContext, set: TokenSet): boolean {
  const state = stateOf(context, set);
  return state === "fresh" || state === "aging";
}

function stateOf(context: ClientContext, set: TokenSet): Freshness {
  return freshness(set, nowSeconds(context.ports), context.refreshLeeway);
}

function emitRefreshed(context: ClientContext, reason: RefreshReason, before: Entry, after: Entry): void {
  const [prev, next] = [tokenShape(before.token_set), tokenShape(after.token_set)];
  emitEvent(context, "token_refreshed", { reason, prev, next });
}

function failed(error: OAuthError): Outcome {
  return { ok: false, error };
}
