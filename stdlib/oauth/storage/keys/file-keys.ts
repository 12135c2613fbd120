/**
 * Other keys for a file of tokens or secrets, for plain Node code and the command.
 *
 * @module
 */

import { resolve } from "node:path";
import { OAuthError } from "../../errors.ts";
import { FileKey } from "../file/file-key.ts";
import { ownLocks } from "../file/file-locks.ts";
import { realStoragePath } from "../file/file-stores.ts";
import { checkKey, rekeyFile } from "../file/rekey.ts";
import {
  type Found,
  type KeyOption,
  type KeyPorts,
  type KeySource,
  keySource,
  newKeyText,
} from "./key-source.ts";

/**
 * Each step leaves a file that one of the keys opens, whenever it is broken off. Who uses a key that was retired gets HARN-OAU-010 at the next
 * read. All throw HARN-OAU-010 when there is no file, when `key` does not open it, and when it cannot be written; HARN-OAU-011 for a key that cannot be
 * used.
 */
export interface FileKeys {
  /**
   * Encrypts the file anew, so that `newKey` alone opens it. Where a place is given that has no key yet (the OS keychain, a key file), one is
   * made; where it is the place of the old key, the new one takes its place. A key file that other files use too must not be
   * given so: they could not be opened any more.
   */
  rekey(path: string, key: KeyOption, newKey: KeyOption): Promise<void>;
  /** Lets `newKey` open the file as well, up to four keys: the first half of a roll-out. `retire` is the second. */
  add(path: string, key: KeyOption, newKey: KeyOption): Promise<void>;
  /** Encrypts the file anew, so that `key`, which opens it now, is the only one that does. */
  retire(path: string, key: KeyOption): Promise<void>;
}

export function fileKeysOver(ports: KeyPorts): FileKeys {
  const { random } = ports;
  const at = (path: string): string => realStoragePath(resolve(path));
  const kept = async (real: string, { look }: KeySource): Promise<FileKey> => {
    const key = keyOf(await look());
    // Before another key is made for nothing.
    await checkKey(real, key);
    return key;
  };
  const keptOrMade = async (real: string, { look, place }: KeySource): Promise<FileKey> => {
    const found = await look();
    // Under the lock as when secrets are opened, so that nobody else makes one too.
    return keyOf(
      found.kind === "none" && place ? await ownLocks.whileWriting(real, () => place.make()) : found,
    );
  };
  return {
    async rekey(path, key, newKey) {
      const real = at(path);
      const [from, to] = [keySource(ports, real, key), keySource(ports, real, newKey)];
      const { place } = to;
      const old = await kept(real, from);
      if (!place || from.id !== to.id)
        return await rekeyFile(real, random, { do: "rekey", key: old, newKey: await keptOrMade(real, to) });
      // Of two at once, one would put its key in the place, and the other retire that key. No storage key is empty.
      await ownLocks.whileRefreshing(real, "", async () => {
        // The place holds one key: until the new one is there the file opens with both.
        const text = newKeyText(ports);
        const next = new FileKey("raw", new TextEncoder().encode(text));
        await rekeyFile(real, random, { do: "add", key: await kept(real, from), newKey: next });
        await place.replace(text);
        await rekeyFile(real, random, { do: "retire", key: next });
      });
    },
    async add(path, key, newKey) {
      const real = at(path);
      const old = await kept(real, keySource(ports, real, key));
      const next = await keptOrMade(real, keySource(ports, real, newKey));
      await rekeyFile(real, random, { do: "add", key: old, newKey: next });
    },
    async retire(path, key) {
      const real = at(path);
      await rekeyFile(real, random, { do: "retire", key: await kept(real, keySource(ports, real, key)) });
    },
  };
}

function keyOf(found: Found): FileKey {
  if (found.kind === "key") return found.key;
  throw new OAuthError(
    "HARN-OAU-010",
    `std/oauth/storage: there is no key: ${found.why}`,
    "Give the place that keeps the key.",
    { retryable: false, ...(found.kind === "unavailable" ? { cause: found.cause } : {}) },
  );
}
