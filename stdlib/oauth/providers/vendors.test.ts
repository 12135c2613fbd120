import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { createNodePorts, type NodePorts } from "../../../runtime/host/node-ports.ts";
import { exactRedactor } from "../../../runtime/host/redactor.test.support.ts";
import type { HttpRequest } from "../../../runtime/ports.ts";
import type { PkceRecord } from "../authorization.ts";
import type { ClientHandle } from "../client.ts";
import { createOAuth, type OAuth } from "../node.ts";
import type { TokenSet } from "../token-set.ts";
import { catalogueNames, catalogueRecord } from "./catalogue.ts";
import type { ProviderRecord } from "./record.ts";
import { httpTo, type ScriptedVendor, scriptedVendor } from "./scripted-vendor.test.support.ts";
import { vendorClient, type VendorFacts, vendorFacts } from "./vendor-facts.test.support.ts";

const redirect_uri = "http://127.0.0.1:8765/callback";
const vendors = vendorFacts();
const fact = (name: string): VendorFacts => vendors.get(name) as VendorFacts;

let real: NodePorts;
const opened: { close(): Promise<void> }[] = [];

beforeAll(() => {
  real = createNodePorts({ redactor: exactRedactor() });
});
afterEach(async () => {
  for (const one of opened.splice(0)) await one.close();
});
afterAll(() => real.close());

interface Scene {
  readonly vendor: ScriptedVendor;
  readonly std: OAuth;
  readonly record: ProviderRecord;
  readonly sent: HttpRequest[];
  client(more?: Readonly<Record<string, unknown>>): ClientHandle;
}

/** The vendor on its socket, and a client of its record as the catalogue has it. */
async function scene(facts: VendorFacts): Promise<Scene> {
  const vendor = await scriptedVendor(facts);
  const sent: HttpRequest[] = [];
  const std = createOAuth({ http: httpTo([vendor], real.http, sent) });
  opened.push(vendor, std);
  const factories = std.providers as unknown as Record<
    string,
    (...words: readonly unknown[]) => ProviderRecord
  >;
  const record = factories[facts.provider]?.(...facts.arguments) as ProviderRecord;
  const storage = std.storage.memory();
  const { id: client_id, secret: client_secret } = vendorClient;
  return {
    vendor,
    std,
    record,
    sent,
    client: (more) =>
      std.client.client(record, {
        client_id,
        client_secret,
        redirect_uri,
        storage,
        ...facts.client,
        ...more,
      }),
  };
}

async function login({ vendor }: Scene, cli: ClientHandle): Promise<{ back: string; attempt: PkceRecord }> {
  const attempt = await cli.start_authorization();
  const back = await vendor.agree(attempt.url);
  await cli.exchange_callback(attempt, back);
  return { back, attempt };
}

async function stored(cli: ClientHandle): Promise<TokenSet> {
  const set = await cli.current_token();
  if (set === null) throw new Error("nothing is stored");
  return set;
}

test("there are facts for every entry of the catalogue and every template", () => {
  const covered = new Set([...vendors.values()].map(({ provider }) => provider));
  expect([...covered].toSorted()).toEqual(
    [...catalogueNames, "github_enterprise", "okta", "auth0"].toSorted(),
  );
  // The file that has the entry's name is about the entry as it stands.
  for (const name of catalogueNames) expect(fact(name).arguments).toEqual([]);
});

describe.each([...vendors])("%s", (_name, facts) => {
  test("login, API call, refresh and revocation as the vendor wants them", async () => {
    const all = await scene(facts);
    const { vendor, std, record, sent } = all;
    const cli = all.client();
    const { back } = await login(all, cli);
    expect(vendor.complaints).toEqual([]);

    const first = await stored(cli);
    expect(first).toMatchObject({ token_type: expect.stringMatching(/^bearer$/i) });
    expect(first.scopes ?? null).toEqual(facts.granted.scopes);
    expect(first.expires_in ?? null).toBe(facts.granted.expires_in);
    expect(first.refresh_token !== undefined).toBe(facts.token.refresh_token !== "never");

    // A code works once.
    const again = await cli.start_authorization();
    const code = new URL(back).searchParams.get("code") ?? "";
    await expect(cli.exchange_code(again, code, again.state)).rejects.toMatchObject({ code: "HARN-OAU-012" });

    const call = async () => {
      const { method, url, headers, body } = facts.api;
      return await cli.request(method, url, { headers, ...(body === null ? {} : { body: body as object }) });
    };
    expect(await call()).toMatchObject({ status: 200 });
    if (facts.openid?.keys) expect(await cli.id_token_claims()).toMatchObject({ sub: "person-1" });

    if (facts.refresh === null) {
      await expect(cli.refresh()).rejects.toMatchObject({ code: "HARN-OAU-002" });
    } else {
      const { rotates, ends } = facts.refresh;
      const second = await cli.refresh();
      expect(second.access_token).not.toBe(first.access_token);
      expect(second.refresh_token !== first.refresh_token).toBe(rotates);
      expect(second.scopes).toEqual(first?.scopes);
      expect(vendor.isLive(first.access_token)).toBe(!ends.access_token);
      expect(await call()).toMatchObject({ status: 200 });
      if (ends.refresh_token) {
        const late = std.storage.memory();
        await late.set(record.id, first);
        await expect(all.client({ storage: late }).refresh()).rejects.toMatchObject({ code: "HARN-OAU-002" });
      }
    }

    const last = await stored(cli);
    const supported = facts.revocation !== null;
    expect(await cli.revoke()).toMatchObject({ local: true, remote: supported ? "revoked" : "unsupported" });
    expect(await cli.current_token()).toBeNull();
    expect(vendor.isLive(last.access_token)).toBe(!supported);
    const { revocation, authorization } = facts;
    if (revocation) {
      const url = revocation.url.replace("{client_id}", vendorClient.id);
      const calls = vendor.seen.filter((line) => line === `${revocation.method} ${url}`);
      expect(calls).toHaveLength(revocation.calls.length);
    }
    expect(vendor.seen.filter((line) => line.endsWith(authorization.pushed ?? " "))).toHaveLength(
      authorization.pushed === undefined ? 0 : 2,
    );
    expect(vendor.complaints).toEqual([]);
    // An entry of the catalogue as it stands needs no grant.
    const reach = catalogueRecord(facts.provider) === record ? "catalogue" : "granted";
    const called = [...new Set(sent.filter(({ url }) => url === record.token_url).map((one) => one.reach))];
    expect(called).toEqual([reach]);
  });
});

test("the scripted vendor complains about a request that is not as it wants it", async () => {
  const all = await scene(fact("notion"));
  const wrong = all.std.providers.notion({ token_body_format: "form", auth_params: {} });
  const cli = all.std.client.client(wrong, {
    client_id: vendorClient.id,
    client_secret: vendorClient.secret,
    redirect_uri,
    storage: all.std.storage.memory(),
  });
  await expect(login(all, cli)).rejects.toMatchObject({ code: "HARN-OAU-012" });
  expect(all.vendor.complaints).toEqual([
    expect.stringContaining("authorization parameters"),
    expect.stringContaining("content-type"),
  ]);
});

test("Slack's ok: false with status 200 is a revocation that failed", async () => {
  const facts = fact("slack");
  const refusing: VendorFacts = {
    ...facts,
    revocation: facts.revocation && {
      ...facts.revocation,
      calls: [
        { token: "access_token", answer: { status: 200, members: { ok: false, error: "fatal_error" } } },
      ],
    },
  };
  const all = await scene(refusing);
  const cli = all.client();
  await login(all, cli);
  expect(await cli.revoke()).toMatchObject({ local: true, remote: "failed" });
});

describe("Google's second consent, which brings no refresh token", () => {
  test("the refresh token of the same person's earlier login stays", async () => {
    const all = await scene(fact("google"));
    const cli = all.client();
    await login(all, cli);
    const first = await stored(cli);
    await login(all, cli);
    const second = await stored(cli);
    expect(second.access_token).not.toBe(first.access_token);
    expect(second.refresh_token).toBe(first.refresh_token);
    expect(await cli.refresh()).toMatchObject({ refresh_token: first.refresh_token });
    expect(all.vendor.complaints).toEqual([]);
  });

  test("and is masked, also in a process that never saw it", async () => {
    const all = await scene(fact("google"));
    const folder = mkdtempSync(join(tmpdir(), "holdfast-vendors-"));
    const storage = (std: OAuth) => std.storage.file(join(folder, "tokens.bin"), "x".repeat(32));
    const cli = all.client({ storage: storage(all.std) });
    await login(all, cli);
    const { refresh_token = "" } = await stored(cli);
    const std = createOAuth({ http: httpTo([all.vendor], real.http) });
    const later = std.client.client(std.providers.google(), {
      client_id: vendorClient.id,
      client_secret: vendorClient.secret,
      redirect_uri,
      storage: storage(std),
    });
    await login(all, later);
    expect(std.ports.redactor.maskKnown(`it is ${refresh_token}`)).not.toContain(refresh_token);
    await std.close();
    rmSync(folder, { recursive: true });
  });

  test.each([
    ["another person", { sub: "person-2" }, {}],
    ["another client", { aud: "client-2" }, {}],
    ["a set without an ID token", null, {}],
    ["a grant of more scopes", {}, { scopes: ["openid", "drive"] }],
  ])("that of %s does not", async (_name, claims, set) => {
    const all = await scene(fact("google"));
    const cli = all.client();
    await login(all, cli);
    const { id_token = "", ...first } = await stored(cli);
    const other = claims === null ? {} : { id_token: withClaims(id_token, claims) };
    const storage = all.std.storage.memory();
    await storage.set("google", { ...first, ...other, ...set });
    const next = all.client({ storage });
    await login(all, next);
    expect((await next.current_token())?.refresh_token).toBeUndefined();
  });

  test("prompt=consent brings a new one", async () => {
    const facts = fact("google");
    const asking: VendorFacts = {
      ...facts,
      client: { extra_auth_params: { prompt: "consent" } },
      authorization: {
        ...facts.authorization,
        parameters: { ...facts.authorization.parameters, prompt: "consent" },
      },
    };
    const all = await scene(asking);
    const cli = all.client();
    await login(all, cli);
    const first = await stored(cli);
    await login(all, cli);
    const second = await stored(cli);
    expect(second.refresh_token).toBeDefined();
    expect(second.refresh_token).not.toBe(first.refresh_token);
  });
});

function withClaims(token: string, change: object): string {
  const [header, claims = "", signature] = token.split(".");
  const changed = { ...(JSON.parse(Buffer.from(claims, "base64url").toString()) as object), ...change };
  return [header, Buffer.from(JSON.stringify(changed)).toString("base64url"), signature].join(".");
}
