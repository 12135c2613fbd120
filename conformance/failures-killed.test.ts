import { afterAll, beforeAll, expect, test } from "vitest";
import { openMode } from "./modes.test.support.ts";
import {
  common,
  type LoopbackServer,
  type Peers,
  pipeline,
  serve,
  startPeers,
} from "./peers.test.support.ts";

let peers: Peers;
beforeAll(async () => {
  peers = await startPeers();
});
afterAll(() => peers.close());

/** A token endpoint before the real one that holds each refresh back until it is let go. */
interface Slow extends LoopbackServer {
  /** Resolves when a refresh has arrived. */
  readonly arrived: Promise<void>;
  letGo(): void;
}

async function slowTokenEndpoint(): Promise<Slow> {
  let arrive = (): void => {};
  let letGo = (): void => {};
  const arrived = new Promise<void>((resolve) => {
    arrive = resolve;
  });
  const gone = new Promise<void>((resolve) => {
    letGo = resolve;
  });
  const server = await serve((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.once("end", () => {
      void (async () => {
        const body = Buffer.concat(chunks).toString("utf8");
        if (body.includes("grant_type=refresh_token")) {
          arrive();
          await gone;
        }
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
  return { ...server, arrived, letGo };
}

const use = pipeline(`
  const cli = session(args);
  const answer = await request(cli, "GET", \`\${args.api}/me\`);
  return { status: answer.status, token: await token(cli) };
`);

/** Ends a script while its refresh is on the wire; the refresh completes, and the next runtime uses its token. */
async function survives(
  source: string,
  end: (slow: Slow, run: (signal: AbortSignal) => Promise<unknown>) => Promise<void>,
): Promise<void> {
  const slow = await slowTokenEndpoint();
  const args = { ...peers.withStore(), token_server: slow.origin };
  const first = await openMode("guest", { limits: { cpu: 300 } });
  await first.run(pipeline("await login(args, session(args));"), { args });
  const [old, before] = [peers.newest("access_token"), peers.refreshes()];
  await end(slow, (signal) => first.run(source, { args, signal }));
  expect(peers.refreshes()).toBe(before);

  let closed = false;
  const closing = first.close().then(() => {
    closed = true;
  });
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(closed).toBe(false);
  slow.letGo();
  await closing;
  expect(peers.refreshes()).toBe(before + 1);
  expect(peers.newest("access_token")).not.toBe(old);
  expect(first.events.at(-1)).toMatchObject({ kind: "token_refreshed" });

  const second = await openMode("guest");
  const shown = await second.run(use, { args, grants: { reveal: true } });
  expect(shown).toEqual({ status: 200, token: peers.newest("access_token") });
  expect(peers.refreshes()).toBe(before + 1);
  await second.close();
  await slow.close();
}

test("a script that is killed for its computing leaves its refresh to complete", async () => {
  const source = `${common}
    export default (args: any) => {
      void refresh(session(args));
      for (;;);
    };`;
  await survives(source, async (slow, run) => {
    await expect(run(new AbortController().signal)).rejects.toMatchObject({ code: "HARN-RUN-002" });
    await slow.arrived;
  });
});

test("a run that is cancelled leaves its refresh to complete", async () => {
  await survives(pipeline("await refresh(session(args));"), async (slow, run) => {
    const controller = new AbortController();
    const running = run(controller.signal);
    await slow.arrived;
    controller.abort();
    await expect(running).rejects.toMatchObject({ code: "HARN-RUN-009" });
  });
});

test("a run that ends without waiting leaves its refresh to complete", async () => {
  const source = `${common}
    import { now } from "std/time";
    export default async (args: any) => {
      void refresh(session(args));
      await http_get(args.api + "/me");
    };`;
  await survives(source, async (slow, run) => {
    await run(new AbortController().signal);
    await slow.arrived;
  });
});
