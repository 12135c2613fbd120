import { randomBytes } from "node:crypto";
import { copyFile, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { filesIn } from "../../../../conformance/probes/files-in.ts";
import { fileKeys, storage } from "../../node.ts";
import type { Entry } from "../entry.ts";
import { FileKey } from "./file-key.ts";
import { FileStore } from "./file-store.ts";
import { openEnvelope } from "./format-2.ts";
import { openSlots } from "./key-slot.ts";
import { parseFile } from "./read-file.ts";
import { rekeyFile } from "./rekey.ts";
import { version1File } from "./version-1.test.support.ts";

const random = { bytes: (length: number) => new Uint8Array(randomBytes(length)) };
const raw = (byte: number): FileKey => new FileKey("raw", new Uint8Array(32).fill(byte));
const words = (text: string): FileKey => new FileKey("passphrase", new TextEncoder().encode(text));

let folder: string;
let path: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "rekey-"));
  path = join(folder, "tokens.bin");
});
afterEach(() => rm(folder, { recursive: true, force: true }));

function entry(access_token: string): Entry {
  return {
    token_set: { access_token, token_type: "Bearer" },
    ttl_seconds: 5,
    binding: { provider: "p", issuer: null, token_origin: "https://as", resource_origins: ["https://rs"] },
    generation: "g",
    version: 3,
    updated_at_unix: 1,
    intent: null,
  };
}

async function stored(key: FileKey): Promise<void> {
  const store = new FileStore(path, key);
  for (const name of ["a", "b"]) await store.change(name, random, () => entry(name));
}

async function opens(key: FileKey): Promise<boolean> {
  const store = new FileStore(path, key);
  try {
    expect([await store.read("a"), await store.read("b")]).toEqual([entry("a"), entry("b")]);
    return true;
  } catch (error) {
    expect(error).toMatchObject({ code: "HARN-OAU-010", retryable: false });
    expect(String(error)).toMatch(/the key is not the one|kind of key/);
    return false;
  }
}

async function slots(): Promise<readonly { id: string; wrapped: string }[]> {
  return (JSON.parse(await readFile(path, "utf8")) as { keys: { id: string; wrapped: string }[] }).keys;
}

describe.each<[string, FileKey, FileKey]>([
  ["a raw key by another", raw(1), raw(2)],
  ["a raw key by a passphrase", raw(1), words("correct horse")],
  ["a passphrase by a raw key", words("correct horse"), raw(2)],
  ["a passphrase by another", words("correct horse"), words("battery staple")],
])("replacing %s", (_, key, newKey) => {
  test("in one step: the new one alone opens the file", { timeout: 60_000 }, async () => {
    await stored(key);
    await rekeyFile(path, random, { do: "rekey", key, newKey });
    expect([await opens(key), await opens(newKey)]).toEqual([false, true]);
    expect(await filesIn(folder)).toEqual(["tokens.bin"]);
  });

  test("in two: first both open it and write it, then the new one alone", { timeout: 60_000 }, async () => {
    await stored(key);
    await rekeyFile(path, random, { do: "add", key, newKey });
    expect([await opens(key), await opens(newKey)]).toEqual([true, true]);
    const added = await slots();
    for (const writer of [key, newKey]) {
      await new FileStore(path, writer).change("a", random, () => entry("changed"));
      await new FileStore(path, writer).change("a", random, () => entry("a"));
    }
    expect(await slots()).toEqual(added);
    expect([await opens(key), await opens(newKey)]).toEqual([true, true]);
    await rekeyFile(path, random, { do: "retire", key: newKey });
    expect([await opens(key), await opens(newKey)]).toEqual([false, true]);
    expect(await slots()).toHaveLength(1);
  });
});

test("a retired key opens nothing of the new file, not even with the root that it knew", async () => {
  await stored(raw(1));
  const before = await readFile(path);
  await rekeyFile(path, random, { do: "add", key: raw(1), newKey: raw(2) });
  await rekeyFile(path, random, { do: "retire", key: raw(2) });
  const after = await readFile(path, "utf8");
  const [old, now] = [parseFile(before), parseFile(Buffer.from(after))];
  if (old.version !== 2 || now.version !== 2) throw new Error("not of format 2");
  const known = await openSlots(old.envelope.keys, raw(1), old.envelope.store_id);
  if (!known.ok) throw new Error(known.fault);
  expect(openEnvelope(old.envelope, known.root)).toMatchObject({ ok: true });
  expect(openEnvelope(now.envelope, known.root)).toEqual({ ok: false, fault: "damaged" });
  // The same store, one write later than the added key: an earlier copy is still a rollback.
  expect(now.envelope.store_id).toBe(old.envelope.store_id);
  expect(now.envelope.counter).toBe(old.envelope.counter + 2);
});

test("adding a key that opens the file already changes nothing", async () => {
  await stored(raw(1));
  const before = await readFile(path);
  await rekeyFile(path, random, { do: "add", key: raw(1), newKey: raw(1) });
  expect(await readFile(path)).toEqual(before);
});

test("four keys are the most, and retiring makes room", async () => {
  await stored(raw(1));
  for (const byte of [2, 3, 4]) await rekeyFile(path, random, { do: "add", key: raw(1), newKey: raw(byte) });
  for (const byte of [1, 2, 3, 4]) expect(await opens(raw(byte))).toBe(true);
  await expect(rekeyFile(path, random, { do: "add", key: raw(3), newKey: raw(5) })).rejects.toMatchObject({
    code: "HARN-OAU-010",
    message: expect.stringContaining("as many keys as it can hold"),
  });
  await rekeyFile(path, random, { do: "retire", key: raw(3) });
  await rekeyFile(path, random, { do: "add", key: raw(3), newKey: raw(5) });
  expect(await Promise.all([1, 2, 3, 4, 5].map((byte) => opens(raw(byte))))).toEqual([
    false,
    false,
    true,
    false,
    true,
  ]);
});

test("a file that is not there, or that the key does not open, is left as it is", async () => {
  const missing = rekeyFile(path, random, { do: "rekey", key: raw(1), newKey: raw(2) });
  await expect(missing).rejects.toMatchObject({
    code: "HARN-OAU-010",
    message: expect.stringContaining("no file at this path"),
  });
  expect(await filesIn(folder)).toEqual([]);
  await stored(raw(1));
  const before = await readFile(path);
  for (const change of [
    { do: "rekey", key: raw(9), newKey: raw(2) },
    { do: "add", key: raw(9), newKey: raw(2) },
    { do: "retire", key: raw(9) },
  ] as const) {
    await expect(rekeyFile(path, random, change)).rejects.toMatchObject({
      message: expect.stringContaining("the key is not the one"),
    });
  }
  expect(await readFile(path)).toEqual(before);
});

test("a file is found through a link to its folder, which other writers may use", async () => {
  await stored(raw(1));
  const link = join(folder, "link");
  await symlink(folder, link);
  await rekeyFile(join(link, "tokens.bin"), random, { do: "rekey", key: raw(1), newKey: raw(2) });
  expect(await opens(raw(2))).toBe(true);
});

test("a version 1 file becomes one of format 2", async () => {
  const key = "a key of the original library";
  const content = JSON.stringify({ k: { token: { access_token: "t", token_type: "Bearer" } } });
  const old = new FileKey("raw", new TextEncoder().encode(key));
  for (const change of ["add", "rekey"] as const) {
    await writeFile(path, version1File(content, key));
    await rekeyFile(path, random, { do: change, key: old, newKey: raw(2) });
    expect(await slots()).toHaveLength(change === "add" ? 2 : 1);
    expect((await new FileStore(path, raw(2)).read("k"))?.token_set.access_token).toBe("t");
  }
});

describe("handles that are in use", () => {
  test("go on with an added key, and end with the old one at its retirement", async () => {
    await stored(raw(1));
    const [old, next] = [new FileStore(path, raw(1)), new FileStore(path, raw(2))];
    await old.read("a");
    await rekeyFile(path, random, { do: "add", key: raw(1), newKey: raw(2) });
    await Promise.all([
      old.change("a", random, () => entry("by the old key")),
      next.change("b", random, () => entry("by the new key")),
    ]);
    expect((await old.read("b"))?.token_set.access_token).toBe("by the new key");
    expect((await next.read("a"))?.token_set.access_token).toBe("by the old key");
    await rekeyFile(path, random, { do: "retire", key: raw(2) });
    const wrong = expect.objectContaining({ code: "HARN-OAU-010", hint: expect.stringContaining("rekey") });
    await expect(old.read("a")).rejects.toEqual(wrong);
    await expect(old.change("a", random, () => entry("x"))).rejects.toEqual(wrong);
    expect((await next.read("a"))?.token_set.access_token).toBe("by the old key");
  });

  test("lose no update to a rekeying, nor the rekeying to them", async () => {
    await stored(raw(1));
    const store = new FileStore(path, raw(1));
    const names = Array.from({ length: 10 }, (_, n) => `k${n}`);
    await Promise.all([
      ...names.map((name) => store.change(name, random, () => entry(name))),
      ...[2, 3, 4].map((byte) => rekeyFile(path, random, { do: "add", key: raw(1), newKey: raw(byte) })),
    ]);
    for (const byte of [1, 2, 3, 4]) {
      const reader = new FileStore(path, raw(byte));
      for (const name of names) expect((await reader.read(name))?.token_set.access_token).toBe(name);
    }
  });

  test("still report an earlier copy that is put back", async () => {
    await stored(raw(1));
    const copy = join(folder, "copy");
    await copyFile(path, copy);
    await rekeyFile(path, random, { do: "rekey", key: raw(1), newKey: raw(2) });
    await copyFile(copy, path);
    await expect(new FileStore(path, raw(1)).read("a")).rejects.toMatchObject({
      message: expect.stringContaining("older than"),
    });
  });
});

test("plain Node code changes keys as it gives them to file()", async () => {
  const [old, next] = ["a key of enough characters", new Uint8Array(32).fill(5)];
  const set = { access_token: "t", token_type: "Bearer" };
  await storage.file(path, old).set("k", set);
  await fileKeys.add(path, old, next);
  expect(await storage.file(path, next).get("k")).toEqual(set);
  await fileKeys.retire(path, next);
  await expect(storage.file(path, old).get("k")).rejects.toMatchObject({ code: "HARN-OAU-010" });
  await fileKeys.rekey(path, next, old);
  expect(await storage.file(path, old).get("k")).toEqual(set);
  await expect(fileKeys.rekey(path, old, "short")).rejects.toMatchObject({ code: "HARN-OAU-011" });
});
