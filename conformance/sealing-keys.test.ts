import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtemp, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import {
  capability,
  createRuntime,
  type Grants,
  type Runtime,
  type RuntimeOptions,
} from "../runtime/index.ts";
import type { LogEvent } from "../runtime/ports.ts";
import { formsOf } from "../scripts/demo/proof.ts";
import { oauth } from "../stdlib/oauth/index.ts";
import { type Peers, pipeline, type Recorder, startPeers, startRecorder } from "./peers.test.support.ts";

/** Scripts whose tokens lie as capsules in a table of the host, from runtime to runtime. */
let peers: Peers;
let foreign: Recorder;
let own: Recorder;
let rows: Map<string, unknown>;
/** Everything that was ever in the table. */
let kept: string[];
let events: LogEvent[];
const open: Runtime[] = [];
const [keyA, keyB] = [randomBytes(32), randomBytes(32)];

beforeAll(async () => {
  peers = await startPeers();
});
beforeEach(async () => {
  foreign = await startRecorder();
  own = await startRecorder();
  rows = new Map();
  kept = [];
  events = [];
});
afterEach(async () => {
  for (const runtime of open.splice(0)) await runtime.close();
  await foreign.close();
  await own.close();
});
afterAll(() => peers.close());

async function runtimeWith(
  sealingKeys: readonly Uint8Array[] | null,
  env: RuntimeOptions["env"] = {},
): Promise<(body: string, more?: { args?: object; grants?: Grants }) => Promise<unknown>> {
  const runtime = await createRuntime({
    plugins: [
      oauth(sealingKeys ? { sealingKeys } : {}),
      capability("rows", {
        read: ({ key }: { key: string }) => rows.get(key) ?? null,
        write: ({ key, set }: { key: string; set: unknown }) => {
          kept.push(JSON.stringify(set));
          rows.set(key, set);
        },
        remove: ({ key }: { key: string }) => void rows.delete(key),
      }),
    ],
    env,
    events: [
      { name: "test", persists: false, write: (event) => void events.push(event), close: async () => {} },
    ],
  });
  open.push(runtime);
  return async (body, { args = {}, grants = {} } = {}) =>
    (
      await runtime.run({
        source: `import * as table from "std/capability/rows";\n${pipeline(`${inTable}\n${body}`)}`,
        filename: "pipeline.ts",
        args: { ...peers.args, foreign: foreign.origin, ...args },
        grants: { net: ["127.0.0.1"], capabilities: ["rows"], env: ["*"], ...grants },
      })
    ).result;
}

const inTable = `
  const storage = custom_storage({
    get: (key: string) => table.read({ key }),
    set: (key: string, set: any) => table.write({ key, set }),
    delete: (key: string) => table.remove({ key }),
  });`;

/** No form of any credential of the server is in this text. */
function expectNoCredential(text: string): void {
  for (const { value } of peers.server.credentials)
    for (const form of formsOf(value).values()) expect(text).not.toContain(form);
}

const keyIds = (set: unknown): (string | undefined)[] =>
  ["access_token", "refresh_token", "id_token"].map((member) => {
    const capsule = (set as Record<string, string>)[member];
    return capsule && Buffer.from(capsule.slice(5), "base64url").toString("hex", 1, 5);
  });

test("a script's own storage keeps a login over runtimes and changed keys, and never a token", async () => {
  const first = await runtimeWith([keyA]);
  await first("await login(args, session(args, { storage }));");
  const old = keyIds(rows.get("acme"));

  const second = await runtimeWith([keyB, keyA]);
  const before = peers.refreshes();
  expect(
    await second(`
      const cli = session(args, { storage });
      const me = await request(cli, "GET", args.api + "/me");
      await refresh(cli);
      const again = await request(cli, "GET", args.api + "/me");
      return [me.status, again.status, (await token(cli)).slice(0, 5)];`),
  ).toEqual([200, 200, "hfs1."]);
  expect(peers.refreshes()).toBe(before + 1);
  // Whatever was written again is under the new key, so the old one can go.
  const now = keyIds(rows.get("acme"));
  expect(old.every((id) => id === old[0])).toBe(true);
  expect(now.every((id) => id === now[0] && id !== old[0])).toBe(true);

  const third = await runtimeWith([keyB]);
  expect(
    await third(`return (await request(session(args, { storage }), "GET", args.api + "/me")).status;`),
  ).toBe(200);
  expect(kept.length).toBeGreaterThan(1);
  for (const text of kept) expect(text).toContain("hfs1.");
  expectNoCredential(kept.join("\n"));
});

test("what comes back for an old capsule is sealed with the first key", async () => {
  const first = await runtimeWith([keyA]);
  await first("await login(args, session(args, { storage }));");
  const old = rows.get("acme");
  const second = await runtimeWith([keyB, keyA]);
  const read = await second(`return await storage.get("acme");`);
  expect(keyIds(read)).not.toEqual(keyIds(old));
  const third = await runtimeWith([keyB]);
  expect(await third(`return await failure(storage.set("acme", args.read));`, { args: { read } })).toBeNull();
});

test("a capsule of a dropped key is refused, with what happened, and nothing is sent", async () => {
  const first = await runtimeWith([keyA]);
  await first("await login(args, session(args, { storage }));");
  const { access_token } = rows.get("acme") as { access_token: string };
  for (const keys of [[keyB], null]) {
    const later = await runtimeWith(keys);
    const calls = peers.api.calls.length;
    const requests = peers.server.requests.length;
    expect(
      await later(
        `const cli = session(args, { storage });
        const headers = { authorization: "Bearer " + args.access_token };
        return [
          await failure(storage.get("acme")),
          await failure(request(cli, "GET", args.api + "/me")),
          await failure(refresh(cli)),
          await failure(http_request("GET", args.api + "/me", { headers })),
        ];`,
        { args: { access_token } },
      ),
    ).toMatchObject([
      { code: "HARN-OAU-004", hint: expect.stringContaining("its key was dropped") },
      { code: "HARN-OAU-004" },
      { code: "HARN-OAU-004" },
      { code: "HARN-RUN-013" },
    ]);
    expect(peers.api.calls.length).toBe(calls);
    expect(peers.server.requests.length).toBe(requests);
  }
});

test("a capsule under another key name is refused, in the run that got it and in a later one", async () => {
  const first = await runtimeWith([keyA]);
  const refused = { code: "HARN-OAU-004", message: expect.stringContaining("sealed for another key") };
  const move = `table.write({ key: "other", set: await table.read({ key: "acme" }) });
    return [
      await failure(storage.get("other")),
      await failure(token(session(args, { storage, storage_key: "other" }))),
    ];`;
  expect(await first(`await login(args, session(args, { storage })); ${move}`)).toMatchObject([
    refused,
    refused,
  ]);
  const second = await runtimeWith([keyB, keyA]);
  expect(await second(move)).toMatchObject([refused, refused]);
});

test("a login begun in one run is finished in another", async () => {
  const first = await runtimeWith([keyA]);
  const begun = (await first("return await start_authorization(session(args, { storage }));")) as {
    url: string;
  };
  expect(JSON.stringify(begun)).toContain("hfs1.");
  const answer = await peers.person.authorize(begun.url);
  const second = await runtimeWith([keyB, keyA]);
  const finish = `const cli = session(args, { storage });
    await exchange_callback(cli, args.begun, args.answer);
    return (await request(cli, "GET", args.api + "/me")).status;`;
  expect(await second(finish, { args: { begun, answer } })).toBe(200);
  expectNoCredential(kept.join("\n"));
});

test("the two commands of the manual log in, with keys and not without", async () => {
  const page = await readFile(new URL("../../docs/command.md", import.meta.url), "utf8");
  const [, source = ""] = /^```ts file login\.ts\n(.*?)^```$/ms.exec(page) ?? [];
  const folder = await mkdtemp(join(peers.folder, "commands-"));
  await writeFile(join(folder, "login.ts"), source);
  const holdfast = async (keys: string | null, more: Record<string, string>): Promise<string> => {
    const { issuer, client_id, redirect_uri } = peers.args;
    const { stdout } = await promisify(execFile)(
      process.execPath,
      [
        fileURLToPath(new URL("../cli/main.js", import.meta.url)),
        ...[
          "run",
          "login.ts",
          "--allow-net=127.0.0.1",
          "--allow-env=STORE_KEY",
          "--allow-storage=./tokens.bin",
        ],
        ...["--args-json", JSON.stringify({ issuer, client_id, redirect_uri, ...more })],
      ],
      {
        cwd: folder,
        env: {
          PATH: process.env["PATH"],
          STORE_KEY: keyA.toString("base64url"),
          ...(keys === null ? {} : { HOLDFAST_SEALING_KEYS: keys }),
        },
      },
    );
    return stdout;
  };
  const [a, b] = [keyA.toString("base64url"), keyB.toString("base64")];
  const begun = await holdfast(a, {});
  const answer = await peers.person.authorize((JSON.parse(begun) as { url: string }).url);
  await expect(holdfast(null, { begun, answer })).rejects.toMatchObject({
    stderr: expect.stringContaining("HARN-OAU-007"),
  });
  expect(JSON.parse(await holdfast(`${b},${a}`, { begun, answer }))).toEqual(["openid", "api:read"]);
  for (const form of formsOf(peers.newest("access_token")).values()) {
    expect(begun).not.toContain(form);
    expect(await readFile(join(folder, "tokens.bin"), "latin1")).not.toContain(form);
  }
});

test("each run with reveal leaves one event, and a run without it none", async () => {
  const run = await runtimeWith([keyA]);
  const granted = (): LogEvent[] => events.filter(({ kind }) => kind === "reveal_granted");
  const body = `const cli = session(args); await login(args, cli); await token(cli); return (await token(cli)).slice(0, 5);`;
  expect(await run(body)).toBe("hfs1.");
  expect(granted()).toEqual([]);
  for (const count of [1, 2]) {
    expect(await run(body, { grants: { reveal: true } })).not.toBe("hfs1.");
    expect(granted()).toHaveLength(count);
  }
  expect(granted()[0]).toMatchObject({
    topic: "runtime.audit",
    payload: { script: "pipeline.ts" },
    actor: { script: "pipeline.ts" },
  });
  expect(new Set(granted().map(({ actor }) => actor.run)).size).toBe(2);
});

test("a secret of the environment opens at its origins only, and an attempt elsewhere is an event", async () => {
  const secret = ["env", "secret", randomBytes(8).toString("hex")].join("-");
  const env = { API_KEY: { secret, origins: [own.origin] } };
  const run = await runtimeWith([keyA], env);
  const send = `
    const headers = { authorization: "Bearer " + (args.sealed ?? env("API_KEY")) };
    const own = await http_request("GET", args.own + "/", { headers });
    return {
      sealed: args.sealed ?? env("API_KEY"),
      own: own.status,
      refused: [
        await failure(http_request("GET", args.foreign + "/", { headers })),
        await failure(http_request("GET", args.api + "/me", { headers })),
      ],
      elsewhere: [
        await failure(http_request("GET", args.foreign + "/", { headers: { "x-key": env("API_KEY") } })),
        await failure(http_request("POST", args.foreign + "/", { body: { key: env("API_KEY") } })),
      ],
    };`;
  const result = (await run(send, { args: { own: own.origin } })) as { sealed: string };
  expect(result).toMatchObject({
    sealed: expect.stringMatching(/^hfs1\./),
    own: 200,
    refused: [{ code: "HARN-RUN-013" }, { code: "HARN-RUN-013" }],
    elsewhere: [null, null],
  });
  expect(own.bytes()).toContain(`Bearer ${secret}`);
  // Only capsules arrived, and there is something to look at.
  expect(foreign.bytes()).toContain("hfs1.");
  for (const text of formsOf(secret).values()) {
    expect(foreign.bytes()).not.toContain(text);
    expect(JSON.stringify([result, events])).not.toContain(text);
  }
  const audit = events
    .filter(({ topic }) => topic === "runtime.audit")
    .map(({ kind, payload }) => [kind, payload]);
  expect(audit).toEqual([
    ["destination_refused", { reason: "credential_refused", origin: foreign.origin }],
    ["destination_refused", { reason: "credential_refused", origin: peers.api.origin }],
    ["sealed_token_elsewhere", { where: "header", origin: foreign.origin }],
    ["sealed_token_elsewhere", { where: "body", origin: foreign.origin }],
  ]);
  // It is bound by what is in the capsule, also where the variable says something else by now.
  const later = await runtimeWith([keyA], {
    API_KEY: { secret: "another value", origins: [foreign.origin] },
  });
  expect(await later(send, { args: { own: own.origin, sealed: result.sealed } })).toMatchObject({
    own: 200,
    refused: [{ code: "HARN-RUN-013" }, { code: "HARN-RUN-013" }],
  });
});
