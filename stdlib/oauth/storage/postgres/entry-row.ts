/**
 * Entries as rows: the token set encrypted for its place, beside what the database compares.
 *
 * @module
 */

import { randomInt } from "node:crypto";
import type { Entry, EntryBinding, Intent } from "../entry.ts";
import { refreshHash } from "../lineage.ts";
import { isBornStale } from "../../staleness.ts";
import type { TokenSet } from "../../token-set.ts";
import { openAt, sealAt } from "./authenticated-parts.ts";
import type { Place } from "./place.ts";
import { postgresError } from "./postgres-fault.ts";
import type { TenantKeys } from "./tenant-keys.ts";

/** What the database answers. `pg` gives 64-bit numbers as text. */
export interface EntryRow {
  readonly generation: string;
  readonly version: string;
  readonly sealed_version: string;
  readonly key_number: number;
  readonly ciphertext: Uint8Array;
  readonly intent_hash: Uint8Array | null;
  readonly intent_started_at: string | null;
}

/** What is written. */
export interface SealedEntry {
  readonly generation: string;
  readonly version: number;
  readonly refresh_hash: Buffer | null;
  readonly key_number: number;
  readonly ciphertext: Buffer;
  /** Seconds from now on; null for never. */
  readonly expires_in: number | null;
  readonly refresh_in: number | null;
  readonly intent_hash: Buffer | null;
  readonly intent_started_at: number | null;
}

interface Content {
  readonly token_set: TokenSet;
  readonly ttl_seconds: number | null;
  readonly binding: EntryBinding | null;
  readonly updated_at_unix: number;
}

const format = 1;
/** In seconds. Scripts store any number, and the database knows no time that is much later. */
const longestLife = 1e10;
/** A provider whose tokens need a refresh when they arrive would else be asked without end. */
const bornStaleSeconds = 5;

/** @throws HARN-OAU-010 when the tenant's keys cannot be used. */
export async function sealEntry(keys: TenantKeys, place: Place, entry: Entry): Promise<SealedEntry> {
  const { token_set, ttl_seconds, binding, updated_at_unix, generation, version, intent } = entry;
  const mark = await keys.marker();
  const { number, key } = await keys.forWriting();
  const content: Content = { token_set, ttl_seconds, binding, updated_at_unix };
  const plaintext = Buffer.from(JSON.stringify(content));
  const sealed = sealAt(key, partsOf(place, generation, version, number), plaintext);
  plaintext.fill(0);
  return {
    generation,
    version,
    refresh_hash: mark(refreshHash(token_set.refresh_token)),
    key_number: number,
    ciphertext: Buffer.concat([Buffer.of(format), sealed]),
    ...lifeOf(entry),
    intent_hash: mark(intent?.refresh_hash ?? null),
    intent_started_at: intent?.started_at_unix ?? null,
  };
}

/** @throws HARN-OAU-010 for a row that was altered or moved, and when the tenant's keys cannot be used. */
export async function openEntry(keys: TenantKeys, place: Place, row: EntryRow): Promise<Entry> {
  const { generation, key_number, ciphertext } = row;
  const key = await keys.numbered(key_number);
  const parts = partsOf(place, generation, Number(row.sealed_version), key_number);
  const opened = ciphertext[0] === format ? openAt(key, parts, ciphertext.subarray(1)) : null;
  if (opened === null) throw postgresError("row_damaged");
  const { token_set, ttl_seconds, binding, updated_at_unix } = JSON.parse(opened.toString()) as Content;
  opened.fill(0);
  return {
    token_set,
    ttl_seconds,
    binding,
    generation,
    version: Number(row.version),
    updated_at_unix,
    intent: await intentOf(keys, token_set, row),
  };
}

/** The database knows a keyed hash only; it is that of the stored refresh token, or of one that nobody has any more. */
async function intentOf(keys: TenantKeys, token_set: TokenSet, row: EntryRow): Promise<Intent | null> {
  if (row.intent_hash === null) return null;
  const mark = await keys.marker();
  const stored = refreshHash(token_set.refresh_token) ?? "";
  const found = Buffer.from(row.intent_hash);
  return {
    refresh_hash: mark(stored)?.equals(found) ? stored : found.toString("base64url"),
    started_at_unix: Number(row.intent_started_at),
  };
}

/**
 * When a background refresh is due, as a share of the life: before callers would wait for it (`staleness.ts`), and not
 * for all at once that were stored at once.
 */
function refreshShare(): number {
  return randomInt(70_000, 75_000) / 100_000;
}

function partsOf(place: Place, generation: string, version: number, keyNumber: number): readonly string[] {
  const { tenant, scope, key } = place;
  return ["holdfast/postgres/token", tenant, scope, key, generation, String(version), String(keyNumber)];
}

/** Differences of times that one host wrote, so that its clock does not matter: the database adds its own. */
function lifeOf({ token_set, updated_at_unix }: Entry): Pick<SealedEntry, "expires_in" | "refresh_in"> {
  const { issued_at_unix, expires_in, expires_at_unix, refresh_token } = token_set;
  const issued = issued_at_unix ?? updated_at_unix;
  // A bare token set that somebody else's code stored: only its successor has a known age.
  if (issued === 0 && expires_at_unix !== undefined)
    return { expires_in: null, refresh_in: refresh_token === undefined ? null : 0 };
  const stated = expires_at_unix === undefined ? expires_in : expires_at_unix - issued;
  if (stated === undefined) return { expires_in: null, refresh_in: null };
  const life = Math.max(-longestLife, Math.min(stated, longestLife));
  const age = Math.min(Math.max(0, updated_at_unix - issued), longestLife);
  const soonest = isBornStale(token_set, 0) ? bornStaleSeconds : 0;
  return {
    expires_in: life - age,
    refresh_in: refresh_token === undefined ? null : Math.max(soonest, life * refreshShare() - age),
  };
}
