/**
 * The background refresh as tasks of `graphile-worker`: a few ticks that repeat themselves, not one job per connection. Nothing
 * here imports the package.
 *
 * @module
 */

import { invalidArgument } from "../storage-fault.ts";
import { leaseTimes } from "./lease.ts";
import { type RefreshDueOptions, Refresher } from "./refresher.ts";

export interface RefreshTaskOptions extends RefreshDueOptions {
  /** Into how many parts the connections are divided, each with a job of its own. The same on all hosts. */
  readonly shards: number;
}

/** What a task needs of the helpers of graphile-worker. */
export interface RefreshJobHelpers {
  readonly abortSignal?: AbortSignal | undefined;
  query(text: string): Promise<{ readonly rows: readonly unknown[] }>;
  addJob(
    identifier: string,
    payload: unknown,
    spec: { readonly jobKey: string; readonly runAt: Date },
  ): Promise<unknown>;
}

/** The members `taskList` and `crontab` are options of graphile-worker's `run`. */
export interface RefreshTasks {
  readonly taskList: {
    readonly holdfast_refresh: (payload: unknown, helpers: RefreshJobHelpers) => Promise<void>;
  };
  /** Begins each shard every minute, also where a tick was lost with its host. */
  readonly crontab: string;
  /** Ends what the ticks opened. Stop the runner first. */
  readonly close: () => Promise<void>;
}

const task = "holdfast_refresh";
/** Longest time that a tick begins refreshes, in ms: then other jobs have their turn. */
const tickMs = 20_000;

/**
 * Makes the task and its crontab. A tick refreshes what is due of its shard and has itself run again a second later. A job holds the
 * shard's number and nothing else; one that is run twice finds nothing to do.
 * @throws HARN-OAU-011 for a number of shards that is no whole number from 1 to 1,000.
 */
export function postgresRefreshTasks({ shards, ...options }: RefreshTaskOptions): RefreshTasks {
  if (!Number.isInteger(shards) || shards < 1 || shards > 1_000) {
    throw invalidArgument("shards must be a whole number from 1 to 1000", "Start with one for each host.");
  }
  let opening: Promise<Refresher> | undefined;
  const opened = async (): Promise<Refresher> => {
    const current = (opening ??= Refresher.open(options, leaseTimes));
    try {
      return await current;
    } catch (error) {
      if (opening === current) opening = undefined;
      throw error;
    }
  };
  return {
    taskList: {
      async [task](payload, helpers) {
        const number = shardOf(payload, shards);
        // The number of shards has shrunk since.
        if (number === null) return;
        const ends = [AbortSignal.timeout(tickMs)];
        if (helpers.abortSignal) ends.push(helpers.abortSignal);
        await (await opened()).run({ number, of: shards }, AbortSignal.any(ends));
        if (helpers.abortSignal?.aborted) return;
        // The database's clock: that of the host may be wrong.
        const { rows } = await helpers.query("select clock_timestamp() + interval '1 second' as at");
        const { at } = rows[0] as { readonly at: Date };
        await helpers.addJob(task, { shard: number }, { jobKey: keyOf(number), runAt: at });
      },
    },
    crontab: Array.from(
      { length: shards },
      (_, shard) =>
        `* * * * * ${task} ?id=${task}_${shard}&jobKey=${keyOf(shard)}&jobKeyMode=replace {shard:${shard}}`,
    ).join("\n"),
    async close() {
      const current = opening;
      opening = undefined;
      await current?.then(
        (refresher) => refresher.close(),
        () => {}, // It never opened.
      );
    },
  };
}

function keyOf(shard: number): string {
  return `${task}:${shard}`;
}

/** Jobs are rows that anybody with rights may write. Null: there is no such shard. */
function shardOf(payload: unknown, shards: number): number | null {
  const { shard } = (payload ?? {}) as { readonly shard?: unknown };
  return typeof shard === "number" && Number.isInteger(shard) && shard >= 0 && shard < shards ? shard : null;
}
