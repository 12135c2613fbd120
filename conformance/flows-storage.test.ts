import { readFileSync } from "node:fs";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type Mode, modeNames, openMode } from "./modes.test.support.ts";
import { common, type Peers, pipeline, startPeers } from "./peers.test.support.ts";

let peers: Peers;
beforeAll(async () => {
  peers = await startPeers();
});
afterAll(() => peers.close());
beforeEach(() => peers.server.setAccessTokenTtl(3_600));

/** A storage that is written in the pipeline; its rows come in and go out as data. */
const ownStorage = `
const storageOver = (rows: Map<string, any>, calls: string[]) =>
  custom_storage({
    get: (key: string) => { calls.push("get"); return rows.get(key) ?? null; },
    set: async (key: string, set: object) => { calls.push("set"); rows.set(key, set); },
    delete: (key: string) => { calls.push("delete"); rows.delete(key); },
  });
`;

describe.each(modeNames)("%s", (name) => {
  let mode: Mode;
  beforeAll(async () => {
    mode = await openMode(name);
  });
  afterAll(() => mode.close());

  test("a token file serves a later runtime, and holds no token in clear", async () => {
    const args = peers.withStore();
    const first = await openMode(name);
    await first.run(pipeline("await login(args, session(args));"), { args });
    await first.close();
    const file = readFileSync(String(args["store"]));
    for (const { value } of peers.server.credentials) expect(file.includes(value)).toBe(false);

    const logins = peers.server.tokenRequests("authorization_code").length;
    const second = await openMode(name);
    const result = await second.run(
      pipeline(`
        const cli = session(args);
        const before = (await request(cli, "GET", \`\${args.api}/me\`)).status;
        await refresh(cli);
        return [before, (await request(cli, "GET", \`\${args.api}/me\`)).status];
      `),
      { args },
    );
    await second.close();
    expect(result).toEqual([200, 200]);
    expect(peers.server.tokenRequests("authorization_code")).toHaveLength(logins);
  });

  test("a file written in one mode serves the other", async () => {
    const args = peers.withStore();
    const other = await openMode(name === "guest" ? "host" : "guest");
    await other.run(pipeline("await login(args, session(args));"), { args });
    await other.close();
    const body = `return (await request(session(args), "GET", \`\${args.api}/me\`)).status;`;
    expect(await mode.run(pipeline(body), { args })).toBe(200);
  });

  test("a storage written in the pipeline keeps the account over two pipelines", async () => {
    const first = (await mode.run(
      `${common}${ownStorage}
      export default async (args: any) => {
        const rows = new Map(), calls: string[] = [];
        const cli = session(args, { storage: storageOver(rows, calls) });
        await login(args, cli);
        return { rows: [...rows], calls };
      };`,
      { args: peers.args },
    )) as { rows: [string, Record<string, string>][]; calls: string[] };
    expect(first.calls).toEqual(["set"]);
    expect(first.rows.map(([key]) => key)).toEqual(["acme"]);
    const { access_token, refresh_token, id_token } = first.rows[0]?.[1] ?? {};
    const capsule = mode.name === "guest" ? /^hfs1\.[\w-]+$/ : /^(?!hfs1\.)\S+$/;
    for (const token of [access_token, refresh_token, id_token]) expect(token).toMatch(capsule);

    const spent = peers.newest("refresh_token");
    const second = (await mode.run(
      `${common}${ownStorage}
      export default async (args: any) => {
        const rows = new Map(args.rows), calls: string[] = [];
        const cli = session(args, { storage: storageOver(rows, calls) });
        const statuses = [(await request(cli, "GET", \`\${args.api}/me\`)).status];
        calls.length = 0;
        await refresh(cli);
        const sets = calls.filter((call) => call === "set").length;
        statuses.push((await request(cli, "GET", \`\${args.api}/me\`)).status);
        return { statuses, sets, rows: [...rows] };
      };`,
      { args: { ...peers.args, rows: first.rows } },
    )) as { statuses: number[]; sets: number; rows: [string, Record<string, string>][] };
    expect(second.statuses).toEqual([200, 200]);
    expect(second.sets).toBe(1);
    expect(second.rows[0]?.[1]["access_token"]).toMatch(capsule);
    expect(second.rows[0]?.[1]["access_token"]).not.toBe(access_token);
    expect(peers.newest("refresh_token")).not.toBe(spent);
  });

  test("a storage's own lock goes around each refresh, and sees no result", async () => {
    const result = await mode.run(
      `${common}${ownStorage}
      export default async (args: any) => {
        const rows = new Map(), calls: string[] = [];
        const inner: any = {
          get: (key: string) => rows.get(key) ?? null,
          set: (key: string, set: object) => void rows.set(key, set),
          delete: (key: string) => void rows.delete(key),
          with_refresh_lock: async (key: string, body: () => Promise<unknown>) => {
            calls.push("lock " + key);
            const seen = await body();
            calls.push("unlock " + String(seen));
          },
        };
        const cli = session(args, { storage: inner });
        await login(args, cli);
        calls.length = 0;
        await refresh(cli);
        return calls;
      };`,
      { args: peers.args },
    );
    expect(result).toEqual(["lock acme", "unlock undefined"]);
  });
});
