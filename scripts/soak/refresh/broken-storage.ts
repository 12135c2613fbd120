/**
 * Storages that do less than they must, so that it is seen whether the soak notices.
 *
 * @module
 */

import { setTimeout as sleep } from "node:timers/promises";
import type { OAuth, StorageHandle } from "../../../stdlib/oauth/node.ts";

/**
 * `last_write_wins`: no lock between processes, and whoever writes last is right. `late_write`: a write is acknowledged before
 * it is made.
 */
export type BrokenKind = "last_write_wins" | "late_write";

/** How late, in ms. */
const lateMs = 300;

/** The same file, handled as `kind` says. */
export function brokenStorage(oauth: OAuth, file: StorageHandle, kind: BrokenKind): StorageHandle {
  switch (kind) {
    case "last_write_wins":
      return oauth.storage.custom({ get: file.get, set: file.set, delete: file.delete });
    case "late_write":
      return oauth.storage.custom({
        get: file.get,
        async set(key, set) {
          void sleep(lateMs).then(() => file.set(key, set));
        },
        delete: file.delete,
        with_refresh_lock: (key, body) => file.with_refresh_lock(key, body),
      });
  }
}
