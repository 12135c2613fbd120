/**
 * A keychain that keeps its items in a folder, for machines that have none.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Keychain, KeychainError } from "./keychain.ts";

export interface FolderKeychain extends Keychain {
  /** While true, no call is answered. */
  locked: boolean;
  /** While true, what is written is gone at once. */
  forgetful: boolean;
  /** The calls that were made, as `read <account>`. */
  readonly calls: string[];
}

export function folderKeychain(folder: string): FolderKeychain {
  const file = (account: string): string => join(folder, createHash("sha256").update(account).digest("hex"));
  const call = (name: string, account: string): void => {
    keychain.calls.push(`${name} ${account}`);
    if (keychain.locked)
      throw new KeychainError("the OS keychain does not answer", { cause: new Error("it is\nlocked") });
  };
  const keychain: FolderKeychain = {
    locked: false,
    forgetful: false,
    calls: [],
    async read(account) {
      call("read", account);
      return await readFile(file(account), "utf8").catch(() => null);
    },
    async write(account, secret) {
      call("write", account);
      if (keychain.forgetful) return;
      await mkdir(folder, { recursive: true });
      await writeFile(file(account), secret);
    },
    async remove(account) {
      call("remove", account);
      await rm(file(account), { force: true });
    },
  };
  return keychain;
}
