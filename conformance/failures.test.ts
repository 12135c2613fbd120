import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { rawServer, reply } from "../runtime/host/server.test.support.ts";
import { type Mode, modeNames, openMode } from "./modes.test.support.ts";
import { type Peers, pipeline, startGate, startPeers } from "./peers.test.support.ts";

let peers: Peers;
beforeAll(async () => {
  peers = await startPeers();
});
afterAll(() => peers.close());

/** A token that needs a refresh from the first second and works for an hour. */
const aging = "{ refresh_leeway: 7200 }";

describe.each(modeNames)("%s", (name) => {
  let mode: Mode;
  beforeAll(async () => {
    mode = await openMode(name);
  });
  afterAll(() => mode.close());

  describe("the authorization server fails during a refresh", () => {
    test("the request is lost, and is sent once more where a second one does no harm", async () => {
      const gate = await startGate(peers.server.issuer);
      const args = { ...peers.withStore(), token_server: gate.origin };
      await mode.run(pipeline("await login(args, session(args));"), { args });
      const [seen, before] = [gate.seen, peers.refreshes()];
      gate.next("no_request");
      const body = `
        const cli = session(args);
        await refresh(cli);
        return (await request(cli, "GET", \`\${args.api}/me\`)).status;
      `;
      expect(await mode.run(pipeline(body), { args })).toBe(200);
      expect([gate.seen - seen, peers.refreshes() - before]).toEqual([2, 1]);
      await gate.close();
    });

    test("the answer is lost: the outcome is unknown, the token is not presented again, and the old one is used", async () => {
      const gate = await startGate(peers.server.issuer);
      const args = { ...peers.withStore(), token_server: gate.origin };
      await mode.run(pipeline("await login(args, session(args, {}, strict));"), { args });
      const seen = gate.seen;
      const from = mode.events.length;
      gate.next("no_answer");
      const body = `
        const cli = session(args, {}, strict);
        const before = await current_token(cli);
        const lost = await failure(refresh(cli));
        const eager = session(args, ${aging}, strict);
        const tokens = [await token(eager), await token(eager)];
        return { lost, same: tokens.every((each) => each === before.access_token) };
      `;
      expect(await mode.run(pipeline(body), { args })).toMatchObject({
        lost: {
          code: "HARN-OAU-003",
          retryable: true,
          message: expect.stringContaining("unknown") as string,
        },
        same: true,
      });
      expect(gate.seen - seen).toBe(1);
      expect(mode.events.slice(from)).toMatchObject([
        { kind: "refresh_failed", payload: { reason: "forced", code: "HARN-OAU-003" } },
      ]);
      await gate.close();
    });

    test("it cannot be reached: nothing was sent, the old token is used, and later the refresh works", async () => {
      const first = await startGate(peers.server.issuer);
      const args = { ...peers.withStore(), token_server: first.origin };
      await mode.run(pipeline("await login(args, session(args));"), { args });
      await first.close();
      const before = peers.refreshes();
      const down = await mode.run(
        pipeline(`
          const eager = session(args, ${aging});
          return {
            refused: await failure(refresh(eager)),
            status: (await request(eager, "GET", \`\${args.api}/me\`)).status,
          };
        `),
        { args },
      );
      expect(down).toMatchObject({ refused: { code: "HARN-OAU-003", retryable: true }, status: 200 });

      const again = await startGate(peers.server.issuer, Number(new URL(first.origin).port));
      const up = pipeline(`
        const cli = session(args);
        await refresh(cli);
        return (await request(cli, "GET", \`\${args.api}/me\`)).status;
      `);
      expect(await mode.run(up, { args })).toBe(200);
      expect(peers.refreshes()).toBe(before + 1);
      await again.close();
    });

    test("an expired token is not used for want of a better one", async () => {
      const args = { ...peers.args, token_server: "http://127.0.0.1:9" };
      const result = await mode.run(
        pipeline(`
          const rows = memory();
          const cli = session(args, { storage: rows });
          const ended = Math.floor(Date.now() / 1000) - 10;
          await rows.set("acme", {
            access_token: "own-access-token", token_type: "Bearer", refresh_token: "own-refresh-token",
            issued_at_unix: ended - 3600, expires_in: 3600, expires_at_unix: ended,
          });
          return [await failure(token(cli)), await failure(request(cli, "GET", \`\${args.api}/me\`))];
        `),
        { args },
      );
      const refused = { code: "HARN-OAU-003", retryable: true };
      expect(result).toMatchObject([refused, refused]);
    });
  });

  describe("the token endpoint answers what we do not take", () => {
    const json = (text: string | Uint8Array, ...fields: string[]): Buffer =>
      reply(text, ["content-type: application/json", ...fields]);
    const token = (members: string): Buffer =>
      json(`{"access_token":"new-access-token","token_type":"Bearer",${members}}`);
    const rows: readonly (readonly [string, Buffer, string])[] = [
      ["a page", reply("<html>hello</html>", ["content-type: text/html"]), "HARN-OAU-006"],
      ["half of an object", json('{"access_token":"new-access'), "HARN-OAU-006"],
      ["a list", json('["new-access-token"]'), "HARN-OAU-006"],
      ["nothing", json(""), "HARN-OAU-006"],
      ["no token", json('{"token_type":"Bearer"}'), "HARN-OAU-006"],
      ["a member twice", token('"access_token":"other-access-token"'), "HARN-OAU-006"],
      ["bad UTF-8", json(Uint8Array.of(0x22, 0xff, 0x22)), "HARN-OAU-006"],
      ["a line break in the token", json('{"access_token":"new\\r\\nx: y"}'), "HARN-OAU-006"],
      ["a token that is no text", json('{"access_token":{"a":1}}'), "HARN-OAU-006"],
      [
        "an unknown token type",
        json('{"access_token":"new-access-token","token_type":"mac"}'),
        "HARN-OAU-006",
      ],
      ["a life before it began", token('"expires_in":-5'), "HARN-OAU-006"],
      ["a life that is no number", token('"expires_in":"soon"'), "HARN-OAU-006"],
      ["five megabytes", json(`{"access_token":"${"x".repeat(5 * 1024 * 1024)}"}`), "HARN-OAU-006"],
      [
        "a gzip bomb",
        json(gzipSync(Buffer.alloc(20 * 1024 * 1024, 0x20)), "content-encoding: gzip"),
        "HARN-OAU-006",
      ],
      ["no gzip", json("{}", "content-encoding: gzip"), "HARN-OAU-006"],
      ["a redirect", reply("", ["location: http://127.0.0.1:9/token"], "302 Found"), "HARN-OAU-006"],
      ["garbage", Buffer.from("SSH-2.0-server\r\n"), "HARN-OAU-006"],
      [
        "a refusal of the client",
        reply('{"error":"invalid_client"}', ["content-type: application/json"], "401 Unauthorized"),
        "HARN-OAU-012",
      ],
      [
        "a dead refresh token",
        reply('{"error":"invalid_grant"}', ["content-type: application/json"], "400 Bad Request"),
        "HARN-OAU-002",
      ],
      ["not now", reply("", ["retry-after: 1"], "503 Service Unavailable"), "HARN-OAU-003"],
    ];

    test.each(rows)("%s", async (_what, bytes, code) => {
      const server = await rawServer((socket) => socket.end(bytes));
      const result = (await mode.run(
        pipeline(`
          const rows = memory();
          const cli = session(args, { storage: rows });
          const now = Math.floor(Date.now() / 1000);
          const old = {
            access_token: "own-access-token", token_type: "Bearer", refresh_token: "own-refresh-token",
            issued_at_unix: now, expires_in: 3600, expires_at_unix: now + 3600,
          };
          await rows.set("acme", old);
          const before = await current_token(cli);
          const refused = await failure(refresh(cli));
          return { refused, kept: JSON.stringify(await current_token(cli)) === JSON.stringify(before) };
        `),
        { args: { ...peers.args, token_server: server.url } },
      )) as { refused: { code: string; message: string }; kept: boolean };
      await server.close();
      expect(result).toMatchObject({
        refused: {
          name: "OAuthError",
          code,
          message: expect.stringMatching(/^std\/oauth\/client: /) as string,
        },
        kept: true,
      });
      expect(JSON.stringify(result.refused)).not.toMatch(/new-access|hello|SSH|location/);
    });
  });
});
