import { spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import {
  chown,
  copyFile,
  lstat,
  mkdir,
  mkdtemp,
  readFile,
  rename,
  rm,
  stat,
  symlink,
  unlink,
  utimes,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Entry } from "../entry.ts";
import { FileKey } from "./file-key.ts";
import { FileStore } from "./file-store.ts";
import { type FileSystem, nodeFileSystem, type OpenFile } from "./file-system.ts";
import { filesIn } from "../../../../conformance/probes/files-in.ts";

const random = { bytes: (length: number) => new Uint8Array(randomBytes(length)) };
const key = new FileKey("raw", new Uint8Array(32).fill(1));
const root = process.geteuid?.() === 0;

function entry(access_token: string): Entry {
  return {
    token_set: { access_token, token_type: "Bearer" },
    ttl_seconds: null,
    binding: null,
    generation: "g",
    version: 1,
    updated_at_unix: 1,
    intent: null,
  };
}

let folder: string;
let path: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "file-store-"));
  path = join(folder, "tokens.bin");
});
afterEach(() => rm(folder, { recursive: true, force: true }));

function put(store: FileStore, name: string, access_token = name): Promise<boolean> {
  return store.change(name, random, () => entry(access_token));
}

async function token(store: FileStore, name: string): Promise<string | undefined> {
  return (await store.read(name))?.token_set.access_token;
}

function refused(message: string, retryable = false): unknown {
  return expect.objectContaining({
    code: "HARN-OAU-010",
    message: expect.stringContaining(message),
    retryable,
    hint: expect.stringMatching(/\.$/),
  });
}

/** A file system in which some calls fail or are counted. */
function fileSystem(change: Partial<FileSystem>): FileSystem {
  return { ...nodeFileSystem, ...change };
}

function systemError(code: string): Error {
  return Object.assign(new Error(`${code}: a system's text with ${path}`), { code });
}

describe("a write", () => {
  test("makes a private file in a private folder, and leaves nothing else", async () => {
    const deep = join(folder, "a", "b", "tokens.bin");
    await put(new FileStore(deep, key), "k");
    expect((await stat(deep)).mode & 0o777).toBe(0o600);
    expect((await stat(join(folder, "a"))).mode & 0o777).toBe(0o700);
    expect((await stat(join(folder, "a", "b"))).mode & 0o777).toBe(0o700);
    expect(await filesIn(join(folder, "a", "b"))).toEqual(["tokens.bin"]);
  });

  test("is synced, renamed, and the folder synced, in this order", async () => {
    const calls: string[] = [];
    const noted = (name: string, file: OpenFile): OpenFile => ({
      ...file,
      writeFile: (bytes) => (calls.push(`write ${name}`), file.writeFile(bytes)),
      sync: () => (calls.push(`sync ${name}`), file.sync()),
    });
    const fs = fileSystem({
      create: async (made, mode) => (
        calls.push("create"), noted("file", await nodeFileSystem.create(made, mode))
      ),
      openToRead: async (made) => noted("folder", await nodeFileSystem.openToRead(made)),
      rename: (from, to) => (calls.push("rename"), nodeFileSystem.rename(from, to)),
    });
    await put(new FileStore(path, key, fs), "k");
    expect(calls).toEqual(["create", "write file", "sync file", "rename", "sync folder"]);
  });

  test("never uses one temporary name or one write salt twice", async () => {
    const names: string[] = [];
    const fs = fileSystem({ create: (made, mode) => (names.push(made), nodeFileSystem.create(made, mode)) });
    const store = new FileStore(path, key, fs);
    const salts = new Set<string>();
    for (const name of ["a", "b", "c"]) {
      await put(store, name);
      salts.add((JSON.parse(await readFile(path, "utf8")) as { write_salt: string }).write_salt);
    }
    expect(new Set(names).size).toBe(3);
    expect(salts.size).toBe(3);
    for (const name of names) expect(name).toContain(`.${process.pid}.`);
  });

  test("counts, and keeps store id and keys", async () => {
    const store = new FileStore(path, key);
    const headers: Record<string, unknown>[] = [];
    for (const name of ["a", "b", "a"]) {
      await put(store, name);
      headers.push(JSON.parse(await readFile(path, "utf8")) as Record<string, unknown>);
    }
    expect(headers.map((header) => header["counter"])).toEqual([1, 2, 3]);
    expect(new Set(headers.map((header) => header["store_id"])).size).toBe(1);
    expect(new Set(headers.map((header) => JSON.stringify(header["keys"]))).size).toBe(1);
  });

  test("of the last entry's removal removes the file", async () => {
    const store = new FileStore(path, key);
    await put(store, "a");
    await put(store, "b");
    await store.change("a", random, () => null);
    expect(await token(store, "b")).toBe("b");
    await store.change("b", random, () => null);
    expect(await filesIn(folder)).toEqual([]);
    expect(await store.read("b")).toBeNull();
    expect(await store.change("b", random, () => null)).toBe(false);
  });

  test("sees what it replaces, and need not write", async () => {
    const store = new FileStore(path, key);
    await put(store, "a", "one");
    const seen: (string | undefined)[] = [];
    const wrote = await store.change(
      "a",
      random,
      (current) => void seen.push(current?.token_set.access_token),
    );
    expect(wrote).toBe(false);
    expect(seen).toEqual(["one"]);
  });

  test("of many at once, over two stores of one path, loses none", async () => {
    const stores = [new FileStore(path, key), new FileStore(path, key)] as const;
    const names = Array.from({ length: 20 }, (_, number) => `k${number}`);
    await Promise.all(names.map((name, number) => put(stores[number % 2 ? 1 : 0], name)));
    for (const name of names) expect(await token(stores[0], name)).toBe(name);
  });
});

describe("a write that fails", () => {
  const failures: Record<string, (code: string) => Partial<FileSystem>> = {
    "making the folder": (code) => ({ makeFolder: () => Promise.reject(systemError(code)) }),
    "creating the file": (code) => ({ create: () => Promise.reject(systemError(code)) }),
    writing: (code) => ({ create: failing("writeFile", code) }),
    syncing: (code) => ({ create: failing("sync", code) }),
    closing: (code) => ({ create: failing("close", code) }),
    renaming: (code) => ({ rename: () => Promise.reject(systemError(code)) }),
  };

  function failing(call: "writeFile" | "sync" | "close", code: string): FileSystem["create"] {
    return async (made, mode) => {
      const file = await nodeFileSystem.create(made, mode);
      // Half of the bytes reach the disk, as on a full one.
      const writeFileHalf = async (bytes: Uint8Array): Promise<void> => {
        await file.writeFile(bytes.subarray(0, bytes.length >> 1));
        throw systemError(code);
      };
      const fail = async (): Promise<never> => {
        if (call === "close") await file.close();
        throw systemError(code);
      };
      return { ...file, [call]: call === "writeFile" ? writeFileHalf : fail };
    };
  }

  const codes: [string, string, boolean][] = [
    ["ENOSPC", "no space left", true],
    ["EDQUOT", "no space left", true],
    ["EROFS", "read-only", false],
    ["EACCES", "may not be written", false],
    ["EIO", "the device", true],
    ["EMFILE", "too many files", true],
    ["ENOENT", "could not be written", true],
    ["EWHATEVER", "could not be written", true],
  ];

  for (const [step, change] of Object.entries(failures)) {
    test.each(codes)(
      `at ${step} with %s leaves the old file and no other`,
      async (code, message, retryable) => {
        await put(new FileStore(path, key), "k", "old");
        const before = await readFile(path);
        const store = new FileStore(path, key, fileSystem(change(code)));
        const failed = refused(message, retryable);
        await expect(put(store, "k", "new")).rejects.toEqual(failed);
        await expect(put(store, "k", "new")).rejects.not.toThrow(path);
        expect(await readFile(path)).toEqual(before);
        expect(await filesIn(folder)).toEqual(["tokens.bin"]);
        expect(await token(store, "k")).toBe("old");
      },
    );
  }

  test("at the folder's sync says that the new file may not last", async () => {
    const fs = fileSystem({
      openToRead: async (made) => ({
        ...(await nodeFileSystem.openToRead(made)),
        sync: () => Promise.reject(systemError("EIO")),
      }),
    });
    const store = new FileStore(path, key, fs);
    await expect(put(store, "k")).rejects.toEqual(refused("survive a crash", true));
    expect(await token(store, "k")).toBe("k");
  });

  test("for a file that could not be read again leaves the old one", async () => {
    await put(new FileStore(path, key), "k");
    const before = await readFile(path);
    const store = new FileStore(path, key);
    await expect(put(store, "large", "x".repeat(49 * 1024 * 1024))).rejects.toEqual(refused("over 64 MiB"));
    expect(await readFile(path)).toEqual(before);
    expect(await token(store, "k")).toBe("k");
  });

  test("where folders cannot be synced is no failure", async () => {
    const fs = fileSystem({ openToRead: () => Promise.reject(systemError("EISDIR")) });
    await expect(put(new FileStore(path, key, fs), "k")).resolves.toBe(true);
  });

  test("at the removal keeps the file", async () => {
    await put(new FileStore(path, key), "k");
    const store = new FileStore(
      path,
      key,
      fileSystem({ unlink: () => Promise.reject(systemError("EROFS")) }),
    );
    await expect(store.change("k", random, () => null)).rejects.toEqual(refused("read-only"));
    expect(await token(store, "k")).toBe("k");
  });

  test("under a file that stands for a folder", async () => {
    await writeFile(path, "a file");
    const store = new FileStore(join(path, "tokens.bin"), key);
    await expect(put(store, "k")).rejects.toEqual(refused("not a folder"));
    await expect(store.read("k")).rejects.toEqual(refused("not a folder"));
  });

  test("when the folder became a link", async () => {
    const home = join(folder, "home");
    const elsewhere = join(folder, "elsewhere");
    await mkdir(home);
    await mkdir(elsewhere);
    const store = new FileStore(join(home, "tokens.bin"), key);
    await put(store, "k");
    await rename(home, join(folder, "away"));
    await symlink(elsewhere, home);
    await expect(put(store, "k")).rejects.toEqual(refused("no longer where it was"));
    expect(await filesIn(elsewhere)).toEqual([]);
  });
});

describe("a file that may not be read", () => {
  async function bothRefuse(message: string): Promise<void> {
    const store = new FileStore(path, key);
    await expect(store.read("k")).rejects.toEqual(refused(message));
    await expect(put(store, "k")).rejects.toEqual(refused(message));
    await expect(store.change("k", random, () => null)).rejects.toEqual(refused(message));
  }

  test("because it is damaged, is not written over", async () => {
    await put(new FileStore(path, key), "k");
    const bytes = await readFile(path);
    bytes[bytes.length - 20] = 0x41 ^ (bytes[bytes.length - 20] ?? 0);
    await writeFile(path, bytes);
    await bothRefuse("damaged");
    expect(await readFile(path)).toEqual(bytes);
  });

  test("because it is empty, is not an empty store", async () => {
    await writeFile(path, "");
    await bothRefuse("truncated");
  });

  test("because its key is another", async () => {
    await put(new FileStore(path, new FileKey("raw", new Uint8Array(32).fill(2))), "k");
    await bothRefuse("the key is not the one");
  });

  test("because it is a symbolic link, dangling or not", async () => {
    const real = join(folder, "real.bin");
    await symlink(real, path);
    await bothRefuse("symbolic link");
    await put(new FileStore(real, key), "k");
    await bothRefuse("symbolic link");
    expect((await lstat(path)).isSymbolicLink()).toBe(true);
  });

  test("because it is a folder or a pipe", async () => {
    await mkdir(path);
    await bothRefuse("not a regular file");
    await rm(path, { recursive: true });
    if (spawnSync("mkfifo", [path]).status === 0) await bothRefuse("not a regular file");
  });

  test("because it belongs to another user", async () => {
    if (root) {
      await put(new FileStore(path, key), "k");
      await chown(path, 12_345, 12_345);
    } else path = "/proc/version";
    await bothRefuse("belongs to another user");
  });

  test("because it is over 64 MiB", async () => {
    await writeFile(path, "");
    const { truncate } = await import("node:fs/promises");
    await truncate(path, 64 * 1024 * 1024 + 1);
    await bothRefuse("over 64 MiB");
  });

  test.each([
    ["EACCES", "may not be read", false],
    ["EIO", "the device", true],
    ["EWHATEVER", "could not be read", true],
  ])("because the system says %s", async (code, message, retryable) => {
    await put(new FileStore(path, key), "k");
    const failing = async (made: string): Promise<OpenFile> => ({
      ...(await nodeFileSystem.openToRead(made)),
      readFile: () => Promise.reject(systemError(code)),
    });
    for (const openToRead of [failing, () => Promise.reject(systemError(code))]) {
      const store = new FileStore(path, key, fileSystem({ openToRead }));
      await expect(store.read("k")).rejects.toEqual(refused(message, retryable));
    }
  });
});

describe("the cache", () => {
  test("saves decrypting an unchanged file, own writes included", async () => {
    let opened = 0;
    const fs = fileSystem({
      openToRead: (made) => ((opened += made === path ? 1 : 0), nodeFileSystem.openToRead(made)),
    });
    const store = new FileStore(path, key, fs);
    await put(store, "k");
    await Promise.all(Array.from({ length: 10 }, () => store.read("k")));
    expect(opened).toBe(0);
    const second = new FileStore(path, key, fs);
    await Promise.all(Array.from({ length: 10 }, () => second.read("k")));
    await second.read("k");
    expect(opened).toBe(1);
  });

  test("sees what another store wrote, removed, or only touched", async () => {
    const [mine, theirs] = [new FileStore(path, key), new FileStore(path, key)];
    await put(mine, "k", "one");
    expect(await token(theirs, "k")).toBe("one");
    await put(theirs, "k", "two");
    expect(await token(mine, "k")).toBe("two");
    await theirs.change("k", random, () => null);
    expect(await mine.read("k")).toBeNull();
    await put(theirs, "k", "three");
    expect(await token(mine, "k")).toBe("three");
    await utimes(path, 1, 1);
    expect(await token(mine, "k")).toBe("three");
  });

  test("cannot be changed from outside", async () => {
    const store = new FileStore(path, key);
    await put(store, "k");
    const found = (await store.read("k")) as { token_set: { access_token: string } };
    expect(() => (found.token_set.access_token = "changed")).toThrow(TypeError);
    expect(await token(store, "k")).toBe("k");
  });
});

describe("rollback", () => {
  test("to an earlier copy is reported, by every store of the process", async () => {
    const store = new FileStore(path, key);
    await put(store, "k", "one");
    const copy = join(folder, "copy");
    await copyFile(path, copy);
    await put(store, "k", "two");
    await copyFile(copy, path);
    await expect(store.read("k")).rejects.toEqual(refused("older than"));
    await expect(new FileStore(path, key).read("k")).rejects.toEqual(refused("older than"));
    await expect(put(store, "k", "three")).rejects.toEqual(refused("older than"));
  });

  test("to a copy from before the removal is reported", async () => {
    const store = new FileStore(path, key);
    await put(store, "k");
    const copy = join(folder, "copy");
    await copyFile(path, copy);
    await store.change("k", random, () => null);
    await copyFile(copy, path);
    await expect(store.read("k")).rejects.toEqual(refused("older than"));
    // A new file is a new store.
    await unlink(path);
    await put(store, "k", "new");
    expect(await token(store, "k")).toBe("new");
  });

  test("is not what a file looks like that is replaced again and again while it is read", async () => {
    const writer = new FileStore(path, key);
    await put(writer, "k", "0");
    let written = 0;
    const fs = fileSystem({
      openToRead: async (made) => {
        const file = await nodeFileSystem.openToRead(made);
        await put(writer, "k", String((written += 1)));
        return file;
      },
    });
    const reader = new FileStore(path, key, fs);
    // Each read answers what was there when it opened the file, and none waits for a quiet moment.
    for (const expected of ["0", "1", "2", "3"]) expect(await token(reader, "k")).toBe(expected);
    expect(written).toBe(4);
  });

  test("is not what a caller gets who asked after a write, while another was still reading", async () => {
    const writer = new FileStore(path, key);
    await put(writer, "k", "old");
    const asked: Promise<string | undefined>[] = [];
    const fs: FileSystem = fileSystem({
      openToRead: async (made) => {
        const file = await nodeFileSystem.openToRead(made);
        if (asked.length > 0) return file;
        await put(writer, "k", "new");
        asked.push(token(reader, "k"));
        return file;
      },
    });
    const reader: FileStore = new FileStore(path, key, fs);
    expect(await token(reader, "k")).toBe("old");
    expect(await Promise.all(asked)).toEqual(["new"]);
  });
});

describe("temporary files", () => {
  test("of dead processes are removed, others stay", async () => {
    const dead = spawnSync(process.execPath, ["-e", ""]).pid;
    const names = {
      leftover: `.tokens.bin.${dead}.abc-_1.tmp`,
      alive: `.tokens.bin.${process.pid}.abc.tmp`,
      other: `.other.bin.${dead}.abc.tmp`,
      foreign: ".tokens.bin.notes.tmp",
    };
    for (const name of Object.values(names)) await writeFile(join(folder, name), "");
    await new FileStore(path, key).read("k");
    expect((await filesIn(folder)).sort()).toEqual([names.alive, names.other, names.foreign].sort());
  });

  test("that cannot be listed or removed are no failure", async () => {
    const fs = fileSystem({ list: () => Promise.reject(systemError("EACCES")) });
    await expect(new FileStore(path, key, fs).read("k")).resolves.toBeNull();
  });
});
