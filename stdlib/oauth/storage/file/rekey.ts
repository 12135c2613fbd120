/**
 * Other keys for a token file. In one step: `rekey`. While a new key is rolled out: `add`, so that both open the file, then `retire`.
 *
 * Each step replaces the file as any write does, so after a crash it is the file before or after it. Who still has a retired key gets the error
 * of a wrong key at the next read.
 *
 * @module
 */

import type { Random } from "../../../../runtime/ports.ts";
import { storageError } from "../storage-fault.ts";
import type { FileKey } from "./file-key.ts";
import { FileStore } from "./file-store.ts";
import { realStoragePath } from "./file-stores.ts";
import { nodeFileSystem } from "./file-system.ts";
import type { Holds, Row } from "./format-2.ts";
import { decryptFile, parseFile, readBytes } from "./read-file.ts";

/** What is done with the keys of a file; the key that opens it now comes first. */
export type Rekeying =
  | { readonly do: "rekey"; readonly key: FileKey; readonly newKey: FileKey }
  | { readonly do: "add"; readonly key: FileKey; readonly newKey: FileKey }
  | { readonly do: "retire"; readonly key: FileKey };

/**
 * Changes the keys of the file at `path`, whatever it holds. `rekey` and `retire` encrypt everything anew, so that `newKey`, or for `retire`
 * `key`, alone opens it; what a retired key once led to opens nothing in it. A version 1 file becomes one of format 2.
 * @throws HARN-OAU-010 when there is no file, `key` does not open it, it has four keys already, or it cannot be written.
 */
export async function rekeyFile(path: string, random: Random, change: Rekeying): Promise<void> {
  const real = realStoragePath(path);
  const { holds } = await opened(real, change.key);
  const store = new FileStore<Row>(real, change.key, nodeFileSystem, holds);
  if (change.do === "add") await store.addKey(change.newKey, random);
  else await store.replaceKeys(change.do === "rekey" ? change.newKey : change.key, random);
}

/**
 * Does nothing when `key` opens the file at `path`.
 * @throws HARN-OAU-010 when it does not, or there is no file.
 */
export async function checkKey(path: string, key: FileKey): Promise<void> {
  await opened(realStoragePath(path), key);
}

async function opened(real: string, key: FileKey): Promise<{ readonly holds: Holds }> {
  const read = await readBytes(nodeFileSystem, real);
  if (!read) throw storageError("no_file");
  const parsed = parseFile(read.bytes);
  const holds = parsed.version === 1 ? "tokens" : parsed.envelope.holds;
  await decryptFile(read.bytes, key, holds);
  return { holds };
}
