/**
 * The one place where bytes leave the process, and the only file that imports undici: a request that was admitted
 * is sent, once, to exactly the addresses that were checked. Redirects are not followed, cookies not kept, proxies
 * of the environment not used.
 *
 * @module
 */

import { Socket } from "node:net";
import type * as undici from "undici";
import type { Client, Dispatcher, Pool } from "undici";
import type { Http, HttpFailureKind, HttpRequest, HttpResponse } from "../ports.ts";
import { type Admitted, admit, type EgressContext } from "./admission.ts";
import { classifyFault, collectFields, type Fault, type WireAnswer } from "./answer.ts";
import { decodeContent } from "./content-coding.ts";
import { type Cutoff, startCutoff } from "./cutoff.ts";
import { HttpFailureError, type HttpFailureReason } from "./http-failure.ts";
import { type Share, unlimitedShare } from "./in-flight.ts";
import {
  type Lookup,
  pinnedLookup,
  poolKey,
  type ResolvedAddress,
  resolveChecked,
  systemLookup,
} from "./resolve.ts";

export type { EgressContext } from "./admission.ts";
export type { Lookup, ResolvedAddress } from "./resolve.ts";

export interface Egress {
  /** The http port of one run. */
  http(context: EgressContext): Http;
  /** Ends every request as cancelled and closes every connection. */
  close(): Promise<void>;
}

/** The limits of the transport; times in ms, sizes in bytes. Those of a request are in admission.ts. */
export const egressLimits = {
  responseHead: 16_384,
  connectMs: 10_000,
  /** Before the next address of a name is tried (RFC 8305). */
  nextAddressMs: 1_000,
  keepAliveMs: 4_000,
  /** A server may ask for more, but not for longer than load balancers usually keep a connection. */
  keepAliveMaxMs: 30_000,
  connectionsPerPool: 64,
  pools: 100,
} as const;

type Undici = typeof undici;
type Connector = ReturnType<Undici["buildConnector"]>;

const clientOptions: Client.Options = {
  allowH2: false,
  pipelining: 1,
  maxHeaderSize: egressLimits.responseHead,
  // The cutoff limits the whole time; these would only limit silences.
  headersTimeout: 0,
  bodyTimeout: 0,
  keepAliveTimeout: egressLimits.keepAliveMs,
  keepAliveMaxTimeout: egressLimits.keepAliveMaxMs,
};

/** An egress with connections of its own. Loads the HTTP client at the first request. */
export function createEgress(options: { lookup?: Lookup; connectTimeoutMs?: number } = {}): Egress {
  const lookup = options.lookup ?? systemLookup;
  const pools = new Map<string, Pool>();
  const fresh = new Set<Client>();
  const sockets = new Set<Socket>();
  const active = new Set<Cutoff>();
  let closed = false;

  function connectorTo(library: Undici, addresses: readonly ResolvedAddress[]): Connector {
    const settings = {
      allowH2: false,
      // Explicit, so that NODE_TLS_REJECT_UNAUTHORIZED=0 in the environment changes nothing.
      rejectUnauthorized: true,
      minVersion: "TLSv1.2",
      timeout: options.connectTimeoutMs ?? egressLimits.connectMs,
      lookup: pinnedLookup(addresses),
      autoSelectFamily: true,
      autoSelectFamilyAttemptTimeout: egressLimits.nextAddressMs,
    } as const;
    const build = library.buildConnector(settings);
    return (target, callback) => {
      const socket: unknown = build(target, callback);
      if (!(socket instanceof Socket)) return;
      sockets.add(socket);
      socket.once("close", () => sockets.delete(socket));
    };
  }

  function pooled(library: Undici, origin: string, addresses: readonly ResolvedAddress[]): Pool {
    const key = poolKey(origin, addresses);
    const connections = egressLimits.connectionsPerPool;
    const pool =
      pools.get(key) ??
      new library.Pool(origin, { ...clientOptions, connections, connect: connectorTo(library, addresses) });
    // The map is in order of use; the pool that rested longest goes first.
    pools.delete(key);
    pools.set(key, pool);
    for (const [oldest, old] of pools) {
      if (pools.size <= egressLimits.pools) break;
      pools.delete(oldest);
      void old.close();
    }
    return pool;
  }

  async function transmit(
    request: Admitted,
    addresses: readonly ResolvedAddress[],
    freshSocket: boolean,
    cutoff: Cutoff,
    share: Share,
  ) {
    const library = await import("undici");
    const { origin } = request.url;
    if (cutoff.kind !== null)
      throw new HttpFailureError(cutoff.kind, { method: request.method, origin, sent: false });
    if (!freshSocket) return exchange(pooled(library, origin, addresses), request, cutoff, share);
    const client = new library.Client(origin, { ...clientOptions, connect: connectorTo(library, addresses) });
    fresh.add(client);
    try {
      return await exchange(client, request, cutoff, share);
    } finally {
      fresh.delete(client);
      void client.destroy();
    }
  }

  async function send(request: HttpRequest, context: EgressContext): Promise<HttpResponse> {
    const admitted = admit(request, context);
    const { url, method, maxBytes } = admitted;
    const { origin } = url;
    const freshSocket = request.freshSocket ?? false;
    const cutoff = startCutoff(admitted.timeoutMs, request.signal, request.untilSent);
    const unsent = (kind: HttpFailureKind, reason?: HttpFailureReason) =>
      new HttpFailureError(kind, { method, origin, sent: false, reason });
    active.add(cutoff);
    if (closed) cutoff.cut("cancelled");
    // An answer that a stale socket must not lose is not lost to the run's other answers either.
    const share = context.inFlight?.enter(freshSocket) ?? unlimitedShare;
    try {
      await cutoff.race(share.ready, unsent);
      if (!share.hold(admitted.body?.length ?? 0)) throw unsent("too_large", "in_flight");
      const resolving = resolveChecked(url, method, context.policy, lookup);
      const addresses = await cutoff.race(resolving, unsent);
      const answer = await transmit(admitted, addresses, freshSocket, cutoff, share);
      const { headers } = answer;
      const decoded = await decodeContent(answer.body, headers["content-encoding"], maxBytes, share.hold);
      if (!decoded.ok) throw new HttpFailureError(decoded.kind, { method, origin, reason: decoded.reason });
      if (decoded.body !== answer.body) {
        // They describe bytes that the caller never sees.
        delete headers["content-encoding"];
        delete headers["content-length"];
      }
      return { status: answer.status, headers, body: decoded.body };
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
      const ending = [...pools.values(), ...fresh].map((dispatcher) => dispatcher.destroy());
      pools.clear();
      // The client would wait for one that is still connecting.
      for (const socket of sockets) socket.destroy();
      await Promise.allSettled(ending);
    },
  };
}

/** Sends one request and reads its answer up to the cap. `sent` in a failure is true from the first byte written. */
function exchange(
  dispatcher: Dispatcher,
  request: Admitted,
  cutoff: Cutoff,
  share: Share,
): Promise<WireAnswer> {
  const { url, method, fields, body, maxBytes } = request;
  return new Promise((resolve, reject) => {
    let controller: Dispatcher.DispatchController | undefined;
    let sent = false;
    let over = false;
    let status = 0;
    let headers: Record<string, string> = {};
    let size = 0;
    const chunks: Uint8Array[] = [];

    const fail = ({ kind, reason }: Fault) => {
      if (over) return;
      over = true;
      const failure = new HttpFailureError(kind, { method, origin: url.origin, sent, reason });
      reject(failure);
      controller?.abort(failure);
    };
    cutoff.onCut((kind) => fail({ kind }));

    const handler: Dispatcher.DispatchHandler = {
      // Runs when a connection is there, right before the head is written to it.
      onRequestStart(started) {
        controller = started;
        if (over) {
          started.abort(new Error("ended before it was sent"));
          return;
        }
        sent = true;
        cutoff.sent();
      },
      onResponseStart(current, code) {
        if (code < 200) return;
        status = code;
        headers = collectFields(fieldList(current.rawHeaders));
        if (method !== "HEAD" && Number(headers["content-length"]) > maxBytes)
          fail({ kind: "too_large", reason: "body_too_large" });
      },
      onResponseData(_current, chunk) {
        size += chunk.length;
        if (size > maxBytes) fail({ kind: "too_large", reason: "body_too_large" });
        else if (!share.hold(chunk.length)) fail({ kind: "too_large", reason: "in_flight" });
        else chunks.push(chunk);
      },
      onResponseEnd() {
        if (over) return;
        over = true;
        resolve({ status, headers, body: joined(chunks, size) });
      },
      onResponseError(_current, error) {
        fail(classifyFault(error, sent));
      },
    };
    const path = url.pathname + url.search;
    try {
      dispatcher.dispatch({ origin: url.origin, path, method, headers: [...fields].flat(), body }, handler);
    } catch (error) {
      fail(classifyFault(error as Error, sent));
    }
  });
}

/** The parser gives names and values in turn. */
function fieldList(raw: Dispatcher.DispatchController["rawHeaders"]): readonly (Uint8Array | string)[] {
  return Array.isArray(raw) ? raw : [];
}

/** In memory of its own: a Buffer's may be a slice of what other requests use. */
function joined(chunks: readonly Uint8Array[], size: number): Uint8Array {
  const whole = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.length;
  }
  return whole;
}
