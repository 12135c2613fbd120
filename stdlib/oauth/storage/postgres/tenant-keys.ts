/**
 * The data keys of one tenant: made when first needed, unwrapped once, counted, and replaced before they wear out.
 *
 * @module
 */

import { createHmac, hkdfSync, type KeyObject, randomBytes } from "node:crypto";
import { type KeyWraps, secretKey, type WrappedKey } from "./key-wrap.ts";
import { postgresError } from "./postgres-fault.ts";
import type { Query } from "./statement.ts";

/** Values that one key may encrypt: random nonces of 96 bits must not meet (NIST SP 800-38D §8.3). */
const mostUses = 2 ** 32;
/** Uses that a process reserves at a time. */
const reserved = 2 ** 16;
/** A refresh asks three times for that of the same token. */
const mostMarks = 1_000;

export interface DataKey {
  readonly number: number;
  readonly key: KeyObject;
}

export class TenantKeys {
  readonly #query: Query;
  readonly #tenant: string;
  readonly #wraps: KeyWraps;
  #keys: ReadonlyMap<number, KeyObject> = new Map();
  #markKey: KeyObject | null = null;
  readonly #marks = new Map<string, Buffer>();
  #loading: Promise<void> | null = null;
  #left = 0;
  #reserving: Promise<void> | null = null;

  constructor(query: Query, tenant: string, wraps: KeyWraps) {
    this.#query = query;
    this.#tenant = tenant;
    this.#wraps = wraps;
  }

  /**
   * The key that encrypts the next value; the use is counted.
   * @throws HARN-OAU-010 when the keys cannot be read, unwrapped or made.
   */
  async forWriting(): Promise<DataKey> {
    while (this.#left <= 0) {
      this.#reserving ??= this.#reserve().finally(() => {
        this.#reserving = null;
      });
      await this.#reserving;
    }
    this.#left -= 1;
    return this.#newest();
  }

  /** The key of this number. Throws as {@link forWriting}, and when there is none. */
  async numbered(number: number): Promise<KeyObject> {
    if (!this.#keys.has(number)) await this.#load();
    const key = this.#keys.get(number);
    if (!key) throw postgresError("key_missing");
    return key;
  }

  /**
   * A keyed hash of a refresh token's hash, 16 bytes: it can be compared in the database and guessed by nobody. Every
   * host of the tenant answers the same, forever: the key comes from the first data key. Throws as {@link forWriting}.
   */
  async marker(): Promise<(refresh_hash: string | null) => Buffer | null> {
    if (this.#markKey === null && this.#keys.size === 0) await this.#loadOnce();
    const markKey = (this.#markKey ??= this.#deriveMarkKey());
    return (refresh_hash) => (refresh_hash === null ? null : this.#mark(markKey, refresh_hash));
  }

  #mark(markKey: KeyObject, refresh_hash: string): Buffer {
    const known = this.#marks.get(refresh_hash);
    if (known) return known;
    const mark = createHmac("sha256", markKey).update(refresh_hash).digest().subarray(0, 16);
    if (this.#marks.size === mostMarks) this.#marks.clear();
    this.#marks.set(refresh_hash, mark);
    return mark;
  }

  #deriveMarkKey(): KeyObject {
    const first = this.#keys.get(1);
    if (!first) throw postgresError("key_missing");
    return secretKey(Buffer.from(hkdfSync("sha256", first, "", "holdfast/postgres/mark/1", 32)));
  }

  async #reserve(): Promise<void> {
    if (this.#keys.size === 0) await this.#loadOnce();
    const { number } = this.#newest();
    const [row] = await this.#query("select holdfast.use_tenant_key($1, $2, $3) as total", [
      this.#tenant,
      number,
      reserved,
    ]);
    const { total } = row as { readonly total: string | null };
    if (total === null) throw postgresError("key_missing");
    if (Number(total) <= mostUses) this.#left = reserved;
    else await this.#make(number + 1);
  }

  /** All who come while the keys are unknown wait for one answer. */
  async #loadOnce(): Promise<void> {
    this.#loading ??= this.#loadOrMake().finally(() => {
      this.#loading = null;
    });
    await this.#loading;
  }

  async #loadOrMake(): Promise<void> {
    await this.#load();
    if (this.#keys.size === 0) await this.#make(1);
  }

  /** Of several hosts that make the same number, the first one's key stands. */
  async #make(number: number): Promise<void> {
    const bytes = randomBytes(32);
    const { kek_id, wrapped } = this.#wraps.wrap(this.#tenant, number, bytes);
    bytes.fill(0);
    await this.#query("select holdfast.add_tenant_key($1, $2, $3, $4)", [
      this.#tenant,
      number,
      kek_id,
      wrapped,
    ]);
    await this.#load();
  }

  async #load(): Promise<void> {
    const rows = (await this.#query("select * from holdfast.tenant_keys($1)", [
      this.#tenant,
    ])) as readonly WrappedKey[];
    // Of two that are under way, the one that was asked first may be answered last, and know less.
    const known = new Map(this.#keys);
    for (const row of rows) {
      if (!known.has(row.number)) known.set(row.number, secretKey(this.#wraps.unwrap(this.#tenant, row)));
    }
    this.#keys = known;
  }

  #newest(): DataKey {
    const number = Math.max(...this.#keys.keys());
    const key = this.#keys.get(number);
    if (!key) throw postgresError("key_missing");
    return { number, key };
  }
}
