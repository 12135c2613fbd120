/**
 * A valid token for a script. The rows of Node and of refreshes are those of `npm run bench:storage`.
 *
 * @module
 */

import { setTimeout as sleep } from "node:timers/promises";
import type { Runtime } from "../../runtime/index.ts";
import type { Row } from "./measure.ts";

const tokenCalls = 1_000;
const callback = "http://127.0.0.1/callback";

const inGuest = `
import { custom } from "std/oauth/providers";
import { client, exchange_callback, start_authorization, token } from "std/oauth/client";
import { memory } from "std/oauth/storage";
export default async function ({ server, callback, count }) {
  const provider = custom({ id: "bench", auth_url: server + "/authorize", token_url: server + "/token", resource_origins: [server] });
  const cli = client(provider, { client_id: "c1", storage: memory(), redirect_uri: callback });
  const login = await start_authorization(cli);
  await exchange_callback(cli, login, callback + "?code=c1&state=" + login.state);
  for (let done = 0; done < count; done += 1) await token(cli);
}
`;

/** The row. `server` is the origin of the token endpoint. */
export function tokenRow(runtime: Runtime, server: string): Row {
  const took = async (count: number): Promise<number> => {
    const { usage } = await runtime.run({
      source: inGuest,
      filename: "tokens.js",
      args: { server, callback, count },
      grants: { net: ["127.0.0.1"] },
    });
    await sleep(20);
    return usage.wall_ms;
  };
  return {
    name: "await token(cli), valid, memory, from the guest",
    unit: "µs",
    async ours() {
      const empty = await took(0);
      return (((await took(tokenCalls)) - empty) * 1_000) / tokenCalls;
    },
  };
}
