/**
 * A process of its own that refreshes what is due, round after round: `node refresher-process.test.support.js <settings as JSON>`.
 * Writes `ready` when it begins, and ends when its standard input ends.
 *
 * @module
 */

import { setTimeout as wait } from "node:timers/promises";
import pg from "pg";
import { createOAuth } from "../../node.ts";
import { Refresher } from "./refresher.ts";
import { clientAt } from "./refreshers.test.support.ts";

export interface RefresherSettings {
  readonly app: pg.PoolConfig;
  readonly scheduler: pg.PoolConfig;
  readonly kek: string;
  readonly leaseMs: number;
  readonly origin: string;
  /** Says to the token endpoint who asks. */
  readonly worker: number;
}

const settings = JSON.parse(process.argv[2] ?? "") as RefresherSettings;
const [pool, scheduler] = [new pg.Pool(settings.app), new pg.Pool(settings.scheduler)];
const oauth = createOAuth();
const refresher = await Refresher.open(
  {
    oauth,
    pool,
    scheduler,
    keys: { current: { id: "first", key: Buffer.from(settings.kek, "hex") } },
    clientFor: () => clientAt(settings.origin, settings.worker),
  },
  { leaseMs: settings.leaseMs, waitMs: 60_000 },
);
let ending = false;
process.stdin.resume().once("end", () => (ending = true));
process.stdout.write("ready\n");
while (!ending) {
  await refresher.run({ number: 0, of: 1 });
  await wait(20);
}
await refresher.close();
await oauth.close();
await Promise.all([pool.end(), scheduler.end()]);
