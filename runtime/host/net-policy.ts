/**
 * What one run may reach over the network.
 *
 * @module
 */

/** The answers of a `net` grant about a URL. */
export interface NetPolicy {
  /** True when a grant covers the URL. */
  allows(url: URL): boolean;
  /** True when a grant names the host (a bare `*` names none); only then may it have a private address. */
  names(url: URL): boolean;
}

/** For code that the embedder wrote itself: every host, private ones included. */
export const trustedPolicy: NetPolicy = { allows: () => true, names: () => true };
