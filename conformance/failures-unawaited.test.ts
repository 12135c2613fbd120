import { afterAll, beforeAll, expect, test } from "vitest";
import { capability, createRuntime, type RunResult } from "../runtime/index.ts";
import { oauth } from "../stdlib/oauth/index.ts";
import { common, type Peers, serve, startPeers } from "./peers.test.support.ts";

let peers: Peers;
beforeAll(async () => {
  peers = await startPeers();
});
afterAll(() => peers.close());

/** A server that never ends an answer; `/half` it begins. */
async function startSilent(expected: number) {
  const seen: (string | undefined)[] = [];
  let arrive = (): void => {};
  const arrived = new Promise<void>((resolve) => {
    arrive = resolve;
  });
  const ends: Promise<void>[] = [];
  const server = await serve((request, response) => {
    seen.push(request.headers.authorization?.split(" ")[0]);
    ends.push(new Promise((resolve) => response.once("close", resolve)));
    if (request.url === "/half") response.writeHead(200).write("the first half");
    if (seen.length === expected) arrive();
  });
  return { ...server, seen, arrived, ends };
}

const source = (then: string): string => `
import { arrived } from "std/capability/silent";
${common}
export default async (args: Args) => {
  const cli = session(args);
  await login(args, cli);
  void request(cli, "GET", args.api + "/me");
  http_get(args.api + "/all");
  const half = [http_get(args.api + "/half")];
  await arrived();
  ${then}
};`;

test.each([
  ["returns", 'return "done";', "done"],
  ["throws", 'throw new TypeError("gone");', "TypeError: gone"],
  ["computes on and on", "for (;;);", "HARN-RUN-002"],
  ["is inside a built-in", "[].indexOf.call({ length: 2 ** 53 - 1 } as any, 1);", "HARN-RUN-002"],
  ["is cancelled", "await half[0];", "HARN-RUN-009"],
])("requests that nobody awaited end at the server when the script %s", async (_name, then, outcome) => {
  const silent = await startSilent(3);
  const runtime = await createRuntime({
    plugins: [oauth(), capability("silent", { arrived: () => silent.arrived })],
    limits: { cpu: 1_000 },
  });
  const controller = new AbortController();
  const running = runtime.run({
    source: source(then),
    filename: "pipeline.ts",
    args: { ...peers.args, api: silent.origin },
    grants: { net: ["127.0.0.1"], capabilities: ["silent"] },
    signal: controller.signal,
  });
  void silent.arrived.then(() => outcome === "HARN-RUN-009" && controller.abort());
  const ended = await running.catch(String);

  expect(silent.seen.filter((scheme) => scheme === "Bearer")).toHaveLength(1);
  // Without a cancellation the connections would stay open for as long as a request may take.
  await Promise.all(silent.ends);
  if (typeof ended === "string") expect(ended.slice(0, outcome.length)).toBe(outcome);
  else {
    expect(ended.result).toBe(outcome);
    expect(places(ended)).toEqual([
      "std/oauth/client#request: void request(",
      "std/http#http_get: http_get(",
      "std/http#http_get: const half = [http_get(",
    ]);
  }
  await runtime.close();
  await silent.close();
});

/** Each warning as the call that it names, and its line up to its place. */
function places({ warnings }: RunResult): string[] {
  const lines = source("").split("\n");
  return warnings.map((warning) => {
    const [, fn, line, column] =
      /^the call of (\S+) at pipeline\.ts:(\d+):(\d+) was not awaited; it was cancelled when the script ended$/.exec(
        warning,
      ) ?? [warning];
    return `${fn}: ${lines[Number(line) - 1]?.slice(0, Number(column)).trim()}`;
  });
}
