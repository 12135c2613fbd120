/**
 * Faults of logins and of what is asked with their tokens.
 *
 * @module
 */

import type { Mutant } from "./mutant.ts";

const oauth = "stdlib/oauth";

export const loginMutants: readonly Mutant[] = [
  {
    name: "forgets which issuer must answer",
    file: `${oauth}/authorization-response.js`,
    find: "if (iss !== null && !isIssuer(iss, expected))",
    replace: "if (false)",
  },
  {
    name: "takes a callback without the iss that the provider always sends",
    file: `${oauth}/authorization-response.js`,
    find: "if (iss === null && expected.issRequired)",
    replace: "if (false)",
  },
  {
    name: "sends the verifier as the challenge",
    file: `${oauth}/authorization.js`,
    find: "const challenge = codeChallenge(verifier);",
    replace: "const challenge = verifier;",
  },
  {
    name: "joins scopes with a space for every provider",
    file: `${oauth}/authorization.js`,
    find: ".join(provider.scope_separator)",
    replace: '.join(" ")',
  },
  {
    name: "sends no nonce with openid",
    file: `${oauth}/authorization.js`,
    find: 'context.scopes.includes("openid") ? newState(ports.random) : null',
    replace: "null",
  },
  {
    name: "puts the parameters into the URL although they were pushed",
    file: `${oauth}/authorization.js`,
    find: "const shown = await pushed(context, parameters);",
    replace: "await pushed(context, parameters); const shown = parameters;",
  },
  {
    name: "takes a pushed request for accepted whatever the status",
    file: `${oauth}/pushed-authorization.js`,
    find: "if (status !== 201)",
    replace: "if (false)",
  },
  {
    name: "sends the scope with the code",
    file: `${oauth}/exchange.js`,
    find: '["redirect_uri", attempt.redirect_uri],',
    replace: '["redirect_uri", attempt.redirect_uri], ["scope", context.scopes.join(" ")],',
  },
  {
    name: "forgets the resource with the code",
    file: `${oauth}/exchange.js`,
    find: '...context.resource.map((item) => ["resource", item]),',
    replace: "",
  },
  {
    name: "does not tell the redactor of the code",
    file: `${oauth}/exchange.js`,
    find: 'ports.redactor.register(code, "code", { own: true });',
    replace: "",
  },
  {
    name: "keeps the tokens of all accounts in one place",
    file: `${oauth}/client-options.js`,
    find: "account === null ? storageKey : `${storageKey}:${account}`",
    replace: "storageKey",
  },
  {
    name: "ignores unknown options",
    file: `${oauth}/options.js`,
    find: "if (!allowed.includes(name))",
    replace: "if (false)",
  },
  {
    name: "takes endpoints without TLS",
    file: `${oauth}/endpoint-url.js`,
    find: 'if (url.protocol !== "https:" && !isLoopback(url.hostname))',
    replace: "if (false)",
  },
  {
    name: "does not compare the nonce",
    file: `${oauth}/id-token.js`,
    find: "if (arrival.nonce !== null && nonce !== arrival.nonce)",
    replace: "if (false)",
  },
  {
    name: "takes ID tokens of other clients",
    file: `${oauth}/id-token.js`,
    find: "if (!audiences.includes(clientId))",
    replace: "if (false)",
  },
  {
    name: "takes ID tokens of other issuers",
    file: `${oauth}/id-token.js`,
    find: "(issuer !== null && iss !== issuer)",
    replace: "false",
  },
  {
    name: "does not verify signatures",
    file: `${oauth}/jwks.js`,
    find: "await compactVerify(jwt, createLocalJWKSet(keys), { algorithms });",
    replace: "",
  },
  {
    name: "takes userinfo about anybody",
    file: `${oauth}/identity.js`,
    find: "if (subject !== undefined && json.sub !== subject)",
    replace: "if (false)",
  },
  {
    name: "reads a text as active",
    file: `${oauth}/introspection.js`,
    find: 'if (typeof active !== "boolean")',
    replace: "if (active === undefined)",
  },
  {
    name: "lets a public client use the client credentials grant",
    file: `${oauth}/client-credentials.js`,
    find: 'if (context.credentials.method === "none")',
    replace: "if (false)",
  },
];
