/**
 * The entries of one scope of a tenant, as the client uses them.
 *
 * @module
 */

import type { Entry, EntryBinding, EntryStore, Lineage } from "../entry.ts";
import type { ScriptStore } from "../script-store.ts";
import { storageKey } from "../storage-key.ts";
import type { TokenSet } from "../../token-set.ts";
import { type EntryRow, openEntry, sealEntry } from "./entry-row.ts";
import type { Leases } from "./lease.ts";
import { keyText, type Place } from "./place.ts";
import type { TenantKeys } from "./tenant-keys.ts";
import type { EntryRows } from "./entry-rows.ts";

/** A tenant on one database. */
export interface TenantHouse {
  readonly tenant: string;
  readonly keys: TenantKeys;
  readonly rows: EntryRows;
  readonly leases: Leases;
}

/** What the row of a token set holds beside it: who changes none of that writes no ciphertext. */
interface Known {
  readonly key: string;
  readonly generation: string;
  version: number;
  readonly ttl_seconds: number | null;
  readonly binding: EntryBinding | null;
}

export class PostgresStore implements ScriptStore {
  readonly identity: string;
  readonly keepsEntries = true;
  readonly #house: TenantHouse;
  readonly #scope: string;
  readonly #known = new WeakMap<TokenSet, Known>();

  constructor(identity: string, house: TenantHouse, scope: string) {
    this.identity = identity;
    this.#house = house;
    this.#scope = scope;
  }

  /** Throws HARN-OAU-010, as do all of these, and HARN-OAU-011 for a key that is none. */
  async read(key: string): Promise<Entry | null> {
    const place = this.#place(key);
    return await this.#open(place, await this.#house.rows.read(place));
  }

  async write(key: string, entry: Entry, expected?: Lineage): Promise<boolean> {
    const place = this.#place(key);
    const { keys, rows } = this.#house;
    if (!expected)
      return await rows.change({ ...place, mode: "any", sealed: await sealEntry(keys, place, entry) });
    const mark = await keys.marker();
    const old = { generation: expected.generation, refresh_hash: mark(expected.refresh_hash) };
    const known = this.#known.get(entry.token_set);
    if (known && isIntentOnly(known, place.key, entry)) {
      const verdict = await rows.changeIntent({
        ...place,
        old: { ...old, version: known.version },
        version: entry.version,
        intent_hash: mark(entry.intent?.refresh_hash ?? null),
        intent_started_at: entry.intent?.started_at_unix ?? null,
        fence: this.#house.leases.fenceAt(place),
      });
      if (verdict === "wrote") known.version = entry.version;
      if (verdict !== "moved") return verdict === "wrote";
    }
    return await rows.succeed({ ...place, old, sealed: await sealEntry(keys, place, entry) });
  }

  async remove(key: string): Promise<void> {
    await this.#house.rows.change({ ...this.#place(key), mode: "remove" });
  }

  async replace(key: string, next: (current: Entry | null) => Entry): Promise<void> {
    const place = this.#place(key);
    const { keys, rows } = this.#house;
    for (;;) {
      const current = await this.#open(place, await rows.read(place));
      const sealed = await sealEntry(keys, place, next(current));
      const wrote = await rows.change(
        current === null
          ? { ...place, mode: "absent", sealed }
          : { ...place, mode: "version", old: current, sealed },
      );
      // Else somebody was faster, so that this ends.
      if (wrote) return;
    }
  }

  withRefreshLock: EntryStore["withRefreshLock"] = async (key, body) => {
    const place = this.#place(key);
    return await this.#house.leases.whileHeld(
      place,
      async ({ row }) => await body(row === undefined ? undefined : await this.#open(place, row)),
    );
  };

  #place(key: string): Place {
    return { tenant: this.#house.tenant, scope: this.#scope, key: keyText(storageKey(key)) };
  }

  async #open(place: Place, row: EntryRow | null): Promise<Entry | null> {
    if (row === null) return null;
    const entry = await openEntry(this.#house.keys, place, row);
    const { token_set, generation, version, ttl_seconds, binding } = entry;
    this.#known.set(token_set, { key: place.key, generation, version, ttl_seconds, binding });
    return entry;
  }
}

function isIntentOnly(known: Known, key: string, entry: Entry): boolean {
  return (
    known.key === key &&
    known.generation === entry.generation &&
    known.ttl_seconds === entry.ttl_seconds &&
    known.binding === entry.binding
  );
}
