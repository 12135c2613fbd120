/** Tokens of `oidc-provider` that are bound to a key (RFC 9449), and the FAPI 2.0 profile, which asks for everything at once. */

import { calculateJwkThumbprint, decodeJwt, decodeProtectedHeader, type JWK } from "jose";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type Mode, modeNames, openMode } from "./modes.test.support.ts";
import { oraclePipeline } from "./oracle-pipelines.test.support.ts";
import { type Oracle, type OracleRequest, startOracle } from "./oracle-server.test.support.ts";

let plain: Oracle;
let asking: Oracle;
let fapi: Oracle;
beforeAll(async () => {
  [plain, asking, fapi] = await Promise.all([
    startOracle(),
    startOracle({ nonces: true }),
    startOracle({ nonces: true, parRequired: true, fapi: true }),
  ]);
});
afterAll(async () => {
  for (const oracle of [plain, asking, fapi]) await oracle.close();
});
beforeEach(() => {
  for (const oracle of [plain, asking, fapi]) oracle.forget();
});

const proof = (request: OracleRequest | undefined): string => String(request?.headers["dpop"]);
const thumbprint = async (request: OracleRequest | undefined): Promise<string> =>
  await calculateJwkThumbprint(decodeProtectedHeader(proof(request)).jwk as JWK);
const statuses = (requests: readonly OracleRequest[]): number[] => requests.map(({ status }) => status);

describe.each(modeNames)("%s", (name) => {
  let mode: Mode;
  beforeAll(async () => {
    mode = await openMode(name);
  });
  afterAll(() => mode.close());

  const run = (body: string, args: Record<string, unknown>): Promise<unknown> =>
    mode.run(oraclePipeline(body), { args });

  const flow = `
    const cli = await session(args);
    const first = await login(args, cli);
    const me = await userinfo(cli);
    const second = await refresh(cli);
    const again = await userinfo(cli);
    return {
      types: [first.token_type, second.token_type], subs: [me.sub, again.sub],
      rotated: first.refresh_token !== second.refresh_token,
    };
  `;
  const worked = { types: ["DPoP", "DPoP"], subs: ["ada", "ada"], rotated: true };

  /** The key that the code, the tokens and each proof of one login are bound to. */
  async function boundTo(oracle: Oracle): Promise<string> {
    const proven = [...oracle.at("/token"), ...oracle.at("/me")];
    const keys = new Set(await Promise.all(proven.map(thumbprint)));
    expect(keys.size).toBe(1);
    const [key = ""] = keys;
    expect(await oracle.introspect(oracle.newest("access_token"))).toMatchObject({
      active: true,
      token_type: "DPoP",
      cnf: { jkt: key },
    });
    const ids = proven.map((request) => decodeJwt(proof(request)).jti);
    expect(new Set(ids).size).toBe(proven.length);
    return key;
  }

  test.each(["none", "basic", "key"] as const)(
    "a login, a refresh and calls prove one key: the client that authenticates by %s",
    async (client) => {
      expect(await run(flow, plain.args(plain.clients[client], { dpop: true }))).toEqual(worked);
      const key = await boundTo(plain);
      expect(plain.at("/request")[0]?.form["dpop_jkt"]).toEqual([key]);
      expect(statuses(plain.at("/token"))).toEqual([200, 200]);
      expect(statuses(plain.at("/me"))).toEqual([200, 200]);
      const [call] = plain.at("/me");
      expect(call?.headers["authorization"]).toMatch(/^DPoP /);
    },
  );

  test.each(["none", "post", "keyEd"] as const)(
    "a server that asks for nonces gets them: the client that authenticates by %s",
    async (client) => {
      expect(await run(flow, asking.args(asking.clients[client], { dpop: true }))).toEqual(worked);
      await boundTo(asking);
      const exchanges = asking.at("/token");
      // One refusal teaches the nonce; from then on it is sent at once.
      expect(exchanges.map(({ answer }) => answer["error"] ?? null)).toEqual(["use_dpop_nonce", null, null]);
      expect(decodeJwt(proof(exchanges[0]))["nonce"]).toBeUndefined();
      expect(exchanges[0]?.form["code"]).toEqual(exchanges[1]?.form["code"]);
      expect(statuses(asking.at("/me"))).toEqual([200, 200]);
    },
  );

  test("an assertion is never sent twice, not even for a nonce", async () => {
    await run(flow, asking.args(asking.clients.key, { dpop: true }));
    const sent = [...asking.at("/request"), ...asking.at("/token")].map(
      ({ form }) => form["client_assertion"]?.[0],
    );
    expect(sent.length).toBeGreaterThanOrEqual(4);
    expect(new Set(sent).size).toBe(sent.length);
  });

  test.each(["none", "key"] as const)("the device flow proves a key: %s", async (client) => {
    const body = `return (await by_device(args, "allow", { dpop: true })).token_type;`;
    expect(await run(body, asking.args(asking.clients[client]))).toBe("DPoP");
    const polls = asking.at("/token");
    expect(new Set(await Promise.all(polls.map(thumbprint))).size).toBe(1);
    expect(await asking.introspect(asking.newest("access_token"))).toMatchObject({
      cnf: { jkt: await thumbprint(polls[0]) },
    });
  });

  test("client_credentials proves a key", async () => {
    const body = `
      const cli = await session(args, { scopes: ["api:read"] });
      return (await client_credentials(cli)).token_type;
    `;
    expect(await run(body, asking.args(asking.clients.key, { dpop: true }))).toBe("DPoP");
    expect(await asking.introspect(asking.newest("access_token"))).toMatchObject({
      cnf: { jkt: await thumbprint(asking.at("/token").at(-1)) },
    });
  });

  test("a bound token is worth nothing without its key", async () => {
    const body = `
      const storage = memory();
      const cli = await session(args, { storage });
      await login(args, cli);
      const { dpop_key, ...without } = await storage.get("oracle");
      await storage.set("oracle", without);
      return await failure(userinfo(cli));
    `;
    const args = plain.args(plain.clients.none, { dpop: true });
    expect(await run(body, args)).toMatchObject({ code: "HARN-OAU-002" });
    const token = plain.newest("access_token");
    for (const scheme of ["Bearer", "DPoP"]) {
      const headers = { authorization: `${scheme} ${token}` };
      expect((await fetch(`${plain.issuer}/me`, { headers })).status).not.toBe(200);
    }
  });

  test("the FAPI 2.0 profile: pushed, proven, with keys instead of secrets", async () => {
    const args = fapi.args(fapi.clients.key, { dpop: true });
    expect(await run(flow, args)).toEqual(worked);
    const key = await boundTo(fapi);
    expect(fapi.at("/request")[0]?.form["dpop_jkt"]).toEqual([key]);
    const asserted = [...fapi.at("/request"), ...fapi.at("/token")];
    for (const { form } of asserted)
      expect(decodeJwt(String(form["client_assertion"]))).toMatchObject({
        iss: "oracle-key",
        sub: "oracle-key",
        aud: fapi.issuer,
      });
  });
});
