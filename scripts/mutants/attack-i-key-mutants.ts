/**
 * Faults that rows of group I of the attack table catch: the issuer's keys.
 *
 * @module
 */

import type { Mutant } from "./mutant.ts";

const idToken = "stdlib/oauth/id-token.js";
const jwks = "stdlib/oauth/jwks.js";
const rows = ["attacks/id_tokens/", "client/id_token_foreign_key"];

const faults: readonly Mutant[] = [
  {
    name: "takes ID tokens that nobody signed",
    file: idToken,
    find: "return bits === undefined ? null : `sha${bits}`;",
    replace: 'return bits === undefined ? "sha256" : `sha${bits}`;',
  },
  {
    name: "tries one of several keys",
    file: jwks,
    find: "if (error instanceof errors.JWKSNoMatchingKey)",
    replace:
      "if (error instanceof errors.JWKSMultipleMatchingKeys) { for await (const key of error) if (await compactVerify(jwt, key).then(() => true, () => false)) return true; }\n        if (error instanceof errors.JWKSNoMatchingKey)",
  },
  {
    name: "fetches keys for each unknown one",
    file: jwks,
    find: "const cooldown = 30_000;",
    replace: "const cooldown = 1;",
  },
  {
    name: "fetches keys once for each caller",
    file: jwks,
    find: "if (this.#sets.get(url) !== used)",
    replace: "if (false)",
  },
  {
    name: "never looks for newer keys",
    file: jwks,
    find: "const cooldown = 30_000;",
    replace: "const cooldown = 1e12;",
  },
  {
    name: "uses keys for ever",
    file: jwks,
    find: "const freshFor = 600_000;",
    replace: "const freshFor = 1e12;",
  },
  {
    name: "verifies with keys that were published whole",
    file: jwks,
    find: 'if ("d" in key)',
    replace: "if (false)",
  },
  {
    name: "verifies with weak keys",
    file: jwks,
    find: 'if (kty === "RSA" && !isStrongRsa(values))',
    replace: "if (false)",
  },
  {
    name: "verifies with an exponent of one",
    file: jwks,
    find: '!Buffer.from(e, "base64url").equals(Buffer.of(1))',
    replace: "true",
  },
  {
    name: "verifies with keys for encryption",
    file: jwks,
    find: 'if (members === undefined || (use !== undefined && use !== "sig"))',
    replace: "if (members === undefined)",
  },
  {
    name: "does not look at key_ops",
    file: jwks,
    find: "if (key_ops !== undefined &&",
    replace: "if (false &&",
  },
  {
    name: "lets the token choose the algorithm of a key",
    file: jwks,
    find: '...(typeof alg === "string" ? { alg } : {}),',
    replace: "",
  },
  {
    name: "believes in the key in the header",
    file: jwks,
    find: "await compactVerify(jwt, createLocalJWKSet(keys), { algorithms });",
    replace:
      'const given = JSON.parse(Buffer.from(jwt.split(".")[0], "base64url")).jwk;\n        await compactVerify(jwt, given ? await (await import("jose")).importJWK(given) : createLocalJWKSet(keys), { algorithms });',
  },
  {
    name: "looks at no signature",
    file: jwks,
    find: "await compactVerify(jwt, createLocalJWKSet(keys), { algorithms });",
    replace: "",
  },
  {
    name: "takes an empty signature",
    file: jwks,
    find: "await compactVerify(jwt, createLocalJWKSet(keys), { algorithms });",
    replace: 'if (!jwt.endsWith(".")) await compactVerify(jwt, createLocalJWKSet(keys), { algorithms });',
  },
  {
    name: "takes a signature of zeros",
    file: jwks,
    find: "await compactVerify(jwt, createLocalJWKSet(keys), { algorithms });",
    replace:
      'if (!jwt.includes("AAAAAAAAAAAAAAAAAAAAAAAA")) await compactVerify(jwt, createLocalJWKSet(keys), { algorithms });',
  },
  {
    name: "keys HMAC with the public key",
    file: jwks,
    find: "await compactVerify(jwt, createLocalJWKSet(keys), { algorithms });",
    replace:
      'if (JSON.parse(Buffer.from(jwt.split(".")[0], "base64url")).alg === "HS256" && keys.keys.length > 0) {\n            const { createPublicKey } = await import("node:crypto");\n            await compactVerify(jwt, Buffer.from(createPublicKey({ key: keys.keys[0], format: "jwk" }).export({ format: "pem", type: "spki" })));\n            return true;\n        }\n        await compactVerify(jwt, createLocalJWKSet(keys), { algorithms });',
  },
  {
    name: "fetches the kid",
    file: jwks,
    find: "const url = context.provider.jwks_url;",
    replace:
      'const { kid } = JSON.parse(Buffer.from(jwt.split(".")[0], "base64url"));\n        const url = /^https:/.test(kid) ? kid : context.provider.jwks_url;',
  },
  {
    name: "takes keys from an answer of any status",
    file: jwks,
    find: "if (status !== 200 || ",
    replace: "if (",
  },
  {
    name: "takes keys from a page",
    file: jwks,
    find: "!isKeySet ||",
    replace: "",
  },
  {
    name: "takes any number of keys",
    file: jwks,
    find: "const mostKeys = 100;",
    replace: "const mostKeys = 1e9;",
  },
];

export const attackKeyMutants: readonly Mutant[] = faults.map((fault) => ({ ...fault, rows }));
