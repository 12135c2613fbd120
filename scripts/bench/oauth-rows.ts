/**
 * Tokens: asking for a valid one, and refreshing.
 *
 * @module
 */

import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { allowInsecureRequests, Configuration, None, refreshTokenGrant } from "openid-client";
import type { Runtime } from "../../runtime/index.ts";
import type { ClientHandle, OAuth, StorageHandle } from "../../stdlib/oauth/node.ts";
import { microsecondsPerCall, type Row } from "./measure.ts";

const tokenCalls = 1_000;
const refreshes = 150;

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

/** The rows. `server` is the origin of the token endpoint, `folder` an empty folder. */
export async function oauthRows(
  runtime: Runtime,
  oauth: OAuth,
  server: string,
  folder: string,
): Promise<readonly Row[]> {
  const inMemory = await login(oauth, server, oauth.storage.memory());
  const inFile = await login(oauth, server, oauth.storage.file(join(folder, "read.bin"), randomBytes(32)));
  const refreshed = await login(oauth, server, oauth.storage.memory());

  const guestTokens = async (count: number): Promise<number> => {
    const args = { server, callback, count };
    const { usage } = await runtime.run({
      source: inGuest,
      filename: "tokens.js",
      args,
      grants: { net: ["127.0.0.1"] },
    });
    await sleep(20);
    return usage.wall_ms;
  };

  const configuration = new Configuration(
    { issuer: server, token_endpoint: `${server}/token` },
    "c1",
    undefined,
    None(),
  );
  allowInsecureRequests(configuration);
  let theirs = "first";

  return [
    {
      name: "await token(cli), valid, memory, from the guest",
      unit: "µs",
      async ours() {
        const empty = await guestTokens(0);
        return (((await guestTokens(tokenCalls)) - empty) * 1000) / tokenCalls;
      },
    },
    {
      name: "await token(cli), valid, memory, in Node",
      unit: "µs",
      ours: () => microsecondsPerCall(tokenCalls, () => oauth.client.token(inMemory)),
    },
    {
      name: "await token(cli), valid, unchanged file, in Node",
      unit: "µs",
      ours: () => microsecondsPerCall(tokenCalls, () => oauth.client.token(inFile)),
    },
    {
      name: "refreshes, one after the other, memory",
      unit: "per s",
      ours: () => perSecond(() => oauth.client.refresh(refreshed)),
      peers: {
        "openid-client refreshTokenGrant (keeps nothing)": () =>
          perSecond(async () => {
            const { refresh_token } = await refreshTokenGrant(configuration, theirs);
            theirs = refresh_token ?? theirs;
          }),
      },
    },
  ];
}

const callback = "http://127.0.0.1/callback";

async function login(oauth: OAuth, server: string, storage: StorageHandle): Promise<ClientHandle> {
  const provider = oauth.providers.custom({
    id: "bench",
    auth_url: `${server}/authorize`,
    token_url: `${server}/token`,
    resource_origins: [server],
  });
  const cli = oauth.client.client(provider, { client_id: "c1", storage, redirect_uri: callback });
  const pkce = await oauth.client.start_authorization(cli);
  await oauth.client.exchange_callback(cli, pkce, `${callback}?code=c1&state=${pkce.state}`);
  return cli;
}

async function perSecond(refresh: () => Promise<unknown>): Promise<number> {
  return 1_000_000 / (await microsecondsPerCall(refreshes, refresh));
}
