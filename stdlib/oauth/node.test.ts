import { afterEach, beforeEach, expect, test } from "vitest";
import { isPlain, type StdFunction } from "../../runtime/plugin.ts";
import * as clientPath from "./node/client.ts";
import * as deviceFlowPath from "./node/device_flow.ts";
import * as providersPath from "./node/providers.ts";
import * as redactionPath from "./node/redaction.ts";
import * as storagePath from "./node/storage.ts";
import * as dynamicRegistrationPath from "./node/dynamic_registration.ts";
import * as tokenExchangePath from "./node/token_exchange.ts";
import {
  client,
  createOAuth,
  device_flow,
  dynamic_registration,
  oauth,
  OAuthError,
  providers,
  redaction,
  storage,
  token_exchange,
} from "./node.ts";
import {
  fakeToken,
  scriptedProvider,
  type ScriptedProvider,
  testPorts,
} from "./scripted-provider.test.support.ts";

let server: ScriptedProvider;
beforeEach(async () => {
  server = await scriptedProvider(({ path }) =>
    path === "/token"
      ? { json: { access_token: fakeToken("at"), refresh_token: fakeToken("rt"), expires_in: 3600 } }
      : { json: { login: "octo" } },
  );
});
afterEach(() => server.close());

/** What plain Node code has of redaction beside the module. */
const embedding = [
  "createRedactor",
  "pinoRedaction",
  "redactingConsole",
  "redactingLogRecordProcessor",
  "redactingSpanProcessor",
];

test("each sub-path has exactly the functions of its module", () => {
  for (const [path, module, more = []] of [
    [clientPath, client],
    [deviceFlowPath, device_flow],
    [providersPath, providers],
    [redactionPath, redaction, embedding],
    [storagePath, storage],
    [dynamicRegistrationPath, dynamic_registration],
    [tokenExchangePath, token_exchange],
  ] as const) {
    expect(Object.keys(path).sort()).toEqual([...Object.keys(module), ...more].sort());
  }
});

test("plain Node code logs in and uses the account", async () => {
  const cli = clientPath.client(
    providersPath.custom({
      id: "acme",
      auth_url: `${server.origin}/authorize`,
      token_url: `${server.origin}/token`,
      resource_origins: [server.origin],
    }),
    { client_id: "c1", storage: storagePath.memory(), redirect_uri: "http://127.0.0.1/cb" },
  );
  const pkce = await clientPath.start_authorization(cli);
  await clientPath.exchange_callback(cli, pkce, `http://127.0.0.1/cb?code=c1&state=${pkce.state}`);
  expect(await clientPath.token(cli)).toBe(fakeToken("at"));
  expect(await clientPath.request(cli, "GET", `${server.origin}/user`)).toMatchObject({
    ok: true,
    body: '{"login":"octo"}',
  });
  const error = await clientPath
    .request(cli, "GET", "https://evil.example/")
    .catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(OAuthError);
});

test("createOAuth has ports of its own, whose sinks see redacted events only", async () => {
  const lines: string[] = [];
  const sink = {
    name: "lines",
    persists: true,
    write: (event: unknown) => void lines.push(JSON.stringify(event)),
    close: async () => {},
  };
  const own = createOAuth({ sinks: [sink] });
  const cli = own.client.client(
    { id: "acme", auth_url: `${server.origin}/authorize`, token_url: `${server.origin}/token` },
    { client_id: "c1", storage: own.storage.memory(), redirect_uri: "http://127.0.0.1/cb" },
  );
  const pkce = await cli.start_authorization();
  const set = await cli.exchange_code(pkce, "code-12345678", pkce.state);
  expect(own.ports.redactor.redact(`x ${set.access_token} y`)).not.toContain(set.access_token);
  await own.close();
  expect(lines.filter((line) => line.includes('"oauth.client.audit"'))).toHaveLength(1);
  // The redact() above is an event of its own.
  expect(lines.filter((line) => line.includes('"audit.token_redaction"'))).toHaveLength(1);
  expect(lines.join()).not.toContain("tok-");
});

test("the plugin gives each run its own modules", async () => {
  const world = testPorts();
  const plugin = oauth();
  const modules = plugin.modules(world.sealed);
  expect(Object.keys(modules).sort()).toEqual([
    "std/oauth/client",
    "std/oauth/device_flow",
    "std/oauth/dynamic_registration",
    "std/oauth/providers",
    "std/oauth/redaction",
    "std/oauth/storage",
    "std/oauth/token_exchange",
  ]);
  expect(modules["std/oauth/client"]).not.toBe(plugin.modules(world.sealed)["std/oauth/client"]);
  const functions = Object.entries(modules["std/oauth/client"] ?? {});
  expect(functions.filter(([, fn]) => isPlain(fn as StdFunction)).map(([name]) => name)).toEqual(["client"]);
  expect(plugin.redactor).toBeDefined();
  const sealingKeys = [new Uint8Array(32)];
  expect(oauth({ sealingKeys }).sealingKeys).toBe(sealingKeys);
  expect(world.events()).toEqual([]);
  await world.close();
});
