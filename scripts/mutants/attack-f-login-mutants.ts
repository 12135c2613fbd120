/**
 * Faults that rows of group F of the attack table catch: what a refresh may change of a login, and its end.
 *
 * @module
 */

import type { Mutant } from "./mutant.ts";

export const attackFLoginMutants: readonly Mutant[] = [
  {
    name: "asks for scopes that were never granted",
    file: "stdlib/oauth/refresh-request.js",
    find: "if (!scopesGiven || scopes.length === 0 || scopes.length >= granted.length)\n        return null;\n    return scopes.every((scope) => granted.includes(scope)) ? scopes.join(provider.scope_separator) : null;",
    replace: "return scopes.join(provider.scope_separator);",
    rows: ["attacks/refresh/f17_"],
  },
  {
    name: "sends whatever scopes the client names",
    file: "stdlib/oauth/refresh-request.js",
    find: "return scopes.every((scope) => granted.includes(scope)) ? scopes.join(provider.scope_separator) : null;",
    replace: "return scopes.join(provider.scope_separator);",
    rows: ["attacks/refresh/f79_"],
  },
  {
    name: "refreshes at any token endpoint",
    file: "stdlib/oauth/binding.js",
    find: "if (known && bound.token_origin !== mine.token_origin)",
    replace: "if (false)",
    rows: ["client/bound_to_its_token_endpoint"],
  },
  {
    name: "refreshes another issuer's login",
    file: "stdlib/oauth/binding.js",
    find: "if (known && statesIssuer(bound) && statesIssuer(mine) && bound.issuer !== mine.issuer)",
    replace: "if (false)",
    rows: ["attacks/refresh/f64_"],
  },
  {
    name: "lets a later client widen where a token may go",
    file: "stdlib/oauth/binding.js",
    find: "if (foreign.some((origin) => !client.isCatalogueOrigin(origin)))",
    replace: "if (false)",
    rows: ["attacks/refresh/f65_"],
  },
  {
    name: "logs out beside a refresh that is on its way",
    file: "stdlib/oauth/revoke.js",
    find: "await store.withRefreshLock(storageKey, async () => {",
    replace: "await ((_, body) => body())(storageKey, async () => {",
    rows: ["attacks/refresh/f19_"],
  },
  {
    name: "lets tokens that nobody holds live",
    file: "stdlib/oauth/refresh.js",
    find: "await revokeUnheld(context, next);",
    replace: "",
    rows: ["attacks/refresh/f66_"],
  },
  {
    name: "stores over whatever is there",
    file: "stdlib/oauth/durable-write.js",
    find: "            return await store.write(storageKey, entry, expected);",
    replace: "            return await store.write(storageKey, entry);",
    rows: ["attacks/refresh/f66_", "attacks/refresh/f67_"],
  },
  {
    name: "answers tokens that it has not stored",
    file: "stdlib/oauth/refresh.js",
    find: "if (current !== null && !isOwnWrite)\n            return { ok: true, entry: current };",
    replace: "if (current !== null && !isOwnWrite)\n            return { ok: true, entry: next };",
    rows: ["attacks/refresh/f67_"],
  },
  {
    name: "takes another process's rotation for a lost login",
    file: "stdlib/oauth/refresh.js",
    find: "if (current !== null && !isOfLineage(current, lineageOf(begun)))",
    replace: "if (false)",
    rows: ["attacks/refresh/f68_"],
  },
  {
    name: "does not say why the refresh token was refused",
    file: "stdlib/oauth/refresh.js",
    find: 'const error = consentNeeded("the provider refused the refresh token", details);',
    replace: 'const error = consentNeeded("the provider refused the refresh token");',
    rows: ["attacks/refresh/f69_"],
  },
  {
    name: "deletes the login at the first refusal",
    file: "stdlib/oauth/refresh.js",
    find: "const details = redactedAnswer(refusal, context.ports.redactor);",
    replace:
      "const details = redactedAnswer(refusal, context.ports.redactor); await context.store.remove(context.storageKey);",
    rows: ["attacks/refresh/f70_"],
  },
  {
    name: "remembers a refusal for a long time",
    file: "stdlib/oauth/refresh-pace.js",
    find: "const refusedMs = 2_000;",
    replace: "const refusedMs = 2_000_000;",
    rows: ["attacks/refresh/f70_"],
  },
  {
    name: "takes a refused client for a lost login",
    file: "stdlib/oauth/refresh.js",
    find: 'if (answer.kind === "refused" && isDeadToken(provider.refresh_handling, answer.answer))',
    replace: 'if (answer.kind === "refused")',
    rows: ["attacks/refresh/f71_"],
  },
  {
    name: "stores one value as both tokens",
    file: "stdlib/oauth/token-response.js",
    find: 'return "same_token";',
    replace: ";",
    rows: ["attacks/refresh/f72_"],
  },
  {
    name: "forgets whose tokens a flight refreshes",
    file: "stdlib/oauth/refresh-flights.js",
    find: "return sha256(JSON.stringify([place, request, set.access_token, set.refresh_token ?? null]));",
    replace: "return sha256(JSON.stringify([request]));",
    rows: ["attacks/refresh/f73_"],
  },
  {
    name: "stays logged in when the revocation fails",
    file: "stdlib/oauth/revoke.js",
    find: "await store.remove(storageKey);",
    replace: 'if (remote.remote !== "failed") await store.remove(storageKey);',
    rows: ["attacks/refresh/f20_"],
  },
  {
    name: "revokes the access token first",
    file: "stdlib/oauth/revoke.js",
    find: '[refresh_token, "refresh_token"],\n        [access_token, "access_token"],',
    replace: '[access_token, "access_token"],\n        [refresh_token, "refresh_token"],',
    rows: ["attacks/refresh/f20_"],
  },
  {
    name: "takes a redirect for a revocation",
    file: "stdlib/oauth/revoke.js",
    find: "if (status >= 200 && status < 300)",
    replace: "if (status >= 200 && status < 400)",
    rows: ["attacks/refresh/f74_"],
  },
  {
    name: "stops revoking at the first refusal",
    file: "stdlib/oauth/revoke.js",
    find: 'if (error === "unsupported_token_type")',
    replace: "if (false)",
    rows: ["attacks/refresh/f75_"],
  },
  {
    name: "revokes wherever the record says",
    file: "stdlib/oauth/revoke.js",
    find: "if (!mayGoTo(context, entry, endpoint))",
    replace: "if (false)",
    rows: ["attacks/refresh/f76_"],
  },
  {
    name: "takes a refreshed ID token of anybody",
    file: "stdlib/oauth/refresh-successor.js",
    find: "if (!isSameSubject(entry.token_set.id_token, id_token))",
    replace: "if (false)",
    rows: ["attacks/refresh/f21_", "attacks/refresh/f77_"],
  },
  {
    name: "compares the subject only",
    file: "stdlib/oauth/id-token.js",
    find: "one.sub === other?.sub && one.iss === other?.iss",
    replace: "one.sub === other?.sub",
    rows: ["attacks/refresh/f77_"],
  },
];
