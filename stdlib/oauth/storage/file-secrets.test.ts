import { chmod, mkdtemp, readdir, readFile, realpath, rm, stat, symlink, writeFile } from "node:fs/promises";
import { randomBytes } from "node:crypto";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { filesIn } from "../../../conformance/probes/files-in.ts";
import { createRuntime } from "../../../runtime/index.ts";
import { oauth } from "../index.ts";
import { createOAuth, fileKeys as realFileKeys, fileSecrets, storage } from "../node.ts";
import { openFileSecrets, type FileSecrets } from "./file-secrets.ts";
import { fileKeysOver } from "./keys/file-keys.ts";
import type { KeyOption, KeyPorts } from "./keys/key-source.ts";
import { KeychainError, probeKeychain, systemKeychain } from "./keys/keychain.ts";
import { type FolderKeychain, folderKeychain } from "./keys/keychain.test.support.ts";

const random = { bytes: (length: number) => new Uint8Array(randomBytes(length)) };
const given = "a key of enough characters";

let folder: string;
let path: string;
let keyFile: string;
let keychain: FolderKeychain;
let ports: KeyPorts;

beforeEach(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), "file-secrets-")));
  path = join(folder, "secrets.bin");
  keyFile = join(folder, "keys", "secrets.key");
  keychain = folderKeychain(join(folder, "keychain"));
  ports = { random, keychain };
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const open = (key: KeyOption | readonly KeyOption[]): Promise<FileSecrets> =>
  openFileSecrets(ports, { path, key });

async function put({ capability }: FileSecrets, name: string, value = name): Promise<void> {
  await capability.set({ name, value });
}

function refused(...words: readonly string[]): unknown {
  return expect.objectContaining({
    code: "HARN-OAU-010",
    message: expect.stringMatching(words.map((word) => `(?=.*${word})`).join("")),
    hint: expect.stringMatching(/\.$/),
  });
}

describe("the capability", () => {
  test("keeps, replaces and removes secrets, by name and scope", async () => {
    const { capability } = await open(given);
    expect(await capability.get({ name: "a/b" })).toBeNull();
    await capability.delete({ name: "a/b" });
    await capability.set({ name: "a/b", value: "one", scope: null });
    await capability.set({ name: "a/b", value: "other", scope: "user" });
    await capability.set({ name: "a/b", value: "two" });
    expect(await capability.get({ name: "a/b" })).toBe("two");
    expect(await (await open(given)).capability.get({ name: "a/b", scope: "user" })).toBe("other");
    await capability.delete({ name: "a/b", scope: "user" });
    await capability.delete({ name: "a/b" });
    expect(await filesIn(folder)).toEqual([]);
  });

  test("shows neither name nor value in the file", async () => {
    await put(await open(given), "github/oauth-token", "a value");
    const text = await readFile(path, "latin1");
    for (const part of ["github", "a value", given]) {
      for (const encoding of ["utf8", "base64url", "hex"] as const)
        expect(text).not.toContain(Buffer.from(part).toString(encoding).slice(0, -1));
    }
    expect((await stat(path)).mode & 0o777).toBe(0o600);
  });

  test.each([{ name: 7 }, { name: "a", scope: 7 }, { name: "a", value: 7 }])("refuses %j", async (params) => {
    const { capability } = await open(given);
    await expect(capability.set({ value: "v", ...params })).rejects.toMatchObject({
      code: "HARN-OAU-011",
    });
  });

  test("of two at once loses no secret", async () => {
    const both = [await open(given), await open(given)] as const;
    const names = Array.from({ length: 20 }, (_, n) => `s${n}`);
    await Promise.all(names.map((name, n) => put(both[n % 2 ? 1 : 0], name)));
    for (const name of names) expect(await both[0].capability.get({ name })).toBe(name);
  });

  test("serves scripts and plain Node code", async () => {
    const { capability } = await fileSecrets({ path, key: given });
    const node = createOAuth({ capabilities: { secrets: capability } });
    const set = { access_token: "made up for this test", token_type: "Bearer" };
    await node.storage.secrets({ provider: "example" }).set("example", set);
    await node.close();
    const runtime = await createRuntime({ plugins: [oauth()], capabilities: { secrets: capability } });
    const { result } = await runtime.run({
      filename: "pipeline.js",
      source: `import { secrets } from "std/oauth/storage";
        export default async () => {
          const store = secrets({ provider: "example" });
          const found = await store.get("example");
          await store.delete("example");
          return [found.token_type, await store.describe_absence("example")];
        };`,
      grants: { capabilities: ["secrets"] },
    });
    await runtime.close();
    expect(result).toEqual(["Bearer", "there is no such secret"]);
    expect(await filesIn(folder)).toEqual([]);
  });
});

describe("the key", () => {
  test("is made in the keychain, once, and nowhere in the file", async () => {
    const first = await open({ keychain: true });
    expect(first).toMatchObject({ keyFrom: "the OS keychain", notes: [] });
    await put(first, "a");
    const text = await keychain.read(path);
    expect(text).toMatch(/^[\w-]{43}$/);
    expect(await readFile(path, "latin1")).not.toContain(text);
    expect(await (await open({ keychain: true })).capability.get({ name: "a" })).toBe("a");
    expect(keychain.calls.filter((call) => call === `write ${path}`)).toHaveLength(1);
    expect(await readdir(join(folder, "keychain"))).toHaveLength(1);
  });

  test("of each file is another", async () => {
    await put(await open({ keychain: true }), "a");
    const other = join(folder, "other.bin");
    await openFileSecrets(ports, { path: other, key: { keychain: true } });
    expect(await keychain.read(other)).not.toBe(await keychain.read(path));
  });

  test("is made in a key file, for its owner alone, and survives as a whole", async () => {
    const made = await open({ keyFile });
    expect(made).toMatchObject({ keyFrom: "the key file", notes: [] });
    await put(made, "a");
    expect(await readFile(keyFile, "utf8")).toMatch(/^[\w-]{43}\n$/);
    expect((await stat(keyFile)).mode & 0o777).toBe(0o600);
    expect((await stat(join(folder, "keys"))).mode & 0o777).toBe(0o700);
    expect(await filesIn(join(folder, "keys"))).toEqual(["secrets.key"]);
    expect(await (await open({ keyFile })).capability.get({ name: "a" })).toBe("a");
  });

  test("may be given, or be a passphrase", { timeout: 60_000 }, async () => {
    for (const [key, keyFrom] of [
      [given, "the key that was given"],
      [{ passphrase: "correct horse" }, "the passphrase"],
    ] as const) {
      await rm(path, { force: true });
      const made = await open(key);
      expect(made).toMatchObject({ keyFrom, notes: [] });
      await put(made, "a");
      expect(await (await open(key)).capability.get({ name: "a" })).toBe("a");
    }
  });

  test("is made once by two that begin together", async () => {
    const { write } = keychain;
    let writes = 0;
    // Each is slower than the one before: both look before one of them writes, and one writes after the other has looked again.
    keychain.write = async (account, secret) => {
      await sleep((writes += 1) * 30);
      await write(account, secret);
    };
    for (const key of [{ keychain: true } as const, { keyFile }]) {
      const [one, two] = await Promise.all([open(key), open(key)]);
      await put(one, "a");
      await put(two, "b");
      expect(await one.capability.get({ name: "b" })).toBe("b");
      await rm(path);
    }
  });
});

describe("of several sources", () => {
  const chain = (): readonly KeyOption[] => [{ keychain: true }, { keyFile }];

  test("the first that works is taken for a new file, and the line says why", async () => {
    keychain.locked = true;
    const made = await open(chain());
    expect(made).toMatchObject({
      keyFrom: "the key file",
      notes: ["the OS keychain does not answer (it is locked)"],
    });
    keychain.locked = false;
    keychain.forgetful = true;
    const other = join(folder, "other.bin");
    const key = [{ keychain: true }, given] as const;
    expect(await openFileSecrets(ports, { path: other, key })).toMatchObject({
      keyFrom: "the key that was given",
      notes: ["the OS keychain does not give back what was written to it"],
    });
  });

  test("the one that keeps the file's key stays, also when an earlier one works again", async () => {
    keychain.locked = true;
    await put(await open(chain()), "a");
    keychain.locked = false;
    const again = await open(chain());
    expect(again).toMatchObject({
      keyFrom: "the key file",
      notes: ["the OS keychain has no key for this file"],
    });
    expect(await again.capability.get({ name: "a" })).toBe("a");
    expect(await keychain.read(path)).toBeNull();
    // Nor when the file is gone for a while: its last secret was deleted, or it comes back from a backup.
    await again.capability.delete({ name: "a" });
    expect(await open(chain())).toMatchObject({ keyFrom: "the key file" });
    expect(await keychain.read(path)).toBeNull();
  });

  test("none makes a key beside a file that is there", async () => {
    await put(await open(chain()), "a");
    keychain.locked = true;
    const lost = open(chain());
    await expect(lost).rejects.toEqual(
      refused("no key that is configured opens the file", "does not answer", "key file is not there"),
    );
    await expect(lost).rejects.toMatchObject({ cause: new Error("it is\nlocked"), retryable: false });
    expect(await filesIn(join(folder, "keys")).catch(() => "no folder")).toBe("no folder");
    await expect(open([{ keychain: true }, { passphrase: "correct horse" }])).rejects.toEqual(
      refused("the passphrase does not open the file"),
    );
    keychain.locked = false;
    await keychain.remove(path);
    await expect(open(chain())).rejects.toEqual(refused("has no key for this file"));
    expect(await keychain.read(path)).toBeNull();
  });

  test("nothing is overwritten in a keychain that answers only at the second time", async () => {
    await open({ keychain: true });
    const key = await keychain.read(path);
    const { read } = keychain;
    let reads = 0;
    keychain.read = async (account) => {
      if ((reads += 1) === 1) throw new KeychainError("the OS keychain does not answer");
      return await read(account);
    };
    expect(await open({ keychain: true })).toMatchObject({ keyFrom: "the OS keychain" });
    expect(await keychain.read(path)).toBe(key);
  });

  test("none is an error that names it", async () => {
    keychain.locked = true;
    await expect(open({ keychain: true })).rejects.toEqual(
      refused("no key could be made", "does not answer"),
    );
    await expect(open([])).rejects.toMatchObject({ code: "HARN-OAU-011" });
    await expect(open({ keychain: false } as never)).rejects.toMatchObject({ code: "HARN-OAU-011" });
    await expect(open({ keyFile: "" })).rejects.toMatchObject({ code: "HARN-OAU-011" });
    await expect(open({ keyFile, mode: 1 } as never)).rejects.toMatchObject({ code: "HARN-OAU-011" });
  });
});

describe("what cannot be read is an error, never a new key:", () => {
  test("a key file that others may read", async () => {
    await open({ keyFile });
    await chmod(keyFile, 0o640);
    await expect(open({ keyFile })).rejects.toEqual(refused("read or written by other users"));
    await expect(open([{ keychain: true }, { keyFile }])).rejects.toEqual(refused("by other users"));
    expect(await keychain.read(path)).toBeNull();
  });

  test.each(["", "\n", "short\n", "two lines of text here\nand more\n", "x".repeat(5000)])(
    "a key file with %j",
    async (text) => {
      await writeFile(join(folder, "a.key"), text, { mode: 0o600 });
      await expect(open({ keyFile: join(folder, "a.key") })).rejects.toEqual(refused("holds no key"));
    },
  );

  test("a key file that is a link or a folder", async () => {
    await open({ keyFile });
    await symlink(keyFile, join(folder, "link.key"));
    await expect(open({ keyFile: join(folder, "link.key") })).rejects.toEqual(refused("symbolic link"));
    await expect(open({ keyFile: folder })).rejects.toEqual(refused("not a regular file"));
  });

  test("a keychain item that is no key", async () => {
    await keychain.write(path, "short");
    await expect(open([{ keychain: true }, given])).rejects.toEqual(refused("item for this file is no key"));
    expect(await keychain.read(path)).toBe("short");
  });

  test("a damaged file, and a file of tokens", async () => {
    await put(await open(given), "a");
    await writeFile(path, (await readFile(path, "utf8")).replace('"counter":1', '"counter":2'));
    await expect(open(given)).rejects.toEqual(refused("damaged"));
    await rm(path);
    await storage.file(path, given).set("k", { access_token: "t", token_type: "Bearer" });
    await expect(open(given)).rejects.toEqual(refused("holds something else"));
    await rm(path);
    await put(await open(given), "a");
    await expect(storage.file(path, given).get("k")).rejects.toEqual(refused("holds something else"));
  });
});

describe("rekeying", () => {
  const keys = (): ReturnType<typeof fileKeysOver> => fileKeysOver(ports);

  test("by two at once leaves the key that opens the file in its place", async () => {
    for (const place of [{ keychain: true }, { keyFile }] as const) {
      await rm(path, { force: true });
      await put(await open(place), "a");
      await Promise.allSettled([keys().rekey(path, place, place), keys().rekey(path, place, place)]);
      expect(await (await open(place)).capability.get({ name: "a" })).toBe("a");
    }
  });

  test("moves the key from one place to another, making one there", async () => {
    const places: readonly KeyOption[] = [given, { keyFile }, { keychain: true }, { keyFile: `${keyFile}2` }];
    await put(await open(given), "a");
    for (const [n, place] of places.slice(1).entries()) {
      const before = places[n] ?? given;
      await keys().rekey(path, before, place);
      expect(await (await open(place)).capability.get({ name: "a" })).toBe("a");
      await expect(open(before)).rejects.toEqual(refused("does not open"));
    }
  });

  test.each(["keychain", "keyFile"] as const)(
    "puts a new key in the place of the old one: %s",
    async (kind) => {
      const place = kind === "keychain" ? ({ keychain: true } as const) : { keyFile };
      const read = (): Promise<string | null> =>
        kind === "keychain" ? keychain.read(path) : readFile(keyFile, "utf8");
      const running = await open(place);
      await put(running, "a");
      const before = await read();
      await keys().rekey(path, place, place);
      expect(await read()).not.toBe(before);
      expect(await (await open(place)).capability.get({ name: "a" })).toBe("a");
      await expect(running.capability.get({ name: "a" })).rejects.toEqual(refused("the key is not the one"));
      if (kind === "keyFile") expect((await stat(keyFile)).mode & 0o777).toBe(0o600);
    },
  );

  test("that is broken off leaves a file that the kept key opens", async () => {
    const place = { keychain: true } as const;
    await put(await open(place), "a");
    const { write } = keychain;
    keychain.write = () => Promise.reject(new Error("killed"));
    await expect(keys().rekey(path, place, place)).rejects.toThrow("killed");
    expect(await (await open(place)).capability.get({ name: "a" })).toBe("a");
    keychain.write = write;
    await keys().rekey(path, place, place);
    expect(await (await open(place)).capability.get({ name: "a" })).toBe("a");
    expect((JSON.parse(await readFile(path, "utf8")) as { keys: unknown[] }).keys).toHaveLength(1);
  });

  test("needs the key", async () => {
    await put(await open(given), "a");
    await expect(keys().rekey(path, { keyFile }, given)).rejects.toEqual(refused("key file is not there"));
    keychain.locked = true;
    await expect(keys().add(path, given, { keychain: true })).rejects.toEqual(refused("does not answer"));
    keychain.locked = false;
    await keys().add(path, given, { keychain: true });
    await keys().retire(path, { keychain: true });
    await expect(open(given)).rejects.toEqual(refused("does not open"));
  });
});

// Both ways are promises: what a machine with a keychain gets, and what one without is told.
test("the system's own keychain keeps the key, or the fallback says that it does not", {
  timeout: 60_000,
}, async () => {
  const answers = await probeKeychain(systemKeychain, `${path} test`).then(
    () => true,
    () => false,
  );
  const made = await fileSecrets({ path, key: [{ keychain: true }, { keyFile }] });
  await put(made, "a");
  if (answers) {
    try {
      expect(made).toMatchObject({ keyFrom: "the OS keychain", notes: [] });
      expect(await systemKeychain.read(path)).toMatch(/^[\w-]{43}$/);
      await realFileKeys.rekey(path, { keychain: true }, { keychain: true });
      const again = await fileSecrets({ path, key: { keychain: true } });
      expect(await again.capability.get({ name: "a" })).toBe("a");
    } finally {
      await systemKeychain.remove(path);
    }
    expect(await systemKeychain.read(path)).toBeNull();
  } else {
    expect(made.keyFrom).toBe("the key file");
    expect(made.notes).toEqual([
      expect.stringMatching(/^the OS keychain (does not answer \(.+\)|needs the package .+)$/),
    ]);
    await rm(path);
    await expect(fileSecrets({ path, key: { keychain: true } })).rejects.toEqual(
      refused("no key could be made", "the OS keychain"),
    );
  }
});
