import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Mode, modeNames, openMode } from "./modes.test.support.ts";
import { common, type Peers, pipeline, startPeers } from "./peers.test.support.ts";

let peers: Peers;
beforeAll(async () => {
  peers = await startPeers();
});
afterAll(() => peers.close());

describe.each(modeNames)("%s", (name) => {
  let mode: Mode;
  beforeAll(async () => {
    mode = await openMode(name);
  });
  afterAll(() => mode.close());

  describe("a storage that asks its own client", () => {
    const reentrant = (inside: string, ask: string): string => `${common}
      const rows = new Map();
      export default async (args: any) => {
        let depth = 0;
        const inner = async (cli: any) => {
          depth += 1;
          const outcome = await failure(${ask});
          depth -= 1;
          return outcome;
        };
        const refusals: unknown[] = [];
        let armed = false;
        let cli: any = null;
        const asking = async (place: string) => {
          if (armed && place === "${inside}") refusals.push(await inner(cli));
        };
        cli = session(args, { storage: {
          get: async (key: string) => { await asking("get"); return rows.get(key) ?? null; },
          set: async (key: string, set: unknown) => { await asking("set"); rows.set(key, set); },
          delete: (key: string) => void rows.delete(key),
        } });
        await login(args, cli);
        armed = true;
        const outcome = await failure(refresh(cli));
        armed = false;
        return { outcome, refusals, depth, status: (await request(cli, "GET", args.api + "/me")).status };
      };`;

    test.each([
      ["get", "token(cli)"],
      ["get", "refresh(cli)"],
      ["set", "token(cli)"],
      ["set", "refresh(cli)"],
    ])("in %s with %s is refused at once", async (inside, ask) => {
      const result = (await mode.run(reentrant(inside, ask), { args: peers.args })) as {
        outcome: { code: string } | null;
        refusals: ({ code: string; retryable: boolean } | null)[];
        depth: number;
        status: number;
      };
      expect(result.refusals.length).toBeGreaterThan(0);
      expect(result.refusals.length).toBeLessThan(10);
      expect(new Set(result.refusals.map((refusal) => refusal?.code))).toEqual(new Set(["HARN-OAU-010"]));
      expect(result).toMatchObject({ depth: 0, status: 200 });
      expect(await mode.run("export default () => 1;")).toBe(1);
    });
  });

  test("an option that does not exist is refused, and the nearest is named", async () => {
    const result = await mode.run(
      pipeline(`
        const cli = session(args);
        const acme = provider(args);
        const base = { client_id: "c", storage: memory() };
        const attempts = [
          async () => client(acme, { ...base, redirect_url: "http://127.0.0.1/cb" } as any),
          async () => client(acme, { ...base, clientSecret: "s" } as any),
          async () => client(acme, { ...base, scope: ["a"] } as any),
          async () => device_flow(acme, { ...base, on_usercode: () => {} } as any),
          async () => request(cli, "GET", args.api + "/me", { header: {} } as any),
        ];
        const refusals = [];
        for (const attempt of attempts) refusals.push(await failure(attempt()));
        return refusals;
      `),
      { args: peers.args },
    );
    const texts = (result as { code: string; message: string; hint: string }[]).map(
      ({ code, message, hint }) => `${code} ${message} ${hint}`,
    );
    const nearest = ["redirect_uri", "client_secret", "scopes", "on_user_code", "headers"];
    for (const [index, text] of texts.entries()) {
      expect(text).toMatch(/^HARN-OAU-011 /);
      expect(text).toContain(nearest[index]);
    }
    expect(texts).toHaveLength(nearest.length);
  });
});
