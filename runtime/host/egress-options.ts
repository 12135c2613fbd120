/**
 * What an embedder can say about the transport, and how it is judged.
 *
 * @module
 */

import type { SecureContext } from "node:tls";
import { nearest } from "../nearest.ts";
import { judgeCertificates, trusting } from "./certificates.ts";
import { type EgressLimits, resolveEgressLimits } from "./egress-limits.ts";
import { judgeProxy, type Proxy } from "./proxy.ts";
import { type Lookup, type NetworkAddress, systemLookup } from "./resolve.ts";
import { RunError } from "./run-error.ts";

/** What an embedder can say about the transport. Each may be left out. */
export interface EgressOptions {
  /** Resolves names. Default: the system's resolver. */
  readonly lookup?: Lookup;
  /**
   * Where a checked address is really dialled, like curl's `--connect-to`: for tests whose servers stand in for the
   * internet. The checks see the address that was resolved, not the one that is dialled. A proxy is dialled as it is.
   */
  readonly connectTo?: (to: NetworkAddress) => NetworkAddress;
  /**
   * `http://` or `https://` URL of a proxy for https destinations outside this machine; may hold `user:password@`. Default:
   * none, whatever the environment says.
   */
  readonly proxy?: string;
  /** Certificates (PEM) that are trusted beside Node's own. */
  readonly ca?: string | readonly string[];
  readonly limits?: Partial<EgressLimits>;
}

/** The options, judged. */
export interface EgressSettings {
  readonly lookup: Lookup;
  readonly connectTo: ((to: NetworkAddress) => NetworkAddress) | null;
  readonly proxy: Proxy | null;
  /** What is trusted; null for what Node trusts. Made at the first call. */
  readonly secureContext: () => SecureContext | null;
  readonly limits: EgressLimits;
}

const names = [
  "lookup",
  "connectTo",
  "proxy",
  "ca",
  "limits",
] as const satisfies readonly (keyof EgressOptions)[];

/**
 * Judges the options.
 * @throws RunError HARN-RUN-015 naming the option or limit that is unknown or wrong.
 */
export function egressSettings(options: EgressOptions): EgressSettings {
  if (!isObject(options)) throw new RunError("HARN-RUN-015", "egress: the options are not an object");
  for (const name of Object.keys(options)) {
    if (names.some((known) => known === name)) continue;
    const meant = nearest(name, names);
    throw new RunError("HARN-RUN-015", `egress: there is no option "${name}"`, {
      hint: meant ? `Did you mean ${meant}?` : `The options are ${names.join(", ")}.`,
    });
  }
  const { lookup = systemLookup, connectTo, proxy, ca, limits } = options;
  for (const [name, fn] of Object.entries({ lookup, connectTo })) {
    if (fn === undefined || typeof fn === "function") continue;
    throw new RunError("HARN-RUN-015", `egress: ${name} is not a function`);
  }
  if (limits !== undefined && !isObject(limits))
    throw new RunError("HARN-RUN-015", "egress: limits is not an object");
  const certificates = ca === undefined ? null : judgeCertificates(ca);
  let secureContext: SecureContext | null = null;
  return {
    lookup,
    connectTo: connectTo ?? null,
    proxy: proxy === undefined ? null : judgeProxy(proxy),
    secureContext: () => (secureContext ??= certificates && trusting(certificates)),
    limits: resolveEgressLimits(limits),
  };
}

function isObject(value: unknown): boolean {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
