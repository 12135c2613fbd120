/**
 * Where the key of a file comes from: it is given, or kept in the OS keychain or in a key file, where one can be made.
 *
 * @module
 */

import { resolve } from "node:path";
import type { Ports } from "../../../../runtime/ports.ts";
import type { FileKeyOption } from "../file-key-option.ts";
import { fileKeyOf } from "../file-key-option.ts";
import type { FileKey } from "../file/file-key.ts";
import { realStoragePath } from "../file/file-stores.ts";
import { replaceFile } from "../file/replace-file.ts";
import { nodeFileSystem } from "../file/file-system.ts";
import { closedOptions } from "../../options.ts";
import { invalidArgument, storageError } from "../storage-fault.ts";
import { makeKeyFile, readKeyFile } from "./key-file.ts";
import { type Keychain, KeychainError, probeKeychain } from "./keychain.ts";

/** A key as it is given, or the place that keeps it: the OS keychain, or a file with one line that only its owner may read. */
export type KeyOption = FileKeyOption | { readonly keychain: true } | { readonly keyFile: string };

/** What looking for a key gave. `why` says in our words why there is none, `cause` is what somebody else's code threw. */
export type Found =
  | { readonly kind: "key"; readonly key: FileKey }
  | { readonly kind: "none"; readonly why: string }
  | { readonly kind: "unavailable"; readonly why: string; readonly cause: unknown };

export interface KeySource {
  /** As in "the key comes from …". */
  readonly name: string;
  /** The same for two sources of the same place. */
  readonly id: string;
  /** Null for a key that is given: such a one cannot be made. */
  readonly place: KeyPlace | null;
  /** @throws HARN-OAU-010 when something is there that cannot be read or is no key: it must never count as none. */
  look(): Promise<Found>;
}

/** Where a key is kept. */
export interface KeyPlace {
  /** Keeps a new key, unless one is there by now; then answers that one. Unavailable: nothing was kept. */
  make(): Promise<Found>;
  /** Keeps another key in place of the one that is there. */
  replace(text: string): Promise<void>;
}

export type KeyPorts = Pick<Ports, "random"> & { readonly keychain: Keychain };

/**
 * The source for the key of the file at `path`, whose folders have no links.
 * @throws HARN-OAU-011 for an option that is none.
 */
export function keySource(ports: KeyPorts, path: string, option: KeyOption): KeySource {
  if (typeof option === "object" && option !== null && "keychain" in option) {
    closedOptions("storage", "key", option, ["keychain"]);
    const { keychain }: { keychain: unknown } = option;
    if (keychain !== true) throw invalidArgument("keychain must be true", "Leave it out for no keychain.");
    return keychainSource(ports, path);
  }
  if (typeof option === "object" && option !== null && "keyFile" in option) {
    closedOptions("storage", "key", option, ["keyFile"]);
    const { keyFile } = option;
    if (typeof keyFile !== "string" || keyFile === "" || keyFile.includes("\0"))
      throw invalidArgument("the keyFile must be a path", "Give the path of the key file.");
    return keyFileSource(ports, realStoragePath(resolve(keyFile)));
  }
  const key = fileKeyOf(option);
  const name = key.kind === "passphrase" ? "the passphrase" : "the key that was given";
  return { name, id: "given", place: null, look: async () => ({ kind: "key", key }) };
}

/** 32 random bytes as text, because keychains keep texts. */
export function newKeyText({ random }: Pick<KeyPorts, "random">): string {
  return Buffer.from(random.bytes(32)).toString("base64url");
}

/** The item is named for the file's path: each file has a key of its own, and the file's lock guards the making of it. */
function keychainSource(ports: KeyPorts, path: string): KeySource {
  const { keychain } = ports;
  const unavailable = (error: unknown): Found => {
    if (!(error instanceof KeychainError)) throw error;
    return { kind: "unavailable", why: error.message, cause: error.cause };
  };
  const look = async (): Promise<Found> => {
    let text: string | null;
    try {
      text = await keychain.read(path);
    } catch (error) {
      return unavailable(error);
    }
    if (text === null) return { kind: "none", why: "the OS keychain has no key for this file" };
    return { kind: "key", key: storedKey(text, "keychain_content") };
  };
  return {
    name: "the OS keychain",
    id: "keychain",
    look,
    place: {
      async make() {
        try {
          // Only now: a keychain that gives a key has shown that it keeps one.
          await probeKeychain(keychain, path);
          if ((await keychain.read(path)) === null) await keychain.write(path, newKeyText(ports));
        } catch (error) {
          return unavailable(error);
        }
        return await look();
      },
      async replace(text) {
        await keychain.write(path, text).catch((error: unknown) => {
          throw error instanceof KeychainError ? storageError("keychain_failed") : error;
        });
      },
    },
  };
}

function keyFileSource(ports: KeyPorts, path: string): KeySource {
  const unique = (): string => Buffer.from(ports.random.bytes(9)).toString("base64url");
  const look = async (): Promise<Found> => {
    const text = await readKeyFile(path);
    if (text === null) return { kind: "none", why: "the key file is not there" };
    return { kind: "key", key: storedKey(text, "key_file_content") };
  };
  return {
    name: "the key file",
    id: `file:${path}`,
    look,
    place: {
      async make() {
        await makeKeyFile(path, newKeyText(ports), unique());
        return await look();
      },
      async replace(text) {
        await replaceFile(nodeFileSystem, path, new TextEncoder().encode(`${text}\n`), unique());
      },
    },
  };
}

/** A key as it was kept. @throws HARN-OAU-010 when it is none. */
function storedKey(text: string, fault: "keychain_content" | "key_file_content"): FileKey {
  try {
    return fileKeyOf(text);
  } catch {
    throw storageError(fault);
  }
}
