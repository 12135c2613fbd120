/**
 * What one run may reach over the network.
 *
 * @module
 */

import type { HttpRequest } from "../ports.ts";
import { isLoopbackHost } from "./address.ts";
import { RunError } from "./run-error.ts";

/** Where a request's URL came from. */
export type Reach = NonNullable<HttpRequest["reach"]>;

/** The answers of a `net` grant about a URL. */
export interface NetPolicy {
  /** True when a grant covers the URL. */
  allows(url: URL): boolean;
  /** True when a grant other than a bare `*` covers the URL; only then may a script send a credential there on its own word. */
  entrusts(url: URL): boolean;
  /** True when a grant names the host (a bare `*` names none); only then may it have a private address. */
  names(url: URL, reach?: Reach): boolean;
}

/**
 * For code that the embedder wrote itself: every host, private ones included. What only a server's metadata named must be
 * public, unless it is one of `hosts`: `idp.internal`, `localhost:8080`. Without a port 443 is meant, or any of a loopback host.
 * @throws RunError HARN-RUN-015 for an entry that is no host.
 */
export function trustedPolicyNaming(hosts: readonly string[]): NetPolicy {
  const named = new Set(hosts.map(hostOf));
  const names = (url: URL) =>
    named.has(url.host) || (isLoopbackHost(url.hostname) && named.has(url.hostname));
  return {
    allows: () => true,
    entrusts: () => true,
    names: (url, reach) => reach !== "discovered" || names(url),
  };
}

/** For code that the embedder wrote itself, which names no further host. */
export const trustedPolicy: NetPolicy = trustedPolicyNaming([]);

/** As the URL parser writes it, for https. */
function hostOf(text: unknown): string {
  if (typeof text === "string" && /^[^\s/?#@\\*]+$/.test(text) && URL.canParse(`https://${text}`))
    return new URL(`https://${text}`).host;
  throw new RunError("HARN-RUN-015", "net is not a list of hosts", {
    hint: "Write host or host:port, for example idp.internal.",
  });
}
