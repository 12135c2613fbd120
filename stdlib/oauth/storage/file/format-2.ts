/**
 * Format 2 of the token file: one canonical JSON text.
 *
 *     {"magic":"holdfast-token-store","version":2,"holds":"tokens","keys":[{"kdf":{…},"id":…,"check":…,"wrapped":…}],
 *      "store_id":…,"counter":…,"write_salt":…,"index":…,"entries":[…],"digest":…}⏎
 *
 * All bytes are base64url. Each of `keys` leads from one user's key to the root key (`key-slot.ts`). Each write has its own AES-256-GCM
 * key: HKDF-SHA-256 of the root with `write_salt`. With nonce 0 it encrypts the index: the list of [name, version,
 * generation, tag] of the entries, with the whole header as associated data; so no entry and no key can be added, left out or
 * moved. With nonce n it encrypts entry n, with [format, store id, name, version, generation] as associated data.
 * `digest` is SHA-256 of the text without it; it is no protection, it only tells damage from a wrong key.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { hkdf } from "@noble/hashes/hkdf.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { copyJson } from "../json-copy.ts";
import type { StorageFault } from "../storage-fault.ts";
import { decryptGcm, encryptGcm } from "./aes-gcm.ts";
import { bytesOf, encode, label, magic, utf8, version } from "./encoding.ts";
import { isCostly, type KeySlot, readSlots, slotMembers } from "./key-slot.ts";

/** What every entry has, whatever the file holds. */
export interface Row {
  readonly version: number;
  readonly generation: string;
}

/** Whose entries these are: of `file`, or of the host's secret store. */
export type Holds = "tokens" | "secrets";

/** What stays the same over the writes of one file, but for the counter. */
export interface StoreHeader {
  readonly holds: Holds;
  /** One or more; only `rekey` changes them. */
  readonly keys: readonly KeySlot[];
  /** 16 random bytes, base64url. */
  readonly store_id: string;
  /** Grows by one with each write. */
  readonly counter: number;
}

export interface Envelope extends StoreHeader {
  readonly write_salt: Uint8Array;
  /** The header's text, which is the index's associated data. */
  readonly header: string;
  readonly index: Uint8Array;
  readonly entries: readonly Uint8Array[];
}

export type EnvelopeResult =
  | { readonly ok: true; readonly envelope: Envelope }
  | { readonly ok: false; readonly fault: StorageFault };

export type EntriesResult<R extends Row> =
  | { readonly ok: true; readonly entries: ReadonlyMap<string, R> }
  | { readonly ok: false; readonly fault: StorageFault };

/** Reads the parsed file. `text` must be the one canonical text of what it says. Needs no key. */
export function readEnvelope(text: string, parsed: Readonly<Record<string, unknown>>): EnvelopeResult {
  if (parsed["version"] !== version) return { ok: false, fault: "unknown_version" };
  const damaged: EnvelopeResult = { ok: false, fault: "damaged" };
  const holds = parsed["holds"];
  const keys = readSlots(parsed["keys"]);
  const store_id = bytesOf(parsed["store_id"], 16);
  const counter = parsed["counter"];
  const write_salt = bytesOf(parsed["write_salt"], 32);
  const index = bytesOf(parsed["index"]);
  const list: unknown = parsed["entries"];
  if (!keys || !store_id || !write_salt || !index || !Array.isArray(list)) return damaged;
  if ((holds !== "tokens" && holds !== "secrets") || !Number.isSafeInteger(counter)) return damaged;
  const entries: Uint8Array[] = [];
  for (const item of list) {
    const ciphertext = bytesOf(item);
    if (!ciphertext) return damaged;
    entries.push(ciphertext);
  }
  const head = { holds, keys, store_id: encode(store_id), counter: counter as number } as const;
  const header = headerText(head, write_salt);
  // The one canonical text: no other spelling, order, space or member, and nothing twice.
  if (text !== fileText(header, index, entries)) return damaged;
  if (keys.some(isCostly)) return { ok: false, fault: "costly_key" };
  return { ok: true, envelope: { ...head, write_salt, header, index, entries } };
}

/** Decrypts an envelope with its root key. What `R` is, `holds` says. */
export function openEnvelope<R extends Row>(envelope: Envelope, root: Uint8Array): EntriesResult<R> {
  const damaged: EntriesResult<R> = { ok: false, fault: "damaged" };
  const key = writeKey(root, envelope.write_salt);
  const index = decrypt(key, 0, envelope.header, envelope.index);
  if (!Array.isArray(index) || index.length !== envelope.entries.length) return damaged;
  const entries = new Map<string, R>();
  for (const [n, row] of (index as IndexRow[]).entries()) {
    const ciphertext = envelope.entries[n];
    if (!ciphertext || encode(ciphertext.subarray(-16)) !== row[3]) return damaged;
    const entry = decrypt(key, n + 1, entryData(envelope.store_id, row[0], row[1], row[2]), ciphertext);
    if (entry === undefined) return damaged;
    entries.set(row[0], copyJson(entry, true) as unknown as R);
  }
  return { ok: true, entries };
}

/** The text of a file with these entries, encrypted under a fresh key. `write_salt`: 32 random bytes, new for each write. */
export function sealEnvelope(
  store: StoreHeader,
  root: Uint8Array,
  write_salt: Uint8Array,
  entries: ReadonlyMap<string, Row>,
): string {
  const header = headerText(store, write_salt);
  const key = writeKey(root, write_salt);
  const index: IndexRow[] = [];
  const sealed: Uint8Array[] = [];
  for (const [name, entry] of entries) {
    const data = entryData(store.store_id, name, entry.version, entry.generation);
    const ciphertext = encrypt(key, index.length + 1, data, entry);
    index.push([name, entry.version, entry.generation, encode(ciphertext.subarray(-16))]);
    sealed.push(ciphertext);
  }
  return fileText(header, encrypt(key, 0, header, index), sealed);
}

type IndexRow = readonly [name: string, version: number, generation: string, tag: string];

/** Without the closing brace, so that the rest of the file's members can follow. */
function headerText({ holds, keys, store_id, counter }: StoreHeader, write_salt: Uint8Array): string {
  const members = {
    magic,
    version,
    holds,
    keys: keys.map(slotMembers),
    store_id,
    counter,
    write_salt: encode(write_salt),
  };
  return JSON.stringify(members).slice(0, -1);
}

function fileText(header: string, index: Uint8Array, entries: readonly Uint8Array[]): string {
  const text = `${header},"index":"${encode(index)}","entries":${JSON.stringify(entries.map(encode))}`;
  return `${text},"digest":"${createHash("sha256").update(text, "utf8").digest("base64url")}"}\n`;
}

function entryData(store_id: string, name: string, entryVersion: number, generation: string): string {
  return JSON.stringify([label, store_id, name, entryVersion, generation]);
}

function writeKey(root: Uint8Array, write_salt: Uint8Array): Uint8Array {
  return hkdf(sha256, root, write_salt, utf8(`${label} write`), 32);
}

function nonce(n: number): Uint8Array {
  const bytes = new Uint8Array(12);
  new DataView(bytes.buffer).setUint32(8, n);
  return bytes;
}

function encrypt(key: Uint8Array, n: number, data: string, value: unknown): Uint8Array {
  return encryptGcm(key, nonce(n), utf8(data), utf8(JSON.stringify(value)));
}

function decrypt(key: Uint8Array, n: number, data: string, ciphertext: Uint8Array): unknown {
  const text = decryptGcm(key, nonce(n), utf8(data), ciphertext);
  if (!text) return undefined;
  try {
    return JSON.parse(new TextDecoder().decode(text));
  } catch {
    return undefined;
  }
}
