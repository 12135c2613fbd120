/** Tokens of `oidc-provider` in use: ID tokens, UserInfo, refresh, introspection, revocation, resource indicators. */

import { decodeJwt } from "jose";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type Mode, modeNames, openMode } from "./modes.test.support.ts";
import { oraclePipeline } from "./oracle-pipelines.test.support.ts";
import {
  type Oracle,
  type OracleClient,
  oracleResources,
  startOracle,
} from "./oracle-server.test.support.ts";

let oracle: Oracle;
beforeAll(async () => {
  oracle = await startOracle();
});
afterAll(() => oracle.close());
beforeEach(() => oracle.forget());

const { notes, maps } = oracleResources;
const confidential: readonly OracleClient[] = ["basic", "post", "key", "keyRsa", "keyEd"];

describe.each(modeNames)("%s", (name) => {
  let mode: Mode;
  beforeAll(async () => {
    mode = await openMode(name);
  });
  afterAll(() => mode.close());

  const run = (body: string, args: Record<string, unknown>): Promise<unknown> =>
    mode.run(oraclePipeline(body), { args });

  describe("who the account is", () => {
    const claims = `
      const cli = await session(args);
      await login(args, cli);
      return await id_token_claims(cli);
    `;

    test.each(["RS256", "PS256", "ES256", "EdDSA"] as const)(
      "an ID token signed with %s is verified by the server's own keys",
      async (algorithm) => {
        const client = oracle.signedWith[algorithm];
        expect(await run(claims, oracle.args(client))).toMatchObject({
          iss: oracle.issuer,
          sub: "ada",
          aud: client.client_id,
          nonce: oracle.at("/request")[0]?.form["nonce"]?.[0],
        });
        expect(oracle.at("/jwks").map(({ status }) => status)).toEqual([200]);
      },
    );

    test("keys of another server of the same issuer verify nothing", async () => {
      const other = await startOracle();
      const body = `
        const foreign = (await discover(args.other)).jwks_url;
        const cli = client({ ...(await discovered(args)), jwks_url: foreign }, {
          storage: memory(), redirect_uri: "http://127.0.0.1:9/callback", scopes: ["openid"], ...args.client,
        });
        await login(args, cli);
        return await failure(id_token_claims(cli));
      `;
      try {
        const args = { ...oracle.args(oracle.clients.none), other: other.issuer };
        expect(await run(body, args)).toMatchObject({ code: "HARN-OAU-006" });
      } finally {
        await other.close();
      }
    });

    test("userinfo tells what the scopes allow", async () => {
      const body = `
        const cli = await session(args, { scopes: ["openid", "email"] });
        await login(args, cli);
        return await userinfo(cli);
      `;
      const args = oracle.args(oracle.clients.basic);
      expect(await run(body, args)).toEqual({ sub: "ada", email: "ada@example.com" });
      expect(oracle.at("/me")[0]?.headers["authorization"]).toMatch(/^Bearer /);
    });

    test("userinfo as a signed JWT is not taken for JSON", async () => {
      const body = `
        const cli = await session(args);
        await login(args, cli);
        return await failure(userinfo(cli));
      `;
      expect(await run(body, oracle.args(oracle.signedUserinfo))).toMatchObject({ code: "HARN-OAU-006" });
      expect(oracle.at("/me").map(({ status }) => status)).toEqual([200]);
    });
  });

  describe.each(["none", ...confidential] as const)("the client that authenticates by %s", (client) => {
    test("refreshes, introspects and revokes", async () => {
      const body = `
        const cli = await session(args);
        const first = await login(args, cli);
        const second = await refresh(cli);
        const live = await introspect(cli);
        const revoked = await revoke(cli);
        return {
          rotated: first.refresh_token !== second.refresh_token && first.access_token !== second.access_token,
          scopes: second.scopes, live, revoked, left: await current_token(cli),
        };
      `;
      const args = oracle.args(oracle.clients[client]);
      const result = (await run(body, args)) as { live: Record<string, unknown> };
      const client_id = oracle.clients[client].client_id;
      expect(result).toMatchObject({
        rotated: true,
        scopes: ["openid", "api:read"],
        live: {
          active: true,
          sub: "ada",
          client_id,
          scope: "openid api:read",
          iss: oracle.issuer,
          token_type: "Bearer",
        },
        revoked: { local: true, remote: "revoked" },
        left: null,
      });
      expect(
        oracle.at("/token/revocation").map(({ status, form }) => [status, form["token_type_hint"]]),
      ).toEqual([
        [200, ["refresh_token"]],
        [200, ["access_token"]],
      ]);
      for (const member of ["access_token", "refresh_token"] as const)
        expect(await oracle.introspect(oracle.newest(member))).toEqual({ active: false });
    });
  });

  test("a refresh token that was used before ends the grant", async () => {
    const body = `
      const storage = memory();
      const cli = await session(args, { storage });
      await login(args, cli);
      const old = await storage.get("oracle");
      await refresh(cli);
      await storage.set("oracle", old);
      return [await failure(refresh(cli)), await failure(introspect(cli))];
    `;
    const result = (await run(body, oracle.args(oracle.clients.none))) as unknown[];
    expect(result[0]).toMatchObject({ code: "HARN-OAU-002", error: "invalid_grant" });
    expect(await oracle.introspect(oracle.newest("access_token"))).toEqual({ active: false });
  });

  test("a wrong secret is refused wherever it is shown", async () => {
    const body = `
      const storage = memory();
      await login(args, await session(args, { storage }));
      const wrong = await session(args, { storage, client_secret: "another secret" });
      return [
        await failure(refresh(wrong)), await failure(introspect(wrong)), await failure(client_credentials(wrong)),
        await revoke(wrong),
      ];
    `;
    expect(await run(body, oracle.args(oracle.clients.basic))).toMatchObject([
      { code: "HARN-OAU-012", error: "invalid_client" },
      { code: "HARN-OAU-012", error: "invalid_client" },
      { code: "HARN-OAU-012", error: "invalid_client" },
      { local: true, remote: "failed" },
    ]);
  });

  describe("client_credentials", () => {
    test.each(confidential)("of the client that authenticates by %s", async (client) => {
      const body = `
        const cli = await session(args, { scopes: ["api:read"] });
        const { scopes, token_type, expires_in, refresh_token } = await client_credentials(cli);
        return { scopes, token_type, expires_in, refreshes: Boolean(refresh_token), live: (await introspect(cli)).active };
      `;
      expect(await run(body, oracle.args(oracle.clients[client]))).toEqual({
        scopes: ["api:read"],
        token_type: "Bearer",
        expires_in: 600,
        refreshes: false,
        live: true,
      });
    });

    test("is for one resource, where the client names it", async () => {
      const body = `
        const cli = await session(args, { scopes: ["api:write"], resource: args.resource });
        return [(await client_credentials(cli)).scopes, (await introspect(cli)).aud];
      `;
      const args = { ...oracle.args(oracle.clients.post), resource: notes };
      expect(await run(body, args)).toEqual([["api:write"], notes]);
    });

    test("is refused to a public client before anything is sent", async () => {
      const body = `return await failure(client_credentials(await session(args)));`;
      expect(await run(body, oracle.args(oracle.clients.none))).toMatchObject({ code: "HARN-OAU-011" });
      expect(oracle.at("/token")).toEqual([]);
    });
  });

  describe("resource indicators (RFC 8707)", () => {
    const flow = `
      const cli = await session(args, { resource: args.resource, scopes: ["openid", "api:write"] });
      const first = await login(args, cli);
      const second = await refresh(cli);
      return [first.scopes, second.scopes];
    `;

    test("the token and each refresh of it are for the resource", async () => {
      const args = { ...oracle.args(oracle.clients.basic), resource: notes };
      expect(await run(flow, args)).toEqual([["api:write"], ["api:write"]]);
      expect(oracle.at("/token").map(({ form }) => form["resource"])).toEqual([[notes], [notes]]);
      for (const { answer } of oracle.at("/token"))
        expect(await oracle.introspect(String(answer["access_token"]))).toMatchObject({ aud: notes });
    });

    test("a token may be a JWT for that resource alone", async () => {
      await run(flow, { ...oracle.args(oracle.clients.none), resource: maps });
      const claims = decodeJwt(oracle.newest("access_token"));
      expect(claims).toMatchObject({ aud: maps, iss: oracle.issuer, scope: "api:write", sub: "ada" });
    });

    test("a device names the resource at both endpoints", async () => {
      const body = `return (await by_device(args, "allow", { resource: args.resource, scopes: ["openid", "api:read"] })).scopes;`;
      const args = { ...oracle.args(oracle.clients.none), resource: notes };
      expect(await run(body, args)).toEqual(["api:read"]);
      expect(await oracle.introspect(oracle.newest("access_token"))).toMatchObject({ aud: notes });
    });

    test("two resources at once are what this server refuses", async () => {
      const args = { ...oracle.args(oracle.clients.none), resource: [notes, maps] };
      const body = `
        const cli = await session(args, { resource: args.resource, scopes: ["openid", "api:write"] });
        return await failure(login(args, cli));
      `;
      expect(await run(body, args)).toMatchObject({ code: "HARN-OAU-012", error: "invalid_target" });
      expect(oracle.at("/request")[0]?.form["resource"]).toEqual([notes, maps]);
    });
  });
});
