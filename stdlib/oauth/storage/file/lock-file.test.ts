import { spawnSync } from "node:child_process";
import { fstatSync } from "node:fs";
import { mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createOAuth } from "../../node.ts";
import { fileLocks, type LockMeans } from "./file-locks.ts";
import type { NativeLocks } from "./lock-file.ts";

let folder: string;
let path: string;
let native: NativeLocks;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "lock-file-"));
  path = join(folder, "tokens.bin");
  native = ownLocksOfFiles();
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** Locks of open files as the system gives them, for the files of this process: gone when the file is closed. */
function ownLocksOfFiles(): NativeLocks {
  const held = new Map<bigint, number>();
  const inode = (fd: number): bigint | null => {
    try {
      return fstatSync(fd, { bigint: true }).ino;
    } catch {
      return null;
    }
  };
  return {
    name: "locks-of-this-test",
    tryLock(fd) {
      const ino = inode(fd) ?? -1n;
      const holder = held.get(ino);
      if (holder !== undefined && holder !== fd && inode(holder) === ino) return false;
      held.set(ino, fd);
      return true;
    },
  };
}

const means = (made: Partial<LockMeans>) => async (): Promise<LockMeans> => ({
  abstractSockets: false,
  native: null,
  ...made,
});
const body = async (): Promise<string> => "ran";

describe("file locks", () => {
  test("exclude each other, in the order of release", async () => {
    const running = { now: 0, most: 0 };
    const work = async (): Promise<void> => {
      running.now += 1;
      running.most = Math.max(running.most, running.now);
      await sleep(3);
      running.now -= 1;
    };
    const copies = [1, 2, 3].map(() => fileLocks(means({ native })));
    await Promise.all(copies.flatMap((copy) => [1, 2, 3].map(() => copy.whileWriting(path, work))));
    expect(running).toEqual({ now: 0, most: 1 });
  });

  test("are private files beside the token file, one each, there while they are held", async () => {
    const locks = fileLocks(means({ native }));
    const during = await locks.whileRefreshing(path, "../acme", () =>
      locks.whileWriting(path, async () => await readdir(folder)),
    );
    expect(during.filter((name) => /^\.tokens\.bin\.[\w-]{22}\.lock$/.test(name))).toHaveLength(2);
    expect(during).toHaveLength(3);
    expect(during).toContain(".tokens.bin.lock");
    expect(await readdir(folder)).toEqual([".tokens.bin.lock"]);
    expect((await stat(join(folder, ".tokens.bin.lock"))).mode & 0o777).toBe(0o600);
    expect(await readFile(join(folder, ".tokens.bin.lock"), "utf8")).toBe("locks-of-this-test\n");
  });

  test("name the holder when the wait is over", async () => {
    const [holder, waiter] = [fileLocks(means({ native })), fileLocks(means({ native }), 60)];
    await holder.whileRefreshing(path, "acme", async () => {
      await expect(waiter.whileRefreshing(path, "acme", body)).rejects.toMatchObject({
        code: "HARN-OAU-010",
        retryable: true,
        message: expect.stringContaining(`process ${process.pid} kept a lock`),
      });
      expect(await waiter.whileRefreshing(path, "other", body)).toBe("ran");
    });
    expect(await waiter.whileRefreshing(path, "acme", body)).toBe("ran");
  });

  test.skipIf(process.platform === "win32")("are free again when the disk is full", async () => {
    await fileLocks(means({ native })).whileWriting(path, body);
    const script = `
      import { fstatSync } from "node:fs";
      import { fileLocks } from ${JSON.stringify(new URL("file-locks.js", import.meta.url).href)};
      let held;
      const native = { name: "locks-of-this-test", tryLock: (fd) => { held = fd; return true; } };
      const locks = fileLocks(async () => ({ abstractSockets: false, native }));
      const error = await locks.whileWriting(process.argv[1], async () => {}).catch((error) => error);
      let open = true;
      try { fstatSync(held); } catch { open = false; }
      console.log(error.code, open);`;
    // No process below this shell can write a byte into a file: EFBIG.
    const shell = 'ulimit -f 0; exec "$0" --input-type=module -e "$1" "$2"';
    const { stdout } = spawnSync("sh", ["-c", shell, process.execPath, script, path], { encoding: "utf8" });
    expect(stdout).toBe("HARN-OAU-010 false\n");
  });

  test("follow no link", async () => {
    await writeFile(join(folder, "target"), "somebody's file");
    await symlink(join(folder, "target"), join(folder, ".tokens.bin.lock"));
    await expect(fileLocks(means({ native })).whileWriting(path, body)).rejects.toMatchObject({
      code: "HARN-OAU-010",
    });
    expect(await readFile(join(folder, "target"), "utf8")).toBe("somebody's file");
  });
});

describe("the mechanism", () => {
  test("of other processes must be this one's", async () => {
    await fileLocks(means({ native })).whileWriting(path, body);
    const refused = expect.objectContaining({
      code: "HARN-OAU-010",
      retryable: false,
      hint: expect.stringContaining("fs-native-extensions"),
    });
    for (const other of [
      means({ abstractSockets: true }),
      means({ native: { ...native, name: "another-package" } }),
    ]) {
      await expect(fileLocks(other).whileWriting(path, body)).rejects.toEqual(refused);
      await expect(fileLocks(other).whileRefreshing(path, "acme", body)).rejects.toEqual(refused);
    }
    expect(await fileLocks(means({ native })).whileWriting(path, body)).toBe("ran");
  });

  test("is named again in a file that was left empty", async () => {
    const file = join(folder, ".tokens.bin.lock");
    await writeFile(file, "");
    await expect(fileLocks(means({ abstractSockets: true })).whileWriting(path, body)).rejects.toMatchObject({
      code: "HARN-OAU-010",
    });
    expect(await fileLocks(means({ native })).whileWriting(path, body)).toBe("ran");
    expect(await readFile(file, "utf8")).toBe("locks-of-this-test\n");
  });

  test("through a handle too: nothing is written", async () => {
    await writeFile(join(folder, ".tokens.bin.lock"), "another-package\n");
    const { storage, close } = createOAuth();
    const set = { access_token: "made up", token_type: "Bearer" };
    await expect(storage.file(path, "a key of enough characters").set("acme", set)).rejects.toMatchObject({
      code: "HARN-OAU-010",
      message: expect.stringContaining("mechanism"),
    });
    expect(await readdir(folder)).toEqual([".tokens.bin.lock"]);
    await close();
  });

  test.runIf(process.platform === "linux")(
    "on Linux is the socket as well, so that those without the package are seen",
    async () => {
      const [both, one] = [
        fileLocks(means({ abstractSockets: true, native })),
        fileLocks(means({ abstractSockets: true }), 60),
      ];
      await both.whileRefreshing(path, "acme", async () => {
        await expect(one.whileRefreshing(path, "acme", body)).rejects.toThrow(`process ${process.pid} kept`);
      });
    },
  );

  test("that is missing is an error that says what to install", async () => {
    const locks = fileLocks(means({}));
    const refused = expect.objectContaining({
      code: "HARN-OAU-010",
      retryable: false,
      hint: "Install the package fs-native-extensions beside holdfast.",
    });
    await expect(locks.whileWriting(path, body)).rejects.toEqual(refused);
    await expect(locks.whileRefreshing(path, "acme", body)).rejects.toEqual(refused);
  });
});
