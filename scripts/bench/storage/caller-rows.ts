/**
 * Very many callers, in several processes, who find one stale token.
 *
 * @module
 */

import { type ChildProcess, fork } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type AccountsPlan, keyOf, openAccounts } from "../../soak/refresh/accounts.ts";
import { startRotatingServer } from "../../soak/refresh/rotating-server.ts";
import type { GoalRow } from "../goal-row.ts";
import type { CallerTask } from "./caller-process.ts";
import { type StorageBench, tokenSet } from "./storage-bench.ts";

const processes = 4;
const callers = 10_000;

interface Outcome {
  readonly requests: number;
  readonly answered: number;
  readonly milliseconds: number;
}

/** The rows. */
export async function callerRows({ folder }: StorageBench): Promise<readonly GoalRow[]> {
  const ours = await askAtOnce(folder, "file");
  const theirs = await askAtOnce(folder, "last_write_wins");
  const alike = (value: number): { best: number; median: number } => ({ best: value, median: value });
  return [
    {
      what: `token requests for ${callers.toLocaleString("en")} callers in ${processes} processes, one stale token`,
      unit: "",
      goal: { most: 1 },
      ours: alike(ours.requests),
      note: `${ours.answered.toLocaleString("en")} answered within ${ours.milliseconds.toFixed(0)} ms`,
      beside: [
        {
          name: "the same without a lock between processes",
          figure: alike(theirs.requests),
          note: `our client over a plain store: one request for each process; ${theirs.answered.toLocaleString("en")} answered`,
        },
      ],
    },
    {
      what: "callers without an answer",
      unit: "",
      goal: { most: 0 },
      ours: alike(callers - ours.answered),
      beside: [],
    },
  ];
}

async function askAtOnce(parent: string, kind: "file" | "last_write_wins"): Promise<Outcome> {
  const server = await startRotatingServer({
    graceMs: 60_000,
    faultShare: 0,
    expiresIn: 3_600,
    random: Math.random,
  });
  const folder = mkdtempSync(join(parent, "callers-"));
  const plan: AccountsPlan = {
    accounts: 1,
    server: server.origin,
    reuse: "grace",
    graceSeconds: 60,
    boundSeconds: 60,
    place: { kind, folder, key: randomBytes(32).toString("base64url") },
  };
  const own = await openAccounts(plan, 0);
  const { access_token, refresh_token } = server.books.login(0);
  const issued_at_unix = Math.floor(Date.now() / 1_000) - 7_200;
  await own.storageOf(0).set(keyOf(0), {
    ...tokenSet(),
    access_token,
    refresh_token,
    issued_at_unix,
    expires_at_unix: issued_at_unix + 3_600,
  });
  const children = Array.from({ length: processes }, (_, number) => start(plan, number + 1));
  await Promise.all(children.map((child) => once(child, "message")));
  const began = performance.now();
  const counts = await Promise.all(
    children.map(async (child) => {
      child.send("go");
      const [answered] = (await once(child, "message")) as [number];
      return answered;
    }),
  );
  const milliseconds = performance.now() - began;
  await own.oauth.close();
  await server.close();
  return {
    requests: server.books.refreshes,
    answered: counts.reduce((sum, each) => sum + each, 0),
    milliseconds,
  };
}

function start(plan: AccountsPlan, number: number): ChildProcess {
  const task: CallerTask = { plan, number, callers: callers / processes };
  return fork(fileURLToPath(new URL("./caller-process.js", import.meta.url)), [JSON.stringify(task)]);
}
