import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { makeFolder } from "./make-folder.ts";

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "make-folder-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** Notes which folders are synced. `fault`: what each sync fails with. */
function recorded(first: string | undefined, fault?: string): { synced: string[]; run: () => void } {
  const synced: string[] = [];
  const sync = (path: string): void => {
    synced.push(path);
    if (fault) throw Object.assign(new Error(fault), { code: fault });
  };
  return { synced, run: () => makeFolder("/a/b/c/d", { make: () => first, sync }) };
}

test("syncs every folder that got a new one, and no other", () => {
  for (const [first, folders] of [
    ["/a/b/c", ["/a/b/c", "/a/b"]],
    ["/a/b/c/d", ["/a/b/c"]],
    ["/a", ["/a/b/c", "/a/b", "/a", "/"]],
    [undefined, []],
  ] as const) {
    const { synced, run } = recorded(first);
    run();
    expect(synced).toEqual(folders);
  }
});

test("fails when a new folder may not last, unless folders cannot be synced there", () => {
  expect(recorded("/a/b/c/d", "EIO").run).toThrow("EIO");
  for (const code of ["EISDIR", "EPERM", "EINVAL"]) expect(recorded("/a/b/c/d", code).run).not.toThrow();
});

test("makes real folders for this user alone", async () => {
  const path = join(folder, "a", "b");
  makeFolder(path);
  makeFolder(path);
  for (const made of [path, join(folder, "a")]) expect((await stat(made)).mode & 0o777).toBe(0o700);
});
