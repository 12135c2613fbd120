/**
 * The storages of the tenants that the background refresh works for: opened when first needed, and not all kept.
 *
 * @module
 */

import type { PostgresStorage } from "./postgres-storage.ts";

interface Opened {
  readonly storage: Promise<PostgresStorage>;
  users: number;
}

/** Storages that are kept open for nobody. */
const mostIdle = 1_000;

export class TenantStorages {
  readonly #open: (tenant: string) => Promise<PostgresStorage>;
  /** The one that was used last stands last. */
  readonly #opened = new Map<string, Opened>();

  constructor(open: (tenant: string) => Promise<PostgresStorage>) {
    this.#open = open;
  }

  /** Runs `work` with the storage of a tenant. Throws what opening it throws; the next caller then tries again. */
  async use<T>(tenant: string, work: (storage: PostgresStorage) => Promise<T>): Promise<T> {
    const opened = this.#opened.get(tenant) ?? { storage: this.#open(tenant), users: 0 };
    this.#opened.delete(tenant);
    this.#opened.set(tenant, opened);
    opened.users += 1;
    try {
      return await work(await opened.storage);
    } finally {
      opened.users -= 1;
      const failed = await opened.storage.then(
        () => false,
        () => true,
      );
      if (failed && this.#opened.get(tenant) === opened) this.#opened.delete(tenant);
      this.#closeIdle();
    }
  }

  /** Closes them all, after those that work. */
  async close(): Promise<void> {
    const all = [...this.#opened.values()];
    this.#opened.clear();
    await Promise.all(all.map(closeOne));
  }

  #closeIdle(): void {
    for (const [tenant, opened] of this.#opened) {
      if (this.#opened.size <= mostIdle) return;
      if (opened.users > 0) continue;
      this.#opened.delete(tenant);
      void closeOne(opened);
    }
  }
}

async function closeOne({ storage }: Opened): Promise<void> {
  await storage.then(
    (opened) => opened.close(),
    () => {}, // It never opened.
  );
}
