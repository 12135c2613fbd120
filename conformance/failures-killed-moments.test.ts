import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { capability, createRuntime, type Limits, RunError, type Runtime } from "../runtime/index.ts";
import { oauth } from "../stdlib/oauth/index.ts";
import { cloudOperations, cloudStorage } from "./cloud-storage.ts";
import { common, type LoopbackServer, type Peers, serve, startPeers } from "./peers.test.support.ts";

let peers: Peers;
beforeAll(async () => {
  peers = await startPeers();
});
afterAll(() => peers.close());

/** A point that the next to come by waits at; later ones pass. */
interface Barrier {
  readonly reached: Promise<void>;
  pass(): Promise<void>;
  letGo(): void;
}

function barrier(): Barrier {
  let reach = (): void => {};
  let letGo = (): void => {};
  const reached = new Promise<void>((resolve) => {
    reach = resolve;
  });
  const gone = new Promise<void>((resolve) => {
    letGo = resolve;
  });
  return {
    reached,
    async pass() {
      reach();
      await gone;
    },
    letGo,
  };
}

/** A server before the authorization server's token endpoint; `hold` is waited for with every refresh in hand. */
async function startEndpoint(hold: () => Promise<void>): Promise<LoopbackServer> {
  return await serve((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.once("end", () => {
      void (async () => {
        const body = Buffer.concat(chunks).toString("utf8");
        if (body.includes("grant_type=refresh_token")) await hold();
        const answer = await fetch(new URL(request.url ?? "/", peers.server.issuer), {
          method: "POST",
          headers: { "content-type": "application/x-www-form-urlencoded" },
          body,
        });
        response.writeHead(answer.status, { "content-type": "application/json" });
        response.end(await answer.text());
      })();
    });
  });
}

/** Where the refresh is when the script ends: an operation of the host's store, or the token endpoint. */
const moments = [
  { moment: "before it is sent", at: "cloud_acquire_refresh_lock", answered: 0 },
  { moment: "while the server thinks", at: "token endpoint", answered: 0 },
  { moment: "while its answer is stored", at: "cloud_set", answered: 1 },
] as const;

interface Ends {
  readonly by: string;
  /** What the script does then; the refresh is `going`. */
  readonly does: string;
  readonly code: string;
  readonly limits?: Partial<Limits>;
}

const ends: readonly Ends[] = [
  { by: "its CPU limit", does: "for (;;);", code: "HARN-RUN-002" },
  {
    by: "its CPU limit, inside a built-in",
    does: "[].indexOf.call({ length: 2 ** 53 - 1 } as any, 1);",
    code: "HARN-RUN-002",
  },
  {
    by: "its memory limit",
    does: "const all: unknown[] = []; for (;;) all.push(new Uint8Array(1 << 20));",
    code: "HARN-RUN-001",
  },
  { by: "the wall clock", does: "await going;", code: "HARN-RUN-003", limits: { wall: 1_500 } },
  { by: "its signal", does: "await going;", code: "HARN-RUN-009" },
];

const cloud = `
import { harn_cloud_session } from "std/oauth/storage";
import { reached } from "std/capability/moment";
${common}
const cloud = (args: any, more: object = {}) => session(args, { storage: harn_cloud_session(), ...more });
`;
const login = `${cloud} export default async (args: any) => void (await login(args, cloud(args)));`;
// The first token lives for less than this, its successor for longer.
const use = `${cloud}
  export default async (args: any) => {
    const cli = cloud(args, { refresh_leeway: 1_800 });
    const answer = await request(cli, "GET", \`\${args.api}/me\`);
    return { status: answer.status, token: await token(cli) };
  };`;

describe.each(moments)("a refresh $moment", ({ at, answered }) => {
  test.each(ends)("completes when the script is ended by $by", async ({ does, code, limits = {} }) => {
    const point = barrier();
    let armed = false;
    const passes = async (place: string): Promise<void> => {
      if (!armed || place !== at) return;
      armed = false;
      await point.pass();
    };
    const endpoint = await startEndpoint(() => passes("token endpoint"));
    const keep = cloudStorage();
    const binding = {
      provider: "acme",
      tokenEndpoint: endpoint.origin,
      issuer: peers.server.issuer,
      resourceOrigins: [peers.api.origin],
    };
    const open = async (limits: Partial<Limits>): Promise<Runtime> =>
      await createRuntime({
        plugins: [oauth({ bindings: () => binding }), capability("moment", { reached: () => point.reached })],
        capabilities: {
          oauth_storage: Object.fromEntries(
            cloudOperations.map((operation) => [
              operation,
              async (params: unknown) => {
                await passes(operation);
                return await keep(operation, params);
              },
            ]),
          ),
        },
        limits,
      });
    const request = {
      filename: "pipeline.ts",
      args: { ...peers.args, token_server: endpoint.origin },
      grants: { net: ["127.0.0.1"], capabilities: ["oauth_storage", "moment"], reveal: true },
    };
    peers.server.setAccessTokenTtl(900);
    const runtime = await open({ cpu: 300, ...limits });
    const second = await open({});
    await second.run({ ...request, source: login });
    peers.server.setAccessTokenTtl(7_200);
    const [old, before] = [peers.newest("access_token"), peers.refreshes()];

    armed = true;
    const controller = new AbortController();
    const source = `${cloud} export default async (args: any) => {
      const going = refresh(cloud(args));
      await Promise.race([reached(), going]);
      ${does}
    };`;
    const ended = runtime.run({ ...request, source, signal: controller.signal }).then(
      () => null,
      (error: unknown) => (error instanceof RunError ? error.code : error),
    );
    await Promise.race([point.reached, ended]);
    if (code === "HARN-RUN-009") controller.abort();
    expect(await ended).toBe(code);
    expect(peers.refreshes()).toBe(before + answered);

    // The next run meets the refresh on its way, or stored.
    const next = second.run({ ...request, source: use });
    point.letGo();
    const successor = { status: 200, token: expect.not.stringContaining(old) as string };
    expect((await next).result).toEqual(successor);
    await runtime.close();
    expect((await second.run({ ...request, source: use })).result).toEqual({
      status: 200,
      token: peers.newest("access_token"),
    });
    expect(peers.refreshes()).toBe(before + 1);
    await second.close();
    await endpoint.close();
  });
});
