/**
 * The connections of one egress: kept ones in pools by destination, and fresh ones for one request.
 *
 * @module
 */

import type * as undici from "undici";
import type { Client, Dispatcher, Pool } from "undici";
import { systemClock } from "./clock.ts";
import { type Connect, connector } from "./connector.ts";
import type { EgressSettings } from "./egress-options.ts";
import { createLine, type Line } from "./line.ts";
import { poolKey, type ResolvedAddress } from "./resolve.ts";
import { createResting } from "./resting.ts";

/** Takes a request to its connection. `taken` is called with the connection before anything else happens. */
export type Carrier = (
  options: Dispatcher.DispatchOptions,
  handler: Dispatcher.DispatchHandler,
  taken: (line: Line) => void,
) => void;

/** Where a request goes. */
export interface Destination {
  readonly origin: string;
  readonly addresses: readonly ResolvedAddress[];
}

export interface Connections {
  /** A kept connection to the destination, or a new one. */
  pooled(to: Destination): Carrier;
  /**
   * Does the work with a connection to the destination that is new, or was used for such work less than two seconds ago: on
   * one that rested longer, a request may cross its end, and nobody knows then whether it was acted on.
   */
  fresh<T>(to: Destination, work: (carrier: Carrier) => Promise<T>): Promise<T>;
  /** Closes every connection, and those that are being made. */
  close(): Promise<void>;
}

const keepAliveMs = 4_000;
/** A server may ask for more, but not for longer than load balancers usually keep a connection. */
const keepAliveMaxMs = 30_000;
const connectionsPerPool = 64;
/** No server or load balancer is known to close a connection so soon. */
const freshMs = 2_000;
const mostPools = 100;

interface FreshConnection {
  readonly client: Client;
  readonly line: Line;
}

function endFresh({ client, line }: FreshConnection): void {
  void client.destroy();
  line.end();
}

/** No connections yet. */
export function createConnections(library: typeof undici, settings: EgressSettings): Connections {
  const { limits } = settings;
  const pools = new Map<string, Pool>();
  const fresh = new Set<FreshConnection>();
  const resting = createResting<FreshConnection>(freshMs, endFresh, systemClock());
  const open = new Set<Line>();
  const takers = new WeakMap<Dispatcher.DispatchOptions, (line: Line) => void>();

  const clientOptions: Client.Options = {
    allowH2: false,
    pipelining: 1,
    // Its own cap is the first size that is too large.
    maxHeaderSize: limits.responseHead + 1,
    // Cutoff and silence limit the times.
    headersTimeout: 0,
    bodyTimeout: 0,
    keepAliveTimeout: keepAliveMs,
    keepAliveMaxTimeout: keepAliveMaxMs,
  };

  function clientOn(origin: string | URL, make: Connect): FreshConnection {
    const line = createLine(make, limits.connectMs, open);
    return { line, client: new library.Client(origin, { ...clientOptions, connect: line.connect }) };
  }

  function newPool({ origin, addresses }: Destination): Pool {
    const make = connector(library, settings, addresses);
    return new library.Pool(origin, {
      connections: connectionsPerPool,
      factory(url) {
        const { client, line } = clientOn(url, make);
        const dispatch = client.dispatch.bind(client);
        // A pool does not say which of its connections takes a request.
        client.dispatch = (options, handler) => {
          takers.get(options)?.(line);
          return dispatch(options, handler);
        };
        return client;
      },
    });
  }

  return {
    pooled(to) {
      const key = poolKey(to.origin, to.addresses);
      const pool = pools.get(key) ?? newPool(to);
      // The map is in order of use; the pool that rested longest goes first.
      pools.delete(key);
      pools.set(key, pool);
      for (const [oldest, old] of pools) {
        if (pools.size <= mostPools) break;
        pools.delete(oldest);
        void old.close();
      }
      return (options, handler, taken) => {
        takers.set(options, taken);
        pool.dispatch(options, handler);
      };
    },
    async fresh({ origin, addresses }, work) {
      const destination = poolKey(origin, addresses);
      // A client whose connection was ended meanwhile makes another.
      const connection =
        resting.take(destination) ?? clientOn(origin, connector(library, settings, addresses));
      const { client, line } = connection;
      fresh.add(connection);
      let isGood = false;
      try {
        const result = await work((options, handler, taken) => {
          taken(line);
          client.dispatch(options, handler);
        });
        isGood = true;
        return result;
      } finally {
        fresh.delete(connection);
        if (isGood && line.isOpen()) resting.add(destination, connection);
        else endFresh(connection);
      }
    },
    async close() {
      const working = [...fresh].map(({ client }) => client);
      const ending = [...pools.values(), ...working].map((dispatcher) => dispatcher.destroy());
      pools.clear();
      resting.close();
      // The client would wait for one that is still connecting.
      for (const line of open) line.end();
      await Promise.allSettled(ending);
    },
  };
}
