/**
 * The key of a file store: raw bytes, or a passphrase.
 *
 * @module
 */

import { scrypt, timingSafeEqual } from "node:crypto";
import { hkdf } from "@noble/hashes/hkdf.js";
import { sha256 } from "@noble/hashes/sha2.js";

/** How the key that encrypts a file's root comes from the key that its user gives. Stands in the file's header. */
export type Kdf =
  | { readonly name: "hkdf-sha256"; readonly salt: Uint8Array }
  | {
      readonly name: "scrypt";
      readonly salt: Uint8Array;
      readonly n: number;
      readonly r: number;
      readonly p: number;
    };

/** What is accepted from a file, whose writer may be anyone. `memory` is 128·n·r bytes. */
export const scryptLimits: {
  readonly n: number;
  readonly r: number;
  readonly p: number;
  readonly memory: number;
} = {
  n: 2 ** 20,
  r: 16,
  p: 4,
  memory: 512 * 1024 * 1024,
};

/** Cost for new files: 128 MiB and about 0.4 s. */
const newScrypt = { n: 2 ** 17, r: 8, p: 1 } as const;

export type KeyKind = "raw" | "passphrase";

/** A key. Its bytes are private: printing it shows none of them. */
export class FileKey {
  readonly kind: KeyKind;
  readonly #material: Uint8Array;
  /** By KDF, because scrypt is slow on purpose. */
  readonly #derived = new Map<string, Promise<Uint8Array>>();

  constructor(kind: KeyKind, material: Uint8Array) {
    this.kind = kind;
    this.#material = Uint8Array.from(material);
  }

  equals(other: FileKey): boolean {
    const [mine, theirs] = [this.#material, other.#material];
    return this.kind === other.kind && mine.length === theirs.length && timingSafeEqual(mine, theirs);
  }

  /** The KDF that a new slot of this key gets. */
  newKdf(salt: Uint8Array): Kdf {
    return this.kind === "raw" ? { name: "hkdf-sha256", salt } : { name: "scrypt", salt, ...newScrypt };
  }

  /** The 32-byte key of a slot. The KDF must be of this key's kind and within the limits. */
  wrappingKey(kdf: Kdf): Promise<Uint8Array> {
    const id = JSON.stringify({ ...kdf, salt: Buffer.from(kdf.salt).toString("base64url") });
    let derived = this.#derived.get(id);
    if (!derived) {
      if (this.#derived.size >= 8) this.#derived.clear();
      derived = this.#derive(kdf);
      this.#derived.set(id, derived);
      derived.catch(() => this.#derived.delete(id));
    }
    return derived;
  }

  /** The key of a version 1 file: HKDF-SHA-256 without salt. */
  version1(label: Uint8Array): Uint8Array {
    return hkdf(sha256, this.#material, undefined, label, 32);
  }

  async #derive(kdf: Kdf): Promise<Uint8Array> {
    const label = new TextEncoder().encode("holdfast-token-store key");
    if (kdf.name === "hkdf-sha256") return hkdf(sha256, this.#material, kdf.salt, label, 32);
    const { salt, n, r, p } = kdf;
    return await new Promise((resolve, reject) => {
      const maxmem = 128 * r * (n + p + 2) + 2 ** 20;
      scrypt(this.#material, salt, 32, { N: n, r, p, maxmem }, (error, key) =>
        error ? reject(error) : resolve(new Uint8Array(key)),
      );
    });
  }
}
