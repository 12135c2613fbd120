/**
 * Faults that rows of group D of the attack table catch: what token responses hold.
 *
 * @module
 */

import type { Mutant } from "./mutant.ts";

const response = "stdlib/oauth/token-response.js";
const json = "stdlib/oauth/strict-json.js";
const rows = ["attacks/token_content/", "client/response_"];

/** One rule of the token response each, in the order of the rows. */
const faults: readonly Mutant[] = [
  {
    name: "takes an empty token",
    file: response,
    find: "/^[!-~]+$/.test(value)",
    replace: "/^[!-~]*$/.test(value)",
  },
  {
    name: "takes any value for a token",
    file: response,
    find: 'typeof value === "string" &&\n        value.length <=',
    replace: "String(value).length <=",
  },
  {
    name: "takes tokens of any length",
    file: response,
    find: "value.length <= tokenResponseLimits.maxTokenLength &&",
    replace: "",
  },
  {
    name: "takes a token that looks sealed",
    file: response,
    find: '!value.startsWith("hfs1.")',
    replace: "true",
  },
  {
    name: "trims tokens",
    file: response,
    find: "if (!isToken(access_token))",
    replace: 'if (!isToken(typeof access_token === "string" ? access_token.trim() : access_token))',
  },
  {
    name: "takes a token with a line break at its end",
    file: response,
    find: "/^[!-~]+$/.test(value)",
    replace: "/^[!-~]+$/m.test(value)",
  },
  {
    name: "takes letters outside of ASCII in a token",
    file: response,
    find: "/^[!-~]+$/.test(value)",
    replace: "/^[^\\p{Cc}]+$/u.test(value)",
  },
  {
    name: "does not look at the refresh token",
    file: response,
    find: "if (refresh_token !== undefined && !isToken(refresh_token))",
    replace: "if (false)",
  },
  {
    name: "does not look at the ID token's type",
    file: response,
    find: "if (id_token !== undefined && !isToken(id_token))",
    replace: "if (false)",
  },
  {
    name: "takes one value for both tokens",
    file: response,
    find: "access_token === refresh_token ||",
    replace: "",
  },
  {
    name: "takes its own refresh token for an access token",
    file: response,
    find: "|| access_token === presented",
    replace: "",
  },
  {
    name: "does not tell what it presented",
    file: "stdlib/oauth/refresh-request.js",
    find: "dpopKey !== null, refresh_token);",
    replace: "dpopKey !== null);",
  },
  {
    name: "lets a token stand in the scope",
    file: response,
    find: 'return "repeated_token";',
    replace: ";",
  },
  {
    name: "reads no token_type as unknown",
    file: response,
    find: 'return "Bearer";',
    replace: "return null;",
  },
  {
    name: "reads any token_type that is no text as Bearer",
    file: response,
    find: 'if (typeof value !== "string")\n        return null;\n    const lower',
    replace: 'if (typeof value !== "string")\n        return "Bearer";\n    const lower',
  },
  {
    name: "compares token_type with its case",
    file: response,
    find: "const lower = value.toLowerCase();",
    replace: "const lower = value;",
  },
  {
    name: "takes DPoP tokens without a proof",
    file: response,
    find: '(lower === "dpop" && proven)',
    replace: 'lower === "dpop"',
  },
  {
    name: "looks token types up in the prototype",
    file: response,
    find: "Object.hasOwn(rules.token_types, lower)",
    replace: "lower in rules.token_types",
  },
  {
    name: "sends the server's spelling of the token type",
    file: "stdlib/oauth/token-on-request.js",
    find: "return { authorization: `Bearer ${access_token}` };",
    replace: "return { authorization: `${set.token_type} ${access_token}` };",
  },
  {
    name: "takes a negative lifetime for none",
    file: response,
    find: "seconds < 0",
    replace: "seconds < -9e15",
  },
  {
    name: "reads numbers that a text begins with",
    file: response,
    find: "/^[0-9]+$/.test(value)",
    replace: "/^[0-9]+/.test(value)",
  },
  {
    name: "reads whatever Number reads",
    file: response,
    find: "/^[0-9]+$/.test(value)",
    replace: "!(Number(value) < 0)",
  },
  {
    name: "takes fractions of a second",
    file: response,
    find: "if (!digits && !Number.isInteger(seconds))",
    replace: "if (false)",
  },
  {
    name: "reads a lifetime from values of any type",
    file: response,
    find: 'const digits = typeof value === "string" && ',
    replace: "const digits = ",
  },
  {
    name: "does not cut lifetimes",
    file: response,
    find: "return Math.min(seconds, tokenResponseLimits.maxLifetime);",
    replace: "return seconds;",
  },
  {
    name: "reads a lifetime of zero as none",
    file: response,
    find: "...(expires_in === undefined ? {}",
    replace: "...(!expires_in ? {}",
  },
  {
    name: "refreshes a token that is stale when it comes, each time",
    file: "stdlib/oauth/refresh-pace.js",
    find: "const bornStaleSeconds = 5;",
    replace: "const bornStaleSeconds = 0;",
  },
  {
    name: "takes any text for a scope",
    file: response,
    find: 'if (typeof value !== "string" || !/^[ !#-[\\]-~]*$/.test(value))',
    replace: 'if (typeof value !== "string")',
  },
  {
    name: "takes a quote in a scope",
    file: response,
    find: "/^[ !#-[\\]-~]*$/",
    replace: "/^[ -~]*$/",
  },
  {
    name: "takes scopes of any length",
    file: response,
    find: "if (value.length > tokenResponseLimits.maxTokenLength)",
    replace: "if (false)",
  },
  {
    name: "believes in the scopes that it asked for",
    file: "stdlib/oauth/token-set-of.js",
    find: "members.scopes ?? previous?.scopes ?? (requested.length > 0 ? requested : undefined)",
    replace: "requested",
  },
  {
    name: "asks for its wish again when a refresh names no scope",
    file: "stdlib/oauth/token-set-of.js",
    find: "members.scopes ?? previous?.scopes ??",
    replace: "members.scopes ??",
  },
  {
    name: "keeps what it was given too much",
    file: "stdlib/oauth/refresh-request.js",
    find: '["scope", narrowerScope(context, set)],',
    replace: "",
  },
  {
    name: "asks for all its scopes at a refresh",
    file: "stdlib/oauth/refresh-request.js",
    find: "scopes.every((scope) => granted.includes(scope)) ?",
    replace: "true ?",
  },
  {
    name: "takes an error beside a token for success",
    file: response,
    find: "answer.error !== undefined",
    replace: "(answer.error !== undefined && answer.access_token === undefined)",
  },
  {
    name: "takes an error that is no text for success",
    file: response,
    find: "answer.error !== undefined",
    replace: 'typeof answer.error === "string"',
  },
  {
    name: "takes only false for a failure",
    file: response,
    find: "ok !== undefined && ok !== true",
    replace: "ok === false",
  },
  {
    name: "does not look at ok",
    file: response,
    find: "if (failed || ",
    replace: "if (",
  },
  {
    name: "looks for tokens in any member",
    file: response,
    find: "rules.nested_member === null ? undefined : answer[rules.nested_member]",
    replace: "Object.values(answer).flat().find((member) => isJsonObject(member) && member.access_token)",
  },
  {
    name: "takes a list for an object",
    file: json,
    find: 'typeof value === "object" && value !== null && !Array.isArray(value)',
    replace: 'typeof value === "object" && value !== null',
  },
  {
    name: "takes a form field that occurs twice",
    file: response,
    find: "if (name in members)",
    replace: "if (false)",
  },
  {
    name: "takes a member that occurs twice",
    file: json,
    find: "if (seen.has(name))",
    replace: "if (false)",
  },
  {
    name: "sets the prototype of what it reads",
    file: json,
    find: "if (!droppedMembers.has(name))\n                members[name] = value;",
    replace: 'if (name === "__proto__") Object.setPrototypeOf(members, value); else members[name] = value;',
  },
  {
    name: "takes more after the JSON",
    file: json,
    find: "if (this.#at !== this.#text.length)",
    replace: "if (false)",
  },
  {
    name: "takes a trailing comma",
    file: json,
    find: "const name = this.#string();",
    replace: 'if (seen.size > 0 && this.#text[this.#at] === "}") break; const name = this.#string();',
  },
  {
    name: "takes raw line breaks in texts",
    file: json,
    find: "return JSON.parse(token);",
    replace: 'return JSON.parse(token.replaceAll("\\n", "\\\\n"));',
  },
  {
    name: "drops a byte order mark",
    file: json,
    find: 'new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })',
    replace: 'new TextDecoder("utf-8", { fatal: true })',
  },
  {
    name: "replaces what is no UTF-8",
    file: json,
    find: 'new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })',
    replace: 'new TextDecoder("utf-8", { ignoreBOM: true })',
  },
  {
    name: "guesses UTF-16",
    file: json,
    find: 'text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);',
    replace:
      'text = new TextDecoder(bytes[1] === 0 ? "utf-16le" : "utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);',
  },
  {
    name: "goes as deep as it is led",
    file: json,
    find: "maxDepth: 32,",
    replace: "maxDepth: 1e9,",
  },
  {
    name: "reads numbers beyond the range",
    file: json,
    find: "if (!Number.isFinite(number))",
    replace: "if (false)",
  },
  {
    name: "reads NaN and Infinity",
    file: json,
    find: '["null", null],',
    replace: '["null", null], ["NaN", 3600], ["Infinity", 3600], ["-Infinity", 3600],',
  },
  {
    name: "reads numbers with a zero before",
    file: json,
    find: "/-?(?:0|[1-9][0-9]*)(?:",
    replace: "/-?(?:[0-9]+)(?:",
  },
  {
    name: "stores a refresh that it refuses",
    file: "stdlib/oauth/refresh-request.js",
    find: "return judgeTokenResponse(result.answer,",
    replace:
      'if (/\\r/.test(JSON.parse(Buffer.from(result.answer.body)).access_token)) return { kind: "granted", members: JSON.parse(Buffer.from(result.answer.body)) };\n    return judgeTokenResponse(result.answer,',
  },
  {
    name: "polls on after an answer that it refuses",
    file: "stdlib/oauth/device-flow.js",
    find: 'if (response.kind !== "unavailable")',
    replace: 'if (response.kind !== "unavailable" && response.kind !== "invalid")',
  },
  {
    name: "takes what is granted to itself as it comes",
    file: "stdlib/oauth/client-credentials.js",
    find: 'if (response.kind !== "granted")',
    replace: 'if (response.kind === "refused")',
  },
  {
    name: "keeps two accounts in one place",
    file: "stdlib/oauth/client-options.js",
    find: "account === null ? storageKey : `${storageKey}:${account}`",
    replace: "storageKey",
  },
  {
    name: "answers members that nobody listed",
    file: response,
    find: "return {\n        access_token,\n        token_type,",
    replace: "return {\n        ...answer, access_token,\n        token_type,",
  },
];

export const attackDMutants: readonly Mutant[] = faults.map((fault) => ({ ...fault, rows }));
