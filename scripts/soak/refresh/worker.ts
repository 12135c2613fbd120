/**
 * One process of the soak: asks for the tokens of all accounts, over and over, until it is told to end or killed.
 *
 * Its one argument is a {@link WorkerTask} as JSON. It tells its parent what went wrong. On SIGTERM it takes no new work, lets
 * refreshes that are on their way end, and exits with 0.
 *
 * @module
 */

import { setTimeout as sleep } from "node:timers/promises";
import { OAuthError } from "../../../stdlib/oauth/node.ts";
import { seededRandom } from "../../../stdlib/oauth/redaction/catalogue/sample-token.test.support.ts";
import { type AccountsPlan, openAccounts } from "./accounts.ts";

export interface WorkerTask {
  /** Says to the server who asks. */
  readonly number: number;
  readonly seed: number;
  readonly plan: AccountsPlan;
}

/** What a worker tells its parent. */
export type WorkerReport =
  /** The account must log in again (HARN-OAU-002). */
  | { readonly kind: "consent_needed"; readonly account: number }
  | { readonly kind: "unexpected"; readonly what: string };

/** Calls at a time. */
const lanes = 4;
/** Longest rest between two calls of a lane, in ms. */
const restMs = 60;

const task = JSON.parse(process.argv[2] ?? "") as WorkerTask;
const random = seededRandom(task.seed);
const { oauth, clients } = await openAccounts(task.plan, task.number);
let ending = false;

process.once("SIGTERM", () => {
  ending = true;
  void oauth.close().then(() => process.disconnect());
});
// Without its parent it has nothing to do.
process.once("disconnect", () => process.exit(0));
await Promise.all(Array.from({ length: lanes }, lane));

async function lane(): Promise<void> {
  while (!ending) {
    await use(Math.floor(random() * clients.length)).catch(report);
    await sleep(random() * restMs);
  }
}

/** Sends a token to the API: through the library, or as a program would that asked for the token. */
async function use(account: number): Promise<void> {
  const cli = clients[account];
  if (cli === undefined) return;
  const url = `${task.plan.server}/api/${account}`;
  try {
    const { client } = oauth;
    const status =
      random() < 0.5
        ? (await client.request(cli, "GET", url)).status
        : (await shown(url, await client.token(cli))).status;
    if (status !== 200) throw new Error(`the API answered ${status}`);
  } catch (error) {
    if (ending) return;
    if (!(error instanceof OAuthError)) throw error;
    if (error.code === "HARN-OAU-002")
      process.send?.({ kind: "consent_needed", account } satisfies WorkerReport);
    // A damaged answer is refused, and its like may pass.
    else if (!error.retryable && error.code !== "HARN-OAU-006") throw error;
  }
}

async function shown(url: string, token: string): Promise<{ readonly status: number }> {
  return await oauth.ports.http.send({ method: "GET", url, headers: { authorization: `Bearer ${token}` } });
}

function report(error: unknown): void {
  const cause = error instanceof Error && error.cause instanceof Error ? ` (${error.cause.message})` : "";
  process.send?.({ kind: "unexpected", what: `${String(error)}${cause}` } satisfies WorkerReport);
}
