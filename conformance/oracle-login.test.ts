/** Logins at `oidc-provider`: discovery, the code grant, pushed requests, the device flow, registered clients. */

import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type Mode, modeNames, openMode } from "./modes.test.support.ts";
import { oraclePipeline } from "./oracle-pipelines.test.support.ts";
import { type Oracle, type OracleClient, startOracle } from "./oracle-server.test.support.ts";

let oracle: Oracle;
let strict: Oracle;
beforeAll(async () => {
  [oracle, strict] = await Promise.all([startOracle(), startOracle({ parRequired: true })]);
});
afterAll(async () => {
  await oracle.close();
  await strict.close();
});
beforeEach(() => {
  oracle.forget();
  strict.forget();
});

const everyClient: readonly OracleClient[] = ["none", "basic", "post", "key", "keyRsa", "keyEd"];

describe.each(modeNames)("%s", (name) => {
  let mode: Mode;
  beforeAll(async () => {
    mode = await openMode(name);
  });
  afterAll(() => mode.close());

  const run = (body: string, args: Record<string, unknown>): Promise<unknown> =>
    mode.run(oraclePipeline(body), { args });

  test("discover takes every endpoint from the server's metadata (RFC 8414)", async () => {
    const published = (await (
      await fetch(`${oracle.issuer}/.well-known/openid-configuration`)
    ).json()) as Record<string, unknown>;
    expect(await run("return await discovered(args);", oracle.args(oracle.clients.none))).toMatchObject({
      id: "oracle",
      issuer: published["issuer"],
      auth_url: published["authorization_endpoint"],
      token_url: published["token_endpoint"],
      device_code_url: published["device_authorization_endpoint"],
      revoke_url: published["revocation_endpoint"],
      introspection_url: published["introspection_endpoint"],
      userinfo_url: published["userinfo_endpoint"],
      registration_url: published["registration_endpoint"],
      par_url: published["pushed_authorization_request_endpoint"],
      jwks_url: published["jwks_uri"],
      iss_parameter: true,
      par_required: false,
      resource_origins: [oracle.issuer],
    });
    const body = "return (await discovered(args)).par_required;";
    expect(await run(body, strict.args(strict.clients.none))).toBe(true);
  });

  test("discover refuses metadata of an issuer that is spelt otherwise", async () => {
    const args = { ...oracle.args(oracle.clients.none), issuer: `${oracle.issuer}/` };
    expect(await run("return await failure(discovered(args));", args)).toMatchObject({
      code: "HARN-OAU-006",
    });
  });

  describe("the code grant", () => {
    const flow = `
      const cli = await session(args, args.options);
      const attempt = await start_authorization(cli);
      const answer = await asked(args, "authorize", { url: attempt.url });
      const set = await exchange_callback(cli, attempt, answer);
      return { url: attempt.url, answer, scopes: set.scopes, type: set.token_type, lives: set.expires_in };
    `;
    interface Flow {
      readonly url: string;
      readonly answer: string;
    }

    test.each(everyClient)("of the client that authenticates by %s", async (client) => {
      const args = { ...oracle.args(oracle.clients[client]), options: { par: false } };
      const result = (await run(flow, args)) as Flow;
      expect(result).toMatchObject({ scopes: ["openid", "api:read"], type: "Bearer", lives: 3_600 });
      const [asked] = oracle.at("/auth");
      expect(asked?.query).toMatchObject({ response_type: "code", code_challenge_method: "S256" });
      expect(asked?.query["code_challenge"]).toMatch(/^[\w-]{43}$/);
      // At least 128 bits.
      expect(asked?.query["nonce"]).toMatch(/^[\w-]{22,}$/);
      const exchanges = oracle.at("/token");
      expect(exchanges.map(({ status }) => status)).toEqual([200]);
      expect(exchanges[0]?.form["code_verifier"]?.[0]).toMatch(/^[\w~.-]{43,128}$/);
      // RFC 9207.
      expect(new URL(result.answer).searchParams.get("iss")).toBe(oracle.issuer);
      expect(oracle.at("/request")).toEqual([]);
    });

    test.each(everyClient)("pushed (RFC 9126), of the client that authenticates by %s", async (client) => {
      const result = (await run(flow, strict.args(strict.clients[client]))) as Flow;
      expect(result).toMatchObject({ scopes: ["openid", "api:read"], type: "Bearer" });
      const shown = new URL(result.url).searchParams;
      expect([...shown.keys()]).toEqual(["client_id", "request_uri"]);
      const [pushed, ...more] = strict.at("/request");
      expect(more).toEqual([]);
      expect(pushed).toMatchObject({
        method: "POST",
        status: 201,
        answer: { request_uri: shown.get("request_uri") },
      });
      expect(Object.keys(pushed?.form ?? {})).toEqual(
        expect.arrayContaining([
          "response_type",
          "redirect_uri",
          "code_challenge",
          "state",
          "nonce",
          "scope",
        ]),
      );
      expect(strict.at("/auth")[0]?.query).toEqual(Object.fromEntries(shown));
    });

    test("is pushed wherever the metadata names a place for it", async () => {
      await run(flow, oracle.args(oracle.clients.none));
      expect(oracle.at("/request").map(({ status }) => status)).toEqual([201]);
    });

    test("a pushed request that the server refuses is never shown to a person", async () => {
      const wrong = strict.args({ ...strict.clients.basic, client_secret: "another secret" });
      const start = "return await failure(start_authorization(await session(args)));";
      expect(await run(start, wrong)).toMatchObject({ code: "HARN-OAU-012", error: "invalid_client" });
      const elsewhere = strict.args(strict.clients.none, { redirect_uri: "https://other.example/" });
      expect(await run(start, elsewhere)).toMatchObject({
        code: "HARN-OAU-012",
        error: "invalid_request",
      });
      expect(await run("return await failure(session(args, { par: false }));", wrong)).toMatchObject({
        code: "HARN-OAU-011",
      });
      expect(strict.at("/auth")).toEqual([]);
    });

    test.each([
      ["the person says no", "deny", {}, "access_denied", "HARN-OAU-008"],
      [
        "the server needs a person and may not show one",
        "authorize",
        { extra_auth_params: { prompt: "none" } },
        // Which one depends on whether this person was here before.
        expect.stringMatching(/^(login|consent|interaction)_required$/),
        "HARN-OAU-012",
      ],
    ])("%s", async (_, path, options, error, code) => {
      const body = `
        const cli = await session(args, args.options);
        const attempt = await start_authorization(cli);
        const answer = await asked(args, "${path}", { url: attempt.url });
        const first = await failure(exchange_callback(cli, attempt, answer));
        return { first, again: await failure(exchange_callback(cli, attempt, answer)), answer };
      `;
      const fresh = oracle.args(oracle.signedWith.PS256);
      const result = (await run(body, { ...fresh, options })) as { answer: string };
      expect(result).toMatchObject({ first: { code, error }, again: { code: "HARN-OAU-007" } });
      expect(new URL(result.answer).searchParams.get("iss")).toBe(oracle.issuer);
      expect(oracle.at("/token")).toEqual([]);
    });

    test("a stolen code is worth nothing without the verifier (RFC 7636)", async () => {
      const body = `
        const cli = await session(args);
        const attempt = await start_authorization(cli);
        const answer = await asked(args, "authorize", { url: attempt.url });
        const form = new URLSearchParams({
          grant_type: "authorization_code", client_id: args.client.client_id, redirect_uri: attempt.redirect_uri,
          code: new URL(answer).searchParams.get("code"), code_verifier: "x".repeat(43),
        });
        const headers = { "content-type": "application/x-www-form-urlencoded" };
        const thief = await http_post((await discovered(args)).token_url, String(form), { headers });
        return { thief: thief.status, owner: await failure(exchange_callback(cli, attempt, answer)) };
      `;
      expect(await run(body, oracle.args(oracle.clients.none))).toEqual({ thief: 400, owner: null });
      expect(oracle.at("/token")[0]?.answer["error"]).toBe("invalid_grant");
    });
  });

  describe("the device flow (RFC 8628)", () => {
    test.each(["none", "basic", "key"] as const)("of the client that authenticates by %s", async (client) => {
      const set = await run(
        `const { scopes, token_type, refresh_token } = await by_device(args, "allow");
         return { scopes, token_type, refreshes: Boolean(refresh_token) };`,
        oracle.args(oracle.clients[client]),
      );
      expect(set).toEqual({ scopes: ["openid", "api:read"], token_type: "Bearer", refreshes: true });
      const polls = oracle.at("/token");
      expect(polls.at(-1)?.status).toBe(200);
      expect(new Set(polls.slice(0, -1).map(({ answer }) => answer["error"]))).toEqual(
        new Set(["authorization_pending"]),
      );
    });

    test("a person who says no is heard", async () => {
      const body = `return await failure(by_device(args, "deny"));`;
      expect(await run(body, oracle.args(oracle.clients.none))).toMatchObject({
        code: "HARN-OAU-008",
        error: "access_denied",
      });
    });
  });

  test("a client that registers itself (RFC 7591) logs in, and takes itself away (RFC 7592)", async () => {
    const body = `
      const { registration_url } = await discovered(args);
      const metadata = client_metadata({
        application_type: "native", redirect_uris: ["http://127.0.0.1/callback"], client_name: "Registered by a script",
        grant_types: ["authorization_code", "refresh_token"],
      });
      const registered = JSON.parse((await http_post(registration_url, metadata)).body);
      const { client_id, client_secret, registration_client_uri, registration_access_token } = registered;
      const own = { client_id, client_secret, token_auth_method: registered.token_endpoint_auth_method };
      const set = await login(args, await session(args, own));
      const headers = { authorization: "Bearer " + registration_access_token };
      const gone = await http_request("DELETE", registration_client_uri, { headers });
      return {
        method: registered.token_endpoint_auth_method, scopes: set.scopes, gone: gone.status,
        after: await failure(start_authorization(await session(args, own))),
      };
    `;
    expect(await run(body, oracle.args(oracle.clients.none))).toMatchObject({
      method: "client_secret_basic",
      scopes: ["openid", "api:read"],
      gone: 204,
      after: { code: "HARN-OAU-012", error: "invalid_client" },
    });
    expect(oracle.at("/reg").map(({ status }) => status)).toEqual([201]);
  });
});
