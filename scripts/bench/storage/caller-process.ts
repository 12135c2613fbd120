/**
 * One of the processes that ask for one token at the same time. Its argument is a {@link CallerTask} as JSON; it begins when it is
 * sent a message, and answers how many of its callers got a token.
 *
 * @module
 */

import { once } from "node:events";
import { type AccountsPlan, openAccounts } from "../../soak/refresh/accounts.ts";

export interface CallerTask {
  readonly plan: AccountsPlan;
  readonly number: number;
  readonly callers: number;
}

const { plan, number, callers } = JSON.parse(process.argv[2] ?? "") as CallerTask;
const { oauth, clients } = await openAccounts(plan, number);
const [cli] = clients;
if (cli === undefined) throw new Error("there is no account");
process.send?.("ready");
await once(process, "message");
const answers = await Promise.allSettled(Array.from({ length: callers }, () => oauth.client.token(cli)));
process.send?.(answers.filter(({ status }) => status === "fulfilled").length);
await oauth.close();
process.disconnect();
