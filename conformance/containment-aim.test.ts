import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type Mode, openMode } from "./modes.test.support.ts";
import {
  type Peers,
  pipeline,
  type Recorder,
  serve,
  startPeers,
  startRecorder,
} from "./peers.test.support.ts";

/** Everything here is a guest script that was granted the whole of loopback: its own API and the foreign one. */
let peers: Peers;
let foreign: Recorder;
let mode: Mode;
beforeAll(async () => {
  peers = await startPeers();
  const { clientSecret } = peers.server.clients.confidentialClient;
  mode = await openMode("guest", {
    env: { CLIENT_SECRET: { secret: clientSecret ?? "", origins: [peers.server.issuer] } },
  });
});
beforeEach(async () => {
  peers.server.setAccessTokenTtl(3_600);
  foreign = await startRecorder();
});
afterAll(async () => {
  await mode.close();
  await peers.close();
});

const codeOf = (failures: unknown): unknown[] =>
  (failures as ({ code: string } | null)[]).map((failure) => failure?.code ?? null);

/** No credential that the authorization server knows is among the bytes that the foreign API got. */
function expectNoCredential(bytes: string): void {
  const found = peers.server.credentials.filter(
    ({ kind, value }) => kind !== "code" && bytes.includes(value),
  );
  expect(found.map(({ kind }) => kind)).toEqual([]);
}

describe("a sealed token", () => {
  test("opens in the authorization header of its own API, and nowhere else", async () => {
    const from = mode.events.length;
    const result = (await mode.run(
      pipeline(`
        const cli = session(args);
        await login(args, cli);
        const sealed = await token(cli);
        const { refresh_token } = await current_token(cli);
        const bearer = { authorization: "Bearer " + sealed };
        const own = await http_request("GET", args.api + "/me", { headers: bearer });
        const foreign = args.foreign + "/";
        const tries = [
          () => http_request("GET", foreign, { headers: bearer }),
          () => http_request("GET", foreign, { headers: { Authorization: "bearer " + sealed } }),
          () => http_request("GET", foreign, { headers: { authorization: sealed } }),
          () => http_request("GET", foreign, { headers: { authorization: "Basic " + btoa("x:" + sealed) } }),
          () => http_request("GET", foreign, { headers: { "proxy-authorization": "Bearer " + sealed } }),
          () => http_request("GET", foreign, { headers: { "x-token": "Bearer " + sealed } }),
          () => http_request("GET", foreign, { headers: { cookie: "token=" + sealed } }),
          () => http_request("GET", foreign + "?access_token=" + sealed),
          () => http_request("GET", foreign + sealed),
          () => http_request("GET", foreign.replace("//", "//x:" + sealed + "@")),
          () => http_request("POST", foreign, { body: sealed, headers: bearer }),
          () => http_request("POST", foreign, { body: { sealed, refresh_token } }),
          () => http_request("GET", args.api + "/me", { headers: { authorization: "Bearer " + refresh_token } }),
          () => request(cli, "GET", foreign),
          () => request(cli, "GET", args.api + "@" + new URL(args.foreign).host + "/"),
          () => request(cli, "GET", args.api + "/me?t=" + sealed, { headers: { authorization: "Bearer x" } }),
          () => request(cli, "POST", foreign, { body: sealed }),
        ];
        const codes = [];
        for (const each of tries) codes.push((await failure(each()))?.code ?? "sent");
        return { own: own.status, codes };
      `),
      { args: { ...peers.args, foreign: foreign.origin } },
    )) as { own: number; codes: string[] };
    expect(result.own).toBe(200);
    const bytes = foreign.bytes();
    // Some went out, as capsules: the search below has something to look at.
    expect(bytes).toContain("hfs1.");
    expectNoCredential(bytes);
    expect(result.codes.slice(13)).toEqual([
      "HARN-OAU-004",
      "HARN-OAU-004",
      expect.any(String),
      "HARN-OAU-004",
    ]);
    const kinds = mode.events.slice(from).map(({ kind }) => kind);
    expect(kinds).toContain("sealed_token_elsewhere");
    expect(kinds).toContain("destination_refused");
  });

  test("does not follow a redirect to another origin", async () => {
    const target = foreign.origin;
    const redirector = await serve((request, response) => {
      const { authorization = "" } = request.headers;
      response.writeHead(307, { location: `${target}/?was=${encodeURIComponent(authorization)}` }).end();
    });
    const result = await mode.run(
      pipeline(`
        const cli = session(args);
        await login(args, cli);
        const headers = { authorization: "Bearer " + (await token(cli)) };
        const answer = await request(cli, "GET", args.api + "/");
        const moved = await failure(http_request("GET", args.api + "/", { headers }));
        return [answer.status, answer.headers.location, moved];
      `),
      { args: { ...peers.args, api: redirector.origin } },
    );
    await redirector.close();
    const [status, location, moved] = result as [number, string, { code: string } | null];
    expect(status).toBe(307);
    expect(location).toContain("redacted");
    expect(moved?.code).toBe("HARN-RUN-013");
    expect(foreign.bytes()).toBe("");
  });

  test("is refused when it was altered, moved to another key, or made by another runtime", async () => {
    const other = await openMode("guest");
    const stranger = (await other.run(pipeline("return await login(args, session(args));"), {
      args: peers.args,
    })) as Record<string, string>;
    await other.close();
    const before = peers.api.calls.length;
    const result = (await mode.run(
      pipeline(`
        const cli = session(args);
        const set = await login(args, cli);
        const box = memory();
        const flip = (text: string, at: number) => {
          const place = at < 0 ? text.length + at : at;
          return text.slice(0, place) + (text[place] === "A" ? "B" : "A") + text.slice(place + 1);
        };
        const put = (key: string, changes: object) => failure(box.set(key, { ...set, ...changes }));
        const cases = [];
        for (const at of [8, 30, 60, Math.floor(set.access_token.length / 2), -20, -1]) {
          cases.push(await put("acme", { access_token: flip(set.access_token, at) }));
        }
        cases.push(await put("acme", { access_token: set.access_token.slice(0, -4) }));
        cases.push(await put("acme", { access_token: set.access_token + "=" }));
        cases.push(await put("acme", { access_token: set.refresh_token, refresh_token: set.access_token }));
        cases.push(await put("other", {}));
        cases.push(await put("acme", args.stranger));
        const good = await put("acme", {});
        const headers = (sealed: string) => ({ headers: { authorization: "Bearer " + sealed } });
        const sent = [];
        for (const sealed of [flip(set.access_token, -20), args.stranger.access_token]) {
          sent.push((await failure(http_request("GET", args.api + "/me", headers(sealed)))) ?? "sent");
        }
        return { cases, good, sent };
      `),
      { args: { ...peers.args, stranger } },
    )) as { cases: unknown; good: unknown; sent: unknown[] };
    expect(codeOf(result.cases)).toEqual(Array(11).fill("HARN-OAU-004"));
    expect(result.good).toBeNull();
    expect(peers.api.calls.slice(before).every(({ status }) => status === 401)).toBe(true);
    expect(result.sent).toHaveLength(2);
  });
});

test("a script cannot re-aim a stored token", async () => {
  const args = { ...peers.withStore(), foreign: foreign.origin };
  peers.server.setAccessTokenTtl(1);
  await mode.run(pipeline("await login(args, session(args));"), { args });
  const from = mode.events.length;
  const result = (await mode.run(
    pipeline(`
      const aims: [object, object][] = [
        [{}, { token_url: args.foreign + "/token" }],
        [{}, { token_url: args.foreign + "/token", issuer: args.foreign }],
        [{}, { resource_origins: [args.foreign] }],
        [{}, { resource_origins: [args.api, args.foreign] }],
        [{ resource_origins: [args.foreign] }, {}],
        [{ storage_key: "acme" }, { id: "other", token_url: args.foreign + "/token" }],
        [{ storage_key: "acme" }, { id: "github", token_url: args.foreign + "/token" }],
      ];
      const codes = [];
      for (const [options, fields] of aims) {
        const cli = session(args, options, fields);
        for (const call of [
          () => token(cli),
          () => refresh(cli),
          () => current_token(cli),
          () => request(cli, "GET", args.api + "/me"),
          () => request(cli, "GET", args.foreign + "/me"),
        ]) codes.push((await failure(call()))?.code ?? null);
      }
      return codes;
    `),
    { args },
  )) as string[];
  expect(result).toEqual(Array(7 * 5).fill("HARN-OAU-004"));
  expect(foreign.bytes()).toBe("");
  expect(mode.events.slice(from).some(({ kind }) => kind === "token_refreshed")).toBe(false);

  // The owner's own client still works.
  peers.server.setAccessTokenTtl(3_600);
  const body = `return (await request(session(args), "GET", \`\${args.api}/me\`)).status;`;
  expect(await mode.run(pipeline(body), { args })).toBe(200);
});

test("a script cannot re-aim a token through a storage of its own, nor a secret through a provider of its own", async () => {
  const { clientId } = peers.server.clients.confidentialClient;
  const args = { ...peers.withStore(), foreign: foreign.origin, secret_client: clientId };
  await mode.run(pipeline("await login(args, session(args));"), { args });
  const result = await mode.run(
    pipeline(`
      const set = await store(args).get("acme");
      const rows = new Map([["acme", set]]);
      const own = custom_storage({
        get: (key: string) => rows.get(key) ?? null, set: () => {}, delete: () => {},
      });
      const box = memory();
      await box.set("acme", set);
      const codes = [];
      for (const storage of [own, box]) {
        for (const fields of [
          { token_url: args.foreign + "/token" },
          { token_url: args.foreign + "/token", issuer: args.foreign },
          { resource_origins: [args.foreign] },
          { revoke_url: args.foreign + "/revoke" },
        ]) {
          const cli = session(args, { storage }, fields);
          codes.push((await failure(refresh(cli)))?.code ?? null);
          codes.push((await failure(request(cli, "GET", args.foreign + "/")))?.code ?? null);
          await failure(revoke(cli));
          await box.set("acme", set);
        }
      }
      const thief = session(
        args,
        {
          client_id: args.secret_client, client_secret: env("CLIENT_SECRET"),
          token_auth_method: "client_secret_basic",
        },
        { token_url: args.foreign + "/token", iss_parameter: false, issuer: null },
      );
      const attempt = await start_authorization(thief);
      codes.push((await failure(exchange_code(thief, attempt, "code", attempt.state)))?.code ?? null);
      return codes;
    `),
    { args },
  );
  expect(result).not.toContain("sent");
  expect((result as unknown[]).at(-1)).toBe("HARN-OAU-004");
  expectNoCredential(foreign.bytes());
  expect(foreign.bytes()).toBe("");
});

test("an API that echoes the authorization header shows the script only a masked value", async () => {
  const source = pipeline(`
    const cli = session(args);
    await login(args, cli);
    const headers = { authorization: "Bearer " + (await token(cli)) };
    const answers = [await request(cli, "GET", args.api + "/"), await http_request("GET", args.api + "/", { headers })];
    return answers.map(({ body, headers }) => ({ ...JSON.parse(body), header: headers["x-echo"] }));
  `);
  const args = { ...peers.args, api: foreign.origin };
  const masked = expect.stringMatching(/^Bearer <redacted:access_token:\d+>$/) as string;
  const hidden = (await mode.run(source, { args })) as Record<string, string>[];
  expect(hidden).toMatchObject([0, 1].map(() => ({ authorization: masked, header: masked })));
  const raw = peers.newest("access_token");
  expect(foreign.bytes()).toContain(`Bearer ${raw}`);
  const forms = [raw, Buffer.from(`Bearer ${raw}`).toString("base64"), Buffer.from(raw).toString("hex")];
  for (const form of forms) expect(JSON.stringify(hidden)).not.toContain(form);

  const from = mode.events.length;
  const shown = (await mode.run(source, { args, grants: { reveal: true } })) as Record<string, string>[];
  const real = `Bearer ${peers.newest("access_token")}`;
  expect(shown).toMatchObject([0, 1].map(() => ({ authorization: real, header: real })));
  const granted = mode.events.slice(from).filter(({ kind }) => kind === "reveal_granted");
  expect(granted).toHaveLength(1);
});

test("what one run registers with the redactor does not touch another run", async () => {
  const word = `word${randomBytes(4).toString("hex")}`;
  const own = `import { register_pattern, custom_patterns, redact } from "std/oauth/redaction";`;
  const first = await mode.run(
    `${own}
    export default ({ word }: any) => {
      register_pattern("mine", word);
      return [custom_patterns(), redact("a " + word)];
    };`,
    { args: { word } },
  );
  expect(first).toEqual([["mine"], `a <redacted:mine:${word.length}>`]);
  const second = await mode.run(
    `${own}
    import { log } from "std/log";
    export default ({ word }: any) => {
      log("saw " + word);
      return [custom_patterns(), redact("a " + word)];
    };`,
    { args: { word } },
  );
  expect(second).toEqual([[], `a ${word}`]);
  expect(mode.logs.at(-1)).toBe(`saw ${word}`);
});
