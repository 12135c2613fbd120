/**
 * Client assertions (RFC 7523 §3): a client proves that it holds a private key.
 *
 * @module
 */

import type { Redactor } from "../../runtime/ports.ts";
import type { ClientContext } from "./client-context.ts";
import type { ClientKey } from "./client-key.ts";
import { signJws } from "./jws.ts";

/** How long an assertion is good for, in seconds. */
export const assertionLifetime = 60;

/**
 * Makes an assertion for one request. Its audience is the issuer, and only the issuer, so that no other server can pass it
 * on as its own; where the issuer is not known it is the token endpoint (RFC 7523 §3).
 */
export function clientAssertion(context: ClientContext, key: ClientKey): string {
  const { ports, provider, credentials } = context;
  const now = Math.floor(ports.clock.now() / 1000);
  const assertion = signJws(
    { alg: key.algorithm, ...(key.key_id === null ? {} : { kid: key.key_id }) },
    {
      iss: credentials.client_id,
      sub: credentials.client_id,
      aud: provider.issuer ?? provider.token_url,
      jti: Buffer.from(ports.random.bytes(16)).toString("base64url"),
      iat: now,
      exp: now + assertionLifetime,
    },
    key.signingKey,
  );
  makeKnown(ports.redactor, assertion);
  return assertion;
}

const registered = new WeakMap<Redactor, (() => void)[]>();
const mostRegistered = 100;

/** An assertion soon counts for nothing, so only the newest stay known. */
function makeKnown(redactor: Redactor, assertion: string): void {
  const known = registered.get(redactor) ?? [];
  registered.set(redactor, known);
  known.push(redactor.register(assertion, "client_assertion"));
  if (known.length > mostRegistered) known.shift()?.();
}
