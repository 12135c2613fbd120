/**
 * The key under which a storage keeps an entry.
 *
 * @module
 */

import { invalidArgument } from "./storage-fault.ts";

/** Longest key, in bytes of UTF-8. */
export const maxKeyBytes = 512;

/**
 * The key as given: any non-empty text of at most 512 bytes in UTF-8. No normalisation, so two spellings are two keys.
 * @throws HARN-OAU-011 for anything else, lone surrogates included.
 */
export function storageKey(key: unknown): string {
  if (typeof key !== "string" || key === "") {
    throw invalidArgument("the key must be a non-empty string", "Give a key such as the provider's name.");
  }
  if (key.length > maxKeyBytes || Buffer.byteLength(key) > maxKeyBytes) {
    throw invalidArgument("the key is longer than 512 bytes", "Give a shorter key, or a hash of this one.");
  }
  // With the u flag a surrogate matches only when it stands alone.
  if (/[\uD800-\uDFFF]/u.test(key)) {
    throw invalidArgument("the key is not well-formed Unicode", "Give a key without lone surrogates.");
  }
  return key;
}
