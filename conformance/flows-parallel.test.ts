import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type Mode, modeNames, openMode } from "./modes.test.support.ts";
import { type Peers, pipeline, serve, startPeers } from "./peers.test.support.ts";

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

  /** A token file whose tokens are stale. */
  async function staleStore(): Promise<Record<string, string>> {
    const args = peers.withStore();
    peers.server.setAccessTokenTtl(1);
    await mode.run(pipeline("await login(args, session(args));"), { args });
    peers.server.setAccessTokenTtl(3_600);
    return args;
  }

  test("100 parallel calls of one handle refresh once", async () => {
    const args = await staleStore();
    const before = peers.refreshes();
    const from = mode.events.length;
    const result = await mode.run(
      pipeline(`
        const cli = session(args);
        const tokens = await Promise.all(Array.from({ length: 100 }, () => token(cli)));
        return { calls: tokens.length, distinct: [...new Set(tokens)] };
      `),
      { args },
    );
    expect(peers.refreshes()).toBe(before + 1);
    const shown = mode.name === "guest" ? expect.stringMatching(/^hfs1\./) : peers.newest("access_token");
    expect(result).toEqual({ calls: 100, distinct: [shown] });
    expect(mode.events.slice(from).map(({ kind }) => kind)).toEqual(["token_refreshed"]);
  });

  test("100 calls of 10 concurrent runs on one token file refresh once", async () => {
    const args = await staleStore();
    const before = peers.refreshes();
    const source = pipeline(`
      const cli = session(args);
      const answers = await Promise.all(
        Array.from({ length: 10 }, () => request(cli, "GET", \`\${args.api}/me\`)),
      );
      return answers.map(({ status }) => status);
    `);
    const results = await Promise.all(Array.from({ length: 10 }, () => mode.run(source, { args })));
    expect(results.flat()).toEqual(Array(100).fill(200));
    expect(peers.refreshes()).toBe(before + 1);
  });

  test("100 parallel calls that are all refused refresh once", async () => {
    const refused = { token: "" };
    const api = await serve((request, response) => {
      const good = request.headers.authorization !== `Bearer ${refused.token}`;
      response.writeHead(good ? 200 : 401).end();
    });
    const args = { ...peers.withStore(), api: api.origin };
    await mode.run(pipeline("await login(args, session(args));"), { args });
    refused.token = peers.newest("access_token");
    const before = peers.refreshes();
    const result = await mode.run(
      pipeline(`
        const cli = session(args);
        const answers = await Promise.all(
          Array.from({ length: 100 }, () => request(cli, "GET", \`\${args.api}/me\`)),
        );
        return [...new Set(answers.map(({ status }) => status))];
      `),
      { args },
    );
    await api.close();
    expect(result).toEqual([200]);
    expect(peers.refreshes()).toBe(before + 1);
  });
});
