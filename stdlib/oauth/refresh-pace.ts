/**
 * How often a token may be refreshed: the pause after a failure, and the guard against tokens that are stale when they
 * arrive. Process-wide, on monotonic time.
 *
 * @module
 */

import type { Ports } from "../../runtime/ports.ts";
import type { OAuthError } from "./errors.ts";
import { retryAfterSeconds } from "./retry-after.ts";

/** In ms. After a failure half to one and a half of it, so that many callers do not come back together. */
const pauseMs = 5_000;
/** In ms. A refused refresh token stays refused. */
const refusedMs = 2_000;
/** In seconds: how long a token that was stale on arrival is used before the next refresh. */
const bornStaleSeconds = 5;
const mostNames = 10_000;

const pauses = new Map<string, { readonly until: number; readonly error: OAuthError }>();
const bornStale = new Map<string, { readonly at: number; readonly issuedAt: number }>();

/** No further attempt for a short, jittered pause, or as long as the server asked for (at most 60 s). */
export function pauseAfterFailure(
  ports: Ports,
  name: string,
  error: OAuthError,
  retryAfter: string | null,
): void {
  const jitter = new DataView(ports.random.bytes(4).slice().buffer).getUint32(0) / 2 ** 32 + 0.5;
  const asked = (retryAfterSeconds(retryAfter, ports.clock.now()) ?? 0) * 1000;
  const length = error.retryable ? Math.max(pauseMs * jitter, asked) : refusedMs;
  keep(pauses, name, { until: ports.clock.monotonic() + length, error });
}

/** The failure whose pause is still running, or null. */
export function pausedFailure(ports: Ports, name: string): OAuthError | null {
  const pause = pauses.get(name);
  if (pause === undefined) return null;
  if (ports.clock.monotonic() < pause.until) return pause.error;
  pauses.delete(name);
  return null;
}

/** Notes that a refresh brought a token that needed a refresh at once (`expires_in` 0 or 1). */
export function noteBornStale(ports: Ports, name: string): void {
  const at = ports.clock.monotonic();
  keep(bornStale, name, { at, issuedAt: ports.clock.now() });
}

/** True for a few seconds after {@link noteBornStale}, on both clocks. */
export function isJustBornStale(ports: Ports, name: string): boolean {
  const note = bornStale.get(name);
  if (note === undefined) return false;
  const limit = bornStaleSeconds * 1000;
  const wall = ports.clock.now() - note.issuedAt;
  if (ports.clock.monotonic() - note.at < limit && wall >= 0 && wall < limit) return true;
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
