/**
 * When a refresh token may be presented again although the answer to an earlier request is missing: pure, and all that
 * depends on the provider (`refresh_handling` in its record).
 *
 * @module
 */

import type { ProviderAnswer } from "./errors.ts";
import type { RefreshHandling } from "./providers/record.ts";
import type { Entry, Intent } from "./storage/entry.ts";
import { refreshHash } from "./storage/lineage.ts";

export interface RepeatRule {
  /** For how many seconds after the first request a repeat is harmless, or the best that is left. */
  readonly windowSeconds: number;
  /** How often the sender repeats a lost request at once, within the window. */
  readonly repeats: number;
}

/** The shortest grace that a provider documents. A strict one has made the successor unreachable anyway. */
const shortestGraceSeconds = 5;

/** The rule of a provider. */
export function repeatRule(handling: RefreshHandling): RepeatRule {
  const { reuse, grace_seconds, rotates_refresh_token } = handling;
  if (reuse === "strict") return { windowSeconds: 0, repeats: 0 };
  if (!rotates_refresh_token) return { windowSeconds: Number.POSITIVE_INFINITY, repeats: 1 };
  if (reuse === "grace") return { windowSeconds: grace_seconds, repeats: 3 };
  return { windowSeconds: shortestGraceSeconds, repeats: 1 };
}

/** The refresh of this very refresh token that was begun and never settled, or null. */
export function unsettledRefresh(entry: Entry): Intent | null {
  const { intent, token_set } = entry;
  return intent !== null && intent.refresh_hash === refreshHash(token_set.refresh_token) ? intent : null;
}

/**
 * True when the stored refresh token must not be presented now: an earlier request with it may have been acted on, and
 * the window is over. It stays where it is while the access token `works`, because a provider that takes the repeat for
 * theft ends that one too. After that there is nothing to lose, once no request of the earlier sender can be on its way
 * any more. `now` in Unix seconds.
 */
export function isInDoubt(handling: RefreshHandling, entry: Entry, now: number, works: boolean): boolean {
  const begun = unsettledRefresh(entry);
  if (begun === null) return false;
  const { windowSeconds } = repeatRule(handling);
  const age = ageOf(begun, now);
  return age >= windowSeconds && (works || age < windowSeconds + handling.processing_bound_seconds);
}

/** The intent of the refresh that begins now. A repeat within the window belongs to the refresh that it repeats. */
export function intentOf(handling: RefreshHandling, entry: Entry, now: number): Intent {
  const begun = unsettledRefresh(entry);
  if (begun !== null && ageOf(begun, now) < repeatRule(handling).windowSeconds) return begun;
  return { refresh_hash: refreshHash(entry.token_set.refresh_token) ?? "", started_at_unix: now };
}

/** True when a refusal means that the refresh token is dead, in the RFC's word or the vendor's (RFC 6749 §5.2). */
export function isDeadToken(handling: RefreshHandling, { error }: ProviderAnswer): boolean {
  if (error === undefined) return false;
  return error === "invalid_grant" || handling.invalid_grant_errors.includes(error);
}

/** Of a future start too: clocks differ between hosts, and are set back. */
function ageOf(intent: Intent, now: number): number {
  return Math.abs(now - intent.started_at_unix);
}
