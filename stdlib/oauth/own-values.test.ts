import { generateKeyPairSync } from "node:crypto";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createRuntime, type Runtime } from "../../runtime/index.ts";
import { createSealer } from "../../runtime/host/seal.ts";
import { systemRandom } from "../../runtime/host/random.ts";
import type { Redactor } from "../../runtime/ports.ts";
import { clientModule } from "./client.ts";
import { OAuthError } from "./errors.ts";
import { oauth } from "./index.ts";
import {
  fakeToken,
  type Reply,
  scriptedProvider,
  type ScriptedProvider,
  testPorts,
} from "./scripted-provider.test.support.ts";
import { entryStoreOf, storageModule } from "./storage/index.ts";

const text = "api.github.com";
let server: ScriptedProvider;
let runtime: Runtime;
let answer: () => Reply;

beforeEach(async () => {
  answer = () => ({ json: { access_token: fakeToken("at"), token_type: "Bearer", expires_in: 3600 } });
  server = await scriptedProvider(() => answer());
  runtime = await createRuntime({
    plugins: [oauth()],
    env: { SEALED: { secret: fakeToken("env"), origins: [] } },
  });
});
afterEach(async () => {
  await runtime.close();
  await server.close();
});

const run = (body: string, grants = {}) =>
  runtime.run({
    filename: "pipeline.js",
    source: `
      import { env } from "std/env";
      import { log } from "std/log";
      import { http_get } from "std/http";
      import { client, exchange_code, start_authorization, token, token_exchange } from "std/oauth/client";
      import { custom as provider } from "std/oauth/providers";
      import { custom, memory } from "std/oauth/storage";
      const acme = (more = {}) => provider({
        id: "acme", auth_url: "${server.origin}/auth", token_url: "${server.origin}/token", ...more,
      });
      export default async () => { ${body} };`,
    grants: { net: [new URL(server.origin).host], env: ["SEALED"], ...grants },
  });

/** What another run's log and answers make of a text. */
async function elsewhere(said: string): Promise<unknown> {
  answer = () => ({ body: `it says ${said}`, headers: { "content-type": "text/plain" } });
  const { result, logs } = await run(
    `log(${JSON.stringify(`it says ${said}`)}); return (await http_get("${server.origin}/")).body;`,
  );
  return [logs[0]?.message, result];
}

const plain = [`it says ${text}`, `it says ${text}`];

describe("a text that a script passes off as a secret is known to its own run alone", () => {
  test.each([
    [
      "in memory",
      `const store = memory(); await store.set("k", { access_token: "${text}", token_type: "Bearer" }); await store.get("k");`,
    ],
    [
      "in a custom store",
      `const kept = { access_token: "${text}", token_type: "Bearer" };
       await custom({ get: () => kept, set() {}, delete() {} }).get("k");`,
    ],
    [
      "as the token of a client",
      `const storage = memory();
       await storage.set("acme", { access_token: "${text}", token_type: "Bearer" });
       await token(client(acme(), { client_id: "c", storage }));`,
    ],
    [
      "as a client secret",
      `client(acme(), { client_id: "c", storage: memory(), client_secret: "${text}" });`,
    ],
    [
      "as a code",
      `const cli = client(acme(), { client_id: "c", storage: memory(), redirect_uri: "http://127.0.0.1/cb" });
       const login = await start_authorization(cli);
       await exchange_code(cli, login, "${text}", login.state);`,
    ],
    [
      "as a code verifier",
      `const cli = client(acme(), { client_id: "c", storage: memory(), redirect_uri: "http://127.0.0.1/cb" });
       const record = { state: "of-no-attempt", code_verifier: "${text}", issued_at_unix: Math.floor(Date.now() / 1000) };
       await exchange_code(cli, record, "a-code-of-its-own", "of-no-attempt");`,
    ],
    [
      "as a subject token",
      `const type = "urn:ietf:params:oauth:token-type:access_token";
       const cli = client(acme({ token_exchange: {
         supported: true, subject_token_types: [type], actor_token_types: [], requested_token_types: [type],
         issued_token_types: [type], delegation: false, impersonation: true,
       } }), { client_id: "c", storage: memory() });
       await token_exchange(cli, { subject_token: "${text}", subject_token_type: type }).catch((error) => {
         if (error.code === "HARN-OAU-011") throw error;
       });`,
    ],
  ])("%s", async (_, body) => {
    const { logs } = await run(`${body} log("it says ${text}");`);
    expect(logs[0]?.message).toMatch(/^it says <redacted:\w+:14>$/);
    expect(await elsewhere(text)).toEqual(plain);
  });
});

test("so is the private key that a script brings", async () => {
  const jwk = generateKeyPairSync("ed25519").privateKey.export({ format: "jwk" });
  const { logs } = await run(`
    client(acme(), { client_id: "c", storage: memory(), private_key: ${JSON.stringify(jwk)} });
    log("it says ${jwk.d}");`);
  expect(logs[0]?.message).toBe("it says <redacted:private_key:43>");
  expect(await elsewhere(String(jwk.d))).toEqual([`it says ${jwk.d}`, `it says ${jwk.d}`]);
});

test("what the host gives out or received is known to every run", async () => {
  await run(`env("SEALED");`);
  expect(await elsewhere(fakeToken("env"))).toEqual([
    "it says <redacted:env:22>",
    "it says <redacted:env:22>",
  ]);
  answer = () => ({ json: { access_token: fakeToken("at"), token_type: "Bearer", expires_in: 3600 } });
  await run(`
    const cli = client(acme(), { client_id: "c", storage: memory(), redirect_uri: "http://127.0.0.1/cb" });
    const login = await start_authorization(cli);
    await exchange_code(cli, login, "some-code-or-other", login.state);`);
  expect(await elsewhere(fakeToken("at"))).toEqual([
    "it says <redacted:access_token:21>",
    "it says <redacted:access_token:21>",
  ]);
});

describe("more secrets than one run may hold", () => {
  const fill = `
    const store = memory();
    const large = (i) => String(i).padStart(8, "0") + "x".repeat(60000);
    let kept = 0, refusal;
    while (!refusal && kept < 100) {
      await store.set("k" + kept, { access_token: large(kept), token_type: "Bearer" }).then(
        () => { kept += 1; }, (error) => { refusal = error; });
    }`;

  test("are refused by the storage, and what is refused once stays refused", async () => {
    const { result, logs } = await run(`${fill}
      const again = await store.set("k", { access_token: large(kept), token_type: "Bearer" }).catch((error) => error.code);
      const held = await store.get("k" + kept);
      log(large(0));
      return { kept, code: refusal.code, message: refusal.message, again, held };`);
    expect(result).toMatchObject({ code: "HARN-OAU-011", again: "HARN-OAU-011", held: null });
    expect((result as { message: string }).message).toContain("may not be over 4194304 bytes together");
    expect((result as { kept: number }).kept).toBeLessThan(70);
    expect(logs[0]?.message).toBe("<redacted:access_token:60008>");
  });

  test("are not handed to the script when the host received them", async () => {
    answer = () => ({ json: { access_token: "y".repeat(60_000), token_type: "Bearer", expires_in: 3600 } });
    const { result } = await run(`
      const storage = memory();
      const cli = client(acme(), { client_id: "c", storage, redirect_uri: "http://127.0.0.1/cb" });
      const login = await start_authorization(cli);
      ${fill}
      return await exchange_code(cli, login, "c0de", login.state).catch((error) => error.code);`);
    expect(result).toBe("HARN-OAU-011");
  });
});

test("a redactor that takes no more does not lose refreshed tokens, and lets none of them out", async () => {
  const world = testPorts();
  world.testing.clockSet(1_700_000_000_000);
  const fresh = fakeToken("fresh");
  const { redactor } = world.sealed;
  const full: Redactor = {
    ...redactor,
    register(value, name) {
      if (value === fresh) throw new OAuthError("HARN-OAU-011", "std/oauth/redaction: full", "Hint.");
      return redactor.register(value, name);
    },
  };
  const seal = createSealer({ random: systemRandom() }).forRun({ passThrough: false, redactor: full });
  const ports = { ...world.sealed, redactor: full, seal };
  answer = () => ({ json: { access_token: fresh, token_type: "Bearer", expires_in: 3600 } });
  const storage = storageModule(ports).memory();
  await storage.set("acme", {
    access_token: fakeToken("old"),
    refresh_token: fakeToken("rt"),
    token_type: "Bearer",
    issued_at_unix: 1_600_000_000,
    expires_in: 60,
    expires_at_unix: 1_600_000_060,
  });
  const urls = { id: "acme", auth_url: `${server.origin}/auth`, token_url: `${server.origin}/token` };
  const { client, token, request } = clientModule(ports);
  const cli = client(urls, { client_id: "c", storage });
  for (let again = 0; again < 2; again += 1) {
    await expect(token(cli)).rejects.toMatchObject({ code: "HARN-OAU-011" });
    await expect(request(cli, "GET", `${server.origin}/me`)).rejects.toMatchObject({ code: "HARN-OAU-011" });
  }
  expect(server.at("/token")).toHaveLength(1);
  expect(server.at("/me")).toHaveLength(0);
  expect((await entryStoreOf(storage, ports).read("acme"))?.token_set.access_token).toBe(fresh);
  await world.close();
});
