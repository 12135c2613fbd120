/**
 * Key slots: how each key of a file leads to the file's root key. The root is 32 random bytes; a slot holds it encrypted under
 * what `kdf` makes of a user's key. So two keys can open one file while a new key is rolled out, and a key is retired by
 * encrypting everything under a new root that has no slot for it.
 *
 * @module
 */

import { timingSafeEqual } from "node:crypto";
import { hkdf } from "@noble/hashes/hkdf.js";
import { sha256 } from "@noble/hashes/sha2.js";
import type { Random } from "../../../../runtime/ports.ts";
import type { StorageFault } from "../storage-fault.ts";
import { decryptGcm, encryptGcm } from "./aes-gcm.ts";
import { bytesOf, encode, label, utf8 } from "./encoding.ts";
import { type FileKey, type Kdf, scryptLimits } from "./file-key.ts";

export interface KeySlot {
  readonly kdf: Kdf;
  /** 8 bytes that name the key and tell nothing of it. */
  readonly id: Uint8Array;
  /** 32 bytes that tell a wrong key from damage, and commit the slot to one key. */
  readonly check: Uint8Array;
  /** The root and its tag, 48 bytes. */
  readonly wrapped: Uint8Array;
}

/** Two are enough for a roll-out; one more each for a recovery key and for a roll-out that was broken off. */
export const maxSlots = 4;

export type RootResult =
  | { readonly ok: true; readonly root: Uint8Array; readonly slot: KeySlot }
  | { readonly ok: false; readonly fault: StorageFault };

/** Makes the slot of a key. `store_id` keeps it in its file. */
export async function makeSlot(
  key: FileKey,
  root: Uint8Array,
  store_id: string,
  random: Random,
): Promise<KeySlot> {
  const kdf = key.newKdf(random.bytes(32));
  const wrapping = await key.wrappingKey(kdf);
  return {
    kdf,
    id: part(wrapping, "id", 8),
    check: part(wrapping, "check", 32),
    wrapped: encryptGcm(...sealing(wrapping, store_id), root),
  };
}

/** The root that a key leads to. Faults: `wrong_key`, `wrong_key_kind`, and `damaged` for a slot of this key that does not open. */
export async function openSlots(
  slots: readonly KeySlot[],
  key: FileKey,
  store_id: string,
): Promise<RootResult> {
  const ofKind = slots.filter(({ kdf }) => (kdf.name === "hkdf-sha256") === (key.kind === "raw"));
  for (const slot of ofKind) {
    const wrapping = await key.wrappingKey(slot.kdf);
    if (!timingSafeEqual(part(wrapping, "check", 32), slot.check)) continue;
    const root = decryptGcm(...sealing(wrapping, store_id), slot.wrapped);
    return root ? { ok: true, root, slot } : { ok: false, fault: "damaged" };
  }
  return { ok: false, fault: ofKind.length > 0 ? "wrong_key" : "wrong_key_kind" };
}

/** What stands in the header for a slot. */
export function slotMembers({ kdf, id, check, wrapped }: KeySlot): object {
  const { name, salt, ...cost } = kdf;
  const derivation = {
    name,
    salt: encode(salt),
    ...("n" in cost ? { n: cost.n, r: cost.r, p: cost.p } : {}),
  };
  return { kdf: derivation, id: encode(id), check: encode(check), wrapped: encode(wrapped) };
}

/** The slots of a header, null for what is none. Canonical spelling is checked on the whole file. */
export function readSlots(list: unknown): readonly KeySlot[] | null {
  if (!Array.isArray(list) || list.length === 0 || list.length > maxSlots) return null;
  const slots = (list as unknown[]).map(readSlot);
  return slots.every((slot) => slot !== null) ? slots : null;
}

/** True when a slot asks for more work or memory than any key may cost. */
export function isCostly({ kdf }: KeySlot): boolean {
  if (kdf.name !== "scrypt") return false;
  const { n, r, p } = kdf;
  return n > scryptLimits.n || r > scryptLimits.r || p > scryptLimits.p || 128 * n * r > scryptLimits.memory;
}

function readSlot(value: unknown): KeySlot | null {
  if (typeof value !== "object" || value === null) return null;
  const members = value as Readonly<Record<string, unknown>>;
  const kdf = readKdf(members["kdf"]);
  const id = bytesOf(members["id"], 8);
  const check = bytesOf(members["check"], 32);
  const wrapped = bytesOf(members["wrapped"], 48);
  return kdf && id && check && wrapped ? { kdf, id, check, wrapped } : null;
}

function readKdf(value: unknown): Kdf | null {
  if (typeof value !== "object" || value === null) return null;
  const { name, salt: text, n, r, p } = value as Record<string, unknown>;
  const salt = bytesOf(text, 32);
  if (!salt) return null;
  if (name === "hkdf-sha256") return { name, salt };
  const numbers = [n, r, p].every((member) => Number.isSafeInteger(member) && (member as number) >= 1);
  if (name !== "scrypt" || !numbers) return null;
  const cost = { n: n as number, r: r as number, p: p as number };
  return cost.n >= 2 && Number.isInteger(Math.log2(cost.n)) ? { name, salt, ...cost } : null;
}

function part(wrapping: Uint8Array, name: "id" | "check" | "wrap", length: number): Uint8Array {
  return hkdf(sha256, wrapping, undefined, utf8(`${label} ${name}`), length);
}

/** Key, nonce and data. The salt of a slot is new with each root, so its key encrypts one root only, and the nonce can be zero. */
function sealing(wrapping: Uint8Array, store_id: string): [Uint8Array, Uint8Array, Uint8Array] {
  return [part(wrapping, "wrap", 32), new Uint8Array(12), utf8(JSON.stringify([label, store_id]))];
}
