/**
 * std/oauth/storage: where tokens are kept.
 *
 * @module
 */

import { plain } from "../../../runtime/plugin.ts";
import type { Ports } from "../../../runtime/ports.ts";
import { closedOptions } from "../options.ts";
import { type CustomHandlers, customStore, handlersOf } from "./custom.ts";
import { fileKeyOf, fileStore } from "./file.ts";
import { makeHandle, type StorageHandle } from "./handle.ts";
import { memoryStore } from "./memory.ts";
import { invalidArgument } from "./storage-fault.ts";

export type { CustomHandlers } from "./custom.ts";
export { entryStoreOf, type StorageHandle } from "./handle.ts";

/** A file's key: 32 random bytes (16 or more), a random string of 16 bytes or more, or a passphrase. */
export type FileKeyOption = Uint8Array | string | { readonly passphrase: string };

/** The functions of std/oauth/storage, for one run. */
export type StorageModule = {
  /** A storage in memory; lost when the handle is. Two handles never share. */
  readonly memory: () => StorageHandle;
  /**
   * A storage in one encrypted file, good to about 1,000 entries. Nothing is read or written until it is used.
   * @throws HARN-OAU-009 when the path is not granted, HARN-OAU-011 for a path or key that cannot be used.
   */
  readonly file: (path: string, key: FileKeyOption) => StorageHandle;
  /**
   * A storage over functions. They are given sealed tokens unless the run may see them.
   * @throws HARN-OAU-011 when a function is missing or an option is unknown.
   */
  readonly custom: (handlers: CustomHandlers) => StorageHandle;
  /** A ready `memory` handle, and the factories `file` and `custom`. */
  readonly storage: () => Pick<StorageModule, "file" | "custom"> & { readonly memory: StorageHandle };
};

// Counted over the process, so that an identity names one map for its whole life.
let memories = 0;
let files = 0;

/** Makes the module for one run. */
export function storageModule(ports: Ports): StorageModule {
  const memory = plain((): StorageHandle => {
    const number = ++memories;
    return makeHandle(ports, memoryStore(`memory:${number}`), { kind: "memory", id: `memory-${number}` });
  });
  const file = plain((path: string, key: FileKeyOption): StorageHandle => {
    if (typeof path !== "string" || path === "" || path.includes("\0")) {
      throw invalidArgument("the path must be a non-empty string", "Give the path of the file.");
    }
    const store = fileStore(ports, path, fileKeyOf(ports, key));
    return makeHandle(ports, store, { kind: "file", id: `file-${++files}`, path });
  });
  const custom = plain((handlers: CustomHandlers): StorageHandle => {
    closedOptions("storage", "custom", handlers, ["get", "set", "delete", "with_refresh_lock", "id"]);
    const read = handlersOf(handlers);
    return makeHandle(ports, customStore(ports, read), { kind: "custom", id: read.id });
  });
  const storage = plain(() => ({ memory: memory(), file, custom }));
  return { memory, file, custom, storage };
}
