/**
 * The host's sealing keys: the first seals, every one opens, so that a key can be changed while old capsules still work.
 *
 * @module
 */

import { hkdfSync } from "node:crypto";
import { RunError } from "./run-error.ts";

/** What one sealing key is used as. The key itself is not kept. */
export interface SealingKey {
  /** Stands in clear in each capsule, so that opening finds the key. Two keys may share one. */
  readonly id: Uint8Array;
  readonly encryption: Uint8Array;
  readonly nonce: Uint8Array;
}

/** The key that seals, and all that open, which begin with it. */
export interface SealingKeys {
  readonly current: SealingKey;
  readonly all: readonly SealingKey[];
}

/**
 * Derives what each key is used as (HKDF-SHA-256, RFC 5869).
 * @throws HARN-RUN-015 for an empty list, a key that is not 32 bytes, and a key that is there twice.
 */
export function sealingKeysOf(given: readonly Uint8Array[]): SealingKeys {
  if (!Array.isArray(given) || given.length === 0) throw invalid("sealing keys are a list of at least one");
  const seen = new Set<string>();
  const all = given.map((key: unknown) => {
    if (!(key instanceof Uint8Array) || key.length !== 32) throw invalid("a sealing key must be 32 bytes");
    const bytes = Buffer.from(key).toString("base64");
    if (seen.has(bytes)) throw invalid("a sealing key is given twice");
    seen.add(bytes);
    return derived(key);
  });
  const [current] = all;
  if (current === undefined) throw invalid("sealing keys are a list of at least one");
  return { current, all };
}

function derived(key: Uint8Array): SealingKey {
  return {
    id: subkey(key, "key id", 4),
    encryption: subkey(key, "encryption", 32),
    nonce: subkey(key, "nonce", 32),
  };
}

function subkey(key: Uint8Array, purpose: string, length: number): Uint8Array {
  return new Uint8Array(hkdfSync("sha256", key, "", `holdfast sealed token v1 ${purpose}`, length));
}

function invalid(why: string): RunError {
  return new RunError("HARN-RUN-015", why, {
    hint: "Give a list of different keys of 32 random bytes: the first seals, all open.",
  });
}
