/**
 * The one place where bytes leave the process, and the only file that loads undici: a request that was admitted is sent, once, to exactly the addresses that were
 * checked. Redirects are not followed, cookies not kept, proxies of the environment not used.
 *
 * @module
 */

import type * as undici from "undici";
import type { Http, HttpFailureKind, HttpRequest, HttpResponse } from "../ports.ts";
import { type Admitted, admit, type EgressContext } from "./admission.ts";
import { type Connections, createConnections, type Destination } from "./connections.ts";
import { decodeContent } from "./content-coding.ts";
import { type Cutoff, startCutoff } from "./cutoff.ts";
import { type EgressOptions, egressSettings } from "./egress-options.ts";
import { exchange } from "./exchange.ts";
import { HttpFailureError, type HttpFailureReason } from "./http-failure.ts";
import { type Share, unlimitedShare } from "./in-flight.ts";
import { resolveChecked } from "./resolve.ts";

export type { EgressContext } from "./admission.ts";
export type { EgressLimits } from "./egress-limits.ts";
export type { EgressOptions } from "./egress-options.ts";
export type { Lookup, NetworkAddress, ResolvedAddress } from "./resolve.ts";

export interface Egress {
  /** The http port of one run. */
  http(context: EgressContext): Http;
  /** Ends every request as cancelled and closes every connection. */
  close(): Promise<void>;
}

/**
 * An egress with connections of its own. Loads the HTTP client at the first request.
 * @throws RunError HARN-RUN-015 for an option that is unknown or wrong.
 */
export function createEgress(options: EgressOptions = {}): Egress {
  const settings = egressSettings(options);
  const { limits, lookup } = settings;
  const active = new Set<Cutoff>();
  let library: Promise<typeof undici> | null = null;
  let connections: Connections | null = null;
  let closed = false;

  async function transmit(
    request: Admitted,
    to: Destination,
    freshSocket: boolean,
    cutoff: Cutoff,
    share: Share,
  ) {
    // Importing again takes longer than the rest of what is done here.
    library ??= import("undici");
    const loaded = await library;
    if (cutoff.kind !== null)
      throw new HttpFailureError(cutoff.kind, { method: request.method, origin: to.origin, sent: false });
    connections ??= createConnections(loaded, settings);
    return freshSocket
      ? connections.fresh(to, (carrier) => exchange(carrier, request, limits, cutoff, share))
      : exchange(connections.pooled(to), request, limits, cutoff, share);
  }

  async function send(request: HttpRequest, context: EgressContext): Promise<HttpResponse> {
    const wanted = admit(request, context);
    const admitted = { ...wanted, maxBytes: Math.min(wanted.maxBytes, limits.responseBody) };
    const { url, method, carried, maxBytes, reach } = admitted;
    const { origin } = url;
    const freshSocket = request.freshSocket ?? false;
    const cutoff = startCutoff(Math.min(wanted.timeoutMs, limits.totalMs), request.signal, request.untilSent);
    const unsent = (kind: HttpFailureKind, reason?: HttpFailureReason) =>
      new HttpFailureError(kind, { method, origin, sent: false, reason });
    active.add(cutoff);
    if (closed) cutoff.cut("cancelled");
    // An answer that a stale socket must not lose is not lost to the run's other answers either.
    const share = context.inFlight?.enter(freshSocket) ?? unlimitedShare;
    try {
      await cutoff.race(share.ready, unsent);
      if (!share.hold(admitted.body?.length ?? 0)) throw unsent("too_large", "in_flight");
      const resolving = resolveChecked(url, method, context.policy, reach, lookup);
      const addresses = await cutoff.race(resolving, unsent);
      const answer = await transmit(admitted, { origin, addresses }, freshSocket, cutoff, share);
      const { headers } = answer;
      const decoded = await decodeContent(answer.body, headers["content-encoding"], maxBytes, share.hold);
      if (!decoded.ok) throw new HttpFailureError(decoded.kind, { method, origin, reason: decoded.reason });
      if (decoded.body !== answer.body) {
        // They describe bytes that the caller never sees.
        delete headers["content-encoding"];
        delete headers["content-length"];
      }
      const { status } = answer;
      return { status, headers, body: decoded.body, ...(carried === null ? {} : { carried }) };
    } catch (error) {
      if (error instanceof HttpFailureError && error.kind === "address_refused")
        context.onRefused?.({ kind: error.kind, method, origin });
      throw error;
    } finally {
      cutoff.clear();
      active.delete(cutoff);
      share.end();
    }
  }

  return {
    http: (context) => ({ send: (request) => send(request, context) }),
    async close() {
      closed = true;
      for (const cutoff of active) cutoff.cut("cancelled");
      await connections?.close();
    },
  };
}
