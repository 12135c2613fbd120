/**
 * The rows of one database: reads, writes and intents that wait at the same time share a statement, whosever they are. The
 * functions of the schema work on each as its own tenant.
 *
 * @module
 */

import { Batch } from "./batch.ts";
import { isOfOne } from "./database-error.ts";
import type { EntryRow, SealedEntry } from "./entry-row.ts";
import type { Place } from "./place.ts";
import type { Query } from "./statement.ts";

/** Which tokens must be stored for a write to happen, as the database compares them. */
export interface RowLineage {
  readonly generation: string;
  readonly refresh_hash: Buffer | null;
}

export type RowChange = Place &
  (
    | { readonly mode: "any" | "absent"; readonly sealed: SealedEntry }
    | {
        readonly mode: "version";
        readonly old: { readonly generation: string; readonly version: number };
        readonly sealed: SealedEntry;
      }
    | { readonly mode: "remove" }
  );

/** What a refresh brought. */
export interface RowSuccessor extends Place {
  readonly old: RowLineage;
  readonly sealed: SealedEntry;
}

export interface IntentChange extends Place {
  readonly old: RowLineage & { readonly version: number };
  readonly version: number;
  readonly intent_hash: Buffer | null;
  readonly intent_started_at: number | null;
  /** The lease under which it is written; null for none. */
  readonly fence: string | null;
}

/** `other`: other tokens are stored, or the lease is lost. `moved`: the same tokens in another version of their entry. */
export type IntentVerdict = "wrote" | "other" | "moved";

export class EntryRows {
  readonly #reads: Batch<Place, EntryRow | null>;
  readonly #successors: Batch<RowSuccessor, boolean>;
  readonly #changes: Batch<RowChange, boolean>;
  readonly #intents: Batch<IntentChange, IntentVerdict>;

  constructor(query: Query) {
    const shared = <Item, Answer>(
      send: (query: Query, items: readonly Item[]) => Promise<readonly Answer[]>,
    ): Batch<Item, Answer> => new Batch((items) => send(query, items), isOfOne);
    this.#reads = shared(readRows);
    this.#successors = shared(storeSuccessors);
    this.#changes = shared(changeRows);
    this.#intents = shared(changeIntents);
  }

  /** What is stored, or null. Throws HARN-OAU-010, as do the others. */
  async read(place: Place): Promise<EntryRow | null> {
    return await this.#reads.run(place);
  }

  /** Whether it was stored. */
  async succeed(successor: RowSuccessor): Promise<boolean> {
    return await this.#successors.run(successor);
  }

  /** Whether it was done. */
  async change(change: RowChange): Promise<boolean> {
    return await this.#changes.run(change);
  }

  async changeIntent(intent: IntentChange): Promise<IntentVerdict> {
    return await this.#intents.run(intent);
  }
}

async function readRows(query: Query, places: readonly Place[]): Promise<readonly (EntryRow | null)[]> {
  const rows = await query("select * from holdfast.read_entries($1, $2, $3)", placesOf(places));
  const answers: (EntryRow | null)[] = places.map(() => null);
  for (const row of rows as readonly (EntryRow & { readonly n: string })[]) answers[Number(row.n) - 1] = row;
  return answers;
}

async function storeSuccessors(
  query: Query,
  successors: readonly RowSuccessor[],
): Promise<readonly boolean[]> {
  const [row] = await query(
    "select holdfast.write_successors($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,$13,$14,$15,$16) as verdicts",
    [
      ...placesOf(successors),
      successors.map(({ old }) => old.generation),
      successors.map(({ old }) => old.refresh_hash),
      ...columnsOf(successors.map(({ sealed }) => sealed)),
    ],
  );
  return (row as { readonly verdicts: readonly boolean[] }).verdicts;
}

async function changeRows(query: Query, changes: readonly RowChange[]): Promise<readonly boolean[]> {
  const [row] = await query(
    "select holdfast.write_entries($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,$13,$14,$15,$16,$17) as verdicts",
    [
      ...placesOf(changes),
      changes.map(({ mode }) => mode),
      changes.map((change) => (change.mode === "version" ? change.old.generation : null)),
      changes.map((change) => (change.mode === "version" ? change.old.version : null)),
      ...columnsOf(changes.map((change) => (change.mode === "remove" ? null : change.sealed))),
    ],
  );
  return (row as { readonly verdicts: readonly boolean[] }).verdicts;
}

async function changeIntents(
  query: Query,
  intents: readonly IntentChange[],
): Promise<readonly IntentVerdict[]> {
  const [row] = await query("select holdfast.write_intents($1,$2,$3,$4,$5,$6,$7,$8,$9,$10) as verdicts", [
    ...placesOf(intents),
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

function placesOf(places: readonly Place[]): unknown[] {
  return [places.map(({ tenant }) => tenant), places.map(({ scope }) => scope), places.map(({ key }) => key)];
}

/** In the order of the functions' parameters. */
function columnsOf(entries: readonly (SealedEntry | null)[]): unknown[] {
  const column = (name: keyof SealedEntry): unknown[] => entries.map((entry) => entry?.[name] ?? null);
  const ciphertexts = entries.map((entry) => entry?.ciphertext ?? Buffer.alloc(0));
  let next = 1;
  const starts = ciphertexts.map(({ length }) => (next += length) - length);
  return [
    column("generation"),
    column("version"),
    column("refresh_hash"),
    column("key_number"),
    Buffer.concat(ciphertexts),
    starts,
    ciphertexts.map(({ length }) => length),
    column("expires_in"),
    column("refresh_in"),
    column("intent_hash"),
    column("intent_started_at"),
  ];
}
