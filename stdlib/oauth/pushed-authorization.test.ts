import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type ClientHandle, clientModule } from "./client.ts";
import type { ClientOptions } from "./client-options.ts";
import { judgePushedResponse } from "./pushed-authorization.ts";
import {
  fakeToken,
  type Reply,
  scriptedProvider,
  type ScriptedProvider,
  testPorts,
} from "./scripted-provider.test.support.ts";
import { storageModule } from "./storage/index.ts";

const reference = "urn:ietf:params:oauth:request_uri:6esc_11ACC5bwc014ltc14eY22c";
const pushedAnswer: Reply = { status: 201, json: { request_uri: reference, expires_in: 60 } };

let provider: ScriptedProvider;
let world: ReturnType<typeof testPorts>;
let answer: Reply;

beforeEach(async () => {
  answer = pushedAnswer;
  provider = await scriptedProvider((seen) =>
    seen.path === "/par" ? answer : { json: { access_token: fakeToken("at"), token_type: "Bearer" } },
  );
  world = testPorts((url) => !url.includes("/forbidden"));
  world.testing.clockSet(1_700_000_000_000);
});
afterEach(async () => {
  await world.close();
  await provider.close();
});

function make(
  options: Partial<ClientOptions> = {},
  record: Record<string, unknown> = {},
  ports = world.ports,
): ClientHandle {
  return clientModule(ports).client(
    {
      id: "acme",
      auth_url: `${provider.origin}/authorize?tenant=1`,
      token_url: `${provider.origin}/token`,
      par_url: `${provider.origin}/par`,
      ...record,
    },
    {
      client_id: "a b",
      storage: storageModule(ports).memory(),
      redirect_uri: "http://127.0.0.1/cb",
      scopes: ["read"],
      ...options,
    },
  );
}
const pushes = () => provider.at("/par");

describe("the request", () => {
  test("everything is pushed, with the client's authentication; the URL holds the reference", async () => {
    const cli = make({
      client_secret: "s3cret-value",
      token_auth_method: "client_secret_basic",
      resource: ["https://r.example/1", "https://r.example/2"],
      extra_auth_params: { prompt: "consent" },
    });
    const pkce = await cli.start_authorization();
    expect(pkce.url).toBe(
      `${provider.origin}/authorize?tenant=1&client_id=a%20b&request_uri=${encodeURIComponent(reference)}`,
    );
    const [{ headers, form, method } = expect.fail()] = pushes();
    expect(method).toBe("POST");
    expect(headers.authorization).toMatch(/^Basic /);
    expect(headers["content-type"]).toBe("application/x-www-form-urlencoded");
    expect([...form]).toEqual([
      ["response_type", "code"],
      ["redirect_uri", "http://127.0.0.1/cb"],
      ["state", pkce.state],
      ["code_challenge", pkce.code_challenge],
      ["code_challenge_method", "S256"],
      ["scope", "read"],
      ["resource", "https://r.example/1"],
      ["resource", "https://r.example/2"],
      ["prompt", "consent"],
      ["client_id", "a b"],
    ]);
    await cli.exchange_code(pkce, "code", pkce.state);
    expect(provider.at("/token")).toHaveLength(1);
  });

  test("J11: with DPoP the thumbprint is pushed, not shown", async () => {
    const pkce = await make({ dpop: true }).start_authorization();
    expect(pushes()[0]?.form.get("dpop_jkt")).toMatch(/^[\w-]{43}$/);
    expect(pkce.url).not.toContain("dpop_jkt");
  });

  test("is sent once: not again when its answer is lost, and no attempt is left", async () => {
    answer = "cut";
    const cli = make();
    await expect(cli.start_authorization()).rejects.toMatchObject({ code: "HARN-OAU-003", retryable: true });
    expect(pushes()).toHaveLength(1);
    expect(world.events("oauth.client.audit")).toMatchObject([
      { kind: "exchange_failed", payload: { code: "HARN-OAU-003" } },
    ]);
  });

  test("a secret goes to a pushed request's endpoint only where it is bound to it", async () => {
    const client_secret = world.sealed.seal.conceal("s3cret-value", {
      kind: "env",
      provider: "",
      issuer: null,
      key: "SECRET",
      origins: ["https://id.example"],
    });
    await expect(
      make({ client_secret }, {}, world.sealed as never).start_authorization(),
    ).rejects.toMatchObject({
      code: "HARN-OAU-004",
    });
    expect(provider.seen).toEqual([]);
  });
});

describe("which requests are pushed", () => {
  test.each([
    ["auto with an endpoint", {}, {}, 1],
    ["auto without one", {}, { par_url: null }, 0],
    ["true", { par: true }, {}, 1],
    ["false", { par: false }, {}, 0],
    ["auto where it is required", {}, { par_required: true }, 1],
  ] as const)("%s", async (_name, options, record, expected) => {
    await make(options, record).start_authorization();
    expect(pushes()).toHaveLength(expected);
  });

  test.each([
    ["true without an endpoint", { par: true }, { par_url: null }, "par_url"],
    ["false where it is required", { par: false }, { par_required: true }, "only pushed"],
    ["required without an endpoint", {}, { par_url: null, par_required: true }, "par_url"],
    ["another value", { par: "always" }, {}, "par must be"],
  ] as const)("refused: %s", (_name, options, record, words) => {
    expect(() => make(options as never, record)).toThrow(
      expect.objectContaining({ code: "HARN-OAU-011", message: expect.stringContaining(words) }),
    );
  });
});

const judged = (status: number, body: unknown, type = "application/json") =>
  judgePushedResponse({
    status,
    headers: { "content-type": type },
    body: new TextEncoder().encode(typeof body === "string" ? body : JSON.stringify(body)),
  });
const good = { request_uri: reference, expires_in: 60 };

describe("the answer", () => {
  test("201 with a reference", () => {
    expect(judged(201, { ...good, more: 1 })).toEqual({
      kind: "pushed",
      request_uri: reference,
      expires_in: 60,
    });
    expect(judged(201, { ...good, request_uri: "https://id.example/r?a=%20&b" })).toMatchObject({
      kind: "pushed",
    });
  });

  test.each([
    ["A31 expires_in 0", 201, { ...good, expires_in: 0 }, "expires_in"],
    ["A31 expires_in negative", 201, { ...good, expires_in: -1 }, "expires_in"],
    ["A31 expires_in missing", 201, { request_uri: reference }, "expires_in"],
    ["A31 expires_in as text", 201, { ...good, expires_in: "60" }, "expires_in"],
    ["A31 expires_in a fraction", 201, { ...good, expires_in: 0.5 }, "expires_in"],
    ["A31 a space", 201, { ...good, request_uri: `${reference} x` }, "request_uri"],
    ["A31 a quote", 201, { ...good, request_uri: `${reference}"` }, "request_uri"],
    ["A31 an apostrophe", 201, { ...good, request_uri: `${reference}'` }, "request_uri"],
    ["A31 a line break", 201, { ...good, request_uri: `${reference}\n` }, "request_uri"],
    ["A31 a fragment", 201, { ...good, request_uri: `${reference}#x` }, "request_uri"],
    ["no scheme", 201, { ...good, request_uri: "abc" }, "request_uri"],
    ["no text", 201, { ...good, request_uri: 7 }, "request_uri"],
    ["too long", 201, { ...good, request_uri: `urn:${"x".repeat(2_048)}` }, "request_uri"],
    ["missing", 201, { expires_in: 60 }, "request_uri"],
    ["A32 a redirect", 302, good, "redirect"],
    ["A32 200", 200, good, "status"],
    ["a list", 201, [good], "not_json"],
    ["a member twice", 201, '{"request_uri":"a:b","request_uri":"a:c","expires_in":1}', "not_json"],
  ])("%s", (_name, status, body, reason) => {
    expect(judged(status, body)).toEqual({ kind: "invalid", reason, status });
  });

  test("HTML", () => {
    expect(judged(201, good, "text/html")).toMatchObject({ kind: "invalid", reason: "content_type" });
  });

  test.each([
    ["A32 200", { status: 200, json: good }, "HARN-OAU-006", false],
    ["A32 a redirect", { status: 303, headers: { location: "/elsewhere" } }, "HARN-OAU-006", false],
    ["refused", { status: 400, json: { error: "invalid_request" } }, "HARN-OAU-012", false],
    ["refused client", { status: 401, json: { error: "invalid_client" } }, "HARN-OAU-012", false],
    ["5xx", { status: 503 }, "HARN-OAU-003", true],
    ["429", { status: 429, json: { error: "slow_down" } }, "HARN-OAU-003", true],
  ] as const)("%s is %s", async (_name, reply, code, retryable) => {
    answer = reply;
    await expect(make().start_authorization()).rejects.toMatchObject({
      code,
      retryable,
      details: { status: reply.status },
    });
    expect(pushes()).toHaveLength(1);
    expect(provider.at("/elsewhere")).toEqual([]);
  });
});
