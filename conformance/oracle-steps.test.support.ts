/** Every kind of request, made by both clients from one configuration. */

import type { OAuth } from "../stdlib/oauth/node.ts";
import { codeGrants, deviceFlow, openidConnect, pushedAndBound } from "./oracle-login-steps.test.support.ts";
import { newBench, type Pair } from "./oracle-pairs.test.support.ts";
import type { Recorder } from "./oracle-recorder.test.support.ts";
import { discovery, tokenUses } from "./oracle-token-steps.test.support.ts";

/** Makes every request with both clients, one after the other. */
export async function everyPair(oauth: OAuth, recorder: Recorder): Promise<readonly Pair[]> {
  const bench = newBench(oauth, recorder);
  // UserInfo with DPoP comes after the login that taught ours the server's nonce.
  for (const steps of [codeGrants, deviceFlow, pushedAndBound, openidConnect, tokenUses, discovery])
    await steps(bench);
  return bench.pairs;
}
