/**
 * Names to addresses, each address checked.
 *
 * @module
 */

import { isIP } from "node:net";
import { isLoopbackHost, isPublicAddress } from "./address.ts";
import { HttpFailureError } from "./http-failure.ts";
import type { NetPolicy, Reach } from "./net-policy.ts";

/** An address that a name resolved to. */
export interface ResolvedAddress {
  readonly address: string;
  readonly family: 4 | 6;
}

/** Where a socket is dialled. `address` is an IP address. */
export interface NetworkAddress {
  readonly address: string;
  readonly port: number;
}

/** Resolves a name to all its addresses; rejects when there is none. */
export type Lookup = (hostname: string) => Promise<readonly ResolvedAddress[]>;

/** The system's resolver (`/etc/hosts`, then DNS). */
export const systemLookup: Lookup = async (hostname) => {
  const { lookup } = await import("node:dns/promises");
  const found = await lookup(hostname, { all: true, verbatim: true });
  return found.map(({ address, family }) => ({ address, family: family === 6 ? 6 : 4 }));
};

/**
 * The addresses to connect to for a URL: the name is resolved once and every address is checked, an IP literal too
 * (no lookup would ever see it). A special address is taken only when the policy names the host; an http URL only
 * leads to loopback. `reach` is the request's.
 * @throws HttpFailureError address_refused; connect when the name does not resolve.
 */
export async function resolveChecked(
  url: URL,
  method: string,
  policy: NetPolicy,
  reach: Reach,
  lookup: Lookup,
): Promise<readonly ResolvedAddress[]> {
  const about = { method, origin: url.origin, sent: false };
  const host = url.hostname.replace(/^\[|\]$/g, "");
  const literal = isIP(host);
  let addresses: readonly ResolvedAddress[];
  if (literal !== 0) addresses = [{ address: host, family: literal === 6 ? 6 : 4 }];
  else {
    try {
      addresses = await lookup(host);
    } catch {
      // What a resolver says in its errors (server addresses, paths) stays here.
      addresses = [];
    }
    if (addresses.length === 0)
      throw new HttpFailureError("connect", { ...about, reason: "name_unresolved" });
  }
  for (const { address, family } of addresses) {
    if (isIP(address) !== family) throw new HttpFailureError("address_refused", about);
    if (url.protocol === "http:" && !isLoopbackHost(address))
      throw new HttpFailureError("address_refused", { ...about, reason: "http_address" });
    if (!isPublicAddress(address) && !policy.names(url, reach))
      throw new HttpFailureError("address_refused", about);
  }
  return addresses;
}

/**
 * Names a pool of connections by origin and addresses. A connection is so only reused by a request whose own
 * resolution, checked under its own grants, led to the same addresses.
 */
export function poolKey(origin: string, addresses: readonly ResolvedAddress[]): string {
  return [origin, ...addresses.map(({ address }) => address).sort()].join(" ");
}
