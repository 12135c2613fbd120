/**
 * Finds the files in a folder.
 *
 * @module
 */

import { readdir } from "node:fs/promises";

/** Folders that hold what others wrote. */
const passedOver: readonly string[] = [".git", "node_modules"];

/**
 * The regular files in a folder and in the folders in it, in the order of their names. Not followed: symbolic links, and folders named
 * `.git` and `node_modules`, unless `folder` has that name in it. Names are bytes, because they need not be UTF-8.
 */
export async function* walkFiles(
  folder: string,
  unreadable: (path: Buffer, error: unknown) => void,
): AsyncGenerator<Buffer> {
  const named = new Set(folder.split(/[\\/]/));
  const skipped = new Set(passedOver.filter((name) => !named.has(name)));
  const waiting: { readonly path: Buffer; readonly isFolder: boolean }[] = [
    { path: Buffer.from(folder), isFolder: true },
  ];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (!next.isFolder) {
      yield next.path;
      continue;
    }
    try {
      const entries = await readdir(next.path, { encoding: "buffer", withFileTypes: true });
      for (const entry of entries.toSorted((a, b) => Buffer.compare(b.name, a.name))) {
        const isFolder = entry.isDirectory();
        if (isFolder ? !skipped.has(entry.name.toString()) : entry.isFile())
          waiting.push({ path: inside(next.path, entry.name), isFolder });
      }
    } catch (error) {
      unreadable(next.path, error);
    }
  }
}

function inside(folder: Buffer, name: Buffer): Buffer {
  const between = folder.at(-1) === 0x2f ? "" : "/";
  return Buffer.concat([folder, Buffer.from(between), name]);
}
