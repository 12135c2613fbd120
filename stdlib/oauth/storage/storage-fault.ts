/**
 * What can go wrong with a storage, one row each: the thrown errors are made from this table.
 *
 * @module
 */

import { OAuthError } from "../errors.ts";

const faults = {
  wrong_key: [
    "the key is not the one that the file was written with",
    "Give the key that wrote this file; after a rekey, the new one.",
    false,
  ],
  wrong_key_kind: [
    "the file was written with the other kind of key (a raw key, or a passphrase)",
    "Give the raw key itself, or {passphrase}, as when the file was written.",
    false,
  ],
  wrong_key_or_damaged: [
    "the version 1 file could not be decrypted: the key is not the one that wrote it, or the file is damaged",
    "Give the key that wrote this file, or restore the file from a backup.",
    false,
  ],
  other_content: [
    "the file holds something else: tokens where secrets are asked for, or secrets where tokens are",
    "Name another path; a token file and the host's secrets are two files.",
    false,
  ],
  too_many_keys: [
    "the file has as many keys as it can hold",
    "Retire the keys that are no longer used, then add this one.",
    false,
  ],
  key_file_open: [
    "the key file may be read or written by other users",
    "Take their rights away (chmod 600), and think of the key as known to them.",
    false,
  ],
  key_file_content: [
    "the key file holds no key",
    "It holds one line, the key: 32 random bytes in base64url, or other text of 16 bytes or more.",
    false,
  ],
  keychain_content: [
    "the OS keychain's item for this file is no key",
    "Find out who changed the item, and put the key back; without it the file cannot be opened.",
    false,
  ],
  keychain_failed: ["the OS keychain did not keep the new key", "Unlock the keychain, and try again.", true],
  no_file: ["there is no file at this path", "Name the file; one that is not there has no key yet.", false],
  damaged: ["the file is damaged", "Restore the file from a backup, or delete it and log in again.", false],
  truncated: [
    "the file is truncated",
    "Restore the file from a backup, or delete it and log in again.",
    false,
  ],
  not_a_store: ["the file is not a token store", "Name another path; nothing was changed.", false],
  unknown_version: [
    "the file has a format version that is not known here",
    "Use the release that wrote the file, or a newer one.",
    false,
  ],
  version_1_encoding: [
    "the version 1 file holds a nonce or ciphertext that is not base64",
    "Restore the file from a backup, or delete it and log in again.",
    false,
  ],
  version_1_nonce: [
    "the version 1 file holds a nonce that is not 12 bytes long",
    "Restore the file from a backup, or delete it and log in again.",
    false,
  ],
  version_1_content: [
    "the version 1 file decrypts to something that is no map of token sets",
    "Restore the file from a backup, or delete it and log in again.",
    false,
  ],
  costly_key: [
    "the file asks for a key derivation over the limit of this release",
    "Restore the file from a backup, or delete it and log in again.",
    false,
  ],
  rollback: [
    "the file is older than what this process has seen of it: an earlier copy was put in its place",
    "Find out who restored the file; delete it and log in again if its tokens are no longer good.",
    false,
  ],
  too_large: [
    "the file is over 64 MiB",
    "Keep fewer entries in one file; about 1,000 is a good limit.",
    false,
  ],
  symlink: ["the path is a symbolic link, which is refused", "Name the file itself.", false],
  foreign_owner: [
    "the file belongs to another user, which is refused",
    "Name a file of the user that runs this process.",
    false,
  ],
  not_a_file: ["the path is not a regular file", "Name a path for a file.", false],
  moved: [
    "the folder of the file is no longer where it was when the storage was made",
    "Make the storage again.",
    false,
  ],
  unreadable: [
    "the file may not be read by this process",
    "Give this user the right to read the file and to search its folder.",
    false,
  ],
  unwritable: [
    "the folder of the file may not be written by this process",
    "Give this user the right to write to the folder; new versions of the file are made beside it.",
    false,
  ],
  read_only: ["the file system is read-only", "Name a path on a file system that can be written.", false],
  no_space: [
    "there is no space left for the file",
    "Free some space; the stored tokens are unchanged.",
    true,
  ],
  not_a_folder: [
    "a part of the path is not a folder",
    "Name a path whose folders exist or can be made.",
    false,
  ],
  long_name: ["the path is too long", "Name a shorter path.", false],
  too_many_open: ["too many files are open in this process", "Try again.", true],
  device: ["the device reported an error", "Look at the system's log, and try again.", true],
  read_failed: ["the file could not be read", "Try again.", true],
  write_failed: ["the file could not be written; the stored tokens are unchanged", "Try again.", true],
  not_durable: [
    "the file was written, but the system did not confirm that it would survive a crash",
    "Look at the system's log, and try again.",
    true,
  ],
  lock_timeout: [
    "another holder kept the lock of this key for over 60 seconds",
    "Try again when the other call is done.",
    true,
  ],
  lock_process: [
    "another process kept a lock of the file for over 60 seconds",
    "Try again when the other process is done.",
    true,
  ],
  lock_mechanism: [
    "other processes lock the file with a mechanism that this one does not use",
    "Give all processes of the file the same packages: install fs-native-extensions beside holdfast.",
    false,
  ],
  lock_failed: ["the lock between processes could not be made", "Try again.", true],
  no_lock: [
    "this system has no lock between processes",
    "Install the package fs-native-extensions beside holdfast.",
    false,
  ],
  lock_reentered: [
    "the lock of this key is already held by the call that asks for it",
    "Do not use the same key from inside its own with_refresh_lock body.",
    false,
  ],
  custom_value: [
    "the custom storage's get returned something that is no token set",
    "Return null, or the object that set was given.",
    false,
  ],
  custom_reentered: [
    "a function of the custom storage asked the storage that is waiting for its answer",
    "Do not use the storage, or a client over it, from inside its own functions.",
    false,
  ],
  custom_lock: [
    "the custom storage's with_refresh_lock ended without running the body",
    "Call the body that with_refresh_lock is given, and wait for it.",
    false,
  ],
  host_failed: [
    "the host's storage failed",
    "Try again; the host's operator finds the reason in its events.",
    true,
  ],
  host_slow: ["the host's storage did not answer in time", "Try again.", true],
  host_value: [
    "the host's storage answered something that is no token set",
    "Have the capability answer null, or the token set that it was given.",
    false,
  ],
  host_verdict: [
    "the host's cloud_compare_and_set answered neither true nor false",
    "Have it answer true when it wrote and false when something else is stored.",
    false,
  ],
  lease_refused: [
    "the host did not give the refresh lock of this key",
    "Try again when its present holder is done.",
    true,
  ],
  secret_not_json: [
    "the secret is not JSON",
    "Name a secret that holds a token set as a JSON object, or nothing.",
    false,
  ],
  secret_foreign: [
    "the secret holds something that is no token set, and is left as it is",
    "Name a secret that holds a token set as a JSON object, or nothing.",
    false,
  ],
} as const;

export type StorageFault = keyof typeof faults;

/** The error of a fault: HARN-OAU-010, retryable or not as the table says, unless the caller knows better. */
export function storageError(fault: StorageFault, retryable: boolean = faults[fault][2]): OAuthError {
  const [message, hint] = faults[fault];
  return new OAuthError("HARN-OAU-010", `std/oauth/storage: ${message}`, hint, { retryable });
}

/** The error of an argument that cannot be used: HARN-OAU-011. */
export function invalidArgument(message: string, hint: string): OAuthError {
  return new OAuthError("HARN-OAU-011", `std/oauth/storage: ${message}`, hint);
}
