/**
 * Faults of dynamic registration.
 *
 * @module
 */

import type { Mutant } from "./mutant.ts";

const oauth = "stdlib/oauth";

export const registrationMutants: readonly Mutant[] = [
  {
    name: "takes plain http redirect URIs for any host",
    file: `${oauth}/dynamic-registration/redirect-uri.js`,
    find: 'else if (url.protocol === "http:" && !isLoopback(url.hostname)) {',
    replace: "else if (url === undefined) {",
  },
  {
    name: "judges the first redirect URI only",
    file: `${oauth}/dynamic-registration/metadata-rules.js`,
    find: "uris.slice(0, maxRedirectUris).entries()",
    replace: "uris.slice(0, 1).entries()",
  },
  {
    name: "counts characters where the limit is in bytes",
    file: `${oauth}/dynamic-registration/metadata-rules.js`,
    find: "else if (Buffer.byteLength(value) > longest)",
    replace: "else if (value.length > longest)",
  },
  {
    name: "keeps the client_secret that a client submitted",
    file: `${oauth}/dynamic-registration/client-metadata.js`,
    find: "filter(([name]) => !dropped.includes(name));",
    replace: 'filter(([name]) => name !== "");',
  },
  {
    name: "mints a secret for public clients",
    file: `${oauth}/dynamic-registration/registry.js`,
    find: "return !secretless.some((method) => method === token_endpoint_auth_method);",
    replace: "return secretless.length > 0;",
  },
  {
    name: "takes any client secret",
    file: `${oauth}/dynamic-registration/registry.js`,
    find: "isSecretOf(registration.secretHash, presented));",
    replace: "presented.length > 0);",
  },
  {
    name: "takes any registration token",
    file: `${oauth}/dynamic-registration/registry.js`,
    find: "isSecretOf(found.tokenHash, presented) ? found : null",
    replace: "presented.length > 0 ? found : null",
  },
  {
    name: "lets the old registration token live after an update",
    file: `${oauth}/dynamic-registration/registry.js`,
    find: "await store.write(keyOf(before.client_id), clientEntry(ports, registration));",
    replace:
      "await store.write(keyOf(before.client_id), clientEntry(ports, { ...registration, tokenHash: before.tokenHash }));",
  },
  {
    name: "keeps the secret of a client that became public",
    file: `${oauth}/dynamic-registration/registry.js`,
    find: "const kept = needsSecret(metadata) ? before.secretHash : null;",
    replace: "const kept = before.secretHash;",
  },
  {
    name: "stores the client secret beside its hash",
    file: `${oauth}/dynamic-registration/registry.js`,
    find: "await store.write(keyOf(client_id), clientEntry(ports, registration));",
    replace: "await store.write(keyOf(client_id), clientEntry(ports, { ...registration, client_secret }));",
  },
  {
    name: "registers clients without the store's lock",
    file: `${oauth}/dynamic-registration/registry.js`,
    find: "await store.withRefreshLock(key, async () => {\n                // The client first",
    replace: "await ((_, body) => body())(key, async () => {\n                // The client first",
  },
  {
    name: "leaves a deleted client's data",
    file: `${oauth}/dynamic-registration/registry.js`,
    find: "await store.remove(keyOf(found.client_id));",
    replace: "",
  },
  {
    name: "advertises the device grant without an endpoint",
    file: `${oauth}/dynamic-registration/server-metadata.js`,
    find: "merged.device_authorization_endpoint === null ? [] : [deviceGrant]",
    replace: "[deviceGrant]",
  },
  {
    name: "drops the issuer's path",
    file: `${oauth}/dynamic-registration/server-metadata.js`,
    find: 'return authorization.origin + authorization.pathname.replace(/\\/[^/]*\\/?$/, "");',
    replace: "return authorization.origin;",
  },
];
