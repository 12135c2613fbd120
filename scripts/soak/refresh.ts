/**
 * Very many refreshes by several processes that are killed, stopped and told to end, at a server that rotates refresh tokens and
 * damages answers: nothing is lost that could be kept.
 *
 * @module
 */

import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { OAuthError } from "../../stdlib/oauth/node.ts";
import { seededRandom } from "../../stdlib/oauth/redaction/catalogue/sample-token.test.support.ts";
import { type Accounts, keyOf, openAccounts, type StoragePlace } from "./refresh/accounts.ts";
import type { AnswerFault } from "./refresh/answer-faults.ts";
import { type DatabaseBlow, type SoakDatabase, startDatabase } from "./refresh/database.ts";
import { type Blow, Fleet } from "./refresh/fleet.ts";
import type { Reuse } from "./refresh/grants.ts";
import { judgeLoss, type Loss } from "./refresh/judge.ts";
import { type RotatingServer, startRotatingServer } from "./refresh/rotating-server.ts";

/** What is to be done. */
export interface RefreshSoak {
  /** The same seed gives the same choices; what processes make of them differs. */
  readonly seed: number;
  /** The server, and what the client is told of it: whether a spent refresh token works again for a while. */
  readonly reuse: "grace" | "strict";
  readonly storage: StoragePlace["kind"];
  readonly accounts: number;
  readonly workers: number;
  /** It is over when there were so many, and so many SIGKILLs. */
  readonly refreshes: number;
  /** SIGKILLs, SIGTERMs and SIGSTOPs, spread over the refreshes. */
  readonly blows: Readonly<Record<Blow, number>>;
  /** What is done to the database, spread over the refreshes; for the storage `postgres`. */
  readonly databaseBlows?: Readonly<Record<DatabaseBlow, number>>;
  /** The share of each kind of damaged answer. */
  readonly faultShare: number;
  /** It is also over after so many seconds. */
  readonly mostSeconds: number;
  readonly onProgress?: (refreshes: number) => void;
}

/** What came of it. */
export interface RefreshSoakResult {
  readonly refreshes: number;
  readonly blows: Readonly<Record<Blow, number>>;
  readonly databaseBlows: Readonly<Record<DatabaseBlow, number>> | null;
  readonly damaged: ReadonlyMap<AnswerFault, number>;
  /** Grants that the server ended. At a strict server those that are not `avoidable` are the price of its rule. */
  readonly losses: readonly Loss[];
  readonly overlaps: number;
  /** The first things that went wrong, one sentence each; empty when nothing did. */
  readonly faults: readonly string[];
  readonly seconds: number;
}

/** As long as the longest that a provider lets its customers choose. */
const graceSeconds = 60;
/** Twice the server's slowest work. */
const boundSeconds = 3;
/** Tokens of two seconds are due for a refresh after one. */
const expiresIn = 2;
const mostFaults = 20;
/** Longest delays of a blow after a commit, in ms: aimed at the process that the commit was for, and at any. */
const [aimedMs, anyMs] = [20, 200];
/** Longest time that a frozen process stands still, in ms. */
const freezeMs = 1_500;
/** Nothing at all happens for so long only when something hangs. */
const stallMs = 60_000;

/** Runs it. */
export async function soakRefresh(soak: RefreshSoak): Promise<RefreshSoakResult> {
  const key = randomBytes(32).toString("base64url");
  if (soak.storage === "postgres") {
    const database = await startDatabase(key);
    try {
      return await soakIn(database.place, database, soak);
    } finally {
      await database.close();
    }
  }
  const folder = mkdtempSync(join(tmpdir(), "holdfast-soak-"));
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  process.once("exit", remove);
  try {
    return await soakIn({ kind: soak.storage, folder, key }, null, soak);
  } finally {
    process.off("exit", remove);
    remove();
  }
}

async function soakIn(
  place: StoragePlace,
  database: SoakDatabase | null,
  soak: RefreshSoak,
): Promise<RefreshSoakResult> {
  const { seed, reuse, accounts, workers, faultShare } = soak;
  const began = performance.now();
  const faults: string[] = [];
  const fault = (text: string): void => void (faults.length < mostFaults && faults.push(text));
  const losses: Loss[] = [];
  const askedForConsent = new Set<number>();
  const random = seededRandom(seed);

  const server = await startRotatingServer({
    graceMs: reuse === "grace" ? graceSeconds * 1_000 : 0,
    faultShare,
    expiresIn,
    random: seededRandom(seed + 1),
    onCommit: ({ worker }) => strikeSometimes(worker),
  });
  const { books } = server;
  const plan = { accounts, server: server.origin, reuse, graceSeconds, boundSeconds, place };
  const own = await openAccounts(plan, 0);
  for (let account = 0; account < accounts; account += 1) await logIn(server, own, account);
  const fleet = new Fleet({
    workers,
    plan,
    seedOf: (worker) => seed + 1_000 + worker,
    onReport(report, worker) {
      if (report.kind === "consent_needed") askedForConsent.add(report.account);
      else fault(`worker ${worker}: ${report.what}`);
    },
  });

  function strikeDatabaseSometimes(): void {
    let drawn = random() * soak.refreshes;
    const { databaseBlows = { cut: 0, crash: 0 } } = soak;
    const blow = (["cut", "crash"] as const).find((each) => (drawn -= databaseBlows[each]) < 0);
    const [delay, choice] = [random(), random()];
    if (blow !== undefined) setTimeout(() => database?.strike(blow, choice), delay * aimedMs);
  }

  function strikeSometimes(asker: number): void {
    if (database !== null) strikeDatabaseSometimes();
    let drawn = random() * soak.refreshes;
    const blow = (["kill", "terminate", "freeze"] as const).find((each) => (drawn -= soak.blows[each]) < 0);
    if (blow === undefined) return;
    const isAimed = random() < 0.5;
    const [delay, choice, length] = [random(), random(), random()];
    setTimeout(
      () => {
        const targets = fleet.targets();
        const target = isAimed ? asker : targets[Math.floor(choice * targets.length)];
        if (target !== undefined) fleet.strike(target, blow, (0.1 + 0.9 * length) * freezeMs);
      },
      delay * (isAimed ? aimedMs : anyMs),
    );
  }

  /** Judges the grants that ended, and logs in again. */
  async function settle(): Promise<void> {
    for (const ended of books.reuses.splice(0)) {
      const loss = judgeLoss(ended, (number) => fleet.record(number));
      losses.push(loss);
      if (reuse === "grace" || loss.cause === "avoidable")
        fault(`account ${loss.account} was lost: ${loss.proof}`);
      judgeShown(ended.set);
      await logIn(server, own, loss.account);
    }
  }

  /** What was shown must have been durable first. */
  function judgeShown(stored: Reuse["set"]): void {
    for (const { grant } of books.shownButNotBefore(stored))
      fault(`account ${grant.account}: a token was shown that was not stored`);
  }

  let movedAt = began;
  for (let seen = 0; faults.length < mostFaults; ) {
    await sleep(50);
    const now = performance.now();
    await settle();
    if (books.refreshes > seen) {
      movedAt = now;
      seen = books.refreshes;
      soak.onProgress?.(seen);
    }
    if (now - movedAt > stallMs) fault(`nothing was refreshed for ${stallMs / 1_000} s`);
    if (now - movedAt > stallMs || now - began > soak.mostSeconds * 1_000) break;
    if (seen >= soak.refreshes && fleet.blows.kill >= soak.blows.kill) break;
  }
  await fleet.close();
  await server.calm();
  await database?.calm();
  await settle();

  // What is stored must be what the server accepts.
  for (let account = 0; account < accounts; account += 1) {
    const stored = await own.storageOf(account).get(keyOf(account));
    const set = books.findAccess(stored?.access_token ?? "");
    if (set === null) fault(`account ${account}: nothing is stored that the server issued`);
    else judgeShown(set);
    const ended = books.reuses.length;
    await lastRefresh(own, account).catch((error: unknown) => {
      // A loss, if it is one, is judged below.
      if (books.reuses.length === ended) fault(`account ${account}: the last refresh: ${String(error)}`);
    });
  }
  await settle();
  for (const account of askedForConsent) {
    if (!losses.some((loss) => loss.account === account))
      fault(`account ${account}: a worker was sent to log in although the grant is alive`);
  }
  // The server may hear late of the end of a request: of a killed process, or of one that gave it up and asks again.
  const overlaps = books.overlaps.filter(({ by, others }) =>
    others.some(({ worker }) => {
      const killedAt = fleet.record(worker)?.killedAt ?? Number.POSITIVE_INFINITY;
      return worker !== by.worker && killedAt > by.arrivedAt;
    }),
  );
  for (const { by, others } of overlaps) {
    const first = others.map(({ worker }) => worker).join(" and ");
    fault(`account ${by.set.grant.account}: worker ${by.worker} asked while ${first} was being answered`);
  }
  if (books.strangers > 0) fault(`${books.strangers} tokens were shown that are not of that account`);
  await own.oauth.close();
  await server.close();
  return {
    refreshes: books.refreshes,
    blows: fleet.blows,
    databaseBlows: database?.blows ?? null,
    damaged: server.damaged,
    losses,
    overlaps: overlaps.length,
    faults,
    seconds: (performance.now() - began) / 1_000,
  };
}

/** A refresh that is in doubt is not tried again before the server's bound is over. */
async function lastRefresh({ clients }: Accounts, account: number): Promise<void> {
  for (let tries = 0; ; tries += 1) {
    try {
      await clients[account]?.refresh();
      return;
    } catch (error) {
      if (!(error instanceof OAuthError && error.retryable) || tries > 4 * boundSeconds) throw error;
      await sleep(500);
    }
  }
}

/** Begins a new grant and stores its first tokens, as a login would. */
async function logIn({ books }: RotatingServer, own: Accounts, account: number): Promise<void> {
  const { access_token, refresh_token } = books.login(account);
  const issued_at_unix = Math.floor(Date.now() / 1_000);
  const set = {
    access_token,
    refresh_token,
    token_type: "Bearer",
    issued_at_unix,
    expires_in: expiresIn,
    expires_at_unix: issued_at_unix + expiresIn,
  };
  const store = async (): Promise<void> =>
    await own
      .storageOf(account)
      .set(keyOf(account), set)
      .catch(async (error: unknown) => {
        // The database was cut off, or is down.
        if (!(error instanceof OAuthError) || !error.retryable) throw error;
        await sleep(100);
        await store();
      });
  await store();
}
