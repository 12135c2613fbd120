/**
 * The nonces that servers ask for in DPoP proofs (RFC 9449 §8, §9): the newest of each origin, for one run.
 *
 * @module
 */

import type { Ports, Run } from "../../runtime/ports.ts";

/** Of each run its own, so that no server can tell by a nonce that two runs share a host. */
const nonces = new WeakMap<Run, Map<string, string>>();
const mostOrigins = 100;

/** One to 256 characters of `NQCHAR` (RFC 9449 §8.1). */
const usable = /^[!#-[\]-~]{1,256}$/;

/** The newest nonce of an origin, or null. */
export function dpopNonce({ run }: Pick<Ports, "run">, origin: string): string | null {
  return nonces.get(run)?.get(origin) ?? null;
}

/**
 * Sends with the newest nonce of the origin, and when the answer asks for another and brings it, once more with that one.
 * Never a third time. `answerOf` is null for no answer; a nonce that is over 256 characters or has others than a header
 * may hold is not there.
 */
export async function withDpopNonce<T>(
  ports: Pick<Ports, "run">,
  origin: string,
  send: (nonce: string | null) => Promise<T>,
  answerOf: (result: T) => { readonly headers: Readonly<Record<string, string>> } | null,
  asksForNonce: (result: T) => boolean,
): Promise<T> {
  const first = await send(dpopNonce(ports, origin));
  const nonce = keptNonce(ports, origin, answerOf(first));
  if (nonce === null || !asksForNonce(first)) return first;
  const second = await send(nonce);
  keptNonce(ports, origin, answerOf(second));
  return second;
}

/** The nonce of an answer, kept for the next request to its origin. Successes bring new ones too (§8.2). */
function keptNonce(
  { run }: Pick<Ports, "run">,
  origin: string,
  answer: { readonly headers: Readonly<Record<string, string>> } | null,
): string | null {
  const nonce = answer?.headers["dpop-nonce"];
  if (nonce === undefined || !usable.test(nonce)) return null;
  const known = nonces.get(run) ?? new Map<string, string>();
  nonces.set(run, known);
  known.delete(origin);
  known.set(origin, nonce);
  for (const oldest of known.keys()) {
    if (known.size <= mostOrigins) break;
    known.delete(oldest);
  }
  return nonce;
}
