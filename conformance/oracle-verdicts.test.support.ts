/** What both clients make of one token response to a code grant. */

import type { OAuth } from "../stdlib/oauth/node.ts";
import type { Answer } from "./oracle-answers.test.support.ts";
import type { Recorder } from "./oracle-recorder.test.support.ts";
import { callback, theirRequest } from "./oracle-pairs.test.support.ts";
import { ourClient, type Setup, theirClient, theirs } from "./oracle-two-clients.test.support.ts";

export type Verdict = "accepts" | "refuses";

const setup: Setup = { auth: "none", scopes: ["api:read", "api:write"] };

/** Ours. */
export async function ourVerdict(oauth: OAuth, recorder: Recorder, { respond }: Answer): Promise<Verdict> {
  recorder.answer(respond);
  const { cli } = ourClient(oauth, recorder, setup);
  const attempt = await cli.start_authorization();
  return await verdict(cli.exchange_callback(attempt, callback(recorder, attempt.state)));
}

/** Theirs. */
export async function theirVerdict(recorder: Recorder, { respond }: Answer): Promise<Verdict> {
  recorder.answer(respond);
  const { config, parameters } = await theirClient(recorder, setup);
  const { verifier, state } = await theirRequest(parameters);
  const expected = { pkceCodeVerifier: verifier, expectedState: state };
  return await verdict(theirs.authorizationCodeGrant(config, new URL(callback(recorder, state)), expected));
}

async function verdict(work: Promise<unknown>): Promise<Verdict> {
  return await work.then(
    () => "accepts" as const,
    () => "refuses" as const,
  );
}
