/**
 * Format 1: the files of the original library. Read only; the next write makes a file of format 2.
 *
 * JSON `{version: 1, nonce, ciphertext}`, both in standard base64 without padding. AES-256-GCM with a 12-byte nonce,
 * key by HKDF-SHA-256 without salt, the same label as HKDF info and as associated data. The plaintext is a JSON object:
 * storage key → `{token: TokenSet, ttl_seconds?}`.
 *
 * @module
 */

import type { TokenSet } from "../../token-set.ts";
import type { Entry } from "../entry.ts";
import { judgeTokenSet } from "../token-set-judge.ts";
import { decryptGcm } from "./aes-gcm.ts";
import type { FileKey } from "./file-key.ts";
import type { EntriesResult } from "./format-2.ts";

const label = new TextEncoder().encode("harn-oauth-storage-v1");

/** Decrypts a version 1 file. Its entries have no binding and an empty generation: nobody recorded where they came from. */
export function openVersion1(parsed: Readonly<Record<string, unknown>>, key: FileKey): EntriesResult<Entry> {
  const nonce = base64(parsed["nonce"]);
  const ciphertext = base64(parsed["ciphertext"]);
  if (!nonce || !ciphertext) return { ok: false, fault: "version_1_encoding" };
  if (nonce.length !== 12) return { ok: false, fault: "version_1_nonce" };
  const plaintext = decryptGcm(key.version1(label), nonce, label, ciphertext);
  if (!plaintext) return { ok: false, fault: "wrong_key_or_damaged" };
  const entries = readEntries(plaintext);
  return entries ? { ok: true, entries } : { ok: false, fault: "version_1_content" };
}

function readEntries(plaintext: Uint8Array): Map<string, Entry> | null {
  let map: unknown;
  try {
    map = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(plaintext));
  } catch {
    return null;
  }
  if (typeof map !== "object" || map === null || Array.isArray(map)) return null;
  const entries = new Map<string, Entry>();
  for (const [storageKey, value] of Object.entries(map) as [string, unknown][]) {
    if (typeof value !== "object" || value === null) return null;
    const { token, ttl_seconds } = value as Record<string, unknown>;
    const judged = judgeTokenSet(token);
    if (!judged.ok) return null;
    entries.set(storageKey, entryOf(judged.token_set, ttl_seconds));
  }
  return entries;
}

function entryOf(token_set: TokenSet, ttl_seconds: unknown): Entry {
  return Object.freeze({
    token_set,
    ttl_seconds: typeof ttl_seconds === "number" ? ttl_seconds : null,
    binding: null,
    generation: "",
    version: 1,
    updated_at_unix: token_set.issued_at_unix ?? 0,
    intent: null,
  });
}

function base64(text: unknown): Uint8Array | null {
  if (typeof text !== "string") return null;
  const bytes = Buffer.from(text, "base64");
  return bytes.toString("base64").replace(/=+$/, "") === text ? new Uint8Array(bytes) : null;
}
