/**
 * Faults that rows of group N of the attack table catch: storage, logs and the sandbox.
 *
 * @module
 */

import type { Mutant } from "./mutant.ts";

const file = "stdlib/oauth/storage/file";
const storage = "stdlib/oauth/storage";

/** The faults by the rows that must catch them. */
const faults: Readonly<Record<string, readonly Mutant[]>> = {
  n01: [
    {
      name: "makes the token file readable for all",
      file: `${file}/replace-file.js`,
      find: "fs.create(temporary, 0o600)",
      replace: "fs.create(temporary, 0o644)",
    },
    {
      name: "makes folders that all may enter",
      file: `${file}/make-folder.js`,
      find: "mkdirSync(path, { recursive: true, mode: 0o700 })",
      replace: "mkdirSync(path, { recursive: true, mode: 0o755 })",
    },
  ],
  n02: [
    {
      name: "takes any spelling of a token file",
      file: `${file}/format-2.js`,
      find: "if (text !== fileText(header, index, entries))",
      replace: "if (false)",
    },
    {
      name: "does not tell a wrong key from damage",
      file: `${file}/key-slot.js`,
      find: 'if (!timingSafeEqual(part(wrapping, "check", 32), slot.check))',
      replace: "if (false)",
    },
    {
      name: "takes an unreadable token file for none",
      file: `${file}/file-store.js`,
      find: "const contents = await decryptFile(read.bytes, this.#key, this.#holds);",
      replace: "const contents = await decryptFile(read.bytes, this.#key, this.#holds).catch(() => nothing);",
    },
  ],
  n03: [
    {
      name: "takes an older token file",
      file: `${file}/file-store.js`,
      find: "if (header && isRolledBack(header)) {",
      replace: "if (false) {",
    },
    {
      name: "forgets that a token file was removed",
      file: `${file}/file-store.js`,
      find: "found.header.counter + 1);",
      replace: "found.header.counter);",
    },
  ],
  n04: [
    {
      name: "writes under the same key again",
      file: `${file}/file-store.js`,
      find: "sealEnvelope(header, root, random.bytes(32), entries)",
      replace: "sealEnvelope(header, root, new Uint8Array(32), entries)",
    },
    {
      name: "takes the same temporary name again",
      file: `${file}/file-store.js`,
      find: 'Buffer.from(random.bytes(9)).toString("base64url")',
      replace: '"AAAAAAAAAAAA"',
    },
  ],
  n05: [
    {
      name: "leaves what killed writers left",
      file: `${file}/replace-file.js`,
      find: "pid !== undefined && !isAlive(Number(pid))",
      replace: "false",
    },
    {
      name: "removes the temporary files of the living",
      file: `${file}/replace-file.js`,
      find: "pid !== undefined && !isAlive(Number(pid))",
      replace: "pid !== undefined",
    },
    {
      name: "acknowledges a write before the file is there",
      file: `${file}/replace-file.js`,
      find: "await fs.rename(temporary, path);",
      replace: "setTimeout(() => void fs.rename(temporary, path).catch(() => {}), 100);",
    },
  ],
  n06: [
    {
      name: "prints requests when NODE_DEBUG is set",
      file: "stdlib/oauth/transport.js",
      find: "const answer = await context.ports.http.send({",
      replace:
        "if (process.env.NODE_DEBUG) console.error(call.body, call.headers);\n        const answer = await context.ports.http.send({",
    },
  ],
  n07: [
    {
      name: "shows the client secret on the handle",
      file: "stdlib/oauth/client.js",
      find: "token_auth_method: context.credentials.method,",
      replace: "token_auth_method: context.credentials.method, credentials: context.credentials,",
    },
  ],
  n08: [
    {
      name: "lets the script serialise what the host is asked",
      file: "runtime/sandbox/guest/primordials.js",
      find: "export const stringify = JSON.stringify;",
      replace:
        "export const stringify = (...given) => (JSON.stringify.name === 'spy' ? JSON.stringify('x') : JSON.stringify(...given));",
    },
  ],
  n09: [
    {
      name: "masks no value that it knows",
      file: "stdlib/oauth/redaction/known-values.js",
      find: "return hits.map(",
      replace: 'return hits.filter(({ owner }) => owner.names.has("canary")).map(',
    },
  ],
  n11: [
    {
      name: "leaves the sealing keys in the environment",
      file: "cli/sealing-keys.js",
      find: "delete env[variable];",
      replace: "",
    },
    {
      name: "shows a malformed sealing key",
      file: "cli/sealing-keys.js",
      find: "must be keys of 32 bytes in base64url, separated by commas",
      replace: "must be keys of 32 bytes, not ${text}",
    },
  ],
  n50: [
    {
      name: "follows a link that came after the look",
      file: `${file}/file-system.js`,
      find: "(constants.O_NOFOLLOW ?? 0)",
      replace: "0",
    },
    {
      name: "relies on the system to refuse links",
      file: `${file}/read-file.js`,
      find: "if (fs.look(path)?.isSymbolicLink())",
      replace: "if (false)",
    },
    {
      name: "reads pipes",
      file: `${file}/read-file.js`,
      find: "if (!stat.isFile())",
      replace: "if (false)",
    },
    {
      name: "writes into a temporary file that is there",
      file: `${file}/file-system.js`,
      find: 'await open(path, "wx", mode)',
      replace: 'await open(path, "w", mode)',
    },
    {
      name: "writes into a folder that became a link",
      file: `${file}/replace-file.js`,
      find: "if ((await fs.realPath(folder)) !== folder)",
      replace: "if (false)",
    },
  ],
  n51: [
    {
      name: "leaves the temporary file of a write that failed",
      file: `${file}/replace-file.js`,
      find: "await fs.unlink(temporary).catch(() => { });",
      replace: "",
    },
    {
      name: "puts half a file in the place of the old one",
      file: `${file}/replace-file.js`,
      find: "await file.writeFile(bytes);",
      replace: "await file.writeFile(bytes).catch(() => {});",
    },
  ],
  n53: [
    {
      name: "reads inherited members of a provider",
      file: "runtime/sandbox/guest/primordials.js",
      find: "export const parse = JSON.parse;",
      replace: "export const parse = (...given) => JSON.parse(...given);",
    },
  ],
  n54: [
    {
      name: "takes any spelling of a capsule",
      file: "runtime/host/capsule.js",
      find: 'if (Buffer.from(bytes).toString("base64url") !== body)',
      replace: "if (false)",
    },
    {
      name: "does not authenticate a capsule's binding",
      file: "runtime/host/seal.js",
      find: 'import { gcmsiv } from "@noble/ciphers/aes.js";',
      replace:
        'import { gcmsiv as real } from "@noble/ciphers/aes.js";\nconst gcmsiv = (key, nonce) => real(key, nonce);',
    },
  ],
  n56: [
    {
      name: "takes one kind of token for another",
      file: `${storage}/sealed-token-set.js`,
      find: "ports.seal.open(text, { kind, key })",
      replace: "ports.seal.open(text, { key })",
    },
    {
      name: "takes any sealed value for a client secret",
      file: "stdlib/oauth/client-options.js",
      find: "if (binding.kind !== name || binding.provider !== providerId)",
      replace: "if (binding.provider !== providerId)",
    },
  ],
  n59: [
    {
      name: "takes storage keys of any length",
      file: `${storage}/storage-key.js`,
      find: "if (key.length > maxKeyBytes || Buffer.byteLength(key) > maxKeyBytes) {",
      replace: "if (false) {",
    },
    {
      name: "takes storage keys with half a character",
      file: `${storage}/storage-key.js`,
      find: "if (/[\\uD800-\\uDFFF]/u.test(key)) {",
      replace: "if (false) {",
    },
    {
      name: "takes two spellings for one storage key",
      file: `${storage}/storage-key.js`,
      find: "return key;",
      replace: "return key.normalize();",
    },
  ],
  n60: [
    {
      name: "grants every path that can be followed",
      file: "runtime/sandbox/grants.js",
      find: "real !== null && (any || files.has(real) || folders.some((below) => isBelow(real, below)))",
      replace: "real !== null",
    },
    {
      name: "grants what only begins like a granted folder",
      file: "runtime/sandbox/real-location.js",
      find: "path.startsWith(folder.endsWith(sep) ? folder : folder + sep)",
      replace: "path.startsWith(folder)",
    },
  ],
  n61: [
    {
      name: "waits for ever for a function of the script",
      file: "runtime/sandbox/bridge.js",
      find: "}, options.callbackTimeout);",
      replace: "}, 2_000_000);",
    },
  ],
  n62: [
    {
      name: "takes anything for an access token",
      file: `${storage}/token-set-judge.js`,
      find: 'if (typeof access_token !== "string" || access_token === "") {',
      replace: "if (access_token === undefined) {",
    },
  ],
  n63: [
    {
      name: "takes anything for a refresh token",
      file: `${storage}/token-set-judge.js`,
      find: 'if (copy[name] !== undefined && typeof copy[name] !== "string")',
      replace: "if (false)",
    },
  ],
  n69: [
    {
      name: "masks the beginning of a token",
      file: "stdlib/oauth/redaction/known-values.js",
      find: "knownForms(known.value).map(",
      replace: "[...knownForms(known.value), known.value.slice(0, -1)].map(",
    },
  ],
  n70: [
    {
      name: "leaves out the origins of another login without a word",
      file: "stdlib/oauth/binding.js",
      find: "if (foreign.some((origin) => !client.isCatalogueOrigin(origin)))",
      replace: "if (false)",
    },
  ],
  n72: [
    {
      name: "leaves the script ways to make code",
      file: "runtime/sandbox/guest/door.js",
      find: 'const gone = ["eval", "Function", ',
      replace: "const gone = [",
    },
  ],
  n73: [
    {
      name: "stores tokens that nobody can seal",
      file: `${storage}/token-set-judge.js`,
      find: 'if (typeof text === "string" && !canBeSealed(text))',
      replace: "if (false)",
    },
  ],
  n75: [
    {
      name: "shows a file key that is too short",
      file: `${storage}/file-key-option.js`,
      find: '"the key is too short to be a random key"',
      replace: "`the key ${String(key)} is too short to be a random key`",
    },
  ],
  n76: [
    {
      name: "derives a key at any cost",
      file: `${file}/format-2.js`,
      find: "if (keys.some(isCostly))",
      replace: "if (false)",
    },
  ],
  n78: [
    {
      name: "keeps events that nothing redacts",
      file: "runtime/host/event-draft.js",
      find: "if (!sink.persists)",
      replace: "if (sink)",
    },
    {
      name: "makes the event log readable for all",
      file: "runtime/host/sinks.js",
      find: 'openSync(path, "a", 0o600)',
      replace: 'openSync(path, "a", 0o644)',
    },
    {
      name: "does not redact what events hold",
      file: "runtime/host/event-draft.js",
      find: "payload: copyJson(redactor.redactValue(draft.payload)) ?? null,",
      replace: 'payload: draft.topic === "runtime.canary" ? null : draft.payload,',
    },
  ],
  n80: [
    {
      name: "opens with the first sealing key only",
      file: "runtime/host/seal.js",
      find: "all.filter(",
      replace: "[current].filter(",
    },
    {
      name: "seals with the last sealing key",
      file: "runtime/host/sealing-keys.js",
      find: "const [current] = all;",
      replace: "const current = all.at(-1);",
    },
    {
      name: "takes one sealing key twice",
      file: "runtime/host/sealing-keys.js",
      find: "if (seen.has(bytes))",
      replace: "if (false)",
    },
    {
      name: "takes a short sealing key",
      file: "runtime/host/sealing-keys.js",
      find: "key.length !== 32",
      replace: "key.length > 32",
    },
  ],
  n82: [
    {
      name: "lets a client use what a registration holds",
      file: "stdlib/oauth/dynamic-registration/registration.js",
      find: "binding: noDestination,",
      replace: "binding: null,",
    },
  ],
  n83: [
    {
      name: "imports capabilities without the grant",
      file: "runtime/sandbox/import-rules.js",
      find: "if (name !== null && capability?.(name) === false) {",
      replace: "if (false) {",
    },
  ],
  n84: [
    {
      name: "gives every script a scripted world",
      file: "runtime/sandbox/import-rules.js",
      find: 'if (specifier === "std/testing" && !testing) {',
      replace: "if (false) {",
    },
  ],
  n86: [
    {
      name: "writes token files that it will not read",
      file: `${file}/file-store.js`,
      find: "if (bytes.length > maxFileBytes)",
      replace: "if (false)",
    },
  ],
};

export const attackNMutants: readonly Mutant[] = Object.entries(faults).flatMap(([row, list]) =>
  list.map((fault) => ({ ...fault, rows: [`attacks/storage_logs_sandbox/${row}`] })),
);
