/**
 * One side of the comparison of refreshes, in a process of its own, so that neither is slowed by what the other left behind. Its
 * arguments are `ours` or `theirs` and the origin of the token server. A message says how many refreshes to make; it
 * answers how many there were for each second of its own CPU time.
 *
 * @module
 */

import { allowInsecureRequests, Configuration, None, refreshTokenGrant } from "openid-client";
import { createOAuth } from "../../../stdlib/oauth/node.ts";
import { type Lane, loggedIn, perSecond, refreshWidth } from "./storage-bench.ts";

const [side = "", server = ""] = process.argv.slice(2);
const lanes = side === "ours" ? await ourLanes() : theirLanes();
process.once("disconnect", () => process.exit(0));
process.on("message", (count: number) => void answer(count));
process.send?.("ready");

/** By CPU time: others that want the cores change little then. The server has a process of its own. */
async function answer(count: number): Promise<void> {
  const before = process.cpuUsage();
  await perSecond(count, lanes);
  const { user, system } = process.cpuUsage(before);
  process.send?.((count * 1_000_000) / (user + system));
}

async function ourLanes(): Promise<readonly Lane[]> {
  const oauth = createOAuth();
  const memory = oauth.storage.memory();
  return await Promise.all(
    Array.from({ length: refreshWidth }, async (_, account): Promise<Lane> => {
      const cli = await loggedIn({ oauth, server }, memory, `account-${account}`);
      return () => oauth.client.refresh(cli);
    }),
  );
}

function theirLanes(): readonly Lane[] {
  const metadata = { issuer: server, token_endpoint: `${server}/token` };
  const configuration = new Configuration(metadata, "c1", undefined, None());
  allowInsecureRequests(configuration);
  return Array.from({ length: refreshWidth }, (): Lane => {
    let current = "first";
    return async () => {
      current = (await refreshTokenGrant(configuration, current)).refresh_token ?? current;
    };
  });
}
