import { existsSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type Mode, modeNames, openMode } from "./modes.test.support.ts";
import { type Peers, pipeline, startPeers } from "./peers.test.support.ts";

let peers: Peers;
beforeAll(async () => {
  peers = await startPeers();
});
afterAll(() => peers.close());
beforeEach(() => peers.server.setAccessTokenTtl(3_600));

describe.each(modeNames)("%s", (name) => {
  let mode: Mode;
  beforeAll(async () => {
    mode = await openMode(name);
  });
  afterAll(() => mode.close());

  const kinds = (from: number): string[] => mode.events.slice(from).map(({ kind }) => kind);

  /** Logs in with tokens that are stale at once, and expired after a second. */
  async function staleLogin(args: Record<string, string>): Promise<void> {
    peers.server.setAccessTokenTtl(1);
    await mode.run(pipeline("await login(args, session(args));"), { args });
    peers.server.setAccessTokenTtl(3_600);
  }

  describe("a token that ends", () => {
    test("expires, and is refreshed and rotated on the way", async () => {
      const args = peers.withStore();
      await staleLogin(args);
      const old = { access: peers.newest("access_token"), refresh: peers.newest("refresh_token") };
      await sleep(1_050);
      expect(await peers.isActive(old.access)).toBe(false);
      const [from, before] = [mode.events.length, peers.refreshes()];
      const result = await mode.run(
        pipeline(`
          const cli = session(args);
          const one = await request(cli, "GET", \`\${args.api}/me\`);
          const other = await request(cli, "GET", \`\${args.api}/items\`);
          return [one.status, other.status];
        `),
        { args },
      );
      expect(result).toEqual([200, 200]);
      expect(peers.refreshes()).toBe(before + 1);
      expect(peers.newest("refresh_token")).not.toBe(old.refresh);
      expect(mode.events.slice(from)).toMatchObject([
        {
          topic: "oauth.client.audit",
          kind: "token_refreshed",
          payload: { provider: "acme", storage_key: "acme", reason: "ttl_threshold" },
        },
      ]);
    });

    test("is refused by the API, refreshed, and the call replayed once", async () => {
      const [from, calls, before] = [mode.events.length, peers.api.calls.length, peers.refreshes()];
      peers.api.rejectNext();
      const body = `
        const cli = session(args);
        await login(args, cli);
        const answer = await request(cli, "GET", \`\${args.api}/me\`);
        return { status: answer.status, ok: answer.ok };
      `;
      expect(await mode.run(pipeline(body), { args: peers.args })).toEqual({ status: 200, ok: true });
      expect(peers.api.calls.slice(calls).map(({ status }) => status)).toEqual([401, 200]);
      expect(peers.refreshes()).toBe(before + 1);
      expect(mode.events.at(-1)).toMatchObject({ kind: "token_refreshed", payload: { reason: "post_401" } });
      expect(kinds(from)).toEqual(["token_exchanged", "token_refreshed"]);

      peers.api.rejectNext();
      peers.api.rejectNext();
      const again = peers.api.calls.length;
      expect(await mode.run(pipeline(body), { args: peers.args })).toEqual({ status: 401, ok: false });
      expect(peers.api.calls.slice(again).map(({ status }) => status)).toEqual([401, 401]);
    });

    test("refresh and current_token agree on what is stored", async () => {
      const result = await mode.run(
        pipeline(`
          const cli = session(args);
          const empty = await current_token(cli);
          const first = await login(args, cli);
          const second = await refresh(cli);
          const stored = await current_token(cli);
          return {
            empty,
            renewed: first.access_token !== second.access_token && first.refresh_token !== second.refresh_token,
            same: JSON.stringify(stored) === JSON.stringify(second),
            shown: (await token(cli)) === second.access_token,
            by_method: (await cli.token()) === second.access_token,
          };
        `),
        { args: peers.args },
      );
      expect(result).toEqual({ empty: null, renewed: true, same: true, shown: true, by_method: true });
    });

    test("a spent refresh token that someone presents again ends the grant: consent is needed", async () => {
      const args = peers.withStore();
      await staleLogin(args);
      const spent = peers.newest("refresh_token");
      await mode.run(pipeline("return await token(session(args));"), { args });
      const current = peers.newest("access_token");
      expect(await peers.isActive(current)).toBe(true);
      const thief = await fetch(peers.server.tokenEndpoint, {
        method: "POST",
        body: new URLSearchParams({
          grant_type: "refresh_token",
          refresh_token: spent,
          client_id: String(args["client_id"]),
        }),
      });
      expect(thief.status).toBe(400);
      expect(await peers.isActive(current)).toBe(false);
      const from = mode.events.length;
      const result = await mode.run(
        pipeline(`
          const cli = session(args);
          const answer = await request(cli, "GET", \`\${args.api}/me\`);
          return {
            status: answer.status,
            refused: await failure(refresh(cli)),
            kept: (await current_token(cli)) !== null,
          };
        `),
        { args },
      );
      expect(result).toMatchObject({
        // The server's own answer tells more than a failed refresh.
        status: 401,
        refused: {
          code: "HARN-OAU-002",
          retryable: false,
          details: { status: 400, error: "invalid_grant" },
        },
        kept: true,
      });
      expect(kinds(from)).toContain("refresh_failed");
    });
  });

  test("revocation ends the tokens at the server and removes the file", async () => {
    const args = peers.withStore();
    await mode.run(pipeline("await login(args, session(args));"), { args });
    const [access, refresh] = [peers.newest("access_token"), peers.newest("refresh_token")];
    expect([await peers.isActive(access), await peers.isActive(refresh)]).toEqual([true, true]);
    const before = peers.server.requests.length;
    const result = await mode.run(
      pipeline(`
        const cli = session(args);
        return [await revoke(cli), await current_token(cli), (await failure(token(cli)))?.code, await revoke(cli)];
      `),
      { args },
    );
    expect(result).toMatchObject([
      { local: true, remote: "revoked" },
      null,
      "HARN-OAU-002",
      { local: true, remote: "unsupported" },
    ]);
    expect([await peers.isActive(access), await peers.isActive(refresh)]).toEqual([false, false]);
    expect(existsSync(String(args["store"]))).toBe(false);
    const hints = peers.server.requests
      .slice(before)
      .filter(({ path }) => path === "/token/revocation")
      .map(({ form }) => form?.["token_type_hint"]);
    expect(hints).toEqual(["refresh_token", "access_token"]);
  });
});
