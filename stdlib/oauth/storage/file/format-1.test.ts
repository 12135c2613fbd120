import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Entry } from "../entry.ts";
import { entryStoreOf, type StateBinding, storageModule } from "../index.ts";
import { testPorts } from "../ports.test.support.ts";
import { version1File } from "./version-1.test.support.ts";

const ports = testPorts();
const { file } = storageModule(ports);
const secret = "a version 1 secret";

const alice = {
  access_token: "access alice",
  token_type: "Bearer",
  refresh_token: "refresh alice",
  issued_at_unix: 7,
};
const content = JSON.stringify({
  "github:alice": { token: alice, ttl_seconds: 90 },
  "github:bob": { token: { access_token: "access bob", token_type: "Bearer", refresh_token: null } },
});

let folder: string;
let path: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "format-1-"));
  path = join(folder, "tokens.bin");
});
afterEach(() => rm(folder, { recursive: true }));

describe("a version 1 file", () => {
  test("is read; nobody knows where its entries came from", async () => {
    await writeFile(path, version1File(content, secret));
    const store = entryStoreOf(file(path, secret), ports);
    expect(await store.read("github:alice")).toEqual({
      token_set: alice,
      ttl_seconds: 90,
      binding: null,
      generation: "",
      version: 1,
      updated_at_unix: 7,
      intent: null,
    });
    expect((await store.read("github:bob"))?.token_set).toEqual({
      access_token: "access bob",
      token_type: "Bearer",
    });
    expect(await store.read("github:carol")).toBeNull();
  });

  test("is left alone by reading, and becomes version 2 with all its entries at the next write", async () => {
    await writeFile(path, version1File(content, secret));
    const handle = file(path, secret);
    await handle.get("github:alice");
    expect(JSON.parse(await readFile(path, "utf8"))).toMatchObject({ version: 1 });
    await handle.set("github:carol", { access_token: "access carol", token_type: "Bearer" });
    expect(JSON.parse(await readFile(path, "utf8"))).toMatchObject({
      magic: "holdfast-token-store",
      version: 2,
    });
    const store = entryStoreOf(handle, ports);
    expect(await store.read("github:alice")).toMatchObject({
      token_set: alice,
      binding: null,
      generation: "",
    });
    expect((await store.read("github:carol"))?.token_set.access_token).toBe("access carol");
  });

  test("of a short key is read as {passphrase}, and rewritten under scrypt", async () => {
    await writeFile(path, version1File(content, "short"));
    const handle = file(path, { passphrase: "short" });
    expect(await handle.get("github:alice")).toEqual(alice);
    await handle.delete("github:bob");
    expect(JSON.parse(await readFile(path, "utf8"))).toMatchObject({
      version: 2,
      keys: [{ kdf: { name: "scrypt", n: 131_072 } }],
    });
    expect(await handle.get("github:alice")).toEqual(alice);
  });

  test("that spells its envelope another way is read too", async () => {
    const envelope = JSON.parse(version1File(content, secret)) as Record<string, unknown>;
    await writeFile(
      path,
      `${JSON.stringify({ ciphertext: envelope["ciphertext"], ...envelope }, null, 2)}\n`,
    );
    expect(await file(path, secret).get("github:alice")).toEqual(alice);
  });

  const envelope = JSON.parse(version1File(content, secret)) as Record<string, string>;
  test.each([
    ["", "truncated"],
    ["{", "truncated"],
    ['{"version":1,', "damaged"],
    ["tokens", "not a token store"],
    [JSON.stringify({ ...envelope, version: 7 }), "format version"],
    [JSON.stringify({ ...envelope, ciphertext: `${envelope["ciphertext"]}=` }), "not base64"],
    [JSON.stringify({ ...envelope, nonce: "-_" }), "not base64"],
    [JSON.stringify({ ...envelope, nonce: 12 }), "not base64"],
    [JSON.stringify({ ...envelope, nonce: "AAAA" }), "not 12 bytes"],
    [JSON.stringify({ ...envelope, ciphertext: "AAAA" }), "the key is not the one that wrote it, or"],
    [version1File(content, "another version 1 secret"), "the key is not the one that wrote it, or"],
    [version1File("tokens", secret), "no map of token sets"],
    [version1File("[]", secret), "no map of token sets"],
    [version1File('{"key":{"token":{}}}', secret), "no map of token sets"],
    [version1File(JSON.stringify({ key: alice }), secret), "no map of token sets"],
  ])("refuses %.40j", async (text, message) => {
    await writeFile(path, text);
    const handle = file(path, secret);
    const refused = expect.objectContaining({
      code: "HARN-OAU-010",
      message: expect.stringContaining(message),
    });
    await expect(handle.get("key")).rejects.toEqual(refused);
    // Nor is it written over.
    await expect(handle.set("key", alice)).rejects.toEqual(refused);
    await expect(handle.delete("key")).rejects.toEqual(refused);
    expect(await readFile(path, "utf8")).toBe(text);
  });
});

test("what the embedder states speaks for entries that have no record, and is kept with the next write", async () => {
  await writeFile(path, version1File(content, secret));
  const bindings: StateBinding = ({ storage, key }) =>
    storage === "file" && key === "github:alice"
      ? {
          provider: "acme",
          tokenEndpoint: "https://acme.test/token",
          resourceOrigins: ["https://api.acme.test"],
        }
      : null;
  const stated = storageModule(ports, { bindings }).file(path, secret);
  const store = entryStoreOf(stated, ports);
  const binding = {
    provider: "acme",
    issuer: "https://acme.test",
    token_origin: "https://acme.test",
    resource_origins: ["https://api.acme.test"],
  };
  const entry = (await store.read("github:alice")) as Entry;
  expect(entry.binding).toEqual(binding);
  expect((await store.read("github:bob"))?.binding).toBeNull();
  await store.write("github:alice", entry);
  expect((await entryStoreOf(file(path, secret), ports).read("github:alice"))?.binding).toEqual(binding);
});
