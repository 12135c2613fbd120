/** DPoP, pushed authorization requests and `private_key_jwt` against a real authorization server and an API that checks. */

import { generateKeyPairSync } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Mode, modeNames, openMode } from "./modes.test.support.ts";
import { type Peers, pipeline, startPeers } from "./peers.test.support.ts";

const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
const pem = String(privateKey.export({ type: "pkcs8", format: "pem" }));

let peers: Peers;
let keyArgs: Record<string, string>;
beforeAll(async () => {
  peers = await startPeers({
    dpop: "nonce",
    par: "required",
    clientKey: { ...publicKey.export({ format: "jwk" }), kid: "k1" },
    apiNonce: "api-nonce-1",
  });
  keyArgs = {
    ...peers.args,
    client_id: peers.server.clients.keyClient.clientId,
    redirect_uri: peers.server.confidentialRedirectUri,
  };
});
afterAll(() => peers.close());

const pushing = "{ par_url: `${args.issuer}/request`, par_required: true }";

describe.each(modeNames)("%s", (name) => {
  let mode: Mode;
  beforeAll(async () => {
    const { origin } = new URL(peers.server.issuer);
    mode = await openMode(name, { env: { KEY: { secret: pem, origins: [origin] } } });
  });
  afterAll(() => mode.close());
  const isSealed = (text: unknown): boolean => String(text).startsWith("hfs1.");
  const kinds = (from: number): string[] => mode.events.slice(from).map(({ kind }) => kind);

  test("a public client: pushed, bound to a key with nonces on both sides, refreshed, revoked", async () => {
    const from = mode.events.length;
    const calls = peers.api.calls.length;
    const result = (await mode.run(
      pipeline(`
        const cli = session(args, { dpop: true }, ${pushing});
        const attempt = await start_authorization(cli);
        const set = await exchange_callback(cli, attempt, await asked(args, "authorize", attempt.url));
        const one = await request(cli, "GET", \`\${args.api}/me\`);
        const next = await refresh(cli);
        const two = await request(cli, "GET", \`\${args.api}/me\`);
        return { url: attempt.url, attempt, set, next, status: [one.status, two.status], revoked: (await revoke(cli)).remote };
      `),
      { args: peers.args },
    )) as Record<string, never>;
    expect(result).toMatchObject({ set: { token_type: "DPoP" }, status: [200, 200], revoked: "revoked" });
    expect([...new URL(result["url"] ?? "").searchParams.keys()]).toEqual(["client_id", "request_uri"]);
    const { attempt, set, next } = result as Record<string, Record<string, unknown>>;
    expect([attempt?.["dpop_key"], set?.["dpop_key"], next?.["dpop_key"]].map(isSealed)).toEqual(
      Array(3).fill(mode.name === "guest"),
    );
    expect(attempt?.["dpop_key"]).toBe(set?.["dpop_key"]);
    expect(next?.["dpop_key"]).toBe(set?.["dpop_key"]);
    // The API refused only the first proof, for its missing nonce.
    expect(peers.api.calls.slice(calls).map(({ status }) => status)).toEqual([401, 200, 200]);
    expect(kinds(from)).toEqual(["token_exchanged", "token_refreshed", "token_revoked"]);
  });

  test("a client with a key: pushed, bound, from a secret of the environment", async () => {
    const before = peers.server.requests.length;
    const result = await mode.run(
      pipeline(`
        const cli = session(args, { dpop: true, private_key: env("KEY"), key_id: "k1" }, ${pushing});
        const set = await login(args, cli);
        const me = await request(cli, "GET", \`\${args.api}/me\`);
        await refresh(cli);
        return { method: cli.token_auth_method, type: set.token_type, status: me.status };
      `),
      { args: keyArgs },
    );
    expect(result).toEqual({ method: "private_key_jwt", type: "DPoP", status: 200 });
    const forms = peers.server.requests
      .slice(before)
      .flatMap(({ path, form }) => (path === "/token" || path === "/request" ? [form ?? {}] : []));
    const assertions = forms.map((form) => form["client_assertion"]);
    // One push, one code and one refresh; the first of each run without a nonce is sent again.
    expect(assertions.length).toBeGreaterThanOrEqual(3);
    expect(new Set(assertions).size).toBe(assertions.length);
  });

  test("a custom store in the script keeps the key across pipelines", async () => {
    const source = (body: string): string =>
      pipeline(`
        const kept = new Map(args.kept ?? []);
        const storage = custom_storage({
          get: (key) => kept.get(key) ?? null,
          set: (key, set) => void kept.set(key, set),
          delete: (key) => void kept.delete(key),
        });
        const cli = session(args, { dpop: true, storage }, ${pushing});
        ${body}
      `);
    const kept = (await mode.run(source("await login(args, cli); return [...kept];"), {
      args: peers.args,
    })) as [[string, Record<string, unknown>]];
    expect(isSealed(kept[0][1]["dpop_key"])).toBe(mode.name === "guest");
    const again = source('await refresh(cli); return (await request(cli, "GET", `${args.api}/me`)).status;');
    expect(await mode.run(again, { args: { ...peers.args, kept } })).toBe(200);
  });

  test("a server that takes only pushed requests refuses the others", async () => {
    const url = (await mode.run(
      pipeline("return (await start_authorization(session(args, { dpop: true, par: false }))).url;"),
      { args: peers.args },
    )) as string;
    const back = new URL(await peers.person.authorize(url));
    expect(back.searchParams.get("error")).toBe("invalid_request");
    expect(new URL(url).searchParams.get("dpop_jkt")).toMatch(/^[\w-]{43}$/);
  });

  test("J11: a code that is bound to one key is refused with another", async () => {
    const failure = await mode.run(
      pipeline(`
        const cli = session(args, { dpop: true }, ${pushing});
        const [one, other] = [await start_authorization(cli), await start_authorization(cli)];
        const back = new URL(await asked(args, "authorize", one.url));
        const fresh = session(args, { dpop: true }, ${pushing});
        return await failure(fresh.exchange_code(
          { ...one, state: "s" + one.state, dpop_key: other.dpop_key }, back.searchParams.get("code"), "s" + one.state,
        ));
      `),
      { args: peers.args },
    );
    expect(failure).toMatchObject({ code: "HARN-OAU-012", details: { error: "invalid_grant" } });
  });
});
