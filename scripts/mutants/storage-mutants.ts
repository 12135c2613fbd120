/**
 * Faults of storages.
 *
 * @module
 */

import type { Mutant } from "./mutant.ts";

const oauth = "stdlib/oauth";

export const storageMutants: readonly Mutant[] = [
  {
    name: "asks the host for the session whatever the scope",
    file: `${oauth}/storage/cloud.js`,
    find: "params: { scope, key, ...more },",
    replace: 'params: { scope: "session", key, ...more },',
  },
  {
    name: "gives back another lease",
    file: `${oauth}/storage/cloud.js`,
    find: 'await call("cloud_release_refresh_lock", key, { lock }, how)',
    replace: 'await call("cloud_release_refresh_lock", key, { lock: key }, how)',
  },
  {
    name: "never gives a lease back",
    file: `${oauth}/storage/cloud.js`,
    find: "await release(key, lock);",
    replace: "",
  },
  {
    name: "ignores what came with the lease",
    file: `${oauth}/storage/cloud.js`,
    find: "return await body(found === undefined ? undefined : entryOf(key, found.token));",
    replace: "return await body(undefined);",
  },
  {
    name: "ignores the host's compare-and-set",
    file: `${oauth}/storage/cloud.js`,
    find: '.offers("cloud_compare_and_set")',
    replace: '.offers("")',
  },
  {
    name: "takes the host's no for a yes",
    file: `${oauth}/storage/cloud.js`,
    find: "return wrote;",
    replace: "return true;",
  },
  {
    name: "sends no ttl as null",
    file: `${oauth}/storage/cloud.js`,
    find: "...(ttl_seconds === null ? {} : { ttl_seconds })",
    replace: "ttl_seconds",
  },
  {
    name: "drops what else a secret holds",
    file: `${oauth}/storage/secrets.js`,
    find: ".filter(([name]) => !tokenFields.includes(name))",
    replace: ".filter(() => false)",
  },
  {
    name: "forgets the key prefix of secrets",
    file: `${oauth}/storage/secrets.js`,
    find: "`${provider}/${key_prefix}${key}`",
    replace: "`${provider}/${key}`",
  },
  {
    name: "writes secrets in any order",
    file: `${oauth}/storage/secrets.js`,
    find: "(one < other ? -1 : 1)",
    replace: "(one < other ? 1 : -1)",
  },
  {
    name: "shows a custom storage the client's own fields",
    file: `${oauth}/storage/custom.js`,
    find: "await handlers.set(key, token_set, entry.ttl_seconds);",
    replace:
      "await handlers.set(key, { ...token_set, generation: entry.generation, version: entry.version }, entry.ttl_seconds);",
  },
  {
    name: "writes twice to a custom storage",
    file: `${oauth}/storage/custom.js`,
    find: "await handlers.set(key, token_set, entry.ttl_seconds);",
    replace:
      "await handlers.set(key, token_set, entry.ttl_seconds); await handlers.set(key, token_set, entry.ttl_seconds);",
  },
  {
    name: "does not take a custom storage's own lock",
    file: `${oauth}/storage/custom.js`,
    find: "(handlers.lock ? underHook(handlers.lock, key, body) : body())",
    replace: "body()",
  },
  {
    name: "opens a capsule under any storage key",
    file: `${oauth}/storage/sealed-token-set.js`,
    find: "return ports.seal.open(text, { kind, key });",
    replace: "return ports.seal.open(text, { kind });",
  },
  {
    name: "hides an expired set",
    file: `${oauth}/storage/handle.js`,
    find: "return entry && concealTokenSet(ports, key, entry, isCustomStore(store) || isOwn(ports, entry));",
    replace:
      "return entry && !(entry.token_set.expires_at_unix < ports.clock.now() / 1000) ? concealTokenSet(ports, key, entry, isCustomStore(store) || isOwn(ports, entry)) : null;",
  },
  {
    name: "takes keys of any length",
    file: `${oauth}/storage/storage-key.js`,
    find: "if (key.length > maxKeyBytes || Buffer.byteLength(key) > maxKeyBytes)",
    replace: "if (false)",
  },
];
