/**
 * Data keys, wrapped with a key-encryption key that the embedder keeps outside of the database.
 *
 * @module
 */

import { createSecretKey, hkdfSync, type KeyObject, timingSafeEqual } from "node:crypto";
import { invalidArgument } from "../storage-fault.ts";
import { openAt, sealAt } from "./authenticated-parts.ts";
import { postgresError } from "./postgres-fault.ts";

/** A key-encryption key. The id stands in clear beside what it wrapped. */
export interface KeyEncryptionKey {
  readonly id: string;
  /** 32 random bytes. */
  readonly key: Uint8Array;
}

export interface KeyEncryptionKeys {
  /** Wraps new data keys. */
  readonly current: KeyEncryptionKey;
  /** Former keys, as long as data keys are wrapped with them (see `rewrapKeys`). */
  readonly others?: readonly KeyEncryptionKey[];
}

export interface WrappedKey {
  readonly number: number;
  readonly kek_id: string;
  readonly wrapped: Uint8Array;
}

interface Wrapper {
  readonly key: KeyObject;
  /** Tells a wrong key from a damaged one, and commits to the key, which the cipher does not. */
  readonly check: Buffer;
}

const format = 1;
const checkBytes = 16;

/** The key-encryption keys that a host has, by id. */
export class KeyWraps {
  readonly currentId: string;
  readonly #wrappers = new Map<string, Wrapper>();

  /** @throws HARN-OAU-011 for a key that is not 32 bytes long, an empty id, and an id that two keys have. */
  constructor({ current, others = [] }: KeyEncryptionKeys) {
    this.currentId = current.id;
    for (const { id, key } of [current, ...others]) {
      if (typeof id !== "string" || id === "" || id.includes("\0") || this.#wrappers.has(id)) {
        throw invalidArgument("each key of keys needs an id of its own", "Name the keys: {id, key}.");
      }
      if (!(key instanceof Uint8Array) || key.length !== 32) {
        throw invalidArgument("each key of keys must be 32 bytes", "Give 32 random bytes.");
      }
      const derive = (use: string, length: number): Buffer =>
        Buffer.from(hkdfSync("sha256", key, "", `holdfast/postgres/${use}/1`, length));
      this.#wrappers.set(id, { key: secretKey(derive("wrap", 32)), check: derive("check", checkBytes) });
    }
  }

  /** Wraps a data key for its tenant and number with the current key. */
  wrap(tenant: string, number: number, dataKey: Uint8Array): WrappedKey {
    const { key, check } = this.#wrapper(this.currentId);
    const sealed = sealAt(key, place(tenant, number), dataKey);
    return { number, kek_id: this.currentId, wrapped: Buffer.concat([Buffer.of(format), check, sealed]) };
  }

  /**
   * The data key's bytes, which the caller wipes.
   * @throws HARN-OAU-010 when its key was not given, is another one, or the wrapped key is damaged or moved.
   */
  unwrap(tenant: string, { number, kek_id, wrapped }: WrappedKey): Buffer {
    const { key, check } = this.#wrapper(kek_id);
    const end = 1 + checkBytes;
    if (wrapped[0] !== format || wrapped.length < end) throw postgresError("key_damaged");
    if (!timingSafeEqual(wrapped.subarray(1, end), check)) throw postgresError("kek_wrong");
    const opened = openAt(key, place(tenant, number), wrapped.subarray(end));
    if (opened === null) throw postgresError("key_damaged");
    return opened;
  }

  #wrapper(id: string): Wrapper {
    const wrapper = this.#wrappers.get(id);
    if (!wrapper) throw postgresError("kek_unknown");
    return wrapper;
  }
}

/** The key as an object that does not show its bytes; they are wiped. */
export function secretKey(bytes: Buffer): KeyObject {
  const key = createSecretKey(bytes);
  bytes.fill(0);
  return key;
}

function place(tenant: string, number: number): readonly string[] {
  return ["holdfast/postgres/tenant-key", tenant, String(number)];
}
