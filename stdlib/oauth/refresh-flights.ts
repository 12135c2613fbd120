/**
 * One flight per token and process: who finds a stale token while it is being refreshed waits for that refresh.
 *
 * @module
 */

import type { Run } from "../../runtime/ports.ts";
import type { ClientContext } from "./client-context.ts";
import { OAuthError } from "./errors.ts";
import { sha256 } from "./pkce.ts";
import type { TokenSet } from "./token-set.ts";

const flights = new Map<string, Promise<unknown>>();

/**
 * What two callers must have in common to share a flight: the place, the request that would be sent, and the tokens
 * themselves, so that nobody joins a refresh of tokens that they do not hold.
 */
export function flightName(context: ClientContext, set: TokenSet): string {
  const { provider, credentials, resource, scopes, scopesGiven, dpop, store, storageKey } = context;
  const place = [store.identity, storageKey];
  const request = [provider.token_url, credentials.client_id, resource, scopesGiven ? scopes : null, dpop];
  return sha256(JSON.stringify([place, request, set.access_token, set.refresh_token ?? null]));
}

/**
 * Joins the flight of this name, or starts it. The flight belongs to nobody: it outlives the run that started it, and a
 * caller's `limitMs` or the end of its run ends only its own wait.
 *
 * Throws what the flight throws, and HARN-OAU-003 when the wait ends first.
 */
export async function joinFlight<T>(
  run: Run,
  name: string,
  start: () => Promise<T>,
  limitMs: number | null,
): Promise<T> {
  let flight = flights.get(name) as Promise<T> | undefined;
  if (flight === undefined) {
    flight = start().finally(() => flights.delete(name));
    flights.set(name, flight);
    run.outlive(flight.catch(() => undefined));
  }
  return await waitAtMost(flight, limitMs, run.signal);
}

async function waitAtMost<T>(flight: Promise<T>, limitMs: number | null, signal: AbortSignal): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let forget: (() => void) | undefined;
  const end = new Promise<never>((_, reject) => {
    // A real timer, not the clock port: a set clock jumps over every sleep, and a wait is not a sleep of the script.
    if (limitMs !== null) {
      timer = setTimeout(() => reject(endOfWait("the wait for the refresh timed out", true)), limitMs);
    }
    forget = onAbort(signal, () => reject(endOfWait("the run ended while it waited for the refresh", false)));
  });
  try {
    return await Promise.race([flight, end]);
  } finally {
    clearTimeout(timer);
    forget?.();
  }
}

const waiting = new WeakMap<AbortSignal, Set<() => void>>();

/** Calls `end` when the signal aborts, until the returned function is called. Thousands wait behind one listener. */
function onAbort(signal: AbortSignal, end: () => void): () => void {
  if (signal.aborted) end();
  const known = waiting.get(signal);
  const ends = known ?? new Set();
  if (known === undefined) {
    waiting.set(signal, ends);
    const endAll = (): void => {
      for (const each of ends) each();
    };
    signal.addEventListener("abort", endAll, { once: true });
  }
  ends.add(end);
  return () => ends.delete(end);
}

function endOfWait(why: string, retryable: boolean): OAuthError {
  return new OAuthError(
    "HARN-OAU-003",
    `std/oauth/client: ${why}`,
    "Ask again: the refresh itself goes on.",
    {
      retryable,
    },
  );
}
