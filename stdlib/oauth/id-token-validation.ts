/**
 * The ID token of a client, validated (OpenID Connect Core §3.1.3.7).
 *
 * @module
 */

import { type ClientContext, nowSeconds } from "./client-context.ts";
import {
  type IdTokenArrival,
  type IdTokenClaims,
  idTokenRefusals,
  judgeIdToken,
  readIdToken,
} from "./id-token.ts";
import { refused } from "./jwks.ts";

/**
 * Judges header and claims of an ID token. One that came straight from the token endpoint must fit its `arrival`, and its
 * signature is not looked at (OpenID Connect Core §3.1.3.7, item 6). Throws HARN-OAU-006.
 */
export function checkedClaims(
  context: ClientContext,
  id_token: string,
  arrival: IdTokenArrival | null,
): IdTokenClaims {
  const read = readIdToken(id_token);
  const { provider, credentials, ports } = context;
  const reason =
    read === null
      ? "form"
      : judgeIdToken(read, {
          issuer: provider.issuer,
          clientId: credentials.client_id,
          now: nowSeconds(ports),
          arrival,
        });
  if (reason !== null) throw refused(context, idTokenRefusals[reason]);
  return read?.claims as IdTokenClaims;
}
