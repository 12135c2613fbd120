import { afterEach, beforeEach, expect, test } from "vitest";
import type { HttpRequest } from "../../runtime/ports.ts";
import { deviceFlowModule, type DeviceFlowOptions } from "./device-flow.ts";
import {
  fakeToken,
  type Reply,
  scriptedProvider,
  type ScriptedProvider,
  type Seen,
  testPorts,
} from "./scripted-provider.test.support.ts";
import { type StorageHandle, storageModule } from "./storage/index.ts";
import type { TokenSet } from "./token-set.ts";

const start = 1_700_000_000;
let provider: ScriptedProvider;
let device: Record<string, unknown>;
let poll: (seen: Seen, earlier: number) => Reply;
let world: ReturnType<typeof testPorts>;
let storage: StorageHandle;
/** Seconds from the start at which each poll came. */
let polls: number[];

const pending: Reply = { status: 400, json: { error: "authorization_pending" } };
const slowDown: Reply = { status: 400, json: { error: "slow_down" } };
const granted: Reply = {
  json: { access_token: fakeToken("at"), refresh_token: fakeToken("rt"), expires_in: 60 },
};

beforeEach(async () => {
  device = { device_code: fakeToken("device"), user_code: "AB-CD", interval: 5, expires_in: 100 };
  polls = [];
  provider = await scriptedProvider((seen, earlier) => {
    if (seen.path === "/device") return { json: { verification_uri: `${provider.origin}/go`, ...device } };
    polls.push(world.ports.clock.now() / 1000 - start);
    return poll(seen, earlier);
  });
  world = testPorts();
  world.testing.clockSet(start * 1000);
  storage = storageModule(world.ports).memory();
});
afterEach(async () => {
  await world.close();
  await provider.close();
});

function flow(
  more: Partial<DeviceFlowOptions> = {},
  ports = world.ports as typeof world.sealed,
): Promise<TokenSet> {
  return deviceFlowModule(ports).device_flow(
    {
      id: "acme",
      auth_url: `${provider.origin}/authorize`,
      token_url: `${provider.origin}/token`,
      device_code_url: `${provider.origin}/device`,
    },
    { client_id: "c1", storage, on_user_code: () => {}, ...more },
  );
}

test("pending, slow_down for good, then the tokens", async () => {
  poll = (_seen, earlier) => [pending, slowDown, pending, granted][earlier] ?? granted;
  device.verification_uri_complete = `${provider.origin}/go?c=AB-CD`;
  const shown: unknown[] = [];
  const set = await flow({
    scopes: ["a", "b"],
    audience: "aud",
    on_user_code: (...given) => void shown.push(given),
  });
  expect(shown).toEqual([["AB-CD", `${provider.origin}/go`, `${provider.origin}/go?c=AB-CD`]]);
  expect(polls).toEqual([5, 10, 20, 30]);
  expect(set).toMatchObject({
    access_token: fakeToken("at"),
    issued_at_unix: start + 30,
    scopes: ["a", "b"],
  });
  expect(await storage.get("acme")).toEqual(set);
  expect(Object.fromEntries(provider.at("/device")[0]?.form ?? [])).toEqual({
    scope: "a b",
    audience: "aud",
    client_id: "c1",
  });
  expect(Object.fromEntries(provider.at("/token")[0]?.form ?? [])).toEqual({
    grant_type: "urn:ietf:params:oauth:grant-type:device_code",
    device_code: fakeToken("device"),
    client_id: "c1",
  });
  expect(world.events("oauth.device_flow.audit")).toMatchObject([
    {
      kind: "token_obtained",
      payload: { provider: "acme", storage_key: "acme" },
      headers: { provider: "acme" },
    },
  ]);
  expect(JSON.stringify(world.events())).not.toContain("AB-CD");
});

test.each([
  ["access_denied", "denied"],
  ["expired_token", "expired"],
])("%s ends it at once (H10)", async (error, word) => {
  poll = () => ({ status: 400, json: { error } });
  await expect(flow()).rejects.toMatchObject({
    code: "HARN-OAU-008",
    message: expect.stringContaining(word),
  });
  expect(polls).toHaveLength(1);
  expect(await storage.get("acme")).toBeNull();
  expect(world.events("oauth.device_flow.audit")).toMatchObject([
    { kind: "exchange_failed", payload: { code: "HARN-OAU-008" } },
  ]);
});

test("pending for ever ends with the codes, without another sleep (H8)", async () => {
  poll = () => pending;
  device.expires_in = 12;
  await expect(flow()).rejects.toMatchObject({
    code: "HARN-OAU-008",
    message: expect.stringContaining("expired"),
  });
  expect(polls).toEqual([5, 10]);
});

test("slow_down for ever ends too (H7)", async () => {
  poll = () => slowDown;
  await expect(flow()).rejects.toMatchObject({ code: "HARN-OAU-008" });
  expect(polls).toEqual([5, 15, 30, 50, 75]);
});

test("network failures and 503 back off (H11)", async () => {
  poll = (_seen, earlier) => ["cut", { status: 503 }, pending, granted][earlier] as Reply;
  await flow();
  expect(polls).toEqual([5, 15, 35, 40]);
});

test("other errors are thrown", async () => {
  poll = () => ({ status: 401, json: { error: "invalid_client" } });
  await expect(flow()).rejects.toMatchObject({ code: "HARN-OAU-012" });
});

test("a confidential client authenticates as configured", async () => {
  poll = () => granted;
  await flow({ client_secret: "s3cret-value", token_auth_method: "client_secret_basic" });
  const expected = `Basic ${Buffer.from("c1:s3cret-value").toString("base64")}`;
  expect(provider.seen.map(({ headers }) => headers.authorization)).toEqual([expected, expected]);
});

test("what the handler throws ends it before any poll", async () => {
  poll = () => granted;
  const on_user_code = (): never => {
    throw new Error("no screen");
  };
  await expect(flow({ on_user_code })).rejects.toThrow("no screen");
  expect(polls).toEqual([]);
});

test("without a handler one line goes to the log", async () => {
  poll = () => granted;
  const lines: string[] = [];
  const log = { write: (_level: string, message: string) => void lines.push(message) };
  await flow({ on_user_code: null }, { ...world.ports, log });
  expect(lines).toHaveLength(1);
  expect(lines[0]).toContain("AB-CD");
  expect(lines[0]).toContain(`${provider.origin}/go`);
});

test("it ends when the run is cancelled, and stores nothing", async () => {
  const ending = new AbortController();
  poll = () => {
    ending.abort(new Error("stop"));
    return granted;
  };
  // Also when the answer was already there: a transport that ends too late stands for that.
  const http = {
    send: (request: HttpRequest) =>
      world.ports.http.send({ ...request, signal: new AbortController().signal }),
  };
  const ports = { ...world.ports, http, run: { ...world.ports.run, signal: ending.signal } };
  await expect(flow({}, ports)).rejects.toMatchObject({ code: "HARN-OAU-003", retryable: false });
  expect(polls).toHaveLength(1);
  expect(await storage.get("acme")).toBeNull();
});

test("tokens that arrive after it was cancelled are revoked, and nobody waits for them (H15)", async () => {
  const ending = new AbortController();
  const late: Promise<unknown>[] = [];
  poll = ({ path }) => {
    if (path !== "/token") return { json: {} };
    ending.abort(new Error("stop"));
    return granted;
  };
  const outlive = (work: Promise<unknown>): void => void late.push(work);
  const ports = { ...world.ports, run: { ...world.ports.run, signal: ending.signal, outlive } };
  const cancelled = deviceFlowModule(ports).device_flow(
    {
      id: "acme",
      auth_url: `${provider.origin}/authorize`,
      token_url: `${provider.origin}/token`,
      device_code_url: `${provider.origin}/device`,
      revoke_url: `${provider.origin}/revoke`,
    },
    { client_id: "c1", storage, on_user_code: () => {} },
  );
  await expect(cancelled).rejects.toMatchObject({ code: "HARN-OAU-003", retryable: false });
  await Promise.all(late);
  expect(provider.at("/revoke").map(({ form }) => form.get("token"))).toEqual([
    fakeToken("rt"),
    fakeToken("at"),
  ]);
  expect(await storage.get("acme")).toBeNull();
});

test.each(["http://id.example/go", "ftp://id.example/go", "https://id.example@evil.example/go"])(
  "%s is nowhere to send a person to (H1)",
  async (verification_uri) => {
    device.verification_uri = verification_uri;
    await expect(flow()).rejects.toMatchObject({ code: "HARN-OAU-006" });
    expect(polls).toEqual([]);
  },
);

test("tokens cross sealed", async () => {
  poll = () => granted;
  storage = storageModule(world.sealed).memory();
  expect(JSON.stringify(await flow({}, world.sealed))).not.toContain("tok-");
});

test.each([
  ["no device_code_url", { provider: {} }, "device_code_url"],
  ["handler", { on_user_code: "print" }, "on_user_code"],
  ["option", { redirect_uri: "x" }, "unknown option"],
  ["client_id", { client_id: null }, "client_id"],
])("refuses %s before any request", async (_name, more, word) => {
  const { provider: bare, ...options } = more as Record<string, unknown>;
  const call = bare
    ? deviceFlowModule(world.ports).device_flow(
        { auth_url: `${provider.origin}/a`, token_url: `${provider.origin}/t` },
        { client_id: "c1", storage },
      )
    : flow(options);
  await expect(call).rejects.toMatchObject({ code: "HARN-OAU-011", message: expect.stringContaining(word) });
  expect(provider.seen).toHaveLength(0);
});
