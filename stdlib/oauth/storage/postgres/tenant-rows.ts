/**
 * The rows of one tenant: reads, writes and intents that wait at the same time share a statement.
 *
 * @module
 */

import { Batch } from "./batch.ts";
import type { EntryRow, SealedEntry } from "./entry-row.ts";
import type { Query } from "./statement.ts";

/** A place within the tenant. */
export interface RowPlace {
  readonly scope: string;
  /** See `keyText`. */
  readonly key: string;
}

/** Which tokens must be stored for a write to happen, as the database compares them. */
export interface RowLineage {
  readonly generation: string;
  readonly refresh_hash: Buffer | null;
}

export type RowChange = RowPlace &
  (
    | { readonly mode: "any" | "absent"; readonly sealed: SealedEntry }
    | { readonly mode: "lineage"; readonly old: RowLineage; readonly sealed: SealedEntry }
    | {
        readonly mode: "version";
        readonly old: { readonly generation: string; readonly version: number };
        readonly sealed: SealedEntry;
      }
    | { readonly mode: "remove" }
  );

export interface IntentChange extends RowPlace {
  readonly old: RowLineage & { readonly version: number };
  readonly version: number;
  readonly intent_hash: Buffer | null;
  readonly intent_started_at: number | null;
  /** The lease under which it is written; null for none. */
  readonly fence: string | null;
}

/** `other`: other tokens are stored, or the lease is lost. `moved`: the same tokens in another version of their entry. */
export type IntentVerdict = "wrote" | "other" | "moved";

export class TenantRows {
  readonly #reads: Batch<RowPlace, EntryRow | null>;
  readonly #changes: Batch<RowChange, boolean>;
  readonly #intents: Batch<IntentChange, IntentVerdict>;

  constructor(query: Query, tenant: string) {
    this.#reads = new Batch((places) => readRows(query, tenant, places));
    this.#changes = new Batch((changes) => changeRows(query, tenant, changes));
    this.#intents = new Batch((intents) => changeIntents(query, tenant, intents));
  }

  /** What is stored, or null. Throws HARN-OAU-010, as do the others. */
  async read(place: RowPlace): Promise<EntryRow | null> {
    return await this.#reads.run(place);
  }

  /** Whether it was done. */
  async change(change: RowChange): Promise<boolean> {
    return await this.#changes.run(change);
  }

  async changeIntent(intent: IntentChange): Promise<IntentVerdict> {
    return await this.#intents.run(intent);
  }
}

async function readRows(
  query: Query,
  tenant: string,
  places: readonly RowPlace[],
): Promise<(EntryRow | null)[]> {
  const rows = await query("select * from holdfast.read_entries($1, $2, $3)", [
    tenant,
    places.map(({ scope }) => scope),
    places.map(({ key }) => key),
  ]);
  const answers: (EntryRow | null)[] = places.map(() => null);
  for (const row of rows as readonly (EntryRow & { readonly n: string })[]) answers[Number(row.n) - 1] = row;
  return answers;
}

async function changeRows(
  query: Query,
  tenant: string,
  changes: readonly RowChange[],
): Promise<readonly boolean[]> {
  const sealed = <T>(of: (entry: SealedEntry) => T): (T | null)[] =>
    changes.map((change) => ("sealed" in change ? of(change.sealed) : null));
  const [row] = await query(
    "select holdfast.write_entries($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,$13,$14,$15,$16) as verdicts",
    [
      tenant,
      changes.map(({ scope }) => scope),
      changes.map(({ key }) => key),
      changes.map(({ mode }) => mode),
      changes.map((change) => ("old" in change ? change.old.generation : null)),
      changes.map((change) => (change.mode === "lineage" ? change.old.refresh_hash : null)),
      changes.map((change) => (change.mode === "version" ? change.old.version : null)),
      sealed(({ generation }) => generation),
      sealed(({ version }) => version),
      sealed(({ refresh_hash }) => refresh_hash),
      sealed(({ key_number }) => key_number),
      sealed(({ ciphertext }) => ciphertext),
      sealed(({ expires_in }) => expires_in),
      sealed(({ refresh_in }) => refresh_in),
      sealed(({ intent_hash }) => intent_hash),
      sealed(({ intent_started_at }) => intent_started_at),
    ],
  );
  return (row as { readonly verdicts: readonly boolean[] }).verdicts;
}

async function changeIntents(
  query: Query,
  tenant: string,
  intents: readonly IntentChange[],
): Promise<readonly IntentVerdict[]> {
  const [row] = await query("select holdfast.write_intents($1,$2,$3,$4,$5,$6,$7,$8,$9,$10) as verdicts", [
    tenant,
    intents.map(({ scope }) => scope),
    intents.map(({ key }) => key),
    intents.map(({ old }) => old.generation),
    intents.map(({ old }) => old.refresh_hash),
    intents.map(({ old }) => old.version),
    intents.map(({ version }) => version),
    intents.map(({ intent_hash }) => intent_hash),
    intents.map(({ intent_started_at }) => intent_started_at),
    intents.map(({ fence }) => fence),
  ]);
  return (row as { readonly verdicts: readonly IntentVerdict[] }).verdicts;
}
