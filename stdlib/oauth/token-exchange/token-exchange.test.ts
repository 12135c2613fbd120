import fc from "fast-check";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { createOAuth, type OAuth } from "../node.ts";
import {
  fakeToken,
  type Reply,
  type ScriptedProvider,
  scriptedProvider,
} from "../scripted-provider.test.support.ts";
import { tokenExchangeModule } from "./index.ts";

const std = tokenExchangeModule();
const urn = (name: string) => `urn:ietf:params:oauth:token-type:${name}`;

describe("the vocabulary", () => {
  test("names of token types", () => {
    expect(std.token_exchange_grant_type()).toBe("urn:ietf:params:oauth:grant-type:token-exchange");
    expect(std.token_type("access")).toBe(urn("access_token"));
    expect(std.token_type(" ID_JAG ")).toBe(urn("id-jag"));
    expect(std.token_type("txn")).toBe(urn("txn_token"));
    expect(std.token_type("urn:example:my-type")).toBe("urn:example:my-type");
    expect(() => std.token_type("acces_token")).toThrow(/did you mean "access_token"/);
    for (const bad of ["", " ", "toString", "__proto__", "urn:"]) {
      expect(() => std.token_type(bad)).toThrow(expect.objectContaining({ code: "HARN-OAU-011" }));
    }
  });

  test("the rows that ship", () => {
    const catalogue = std.token_exchange_catalog();
    expect(Object.keys(catalogue)).toEqual(["rfc8693", "id-jag", "txn-token", "wimse-wit-wpt"]);
    expect(catalogue["txn-token"]).toMatchObject({
      delegation: false,
      impersonation: true,
      actor_token_types: [],
    });
    expect(catalogue["wimse-wit-wpt"]).toMatchObject({ supported: false });
    expect(catalogue["id-jag"]?.issued_token_types).toEqual([urn("id-jag")]);
  });

  test("overlays replace whole rows; a provider's own row wins and takes its id", () => {
    const overlay = { rfc8693: { subject_token_types: ["jwt"] } };
    expect(std.token_exchange_catalog(overlay)["rfc8693"]).toMatchObject({
      actor_token_types: [],
      token_url: null,
    });
    expect(std.token_exchange_catalog([{ id: "mine" }])["mine"]?.subject_token_types).toEqual([]);
    const provider = { id: "acme", token_exchange: { id: "other", subject_token_types: ["jwt"] } };
    expect(std.token_exchange_capability(provider)).toMatchObject({
      id: "acme",
      subject_token_types: [urn("jwt")],
    });
    expect(std.token_exchange_capability("nobody")).toBeNull();
    expect(() => std.token_exchange_catalog("rows" as never)).toThrow(/must be/);
    expect(() => std.token_exchange_catalog([{}])).toThrow(/id/);
  });

  test("actors nest, the current one outermost", () => {
    expect(std.actor_claim(["now", { sub: "before", iss: "i" }, "first"])).toEqual({
      sub: "now",
      act: { sub: "before", iss: "i", act: { sub: "first" } },
    });
    expect(std.delegated_claims({ sub: "ada", act: "old" }, ["agent"])).toEqual({
      sub: "ada",
      act: { sub: "agent" },
    });
    for (const bad of [[], [""], [{}], "agent", [null]]) {
      expect(() => std.actor_claim(bad as never)).toThrow(expect.objectContaining({ code: "HARN-OAU-011" }));
    }
  });

  test("every list of actors becomes a chain as long as the list", () => {
    fc.assert(
      fc.property(fc.array(fc.string({ minLength: 1 }), { minLength: 1, maxLength: 32 }), (actors) => {
        const chain: string[] = [];
        for (
          let act = std.actor_claim(actors) as { sub: string; act?: never } | undefined;
          act;
          act = act.act
        ) {
          chain.push(act.sub);
        }
        expect(chain).toEqual(actors);
      }),
    );
  });
});

describe("the exchange", () => {
  let oauth: OAuth;
  let idp: ScriptedProvider;
  let reply: Reply;
  beforeAll(async () => {
    idp = await scriptedProvider(() => reply);
  });
  afterAll(async () => {
    await idp.close();
  });
  beforeEach(() => {
    oauth = createOAuth();
    idp.seen.length = 0;
    reply = {
      json: {
        access_token: fakeToken("new"),
        token_type: "Bearer",
        expires_in: 60,
        issued_token_type: urn("access_token"),
      },
    };
  });
  afterEach(async () => {
    await oauth.close();
  });

  function client(row: Record<string, unknown> | null = {}) {
    const storage = oauth.storage.memory();
    const provider = oauth.providers.custom({
      id: "acme",
      auth_url: `${idp.origin}/auth`,
      token_url: `${idp.origin}/token`,
      token_exchange:
        row === null
          ? null
          : {
              subject_token_types: ["access_token"],
              actor_token_types: ["jwt"],
              requested_token_types: ["access_token"],
              ...row,
            },
    });
    return { storage, cli: oauth.client.client(provider, { client_id: "app", storage }) };
  }
  const subject = { subject_token: fakeToken("subject"), subject_token_type: "access_token" };

  test("sends what RFC 8693 §2.1 says and answers the new set", async () => {
    const { cli, storage } = client();
    const set = await cli.token_exchange({
      ...subject,
      actor_token: fakeToken("actor"),
      actor_token_type: "jwt",
      requested_token_type: "access",
      resource: ["https://a.example", "https://b.example"],
      audience: "backend",
      scope: ["read", "write"],
      extra_params: { tenant: "t1" },
    });
    const form = idp.seen[0]?.form;
    expect(Object.fromEntries(form ?? [])).toMatchObject({
      grant_type: std.token_exchange_grant_type(),
      subject_token: subject.subject_token,
      subject_token_type: urn("access_token"),
      actor_token_type: urn("jwt"),
      audience: "backend",
      scope: "read write",
      tenant: "t1",
      client_id: "app",
    });
    expect(form?.getAll("resource")).toEqual(["https://a.example", "https://b.example"]);
    expect(set).toMatchObject({
      issued_token_type: urn("access_token"),
      token_exchange_mode: "delegation",
      requested_token_type: urn("access_token"),
    });
    expect(await cli.current_token()).toBeNull();
    expect(await storage.get("acme")).toBeNull();
  });

  test("a token that is no access token may have the type N_A", async () => {
    reply = { json: { access_token: fakeToken("jag"), token_type: "N_A", issued_token_type: urn("id-jag") } };
    const { cli } = client({ requested_token_types: ["id-jag"] });
    const set = await cli.token_exchange({ ...subject, requested_token_type: "id-jag" });
    expect(set).toMatchObject({
      token_type: "N_A",
      token_exchange_mode: "impersonation",
      actor_token_type: null,
    });
  });

  test("store keeps the set under its own key", async () => {
    const { cli, storage } = client();
    await cli.token_exchange({ ...subject, store: true, storage_key: "acme:backend" });
    expect((await storage.get("acme:backend"))?.access_token).toBe(fakeToken("new"));
    expect(await storage.get("acme")).toBeNull();
  });

  test.each([
    ["no capability", null, {}],
    ["an unsupported row", { supported: false }, {}],
    ["no subject token", {}, { subject_token: "" }],
    ["no subject type", {}, { subject_token_type: null }],
    ["a subject type that is not allowed", {}, { subject_token_type: "saml2" }],
    ["an actor token without its type", {}, { actor_token: "x" }],
    ["an actor type without its token", {}, { actor_token_type: "jwt" }],
    ["an actor type that is not allowed", {}, { actor_token: "x", actor_token_type: "saml1" }],
    ["a requested type that is not allowed", {}, { requested_token_type: "jwt" }],
    ["delegation that is not allowed", { delegation: false }, { actor_token: "x", actor_token_type: "jwt" }],
    ["impersonation that is not allowed", { impersonation: false }, {}],
    ["an empty list, which allows nothing", { subject_token_types: [] }, {}],
    ["store without a key", {}, { store: true }],
    ["store with a blank key", {}, { store: true, storage_key: " " }],
    ["an extra parameter of the request itself", {}, { extra_params: { grant_type: "password" } }],
    ["a misspelt option", {}, { subject_tokens: "x" }],
  ] as [string, Record<string, unknown> | null, Record<string, unknown>][])(
    "%s is refused before the network",
    async (_name, row, options) => {
      const { cli } = client(row);
      await expect(cli.token_exchange({ ...subject, ...options })).rejects.toMatchObject({
        code: "HARN-OAU-011",
      });
      expect(idp.seen).toEqual([]);
    },
  );

  test.each([
    ["no issued_token_type", { access_token: "a-token", token_type: "Bearer" }],
    [
      "another issued_token_type",
      { access_token: "a-token", token_type: "Bearer", issued_token_type: urn("jwt") },
    ],
    [
      "a number as issued_token_type",
      { access_token: "a-token", token_type: "Bearer", issued_token_type: 1 },
    ],
  ])("%s is HARN-OAU-006, and nothing is stored", async (_name, json) => {
    reply = { json };
    const { cli, storage } = client();
    const attempt = cli.token_exchange({ ...subject, store: true, storage_key: "k" });
    await expect(attempt).rejects.toMatchObject({ code: "HARN-OAU-006" });
    expect(await storage.get("k")).toBeNull();
  });

  test("the provider's refusal is HARN-OAU-012", async () => {
    reply = { status: 400, json: { error: "invalid_target" } };
    await expect(client().cli.token_exchange(subject)).rejects.toMatchObject({
      code: "HARN-OAU-012",
      details: { error: "invalid_target" },
    });
  });
});
