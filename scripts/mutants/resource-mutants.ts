/**
 * Faults of requests to resource servers and of revocation.
 *
 * @module
 */

import type { Mutant } from "./mutant.ts";

const oauth = "stdlib/oauth";

export const resourceMutants: readonly Mutant[] = [
  {
    name: "waits for Retry-After unasked",
    file: `${oauth}/request.js`,
    find: "if (!request.retryAfter || (answer.status",
    replace: "if ((answer.status",
  },
  {
    name: "takes seconds for milliseconds",
    file: `${oauth}/request.js`,
    find: "await clock.sleep(seconds * 1000, run.signal);",
    replace: "await clock.sleep(seconds, run.signal);",
  },
  {
    name: "loses the body at the replay",
    file: `${oauth}/request.js`,
    find: "const answer = await sendAuthorized(context, request, target, renewed);",
    replace: "const answer = await sendAuthorized(context, { ...request, body: null }, target, renewed);",
  },
  {
    name: "names wanted scopes for every challenge",
    file: `${oauth}/www-authenticate.js`,
    find: 'parameters.get("error") === "insufficient_scope"',
    replace: 'parameters.has("scope")',
  },
  {
    name: "sends a key-bound token as Bearer",
    file: `${oauth}/token-on-request.js`,
    find: "if (key === null)",
    replace: "if (true)",
  },
  {
    name: "ignores the nonce that a server asks for",
    file: `${oauth}/dpop-nonces.js`,
    find: "if (nonce === null || !asksForNonce(first))",
    replace: "if (true)",
  },
  {
    name: "keeps the tokens when the provider does not revoke them",
    file: `${oauth}/revoke.js`,
    find: "await store.remove(storageKey);",
    replace: 'if (remote.remote !== "failed") await store.remove(storageKey);',
  },
  {
    name: "revokes without saying who it is",
    file: `${oauth}/revoke.js`,
    find: "authenticate: true,",
    replace: "authenticate: false,",
  },
  {
    name: "revokes outside of the refresh lock",
    file: `${oauth}/revoke.js`,
    find: "return await store.withRefreshLock(storageKey, async () => {",
    replace: "return await ((_, body) => body())(storageKey, async () => {",
  },
  {
    name: "sends the revocation to the address as the catalogue has it",
    file: `${oauth}/revoke.js`,
    find: 'revoke_url.replaceAll("{client_id}", percentEncode(context.credentials.client_id))',
    replace: "revoke_url",
  },
];
