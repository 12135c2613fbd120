/**
 * Reading a token file: the checks before its content counts.
 *
 * @module
 */

import type { BigIntStats } from "node:fs";
import type { Entry } from "../entry.ts";
import { storageError } from "../storage-fault.ts";
import { fileError, systemCode } from "./file-fault.ts";
import type { FileKey, Kdf } from "./file-key.ts";
import type { FileSystem } from "./file-system.ts";
import { openVersion1 } from "./format-1.ts";
import { magic, openEnvelope, readEnvelope, type StoreHeader } from "./format-2.ts";

/** The largest file that is read, and so the largest that is written. */
export const maxFileBytes: number = 64 * 1024 * 1024;

export interface Contents {
  readonly entries: ReadonlyMap<string, Entry>;
  /** Null for a version 1 file. */
  readonly header: StoreHeader | null;
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
 * Decrypts a file of any known version.
 * @throws HARN-OAU-010 for a wrong key, and for each kind of damage its own. Never answers part of a file.
 */
export async function decryptFile(bytes: Uint8Array, key: FileKey): Promise<Contents> {
  const text = strictUtf8(bytes);
  const start = `{"magic":"${magic}"`;
  // An empty file too: it is what a crash leaves of a file that was written in place.
  if (text !== null && text.length < start.length && start.startsWith(text)) throw storageError("truncated");
  const isOurs = text?.startsWith(start) ?? false;
  if (isOurs && !text?.endsWith("}\n")) throw storageError("truncated");
  const parsed = text === null ? null : parseObject(text);
  if (text === null || parsed === null) throw storageError(isOurs ? "damaged" : foreignFault(bytes));
  if (!isOurs) {
    if (!("nonce" in parsed && "ciphertext" in parsed)) throw storageError("not_a_store");
    if (parsed["version"] !== 1) throw storageError("unknown_version");
    const opened = openVersion1(parsed, key);
    if (!opened.ok) throw storageError(opened.fault);
    return { entries: opened.entries, header: null };
  }
  const read = readEnvelope(text, parsed);
  if (!read.ok) throw storageError(read.fault);
  const { envelope } = read;
  if (!isForKind(envelope.kdf, key)) throw storageError("wrong_key_kind");
  const opened = openEnvelope(envelope, await key.root(envelope.kdf));
  if (!opened.ok) throw storageError(opened.fault);
  const { kdf, store_id, counter } = envelope;
  return { entries: opened.entries, header: { kdf, store_id, counter } };
}

function isForKind(kdf: Kdf, key: FileKey): boolean {
  return (kdf.name === "hkdf-sha256") === (key.kind === "raw");
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
