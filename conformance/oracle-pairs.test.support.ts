/** What the steps of the comparison stand on: pairs of requests, fixed values, and what a caller of `openid-client` writes. */

import { generateKeyPairSync } from "node:crypto";
import type { ServerResponse } from "node:http";
import type { OAuth } from "../stdlib/oauth/node.ts";
import type { RecordedRequest, Recorder } from "./oracle-recorder.test.support.ts";
import { visitOf } from "./oracle-request-parts.test.support.ts";
import {
  ourClient,
  redirectUri,
  type Setup,
  theirClient,
  theirs,
} from "./oracle-two-clients.test.support.ts";

/** The requests of one step, in pairs that do the same. */
export interface Pair {
  readonly name: string;
  readonly ours: RecordedRequest | undefined;
  readonly theirs: RecordedRequest | undefined;
}

/** Where steps are made. */
export interface Bench {
  readonly oauth: OAuth;
  readonly recorder: Recorder;
  readonly pairs: Pair[];
  /** Does the same with both clients and keeps the requests under these names. A URL that is answered is the first of them. */
  both(
    names: readonly string[],
    setup: Setup,
    ours: (client: ReturnType<typeof ourClient>) => Promise<string | void>,
    other: (client: Awaited<ReturnType<typeof theirClient>>) => Promise<string | void>,
  ): Promise<void>;
}

/** A bench without pairs. */
export function newBench(oauth: OAuth, recorder: Recorder): Bench {
  const pairs: Pair[] = [];
  return {
    oauth,
    recorder,
    pairs,
    async both(names, setup, ours, other) {
      const mine = await taken(recorder, ours(ourClient(oauth, recorder, setup)));
      const others = await taken(recorder, other(await theirClient(recorder, setup)));
      const [extra] = [...mine.slice(names.length), ...others.slice(names.length)];
      if (extra) throw new Error(`${names.join(", ")}: another request, ${extra.method} ${extra.path}`);
      for (const [index, name] of names.entries())
        pairs.push({ name, ours: mine[index], theirs: others[index] });
    },
  };
}

export const secret = "a:b%c d+e";
export const scopes: readonly string[] = ["openid", "api:read"];
export const key: string = generateKeyPairSync("ec", { namedCurve: "P-256" })
  .privateKey.export({ type: "pkcs8", format: "pem" })
  .toString();
const code = "the-code";
export const tokens = {
  access_token: "the-access-token",
  refresh_token: "the-refresh-token",
  token_type: "Bearer",
  expires_in: 3_600,
} as const;

/** A configuration with everything. */
export const full: Setup = {
  auth: "client_secret_basic",
  secret,
  scopes,
  resource: "https://api.example/",
  audience: "https://audience.example",
};

/** What the recorder saw, with the URL that was made, if one was, before it. */
export async function taken(
  recorder: Recorder,
  work: Promise<string | void>,
): Promise<readonly RecordedRequest[]> {
  recorder.taken();
  const url = await work;
  return [...(url === undefined ? [] : [visitOf(url)]), ...recorder.taken()];
}

export function json(
  status: number,
  body: unknown,
): (request: RecordedRequest, response: ServerResponse) => void {
  return (_request, response) =>
    void response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
}

/** The redirect that ends an authorization. */
export function callback(recorder: Recorder, state: string): string {
  return `${redirectUri}?${new URLSearchParams({ code, state, iss: recorder.issuer })}`;
}

export function proof(auth: Setup["auth"]): Pick<Setup, "secret" | "key"> {
  if (auth === "none") return {};
  return auth === "private_key_jwt" ? { key } : { secret };
}

export async function stored(
  storage: ReturnType<typeof ourClient>["storage"],
  { issuer }: Recorder,
  more: Record<string, unknown> = {},
): Promise<void> {
  const now = Math.floor(Date.now() / 1000);
  await storage.set("recorder", {
    ...tokens,
    issued_at_unix: now,
    expires_at_unix: now + 3_600,
    metadata: { issuer },
    ...more,
  });
}

interface TheirRequest {
  readonly request: Record<string, string>;
  readonly verifier: string;
  readonly state: string;
}

/** The parameters that a caller of `openid-client` puts together, as its manual shows. */
export async function theirRequest(parameters: Record<string, string>): Promise<TheirRequest> {
  const verifier = theirs.randomPKCECodeVerifier();
  const state = theirs.randomState();
  return {
    verifier,
    state,
    request: {
      ...parameters,
      redirect_uri: redirectUri,
      code_challenge: await theirs.calculatePKCECodeChallenge(verifier),
      code_challenge_method: "S256",
      state,
    },
  };
}

export async function theirAttempt(
  config: theirs.Configuration,
  parameters: Record<string, string>,
): Promise<{
  readonly url: string;
  grant(recorder: Recorder, more?: Record<string, string>, nonce?: string): Promise<void>;
}> {
  const { request, verifier, state } = await theirRequest(parameters);
  return {
    url: theirs.buildAuthorizationUrl(config, request).href,
    async grant(recorder, more = {}, nonce) {
      const checks = {
        pkceCodeVerifier: verifier,
        expectedState: state,
        ...(nonce === undefined ? {} : { expectedNonce: nonce }),
      };
      await theirs.authorizationCodeGrant(config, new URL(callback(recorder, state)), checks, more);
    },
  };
}
