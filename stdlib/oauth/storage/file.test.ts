import { mkdir, mkdtemp, readFile, realpath, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Entry } from "./entry.ts";
import { entryStoreOf, type FileKeyOption, storageModule } from "./index.ts";
import { lineageOf } from "./lineage.ts";
import { tableSeal, testPorts } from "./ports.test.support.ts";
import { filesIn } from "../../../conformance/probes/files-in.ts";

const ports = testPorts();
const { file } = storageModule(ports);
const key = new Uint8Array(32).fill(3);

function entry(refresh_token: string): Entry {
  return {
    token_set: { access_token: `access of ${refresh_token}`, token_type: "Bearer", refresh_token },
    ttl_seconds: 5,
    binding: { provider: "p", issuer: null, token_origin: "https://as", resource_origins: ["https://rs"] },
    generation: "g",
    version: 1,
    updated_at_unix: 1,
    intent: { refresh_hash: "h", started_at_unix: 1 },
  };
}

let folder: string;
let path: string;

beforeEach(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), "file-")));
  path = join(folder, "tokens.bin");
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe("file()", () => {
  test("makes a handle with the path, and touches nothing", async () => {
    const handle = file(path, key);
    expect(handle).toMatchObject({ kind: "file", id: expect.stringMatching(/^file-\d+$/), path });
    expect(await filesIn(folder)).toEqual([]);
  });

  test("keeps the whole entry", async () => {
    await entryStoreOf(file(path, key), ports).write("k", entry("r"));
    expect(await entryStoreOf(file(path, key), ports).read("k")).toEqual(entry("r"));
  });

  test("asks the run for the path", () => {
    const denied = storageModule(
      testPorts({
        run: {
          storagePath: () => {
            throw Object.assign(new Error("not granted"), { code: "HARN-RUN-010" });
          },
        },
      }),
    );
    expect(() => denied.file(path, key)).toThrow(expect.objectContaining({ code: "HARN-OAU-009" }));
    const renamed = storageModule(testPorts({ run: { storagePath: (name) => join(folder, name) } }));
    expect(entryStoreOf(renamed.file("other.bin", key), ports).identity).toBe(
      `file:${join(folder, "other.bin")}`,
    );
  });

  test.each(["", 7, undefined, "a\0b"])("refuses the path %j", (bad) => {
    expect(() => file(bad as string, key)).toThrow(expect.objectContaining({ code: "HARN-OAU-011" }));
  });

  test.each<[unknown, string]>([
    [undefined, "bytes, a string"],
    [null, "bytes, a string"],
    [7, "bytes, a string"],
    [[1, 2], "bytes, a string"],
    ["", "too short"],
    ["fifteen bytes..", "too short"],
    [new Uint8Array(15), "too short"],
    ["sixteen bytes..\ud800", "well-formed"],
    [{}, "passphrase"],
    [{ passphrase: "" }, "passphrase"],
    [{ passphrase: 7 }, "passphrase"],
    [{ passfrase: "words" }, 'did you mean "passphrase"'],
    [{ passphrase: "words", n: 2 }, "unknown option"],
  ])("refuses the key %j", (bad, message) => {
    const refused = expect.objectContaining({
      code: "HARN-OAU-011",
      message: expect.stringContaining(message),
    });
    expect(() => file(path, bad as FileKeyOption)).toThrow(refused);
  });

  test("says how to give a passphrase when a key is too short", () => {
    expect(() => file(path, "hunter2")).toThrow(
      expect.objectContaining({ hint: expect.stringContaining("{passphrase}") }),
    );
  });
});

describe("the key", () => {
  test("as bytes or as the same text is one key; a passphrase is another", async () => {
    const text = "a string of high entropy";
    await file(path, text).set("k", entry("r").token_set);
    expect(await file(path, new TextEncoder().encode(text)).get("k")).toEqual(entry("r").token_set);
    const wrong = expect.objectContaining({
      code: "HARN-OAU-010",
      message: expect.stringContaining("kind of key"),
    });
    await expect(file(path, { passphrase: text }).get("k")).rejects.toEqual(wrong);
  });

  test("can be changed by its owner later without effect", async () => {
    const mine = new Uint8Array(32).fill(4);
    const handle = file(path, mine);
    mine.fill(0);
    await handle.set("k", entry("r").token_set);
    expect(await file(path, new Uint8Array(32).fill(4)).get("k")).toEqual(entry("r").token_set);
  });

  test("may be a sealed environment value, and no other sealed value", async () => {
    const seal = tableSeal("home");
    const sealing = storageModule(testPorts({ seal }));
    const secret = "a string of high entropy";
    const env = { kind: "env", provider: "", issuer: null, key: "TOKENS_KEY", origins: [] } as const;
    await sealing.file(path, seal.conceal(secret, env)).set("k", entry("r").token_set);
    expect(await file(path, secret).get("k")).toEqual(entry("r").token_set);
    const token = seal.conceal(secret, { ...env, kind: "access_token" });
    expect(() => sealing.file(path, token)).toThrow(expect.objectContaining({ code: "HARN-OAU-004" }));
    expect(() => sealing.file(path, { passphrase: token })).toThrow(
      expect.objectContaining({ code: "HARN-OAU-004" }),
    );
  });

  test("and the tokens show neither in the handle nor in the file", async () => {
    const secret = "a string of high entropy";
    for (const given of [secret, { passphrase: secret }]) {
      await rm(path, { force: true });
      const handle = file(path, given);
      await handle.set("storage-key", entry("refresh").token_set);
      const shown = inspect([handle, entryStoreOf(handle, ports)], { depth: 9, showHidden: true });
      const bytes = await readFile(path, "latin1");
      for (const text of [shown, JSON.stringify(handle), bytes]) {
        for (const part of [secret, "refresh of", "access of"]) {
          for (const encoding of ["utf8", "base64url", "hex"] as const) {
            expect(text).not.toContain(Buffer.from(part).toString(encoding).slice(0, -1));
          }
        }
      }
      expect(bytes).not.toContain("storage-key");
    }
  });
});

describe("handles of one path", () => {
  test("share identity, store and refresh lock, through links in the folder too", async () => {
    await mkdir(join(folder, "real"));
    await symlink(join(folder, "real"), join(folder, "link"));
    const one = entryStoreOf(file(join(folder, "real", "t.bin"), key), ports);
    const two = entryStoreOf(file(join(folder, "link", "..", "link", "t.bin"), Uint8Array.from(key)), ports);
    expect(one.identity).toBe(`file:${join(folder, "real", "t.bin")}`);
    expect(two.identity).toBe(one.identity);
    const order: string[] = [];
    await Promise.all([
      one.withRefreshLock("k", async () => {
        await one.write("k", entry("r"));
        order.push("one");
      }),
      two.withRefreshLock("k", async () => void order.push("two")),
    ]);
    expect(order).toEqual(["one", "two"]);
  });

  test("with another key share no identity, but the lock", async () => {
    const one = entryStoreOf(file(path, key), ports);
    const two = entryStoreOf(file(path, new Uint8Array(32).fill(9)), ports);
    expect(two.identity).not.toBe(one.identity);
    await one.withRefreshLock("k", async () => {
      await expect(two.withRefreshLock("k", async () => 1)).rejects.toEqual(
        expect.objectContaining({ code: "HARN-OAU-010", retryable: false }),
      );
    });
    await one.write("k", entry("r"));
    await expect(two.write("k", entry("s"))).rejects.toEqual(
      expect.objectContaining({ code: "HARN-OAU-010" }),
    );
  });

  test("of parallel writes that expect the same lineage one wins", async () => {
    const stores = [file(path, key), file(path, key), file(path, key)].map((handle) =>
      entryStoreOf(handle, ports),
    );
    await stores[0]?.write("k", entry("r"));
    const wrote = await Promise.all(
      stores.map((store, number) => store.write("k", entry(`r${number}`), lineageOf(entry("r")))),
    );
    expect(wrote.filter(Boolean)).toHaveLength(1);
    expect(await stores[0]?.write("missing", entry("r"), lineageOf(entry("r")))).toBe(false);
  });
});
