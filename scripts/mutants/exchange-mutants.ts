/**
 * Faults of token exchange and discovery.
 *
 * @module
 */

import type { Mutant } from "./mutant.ts";

const oauth = "stdlib/oauth";

export const exchangeMutants: readonly Mutant[] = [
  {
    name: "exchanges tokens of every type",
    file: `${oauth}/token-exchange/exchange.js`,
    find: "if (!allowed.includes(type))",
    replace: "if (false)",
  },
  {
    name: "reads an empty list of token types as all of them",
    file: `${oauth}/token-exchange/exchange.js`,
    find: "if (!allowed.includes(type))",
    replace: "if (allowed.length > 0 && !allowed.includes(type))",
  },
  {
    name: "takes any issued_token_type",
    file: `${oauth}/token-exchange/exchange.js`,
    find: "!plan.row.issued_token_types.includes(issued_token_type)",
    replace: "issued_token_type === null",
  },
  {
    name: "stores every exchanged token, in place of the login",
    file: `${oauth}/token-exchange/exchange.js`,
    find: "if (plan.storageKey !== null)",
    replace: "if (own !== null)",
  },
  {
    name: "lets extra_params add a second subject token",
    file: `${oauth}/token-exchange/exchange.js`,
    find: "if (reserved.has(name))",
    replace: "if (name === null)",
  },
  {
    name: "exchanges a foreign sealed token",
    file: `${oauth}/token-exchange/exchange.js`,
    find: "if (!atHome && !binding.origins.includes(new URL(url).origin))",
    replace: "if (false)",
  },
  {
    name: "prefers the catalogue's row to the provider's own",
    file: `${oauth}/token-exchange/capability.js`,
    find: "if (own !== null)",
    replace: "if (own !== null && !shippedRows.some((row) => row.id === id))",
  },
  {
    name: "keeps an act claim that was there",
    file: `${oauth}/token-exchange/actor-claim.js`,
    find: "{ ...given, act: actorClaim(actors) }",
    replace: "{ act: actorClaim(actors), ...given }",
  },
  {
    name: "nests the actors in the wrong order",
    file: `${oauth}/token-exchange/actor-claim.js`,
    find: "actors.reduceRight(",
    replace: "actors.reduce(",
  },
  {
    name: "asks the other well-known place after any error",
    file: `${oauth}/discovery/discover.js`,
    find: "if (answer.status === 404)",
    replace: "if (answer.status !== 200)",
  },
  {
    name: "takes metadata of another issuer",
    file: `${oauth}/discovery/issuer-metadata.js`,
    find: "if (given.issuer !== expectedIssuer)",
    replace: "if (given.issuer === undefined)",
  },
  {
    name: "takes metadata of another resource",
    file: `${oauth}/discovery/resource-metadata.js`,
    find: "if (given.resource !== expectedResource)",
    replace: "if (given.resource === undefined)",
  },
  {
    name: "takes a user part in an endpoint's address",
    file: `${oauth}/endpoint-url.js`,
    find: 'if (authority.includes("@"))',
    replace: "if (false)",
  },
];
