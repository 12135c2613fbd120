/**
 * The file stores of this process: handles of one path and key share one store, whatever run made them.
 *
 * @module
 */

import { realpathSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import type { FileKey } from "./file-key.ts";
import { FileStore } from "./file-store.ts";

export interface SharedFileStore {
  readonly store: FileStore;
  /** `file:` and the path. A second key of the same path gets a number behind it, so that it shares nothing with the first. */
  readonly identity: string;
}

interface Row {
  readonly number: number;
  readonly shared: WeakRef<SharedFileStore>;
}

const rows = new Map<string, Row[]>();

/** Forgets a store when the last handle of it is gone. */
const gone = new FinalizationRegistry<string>((path) => {
  const alive = rows.get(path)?.filter((row) => row.shared.deref()) ?? [];
  if (alive.length > 0) rows.set(path, alive);
  else rows.delete(path);
});

/** The store of a path and key. Reads and writes nothing; only links in the path's folders are followed. */
export function sharedFileStore(path: string, key: FileKey): SharedFileStore {
  const real = realStoragePath(path);
  const known = rows.get(real) ?? [];
  for (const row of known) {
    const shared = row.shared.deref();
    if (shared?.store.hasKey(key)) return shared;
  }
  const number = Math.max(0, ...known.map((row) => row.number)) + 1;
  const identity = number === 1 ? `file:${real}` : `file:${real}#${number}`;
  const shared: SharedFileStore = { store: new FileStore(real, key), identity };
  rows.set(real, [...known, { number, shared: new WeakRef(shared) }]);
  gone.register(shared, real);
  return shared;
}

/** The path with the links in its folders followed, as far as the folders exist. The last part is left as it is. */
export function realStoragePath(path: string): string {
  const absolute = resolve(path);
  let folder = dirname(absolute);
  const rest = [basename(absolute)];
  for (;;) {
    try {
      return join(realpathSync.native(folder), ...rest);
    } catch {
      if (dirname(folder) === folder) return absolute;
      rest.unshift(basename(folder));
      folder = dirname(folder);
    }
  }
}
