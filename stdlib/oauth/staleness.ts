/**
 * When a token must be renewed: the 75 % rule. Pure; the time is an argument.
 *
 * @module
 */

import type { TokenSet } from "./token-set.ts";

/**
 * `fresh`: use it. `aging`: three quarters of its life are over (or it ends within the leeway): refresh it, but it
 * still works. `expired`: it does not work. `absent`: there is no access token.
 */
export type Freshness = "fresh" | "aging" | "expired" | "absent";

/** Clocks of one storage's hosts may differ by this much, in seconds. */
const skew = 60;

/**
 * Judges a token set at `now` (Unix seconds).
 *
 * A set without any expiry is long-lived and always fresh. The first second of the last quarter counts as aging:
 * of 3600 s that is second 2700, of 1 s at once. Without `issued_at_unix` only the hard expiry counts. With
 * `leeway` (seconds) a token is also aging when `now >= expiry - leeway`. A token that was issued in the future is
 * aging: the clock was set back since, so that nobody knows how old the token is.
 */
export function freshness(set: TokenSet | null, now: number, leeway = 0): Freshness {
  if (!set?.access_token) return "absent";
  const expiry = expiryOf(set, now);
  if (expiry === null) return "fresh";
  if (now >= expiry) return "expired";
  if (leeway > 0 && now >= expiry - leeway) return "aging";
  if (set.issued_at_unix === undefined) return "fresh";
  const lifetime = expiry - set.issued_at_unix;
  if (lifetime <= 0) return "fresh";
  if (set.issued_at_unix > now + skew) return "aging";
  return now >= set.issued_at_unix + Math.trunc((lifetime * 3) / 4) ? "aging" : "fresh";
}

/** True when a set is in need of renewal from its very first second (`expires_in` 0 or 1, or a leeway over its whole life). */
export function isBornStale(set: TokenSet, leeway: number): boolean {
  return set.issued_at_unix !== undefined && freshness(set, set.issued_at_unix, leeway) !== "fresh";
}

/** The second at which a set expires, or null for a long-lived one. */
function expiryOf(set: TokenSet, now: number): number | null {
  if (set.expires_at_unix !== undefined) return set.expires_at_unix;
  if (set.expires_in !== undefined) return (set.issued_at_unix ?? now) + set.expires_in;
  return null;
}
