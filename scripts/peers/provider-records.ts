/**
 * The authorization server's records in memory: sessions, grants, codes, tokens.
 *
 * @module
 */

import type { Adapter, AdapterPayload } from "oidc-provider";

/** One store for all kinds of record of one server. */
export class ProviderRecords {
  readonly #records = new Map<string, AdapterPayload>();
  readonly #graceSeconds: number;

  /** `graceSeconds`: how long a spent refresh token still works, as some vendors allow; 0 is strict. */
  constructor(graceSeconds: number) {
    this.#graceSeconds = graceSeconds;
  }

  /** The adapter for one kind of record. */
  adapter(kind: string): Adapter {
    const records = this.#records;
    const keyOf = (id: string): string => `${kind}:${id}`;
    const search = (matches: (payload: AdapterPayload) => boolean): Promise<AdapterPayload | undefined> => {
      for (const [key, payload] of records) {
        if (key.startsWith(`${kind}:`) && matches(payload)) return Promise.resolve({ ...payload });
      }
      return Promise.resolve(undefined);
    };
    return {
      upsert: (id, payload) => {
        records.set(keyOf(id), { ...payload });
        return Promise.resolve(undefined);
      },
      find: (id) => Promise.resolve(this.#shown(records.get(keyOf(id)))),
      findByUid: (uid) => search((payload) => payload.uid === uid),
      findByUserCode: (userCode) => search((payload) => payload.userCode === userCode),
      consume: (id) => {
        const payload = records.get(keyOf(id));
        if (payload) payload.consumed ??= seconds();
        return Promise.resolve(undefined);
      },
      destroy: (id) => {
        records.delete(keyOf(id));
        return Promise.resolve(undefined);
      },
      revokeByGrantId: (grantId) => {
        for (const [key, payload] of records) {
          if (key.startsWith(`${kind}:`) && payload.grantId === grantId) records.delete(key);
        }
        return Promise.resolve(undefined);
      },
    };
  }

  /** Within the grace period a spent token looks unspent. */
  #shown(payload: AdapterPayload | undefined): AdapterPayload | undefined {
    if (!payload) return undefined;
    const { consumed, ...unspent } = payload;
    const spentAt = typeof consumed === "number" ? consumed : null;
    if (spentAt !== null && seconds() - spentAt < this.#graceSeconds) return unspent;
    return { ...payload };
  }
}

function seconds(): number {
  return Math.floor(Date.now() / 1000);
}
