/**
 * The key of a file as its user gives it.
 *
 * @module
 */

import type { Ports } from "../../../runtime/ports.ts";
import { closedOptions } from "../options.ts";
import { FileKey } from "./file/file-key.ts";
import { sealFailureReason, sealRefusal } from "./sealed-token-set.ts";
import { invalidArgument } from "./storage-fault.ts";

/** A file's key: 32 random bytes (16 or more), a random string of 16 bytes or more, or a passphrase. */
export type FileKeyOption = Uint8Array | string | { readonly passphrase: string };

/** Shortest raw key, in bytes. */
const minKeyBytes = 16;

/**
 * The key that is meant. `open` makes the text that counts of a text that is given.
 * @throws HARN-OAU-011 for anything but 16 bytes or more, a string of 16 bytes or more, or `{passphrase}`; what `open` throws.
 */
export function fileKeyOf(key: unknown, open: (text: string) => string = (text) => text): FileKey {
  if (key instanceof Uint8Array || typeof key === "string") {
    const bytes = typeof key === "string" ? textBytes(open(key)) : key;
    if (bytes.length >= minKeyBytes) return new FileKey("raw", bytes);
    throw invalidArgument(
      "the key is too short to be a random key",
      "Give 32 random bytes, or a passphrase as {passphrase}.",
    );
  }
  if (typeof key !== "object" || key === null || Array.isArray(key)) {
    throw invalidArgument("the key must be bytes, a string, or {passphrase}", "Give 32 random bytes.");
  }
  const { passphrase } = closedOptions("storage", "file", key, ["passphrase"]);
  if (typeof passphrase !== "string" || passphrase === "") {
    throw invalidArgument("the passphrase must be a non-empty string", "Give {passphrase} with the words.");
  }
  return new FileKey("passphrase", textBytes(open(passphrase)));
}

/**
 * A key as scripts give it, whose texts may be sealed environment values.
 * @throws HARN-OAU-011 as above; HARN-OAU-004 for a sealed value that is no environment value of this host.
 */
export function scriptFileKey({ seal }: Pick<Ports, "seal">, key: unknown): FileKey {
  return fileKeyOf(key, (text) => {
    try {
      return seal.open(text, { kind: "env" }).value;
    } catch (error) {
      const reason = sealFailureReason(error);
      throw reason === null ? error : sealRefusal(reason === "binding" ? "kind" : reason);
    }
  });
}

function textBytes(text: string): Uint8Array {
  // Different lone surrogates would all become the same bytes.
  if (/[\uD800-\uDFFF]/u.test(text)) {
    throw invalidArgument("the key is not well-formed Unicode", "Give the key as bytes.");
  }
  return new TextEncoder().encode(text);
}
