/**
 * Faults that the scripts of group Q of the attack table catch: thefts that would come off.
 *
 * @module
 */

import type { Mutant } from "./mutant.ts";

export const attackQMutants: readonly Mutant[] = [
  {
    name: "leaves the head of a capsule unauthenticated (group Q)",
    file: "runtime/host/seal.js",
    find: 'import { gcmsiv } from "@noble/ciphers/aes.js";',
    replace:
      'import { gcmsiv as siv } from "@noble/ciphers/aes.js";\nconst gcmsiv = (key, nonce) => siv(key, nonce);',
    rows: ["attacks/thieves/q01_"],
  },
  {
    name: "opens a verifier for any token endpoint of the provider's name (group Q)",
    file: "stdlib/oauth/authorization.js",
    find: "issuer: binding.issuer, key: storageKey };",
    replace: "key: storageKey };",
    rows: ["attacks/thieves/q02_"],
  },
  {
    name: "introspects a set of unknown token endpoint at the client's (group Q)",
    file: "stdlib/oauth/introspection.js",
    find: "const isHome = bound.refreshable && origin",
    replace: "const isHome = origin",
    rows: ["attacks/thieves/q03_"],
  },
  {
    name: "refreshes a set of unknown token endpoint at the client's",
    file: "stdlib/oauth/binding.js",
    find: "refreshable: known ||",
    replace: "refreshable: true ||",
    rows: ["attacks/thieves/q03_"],
  },
  {
    name: "masks what a request carried like any other value",
    file: "stdlib/oauth/redaction/engine.js",
    find: "carried === undefined ? [] : joined(carriedIn(text, carried))",
    replace: "[]",
    rows: ["attacks/thieves/q04_"],
  },
  {
    name: "masks a token together with a script's own text (group Q)",
    file: "stdlib/oauth/redaction/engine.js",
    find: "[...shared, ...apartFrom(shared, own)]",
    replace: "[...shared, ...own]",
    rows: ["attacks/thieves/q05_"],
  },
  {
    name: "shows tokens to scripts as they are (group Q)",
    file: "runtime/host/seal.js",
    find: "return passThrough ? value : seal(value, binding);",
    replace: "return value;",
    rows: ["attacks/thieves/q06_"],
  },
  {
    name: "sends assertions of a sealed key anywhere",
    file: "stdlib/oauth/transport.js",
    find: "if (call.carriesSecret)",
    replace: "if (false)",
    rows: ["attacks/thieves/q07_"],
  },
  {
    name: "exchanges a sealed token anywhere (group Q)",
    file: "stdlib/oauth/token-exchange/exchange.js",
    find: "if (!atHome && !binding.origins.includes(new URL(url).origin))",
    replace: "if (false)",
    rows: ["attacks/thieves/q08_"],
  },
  {
    name: "entrusts every host that * covers (group Q)",
    file: "runtime/sandbox/net-grant.js",
    find: 'pattern.host !== "*" && covers(pattern, url)',
    replace: "covers(pattern, url)",
    rows: ["attacks/thieves/q09_"],
  },
  {
    name: "masks nothing in an answer to a script",
    file: "runtime/std/http.js",
    find: "ports.redactor.maskKnown(value, answer.carried);",
    replace: "value;",
    rows: ["attacks/thieves/q10_"],
  },
  {
    name: "looks for known values only in an answer (group Q)",
    file: "stdlib/oauth/redaction/engine.js",
    find: "carried === undefined ? [] : joined(carriedIn(text, carried))",
    replace: "[]",
    rows: ["attacks/thieves/q10_"],
  },
  {
    name: "lets sealed tokens of two logins stand in one set",
    file: "stdlib/oauth/storage/script-entry.js",
    find: 'if (capsule.provider !== "" && login && !isSameLogin(capsule, login))\n            throw mixedLogins();',
    replace: "",
    rows: ["attacks/thieves/q11_"],
  },
  {
    name: "gives tokens without a record to any client",
    file: "stdlib/oauth/binding.js",
    find: "if (!client.trusted && !ownKnowledge && !unmodified)",
    replace: "if (false)",
    rows: ["attacks/thieves/q11_"],
  },
  {
    name: "takes a capsule of another storage key (group Q)",
    file: "runtime/host/seal.js",
    find: '["kind", "provider", "issuer", "key"]',
    replace: '["kind", "provider", "issuer"]',
    rows: ["attacks/thieves/q11_"],
  },
  {
    name: "opens a sealed token for any origin (group Q)",
    file: "runtime/host/admission.js",
    find: "if (!binding.origins.includes(origin))",
    replace: "if (false)",
    rows: ["attacks/thieves/q12_"],
  },
];
