/**
 * The operating system's keychain, through the optional package `@napi-rs/keyring`: Keychain on macOS, Credential Manager on Windows,
 * the Secret Service on Linux.
 *
 * Only a file's key is kept there: items are small (2,560 bytes on Windows), and know neither locks nor compare-and-set.
 *
 * @module
 */

import { randomBytes } from "node:crypto";
import type * as Keyring from "@napi-rs/keyring";

/** What is asked of a keychain. Every call rejects with a {@link KeychainError} when the keychain does not answer. */
export interface Keychain {
  /** Null: there is no such item. */
  read(account: string): Promise<string | null>;
  write(account: string, secret: string): Promise<void>;
  /** That there is no such item is no error. */
  remove(account: string): Promise<void>;
}

/** The keychain cannot be used now. `message` is ours; `cause`, where there is one, is what the package said. */
export class KeychainError extends Error {
  override readonly name = "KeychainError";
}

const service = "holdfast";

/** How long the person may take to unlock it, in ms. */
const waitMs = 60_000;

// The other store of Linux, the kernel's, does not outlive a reboot: whoever kept a key there would lose it.
const options = { linux: { store: "secret-service" } } as const;

/** The keychain of this system. Whether it answers is seen at the first call. */
export const systemKeychain: Keychain = {
  read: (account) =>
    asked(async ({ AsyncEntry }, signal) => {
      const secret = await new AsyncEntry(service, account, options).getPassword(signal);
      return secret ?? null;
    }),
  write: (account, secret) =>
    asked(({ AsyncEntry }, signal) => new AsyncEntry(service, account, options).setPassword(secret, signal)),
  async remove(account) {
    await asked(({ AsyncEntry }, signal) => new AsyncEntry(service, account, options).deletePassword(signal));
  },
};

/**
 * Writes, reads and removes an item, so that a key is only trusted to a keychain that keeps it.
 * @throws KeychainError
 */
export async function probeKeychain(keychain: Keychain, account: string): Promise<void> {
  const probe = `${account} probe ${randomBytes(8).toString("hex")}`;
  await keychain.write(probe, probe);
  const found = await keychain.read(probe);
  await keychain.remove(probe);
  if (found !== probe) throw new KeychainError("the OS keychain does not give back what was written to it");
}

async function asked<T>(call: (keyring: typeof Keyring, signal: AbortSignal) => Promise<T>): Promise<T> {
  let keyring: typeof Keyring;
  try {
    keyring = await import("@napi-rs/keyring");
  } catch {
    throw new KeychainError(
      "the OS keychain needs the package @napi-rs/keyring, which is not installed or has no binary for this system",
    );
  }
  try {
    return await call(keyring, AbortSignal.timeout(waitMs));
  } catch (error) {
    throw new KeychainError("the OS keychain does not answer", { cause: error });
  }
}
