/**
 * Format 2 of the token file: one canonical JSON text.
 *
 *     {"magic":"holdfast-token-store","version":2,"kdf":{…},"key_id":…,"key_check":…,"store_id":…,"counter":…,
 *      "write_salt":…,"index":…,"entries":[…],"digest":…}⏎
 *
 * All bytes are base64url. The root key comes from the user's key by `kdf`; `key_id` and `key_check` come from the root, and tell
 * a wrong key from a damaged file and commit the file to one key. Each write has its own AES-256-GCM key: HKDF-SHA-256
 * of the root with `write_salt`. With nonce 0 it encrypts the index: the list of [storage key, version, generation,
 * tag] of the entries, with the whole header as associated data; so no entry can be added, left out or moved. With
 * nonce n it encrypts entry n, with [format, store id, storage key, version, generation] as associated data. `digest` is
 * SHA-256 of the text without it; it is no protection, it only tells damage from a wrong key.
 *
 * @module
 */

import { createHash, timingSafeEqual } from "node:crypto";
import { gcm } from "@noble/ciphers/aes.js";
import { hkdf } from "@noble/hashes/hkdf.js";
import { sha256 } from "@noble/hashes/sha2.js";
import type { Entry } from "../entry.ts";
import { copyJson } from "../json-copy.ts";
import type { StorageFault } from "../storage-fault.ts";
import { type Kdf, scryptLimits } from "./file-key.ts";

export const magic = "holdfast-token-store";
const version = 2;

/** What stays the same over the writes of one file. */
export interface StoreHeader {
  readonly kdf: Kdf;
  /** 16 random bytes, base64url. */
  readonly store_id: string;
  /** Grows by one with each write. */
  readonly counter: number;
}

export interface Envelope extends StoreHeader {
  readonly key_check: Uint8Array;
  readonly write_salt: Uint8Array;
  /** The header's text, which is the index's associated data. */
  readonly header: string;
  readonly index: Uint8Array;
  readonly entries: readonly Uint8Array[];
}

export type EnvelopeResult =
  | { readonly ok: true; readonly envelope: Envelope }
  | { readonly ok: false; readonly fault: StorageFault };

export type EntriesResult =
  | { readonly ok: true; readonly entries: Map<string, Entry> }
  | { readonly ok: false; readonly fault: StorageFault };

/** Reads the parsed file. `text` must be the one canonical text of what it says. Needs no key. */
export function readEnvelope(text: string, parsed: Readonly<Record<string, unknown>>): EnvelopeResult {
  if (parsed["version"] !== version) return { ok: false, fault: "unknown_version" };
  const damaged: EnvelopeResult = { ok: false, fault: "damaged" };
  const kdf = readKdf(parsed["kdf"]);
  const key_id = bytesOf(parsed["key_id"], 8);
  const key_check = bytesOf(parsed["key_check"], 32);
  const store_id = bytesOf(parsed["store_id"], 16);
  const counter = parsed["counter"];
  const write_salt = bytesOf(parsed["write_salt"], 32);
  const index = bytesOf(parsed["index"]);
  const list: unknown = parsed["entries"];
  if (!kdf || !key_id || !key_check || !store_id || !write_salt || !index || !Array.isArray(list))
    return damaged;
  if (!Number.isSafeInteger(counter)) return damaged;
  const entries: Uint8Array[] = [];
  for (const item of list) {
    const ciphertext = bytesOf(item);
    if (!ciphertext) return damaged;
    entries.push(ciphertext);
  }
  const head = { kdf, store_id: encode(store_id), counter: counter as number };
  const header = headerText(head, key_id, key_check, write_salt);
  // The one canonical text: no other spelling, order, space or member, and nothing twice.
  if (text !== fileText(header, index, entries)) return damaged;
  if (kdf.name === "scrypt") {
    const { n, r, p } = kdf;
    const tooMuch =
      n > scryptLimits.n || r > scryptLimits.r || p > scryptLimits.p || 128 * n * r > scryptLimits.memory;
    if (tooMuch) return { ok: false, fault: "costly_key" };
  }
  return { ok: true, envelope: { ...head, key_check, write_salt, header, index, entries } };
}

/** Decrypts an envelope. */
export function openEnvelope(envelope: Envelope, root: Uint8Array): EntriesResult {
  if (!timingSafeEqual(subkey(root, "check", 32), envelope.key_check))
    return { ok: false, fault: "wrong_key" };
  const damaged: EntriesResult = { ok: false, fault: "damaged" };
  const key = writeKey(root, envelope.write_salt);
  const index = decrypt(key, 0, envelope.header, envelope.index);
  if (!Array.isArray(index) || index.length !== envelope.entries.length) return damaged;
  const entries = new Map<string, Entry>();
  for (const [n, row] of (index as IndexRow[]).entries()) {
    const ciphertext = envelope.entries[n];
    if (!ciphertext || encode(ciphertext.subarray(-16)) !== row[3]) return damaged;
    const entry = decrypt(key, n + 1, entryData(envelope.store_id, row[0], row[1], row[2]), ciphertext);
    if (entry === undefined) return damaged;
    entries.set(row[0], copyJson(entry, true) as unknown as Entry);
  }
  return { ok: true, entries };
}

/** The text of a file with these entries, encrypted under a fresh key. `write_salt`: 32 random bytes, new for each write. */
export function sealEnvelope(
  store: StoreHeader,
  root: Uint8Array,
  write_salt: Uint8Array,
  entries: ReadonlyMap<string, Entry>,
): string {
  const header = headerText(store, subkey(root, "id", 8), subkey(root, "check", 32), write_salt);
  const key = writeKey(root, write_salt);
  const index: IndexRow[] = [];
  const sealed: Uint8Array[] = [];
  for (const [storageKey, entry] of entries) {
    const data = entryData(store.store_id, storageKey, entry.version, entry.generation);
    const ciphertext = encrypt(key, index.length + 1, data, entry);
    index.push([storageKey, entry.version, entry.generation, encode(ciphertext.subarray(-16))]);
    sealed.push(ciphertext);
  }
  return fileText(header, encrypt(key, 0, header, index), sealed);
}

type IndexRow = readonly [key: string, version: number, generation: string, tag: string];

/** Without the closing brace, so that the rest of the file's members can follow. */
function headerText(
  store: StoreHeader,
  key_id: Uint8Array,
  key_check: Uint8Array,
  write_salt: Uint8Array,
): string {
  const { name, salt, ...cost } = store.kdf;
  const members = {
    magic,
    version,
    kdf: { name, salt: encode(salt), ...("n" in cost ? { n: cost.n, r: cost.r, p: cost.p } : {}) },
    key_id: encode(key_id),
    key_check: encode(key_check),
    store_id: store.store_id,
    counter: store.counter,
    write_salt: encode(write_salt),
  };
  return JSON.stringify(members).slice(0, -1);
}

function fileText(header: string, index: Uint8Array, entries: readonly Uint8Array[]): string {
  const text = `${header},"index":"${encode(index)}","entries":${JSON.stringify(entries.map(encode))}`;
  return `${text},"digest":"${createHash("sha256").update(text, "utf8").digest("base64url")}"}\n`;
}

function entryData(store_id: string, key: string, entryVersion: number, generation: string): string {
  return JSON.stringify([`${magic} ${version}`, store_id, key, entryVersion, generation]);
}

function readKdf(value: unknown): Kdf | null {
  if (typeof value !== "object" || value === null) return null;
  const { name, salt: text, n, r, p } = value as Record<string, unknown>;
  const salt = bytesOf(text, 32);
  if (!salt) return null;
  if (name === "hkdf-sha256") return { name, salt };
  const numbers = [n, r, p].every((part) => Number.isSafeInteger(part) && (part as number) >= 1);
  if (name !== "scrypt" || !numbers) return null;
  const cost = { n: n as number, r: r as number, p: p as number };
  return cost.n >= 2 && Number.isInteger(Math.log2(cost.n)) ? { name, salt, ...cost } : null;
}

function subkey(root: Uint8Array, label: "id" | "check", length: number): Uint8Array {
  return hkdf(sha256, root, undefined, utf8(`${magic} ${version} ${label}`), length);
}

function writeKey(root: Uint8Array, write_salt: Uint8Array): Uint8Array {
  return hkdf(sha256, root, write_salt, utf8(`${magic} ${version} write`), 32);
}

function nonce(n: number): Uint8Array {
  const bytes = new Uint8Array(12);
  new DataView(bytes.buffer).setUint32(8, n);
  return bytes;
}

function encrypt(key: Uint8Array, n: number, data: string, value: unknown): Uint8Array {
  return gcm(key, nonce(n), utf8(data)).encrypt(utf8(JSON.stringify(value)));
}

function decrypt(key: Uint8Array, n: number, data: string, ciphertext: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(gcm(key, nonce(n), utf8(data)).decrypt(ciphertext)));
  } catch {
    return undefined;
  }
}

/** The bytes of a base64url text, of this length when given. Canonical spelling is checked on the whole file. */
function bytesOf(text: unknown, length?: number): Uint8Array | null {
  if (typeof text !== "string" || !/^[\w-]*$/.test(text)) return null;
  const bytes = new Uint8Array(Buffer.from(text, "base64url"));
  return length === undefined || bytes.length === length ? bytes : null;
}

function encode(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("base64url");
}

function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
