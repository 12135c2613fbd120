/**
 * Faults that rows of group I of the attack table catch: ID tokens and their claims, userinfo and introspection.
 *
 * @module
 */

import { attackKeyMutants } from "./attack-i-key-mutants.ts";
import type { Mutant } from "./mutant.ts";

const idToken = "stdlib/oauth/id-token.js";
const rows = ["attacks/id_tokens/", "client/id_token_refresh"];

const faults: readonly Mutant[] = [
  {
    name: "looks at no header",
    file: idToken,
    find: "judgeHeader(header) ?? judgeClaims(",
    replace: "judgeClaims(",
  },
  {
    name: "takes any kind of JWT for an ID token",
    file: idToken,
    find: 'return "typ";',
    replace: ";",
  },
  {
    name: "does what a header demands",
    file: idToken,
    find: 'return crit === undefined ? null : "crit";',
    replace: "return null;",
  },
  {
    name: "understands b64",
    file: idToken,
    find: 'return crit === undefined ? null : "crit";',
    replace: 'return crit === undefined || String(crit) === "b64" ? null : "crit";',
  },
  {
    name: "compares issuers after a clean-up",
    file: idToken,
    find: "(issuer !== null && iss !== issuer)",
    replace: "(issuer !== null && !(URL.canParse(iss) && new URL(iss).href === new URL(issuer).href))",
  },
  {
    name: "takes any subject",
    file: idToken,
    find: 'typeof sub !== "string" || !/^[ -~]{1,255}$/.test(sub)',
    replace: "false",
  },
  {
    name: "takes any text for a subject",
    file: idToken,
    find: "!/^[ -~]{1,255}$/.test(sub)",
    replace: 'sub === "" || sub.length > 255',
  },
  {
    name: "takes ID tokens of other clients (group I)",
    file: idToken,
    find: "if (!audiences.includes(clientId))",
    replace: "if (false)",
  },
  {
    name: "finds itself in a longer audience",
    file: idToken,
    find: "!audiences.includes(clientId)",
    replace: "!String(audiences).includes(clientId)",
  },
  {
    name: "takes ID tokens that were issued to others",
    file: idToken,
    find: "if (azp !== undefined ? azp !== clientId : audiences.length > 1)",
    replace: "if (false)",
  },
  {
    name: "needs no azp for several audiences",
    file: idToken,
    find: "azp !== undefined ? azp !== clientId : audiences.length > 1",
    replace: "azp !== undefined && azp !== clientId",
  },
  {
    name: "takes ID tokens that are over",
    file: idToken,
    find: "exp <= now - skew ||",
    replace: "",
  },
  {
    name: "takes ID tokens that never end",
    file: idToken,
    find: "|| exp > now + tokenResponseLimits.maxLifetime",
    replace: "",
  },
  {
    name: "takes times that are no numbers",
    file: idToken,
    find: 'return typeof value === "number" && value >= 0;',
    replace: "return value !== undefined;",
  },
  {
    name: "takes ID tokens from the future",
    file: idToken,
    find: "iat > now + skew",
    replace: "false",
  },
  {
    name: "takes ID tokens from last week",
    file: idToken,
    find: "Number(iat) < since - mostBackdating",
    replace: "false",
  },
  {
    name: "takes ID tokens that are for later",
    file: idToken,
    find: "nbf <= now + skew",
    replace: "true",
  },
  {
    name: "knows no skew",
    file: idToken,
    find: "const skew = 60;",
    replace: "const skew = 0;",
  },
  {
    name: "does not compare the nonce (group I)",
    file: idToken,
    find: "if (arrival.nonce !== null && nonce !== arrival.nonce)",
    replace: "if (false)",
  },
  {
    name: "compares a nonce only where there is one",
    file: idToken,
    find: "arrival.nonce !== null && nonce !== arrival.nonce",
    replace: "nonce !== undefined && nonce !== arrival.nonce",
  },
  {
    name: "does not compare at_hash",
    file: idToken,
    find: "if (at_hash !== undefined &&",
    replace: "if (false &&",
  },
  {
    name: "does not compare c_hash",
    file: idToken,
    find: "c_hash === undefined || code === null || c_hash === leftHalf(alg, code)",
    replace: "true",
  },
  {
    name: "takes four parts and more",
    file: idToken,
    find: "if (parts.length !== 3)",
    replace: "if (parts.length < 3)",
  },
  {
    name: "reads base64 as it comes",
    file: idToken,
    find: 'return bytes.toString("base64url") === text ? bytes : null;',
    replace: "return bytes;",
  },
  {
    name: "reads claims that are in a JWT of their own",
    file: idToken,
    find: "const bytes = decoded(text);",
    replace:
      'const outer = decoded(text);\n    const bytes = outer && outer.includes(".") && !outer.includes("{") ? Buffer.from(String(outer).split(".")[1], "base64url") : outer;',
  },
  {
    name: "takes claims from nowhere",
    file: idToken,
    find: "const bytes = decoded(text);",
    replace: 'const bytes = text === "" ? Buffer.from("{}") : decoded(text);',
  },
  {
    name: "takes the ID token of another person or login at a refresh",
    file: "stdlib/oauth/refresh-successor.js",
    find: "if (!isSameSubject(entry.token_set.id_token, id_token))",
    replace: "if (false)",
  },
  {
    name: "takes the ID token of another login at a refresh",
    file: idToken,
    find: "&& !isOtherLogin",
    replace: "",
  },
  {
    name: "does not judge ID tokens at a refresh",
    file: "stdlib/oauth/refresh-successor.js",
    find: 'if (id_token !== undefined && context.scopes.includes("openid"))',
    replace: "if (false)",
  },
  {
    name: "does not judge ID tokens of devices",
    file: "stdlib/oauth/device-flow.js",
    find: 'if (id_token !== undefined && context.scopes.includes("openid"))',
    replace: "if (false)",
  },
  {
    name: "does not judge ID tokens at a login",
    file: "stdlib/oauth/exchange.js",
    find: "if (id_token !== undefined && attempt.nonce !== null)",
    replace: "if (false)",
  },
  {
    name: "does not judge claims that are asked for",
    file: "stdlib/oauth/identity.js",
    find: "const claims = checkedClaims(context, id_token, null);",
    replace: "const claims = readIdToken(id_token).claims;",
  },
  {
    name: "verifies nothing when claims are asked for",
    file: "stdlib/oauth/identity.js",
    find: "await keySets.verify(context, id_token);",
    replace: "",
  },
  {
    name: "takes userinfo about anybody (group I)",
    file: "stdlib/oauth/identity.js",
    find: "if (subject !== undefined && json.sub !== subject)",
    replace: "if (false)",
  },
  {
    name: "takes userinfo about nobody",
    file: "stdlib/oauth/identity.js",
    find: "subject !== undefined && json.sub !== subject",
    replace: "subject !== undefined && json.sub !== undefined && json.sub !== subject",
  },
  {
    name: "shows tokens in claims and introspections",
    file: "stdlib/oauth/without-tokens.js",
    find: "if (ports.run.trusted || ports.run.reveal)",
    replace: "if (true)",
  },
  {
    name: "shows tokens in the names of claims",
    file: "stdlib/oauth/without-tokens.js",
    find: "copy[ports.redactor.maskKnown(name, carried)]",
    replace: "copy[name]",
  },
  {
    name: "shows tokens in introspections",
    file: "stdlib/oauth/introspection.js",
    find: "judgeIntrospection(withoutTokens(context.ports, parsed.value,",
    replace: "judgeIntrospection(((_, value) => value)(context.ports, parsed.value,",
  },
  {
    name: "keeps claims that reach a prototype",
    file: "stdlib/oauth/strict-json.js",
    find: "if (!droppedMembers.has(name))",
    replace: "if (true)",
  },
  {
    name: "takes any active for true",
    file: "stdlib/oauth/introspection.js",
    find: 'if (typeof active !== "boolean")',
    replace: "if (false)",
  },
  {
    name: "takes any type in an introspection",
    file: "stdlib/oauth/introspection.js",
    find: 'if (typeof value !== "number")',
    replace: "if (false)",
  },
];

export const attackIMutants: readonly Mutant[] = [
  {
    name: "asks again at once after a refused ID token",
    file: "stdlib/oauth/refresh-successor.js",
    find: "pauseAfterFailure(context, entry.token_set, error);",
    replace: "",
    rows: ["attacks/id_tokens/i90_"],
  },
  ...attackKeyMutants,
  ...faults.map((fault) => ({ ...fault, rows })),
];
