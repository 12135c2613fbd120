/**
 * JWK thumbprints (RFC 7638).
 *
 * @module
 */

import { sha256 } from "./pkce.ts";

/**
 * The SHA-256 thumbprint in base64url. `members` are the required public ones of the key type and no others (RFC 7638
 * §3.2, §3.3); their order does not count.
 */
export function jwkThumbprint(members: Readonly<Record<string, string>>): string {
  const sorted = Object.entries(members).toSorted(([one], [other]) => (one < other ? -1 : 1));
  return sha256(JSON.stringify(Object.fromEntries(sorted)));
}
