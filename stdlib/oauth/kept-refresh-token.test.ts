import { afterEach, beforeEach, expect, test } from "vitest";
import { type ClientHandle, clientModule } from "./client.ts";
import type { ClientOptions } from "./client-options.ts";
import {
  fakeToken,
  scriptedProvider,
  type ScriptedProvider,
  testPorts,
} from "./scripted-provider.test.support.ts";
import { type StorageHandle, storageModule } from "./storage/index.ts";

/** Two providers that a script may reach. Both claim the same person. */
let good: ScriptedProvider;
let evil: ScriptedProvider;
let world: ReturnType<typeof testPorts>;
let storage: StorageHandle;

const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");
let nonce = "";

/** A refresh token comes with the first answer, where the provider is `generous`. */
function provider(name: string, generous: boolean): Promise<ScriptedProvider> {
  return scriptedProvider(({ headers }, earlier) => {
    const iat = Math.floor(Date.now() / 1000);
    const claims = { iss: "https://id.example", sub: "ada", aud: "c1", iat, exp: iat + 300, nonce };
    const json = {
      access_token: fakeToken(`${name}-at`, earlier + 1),
      token_type: headers["dpop"] === undefined ? "Bearer" : "DPoP",
      expires_in: 3600,
      id_token: [part({ alg: "RS256" }), part(claims), "c2ln"].join("."),
      ...(generous && earlier === 0 ? { refresh_token: fakeToken(`${name}-rt`) } : {}),
    };
    return { json };
  });
}

beforeEach(async () => {
  good = await provider("good", true);
  evil = await provider("evil", false);
  world = testPorts();
  storage = storageModule(world.sealed).memory();
});
afterEach(async () => {
  await world.close();
  await good.close();
  await evil.close();
});

async function loggedIn(
  at: ScriptedProvider,
  more: Partial<ClientOptions> = {},
  rotates = false,
): Promise<ClientHandle> {
  const record = {
    id: "acme",
    auth_url: `${at.origin}/authorize`,
    token_url: `${at.origin}/token`,
    default_scopes: ["openid"],
    resource_origins: [at.origin],
    refresh_handling: { rotates_refresh_token: rotates },
  };
  const options = { client_id: "c1", storage, redirect_uri: "http://127.0.0.1/cb", ...more };
  const cli = clientModule(world.sealed).client(record as never, options);
  const attempt = await cli.start_authorization();
  nonce = attempt.nonce ?? "";
  await cli.exchange_code(attempt, "code-12345", attempt.state);
  return cli;
}

const kept = async (cli: ClientHandle): Promise<boolean> =>
  (await cli.current_token())?.refresh_token !== undefined;

test("a second login without a refresh token keeps the first one's", async () => {
  await loggedIn(good);
  const cli = await loggedIn(good);
  expect(await kept(cli)).toBe(true);
  await cli.refresh();
  expect(good.at("/token")[2]?.form.get("refresh_token")).toBe(fakeToken("good-rt"));
});

test("never at another token endpoint, which could ask for the refresh token next", async () => {
  await loggedIn(good);
  const cli = await loggedIn(evil);
  expect(await kept(cli)).toBe(false);
  await expect(cli.refresh()).rejects.toMatchObject({ code: "HARN-OAU-002" });
  expect(evil.seen.map(({ text }) => text).join()).not.toContain(fakeToken("good-rt"));
});

test.each([
  ["the first", true, false],
  ["the second", false, true],
  ["each", true, true],
])("not when %s login is bound to a key", async (_name, first, second) => {
  await loggedIn(good, { dpop: first });
  expect(await kept(await loggedIn(good, { dpop: second }))).toBe(false);
});

test("not where refresh tokens rotate: none is an answer there", async () => {
  await loggedIn(good, {}, true);
  expect(await kept(await loggedIn(good, {}, true))).toBe(false);
});
