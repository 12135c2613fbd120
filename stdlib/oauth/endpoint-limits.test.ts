import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { HttpRequest, Ports } from "../../runtime/ports.ts";
import { clientModule } from "./client.ts";
import {
  fakeToken,
  scriptedProvider,
  type ScriptedProvider,
  testPorts,
} from "./scripted-provider.test.support.ts";
import { type StorageHandle, storageModule } from "./storage/index.ts";
import { mostEndpointMs } from "./transport.ts";

const type = "urn:ietf:params:oauth:token-type:access_token";
let provider: ScriptedProvider;
let world: ReturnType<typeof testPorts>;
let asked: HttpRequest[];
let ports: Ports;
let over: AbortController;
let storage: StorageHandle;

beforeEach(async () => {
  provider = await scriptedProvider(() => ({
    json: { access_token: fakeToken("at"), token_type: "Bearer", expires_in: 3600 },
  }));
  world = testPorts();
  asked = [];
  over = new AbortController();
  ports = {
    ...world.ports,
    run: { ...world.ports.run, signal: over.signal },
    http: {
      send(request) {
        asked.push(request);
        return world.ports.http.send(request);
      },
    },
  };
  storage = storageModule(ports).memory();
});
afterEach(async () => {
  await world.close();
  await provider.close();
});

function make() {
  const { origin } = provider;
  const module = clientModule(ports);
  const record = {
    id: "acme",
    auth_url: `${origin}/authorize`,
    token_url: `${origin}/token`,
    revoke_url: `${origin}/revoke`,
    token_exchange: {
      id: "acme",
      supported: true,
      subject_token_types: [type],
      actor_token_types: [],
      requested_token_types: [type],
      delegation: false,
      impersonation: true,
    },
  };
  const redirect_uri = "http://127.0.0.1/cb";
  const cli = module.client(record, {
    client_id: "c",
    client_secret: "s3cret-of-c",
    storage,
    redirect_uri,
    timeout: 86_400,
  });
  return { module, cli };
}

test("no endpoint call takes longer than a minute, whatever the client's timeout", async () => {
  const { module, cli } = make();
  const login = await module.start_authorization(cli);
  await module.exchange_code(cli, login, "c0de", login.state);
  await module.client_credentials(cli);
  await module.refresh(cli).catch(() => {});
  await module.revoke(cli);
  const paths = new Set(asked.map(({ url }) => new URL(url).pathname));
  expect([...paths]).toEqual(["/token", "/revoke"]);
  for (const { timeoutMs } of asked) expect(timeoutMs).toBeLessThanOrEqual(mostEndpointMs);
  expect(Math.max(...asked.map(({ timeoutMs }) => timeoutMs ?? Infinity))).toBe(60_000);
});

describe("an exchange", () => {
  test("that was not sent ends with its run, and its attempt stays open", async () => {
    const { module, cli } = make();
    const login = await module.start_authorization(cli);
    over.abort();
    const ended = expect.objectContaining({ code: "HARN-OAU-003", retryable: false });
    await expect(module.exchange_code(cli, login, "c0de", login.state)).rejects.toEqual(ended);
    await expect(module.client_credentials(cli)).rejects.toEqual(ended);
    const subject = { subject_token: "opaque-subject", subject_token_type: type };
    await expect(module.token_exchange(cli, subject)).rejects.toEqual(ended);
    expect(provider.seen).toEqual([]);
    expect(await storage.get("acme")).toBe(null);
    over = new AbortController();
    ports = Object.assign(ports, { run: { ...ports.run, signal: over.signal } });
    await module.exchange_code(cli, login, "c0de", login.state);
    expect(await storage.get("acme")).toMatchObject({ access_token: fakeToken("at") });
  });

  test("that was sent is completed and stored", async () => {
    await provider.close();
    provider = await scriptedProvider(async () => {
      over.abort();
      return { json: { access_token: fakeToken("at"), token_type: "Bearer", expires_in: 3600 } };
    });
    const { module, cli } = make();
    const login = await module.start_authorization(cli);
    await module.exchange_code(cli, login, "c0de", login.state);
    expect(over.signal.aborted).toBe(true);
    expect(await storage.get("acme")).toMatchObject({ access_token: fakeToken("at") });
  });
});
