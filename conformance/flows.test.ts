import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Mode, modeNames, openMode } from "./modes.test.support.ts";
import { type Peers, pipeline, startPeers } from "./peers.test.support.ts";

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

  const isToken = (text: unknown): boolean =>
    mode.name === "guest" ? String(text).startsWith("hfs1.") : !String(text).startsWith("hfs1.");
  const kinds = (from: number): string[] => mode.events.slice(from).map(({ kind }) => kind);

  describe("authorization code with PKCE", () => {
    test("a person logs in, and the account can be used", async () => {
      const from = mode.events.length;
      const before = peers.server.tokenRequests("authorization_code").length;
      const result = await mode.run(
        pipeline(`
          const cli = session(args);
          const set = await login(args, cli);
          const me = await request(cli, "GET", \`\${args.api}/me\`);
          return { set, token: await token(cli), status: me.status, sub: JSON.parse(me.body).sub };
        `),
        { args: peers.args },
      );
      expect(result).toMatchObject({
        set: { token_type: "Bearer", expires_in: 3_600, scopes: ["openid", "api:read"] },
        status: 200,
        sub: "ada",
      });
      const { set, token } = result as { set: Record<string, unknown>; token: string };
      expect([set["access_token"], set["refresh_token"], set["id_token"], token].map(isToken)).toEqual(
        Array(4).fill(true),
      );
      expect(set["access_token"]).toBe(token);
      const [exchange, ...more] = peers.server.tokenRequests("authorization_code").slice(before);
      expect(more).toEqual([]);
      expect(exchange?.form).toMatchObject({ redirect_uri: peers.args["redirect_uri"] });
      expect(exchange?.form?.["code_verifier"]).toMatch(/^[\w~.-]{43,128}$/);
      expect(kinds(from)).toEqual(["token_exchanged"]);
    });

    test("an attempt is finished by a later pipeline, from code and state", async () => {
      const args = peers.withStore();
      const attempt = (await mode.run(pipeline("return await start_authorization(session(args));"), {
        args,
      })) as { url: string; code_verifier: string };
      expect(new URL(attempt.url).searchParams.get("code_challenge_method")).toBe("S256");
      expect(isToken(attempt.code_verifier)).toBe(true);
      const back = new URL(await peers.person.authorize(attempt.url)).searchParams;
      const result = await mode.run(
        pipeline(`
          const cli = session(args);
          await exchange_code(cli, args.attempt, args.code, args.state);
          return (await request(cli, "GET", \`\${args.api}/me\`)).status;
        `),
        { args: { ...args, attempt, code: back.get("code"), state: back.get("state") } },
      );
      expect(result).toBe(200);
    });

    test("only the whole, untouched answer of this attempt is taken, once", async () => {
      const exchanges = peers.server.tokenRequests("authorization_code").length;
      const result = await mode.run(
        pipeline(`
          const cli = session(args);
          const attempt = await start_authorization(cli);
          const answer = await asked(args, "authorize", attempt.url);
          const changed = (edit: (query: URLSearchParams) => void) => {
            const url = new URL(answer);
            edit(url.searchParams);
            return url.href;
          };
          const refused = [];
          for (const url of [
            changed((query) => query.set("iss", "https://other.example")),
            changed((query) => query.set("iss", args.issuer + "/")),
            changed((query) => query.delete("iss")),
            changed((query) => query.set("state", "another")),
            changed((query) => query.delete("state")),
            changed((query) => query.append("code", "second")),
          ]) refused.push((await failure(exchange_callback(cli, attempt, url)))?.code);
          await exchange_callback(cli, attempt, answer);
          refused.push((await failure(exchange_callback(cli, attempt, answer)))?.code);
          return refused;
        `),
        { args: peers.args },
      );
      expect(result).toEqual(Array(7).fill("HARN-OAU-007"));
      expect(peers.server.tokenRequests("authorization_code")).toHaveLength(exchanges + 1);
    });

    test("a person who says no is heard", async () => {
      const run = mode.run(
        pipeline(`
          const cli = session(args);
          const attempt = await start_authorization(cli);
          await exchange_callback(cli, attempt, await asked(args, "deny", attempt.url));
        `),
        { args: peers.args },
      );
      await expect(run).rejects.toMatchObject({
        name: "OAuthError",
        code: "HARN-OAU-008",
        retryable: false,
        details: { error: "access_denied" },
      });
    });

    test("a confidential client proves itself", async () => {
      const { clientId, clientSecret } = peers.server.clients.confidentialClient;
      const options = `{ client_secret: args.client_secret, token_auth_method: "client_secret_basic" }`;
      const body = `
        const cli = session(args, ${options});
        await login(args, cli);
        await refresh(cli);
        return (await request(cli, "GET", \`\${args.api}/me\`)).status;
      `;
      const args = { ...peers.args, client_id: clientId, redirect_uri: peers.server.confidentialRedirectUri };
      const good = { ...args, client_secret: clientSecret };
      expect(await mode.run(pipeline(body), { args: good })).toBe(200);
      const wrong = mode.run(pipeline(body), { args: { ...args, client_secret: "another-secret" } });
      await expect(wrong).rejects.toMatchObject({
        code: "HARN-OAU-012",
        details: { error: "invalid_client" },
      });
    });
  });

  describe("device flow", () => {
    const flow = (answer: string): string =>
      pipeline(`
        const seen: unknown[] = [];
        const set = await device_flow(provider(args), {
          client_id: args.client_id,
          storage: store(args),
          on_user_code: async (user_code: string, verification_uri: string) => {
            seen.push([/^[A-Z]{4}-[A-Z]{4}$/.test(user_code), verification_uri]);
            await http_get(\`\${args.person}/device?answer=${answer}&user_code=\${user_code}\`);
          },
        });
        const cli = session(args);
        const me = args.store ? (await request(cli, "GET", \`\${args.api}/me\`)).status : null;
        return { seen, scopes: set.scopes, access_token: set.access_token, me };
      `);

    test("a person approves after a while", async () => {
      const args = { ...peers.withStore(), client_id: peers.server.clients.deviceClient.clientId };
      const from = mode.events.length;
      const before = peers.server.requests.length;
      const result = (await mode.run(flow("allow"), { args })) as Record<string, unknown>;
      expect(result).toMatchObject({
        seen: [[true, peers.server.verificationUri]],
        scopes: ["openid", "api:read"],
        me: 200,
      });
      expect(isToken(result["access_token"])).toBe(true);
      const polls = peers.server.requests.slice(before).filter(({ path }) => path === "/token");
      expect(polls.length).toBeGreaterThan(1);
      expect(polls.map(({ status }) => status)).toEqual([...Array(polls.length - 1).fill(400), 200]);
      expect(kinds(from)).toEqual(["token_obtained"]);
    });

    test("a person refuses", async () => {
      const args = { ...peers.args, client_id: peers.server.clients.deviceClient.clientId };
      const from = mode.events.length;
      await expect(mode.run(flow("refuse"), { args })).rejects.toMatchObject({
        code: "HARN-OAU-008",
        details: { error: "access_denied" },
      });
      expect(kinds(from)).toEqual(["exchange_failed"]);
    });

    test("slow_down lengthens the interval by five seconds", async () => {
      const source = `
        import { clock_set, http_mock } from "std/testing";
        import { now } from "std/time";
        import { device_flow } from "std/oauth/device_flow";
        import { custom } from "std/oauth/providers";
        import { memory } from "std/oauth/storage";
        const origin = "https://login.example";
        export default async () => {
          clock_set(1_800_000_000_000);
          http_mock("POST", origin + "/device", { json: {
            device_code: "device-code-1", user_code: "ABCD-EFGH", verification_uri: origin + "/go", expires_in: 600, interval: 2,
          } });
          const error = (name) => ({ status: 400, json: { error: name } });
          http_mock("POST", origin + "/token", [
            error("authorization_pending"), error("slow_down"), error("authorization_pending"),
            { json: { access_token: "at-" + "x".repeat(20), token_type: "Bearer", expires_in: 60 } },
          ]);
          const acme = custom({
            id: "acme", auth_url: origin + "/auth", token_url: origin + "/token", device_code_url: origin + "/device",
          });
          const from = now();
          await device_flow(acme, { client_id: "c", storage: memory(), on_user_code: () => {} });
          return (now() - from) / 1000;
        };`;
      const grants = { net: ["login.example"] };
      expect(await mode.run(source, { testing: true, grants })).toBe(2 + 2 + 7 + 7);
    });
  });
});
