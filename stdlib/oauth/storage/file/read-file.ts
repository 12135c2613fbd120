/**
 * Reading a token file: the checks before its content counts.
 *
 * @module
 */

import type { BigIntStats } from "node:fs";
import type { Entry } from "../entry.ts";
import { storageError } from "../storage-fault.ts";
import { fileError, systemCode } from "./file-fault.ts";
import { magic } from "./encoding.ts";
import type { FileKey } from "./file-key.ts";
import type { FileSystem } from "./file-system.ts";
import { openVersion1 } from "./format-1.ts";
import {
  type Envelope,
  type Holds,
  openEnvelope,
  readEnvelope,
  type Row,
  type StoreHeader,
} from "./format-2.ts";
import { type KeySlot, openSlots } from "./key-slot.ts";

/** The largest file that is read, and so the largest that is written. */
export const maxFileBytes: number = 64 * 1024 * 1024;

export interface Contents<R extends Row = Entry> {
  readonly entries: ReadonlyMap<string, R>;
  /** Null for a version 1 file. */
  readonly found: Opened | null;
}

/** What a key opened. */
export interface Opened {
  readonly header: StoreHeader;
  readonly root: Uint8Array;
  /** The slot of the key. */
  readonly slot: KeySlot;
}

/**
 * The bytes of the file with what the system says of it, null when there is no file.
 * @throws HARN-OAU-010 for a link, a foreign owner, no regular file, over 64 MiB, or when it cannot be read.
 */
export async function readBytes(
  fs: FileSystem,
  path: string,
): Promise<{ readonly bytes: Uint8Array; readonly stat: BigIntStats } | null> {
  try {
    // Where links cannot be refused at opening, this look does it.
    if (fs.look(path)?.isSymbolicLink()) throw storageError("symlink");
    const file = await fs.openToRead(path);
    try {
      const stat = await file.stat();
      if (!stat.isFile()) throw storageError("not_a_file");
      const user = process.geteuid?.();
      if (user !== undefined && stat.uid !== BigInt(user)) throw storageError("foreign_owner");
      if (stat.size > BigInt(maxFileBytes)) throw storageError("too_large");
      return { bytes: await file.readFile(), stat };
    } finally {
      await file.close();
    }
  } catch (error) {
    if (systemCode(error) === "ENOENT") return null;
    throw fileError(error, "read");
  }
}

/**
 * Decrypts a file of any known version that holds what is asked for.
 * @throws HARN-OAU-010 for a wrong key, and for each kind of damage its own. Never answers part of a file.
 */
export async function decryptFile<R extends Row = Entry>(
  bytes: Uint8Array,
  key: FileKey,
  holds: Holds = "tokens",
): Promise<Contents<R>> {
  const parsed = parseFile(bytes);
  if (parsed.version === 1) {
    if (holds !== "tokens") throw storageError("other_content");
    const opened = openVersion1(parsed.members, key);
    if (!opened.ok) throw storageError(opened.fault);
    return { entries: opened.entries as ReadonlyMap<string, Row> as ReadonlyMap<string, R>, found: null };
  }
  const { envelope } = parsed;
  const unlocked = await openSlots(envelope.keys, key, envelope.store_id);
  if (!unlocked.ok) throw storageError(unlocked.fault);
  const { root, slot } = unlocked;
  const opened = openEnvelope<R>(envelope, root);
  if (!opened.ok) throw storageError(opened.fault);
  if (envelope.holds !== holds) throw storageError("other_content");
  const { keys, store_id, counter } = envelope;
  return { entries: opened.entries, found: { header: { holds, keys, store_id, counter }, root, slot } };
}

export type ParsedFile =
  | { readonly version: 1; readonly members: Readonly<Record<string, unknown>> }
  | { readonly version: 2; readonly envelope: Envelope };

/**
 * What a file says without a key.
 * @throws HARN-OAU-010 for a file that is damaged, truncated, of an unknown version, or no store.
 */
export function parseFile(bytes: Uint8Array): ParsedFile {
  const text = strictUtf8(bytes);
  const start = `{"magic":"${magic}"`;
  // An empty file too: it is what a crash leaves of a file that was written in place.
  if (text !== null && text.length < start.length && start.startsWith(text)) throw storageError("truncated");
  const isOurs = text?.startsWith(start) ?? false;
  if (isOurs && !text?.endsWith("}\n")) throw storageError("truncated");
  const members = text === null ? null : parseObject(text);
  if (text === null || members === null) throw storageError(isOurs ? "damaged" : foreignFault(bytes));
  if (!isOurs) {
    if (!("nonce" in members && "ciphertext" in members)) throw storageError("not_a_store");
    if (members["version"] !== 1) throw storageError("unknown_version");
    return { version: 1, members };
  }
  const read = readEnvelope(text, members);
  if (!read.ok) throw storageError(read.fault);
  return { version: 2, envelope: read.envelope };
}

/** A file that begins like one of ours, or like JSON, was ours; anything else is someone else's file. */
function foreignFault(bytes: Uint8Array): "damaged" | "not_a_store" {
  return bytes[0] === 0x7b ? "damaged" : "not_a_store";
}

function strictUtf8(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return null;
  }
}

function parseObject(text: string): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : null;
  } catch {
    return null;
  }
}
