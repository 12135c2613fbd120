/**
 * How often a token may be refreshed: the pause after a failure, and the guard against tokens that are stale when they
 * arrive. Process-wide, on monotonic time.
 *
 * @module
 */

import type { BoundEntry } from "./bound-entry.ts";
import type { ClientContext } from "./client-context.ts";
import type { OAuthError } from "./errors.ts";
import { renewedTokenRejected } from "./refresh-errors.ts";
import { flightName } from "./refresh-flights.ts";
import { retryAfterSeconds } from "./retry-after.ts";
import type { TokenSet } from "./token-set.ts";

/** In ms. After a failure half to one and a half of it, so that many callers do not come back together. */
const pauseMs = 5_000;
/** In ms. A refused refresh token stays refused. */
const refusedMs = 2_000;
/** In seconds: how long a token that was stale on arrival is used before the next refresh. */
const bornStaleSeconds = 5;
const mostNames = 10_000;

export interface Pause {
  readonly error: OAuthError;
  /** True when the server asked for it: then it holds for expired tokens too. */
  readonly asked: boolean;
}

const pauses = new Map<string, Pause & { readonly until: number }>();
const bornStale = new Map<string, { readonly at: number; readonly issuedAt: number }>();

/** No further attempt for a short, jittered pause, or as long as the server asked for (at most 60 s). */
export function pauseAfterFailure(
  context: ClientContext,
  set: TokenSet,
  error: OAuthError,
  retryAfter: string | null = null,
): void {
  const { clock, random } = context.ports;
  const jitter = new DataView(random.bytes(4).slice().buffer).getUint32(0) / 2 ** 32 + 0.5;
  const asked = (retryAfterSeconds(retryAfter, clock.now()) ?? 0) * 1000;
  const length = error.retryable ? Math.max(pauseMs * jitter, asked) : refusedMs;
  keep(pauses, flightName(context, set), {
    until: clock.monotonic() + length,
    error,
    asked: asked > 0,
  });
}

/** The pause that is still running, or null. */
export function runningPause(context: ClientContext, set: TokenSet): Pause | null {
  const name = flightName(context, set);
  const pause = pauses.get(name);
  if (pause === undefined) return null;
  if (context.ports.clock.monotonic() < pause.until) return pause;
  pauses.delete(name);
  return null;
}

/** How long the pause still lasts, in ms; 0 for none. */
export function pauseLeft(context: ClientContext, set: TokenSet): number {
  const until = pauses.get(flightName(context, set))?.until ?? 0;
  return Math.max(0, until - context.ports.clock.monotonic());
}

/**
 * The successor of a rejected token was rejected too, so the next 401 is no reason to refresh for a while: else an API
 * that answers nothing but 401 could have the refresh token rotated with every request.
 */
export function noteRejected(context: ClientContext, { entry }: BoundEntry): void {
  pauseAfterFailure(context, entry.token_set, renewedTokenRejected(context.module));
}

/** Notes that a refresh brought a token that needed a refresh at once (`expires_in` 0 or 1). */
export function noteBornStale(context: ClientContext, set: TokenSet): void {
  const { clock } = context.ports;
  keep(bornStale, flightName(context, set), { at: clock.monotonic(), issuedAt: clock.now() });
}

/** True for a few seconds after {@link noteBornStale}, on both clocks. */
export function isJustBornStale(context: ClientContext, set: TokenSet): boolean {
  const { clock } = context.ports;
  const name = flightName(context, set);
  const note = bornStale.get(name);
  if (note === undefined) return false;
  const limit = bornStaleSeconds * 1000;
  const wall = clock.now() - note.issuedAt;
  if (clock.monotonic() - note.at < limit && wall >= 0 && wall < limit) return true;
  bornStale.delete(name);
  return false;
}

function keep<T>(map: Map<string, T>, name: string, value: T): void {
  map.delete(name);
  map.set(name, value);
  for (const oldest of map.keys()) {
    if (map.size <= mostNames) break;
    map.delete(oldest);
  }
}
