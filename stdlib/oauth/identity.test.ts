import { createHash, generateKeyPairSync } from "node:crypto";
import { exportJWK, generateKeyPair, SignJWT, type CryptoKey, type JWK } from "jose";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type IdTokenArrival, isSameSubject, judgeIdToken, readIdToken } from "./id-token.ts";
import { createOAuth, type OAuth } from "./node.ts";
import { type Reply, type ScriptedProvider, scriptedProvider } from "./scripted-provider.test.support.ts";
import type { JsonValue } from "./strict-json.ts";

let oauth: OAuth;
let idp: ScriptedProvider;
let privateKey: CryptoKey;
let publicKey: JWK;
let keys: unknown[];
let replies: Record<string, () => Reply>;
const clientId = "app";

beforeAll(async () => {
  idp = await scriptedProvider(({ path }) => replies[path]?.() ?? { status: 404, json: {} });
  const pair = await generateKeyPair("ES256");
  privateKey = pair.privateKey;
  publicKey = { ...(await exportJWK(pair.publicKey)), kid: "one", use: "sig", alg: "ES256" };
});
afterAll(async () => {
  await idp.close();
});
// Fetched keys are kept by the module, so each test has its own.
beforeEach(() => {
  oauth = createOAuth();
  idp.seen.length = 0;
  keys = [publicKey];
  replies = { "/jwks": () => ({ json: { keys } }) };
});

afterEach(async () => {
  await oauth.close();
});

const now = () => Math.floor(Date.now() / 1000);

const claims = (more: Record<string, unknown> = {}) => ({
  iss: idp.origin,
  sub: "ada",
  aud: clientId,
  iat: now(),
  exp: now() + 300,
  ...more,
});

async function idToken(
  more: Record<string, unknown> = {},
  header: Record<string, unknown> = {},
): Promise<string> {
  return await new SignJWT(claims(more))
    .setProtectedHeader({ alg: "ES256", kid: "one", ...header })
    .sign(privateKey);
}

function provider(more: Record<string, unknown> = {}) {
  return oauth.providers.custom({
    id: "idp",
    issuer: idp.origin,
    auth_url: `${idp.origin}/auth`,
    token_url: `${idp.origin}/token`,
    userinfo_url: `${idp.origin}/userinfo`,
    introspection_url: `${idp.origin}/introspect`,
    jwks_url: `${idp.origin}/jwks`,
    default_scopes: ["openid"],
    ...more,
  });
}

async function loggedIn(id_token: string | undefined, options: Record<string, unknown> = {}) {
  const storage = oauth.storage.memory();
  const cli = oauth.client.client(provider(), { client_id: clientId, storage, ...options });
  await storage.set("idp", {
    access_token: "access-token-1",
    token_type: "Bearer",
    ...(id_token === undefined ? {} : { id_token }),
  });
  return cli;
}

describe("id_token_claims", () => {
  test("answers the verified claims, and fetches the keys once", async () => {
    const cli = await loggedIn(await idToken({ email: "ada@example.com" }));
    expect(await cli.id_token_claims()).toMatchObject({ sub: "ada", email: "ada@example.com" });
    await cli.id_token_claims();
    expect(idp.at("/jwks")).toHaveLength(1);
  });

  test.each([
    ["another issuer", { iss: "https://evil.example" }],
    ["the issuer with a slash", { iss: undefined, iss_slash: true }],
    ["another audience", { aud: "other" }],
    ["a second audience without azp", { aud: [clientId, "other"] }],
    ["another authorized party", { aud: [clientId, "other"], azp: "other" }],
    ["an end in the past", { exp: 1 }],
    ["an end as text", { exp: "2099" }],
    ["a start in the future", { iat: 4_000_000_000 }],
    ["an end after ten years", { exp: 4_000_000_000 }],
    ["a negative end", { exp: -1 }],
    ["a start as text", { nbf: "1" }],
    ["no subject", { sub: undefined }],
    ["a subject with a NUL", { sub: "ada\u0000" }],
    ["a subject outside of ASCII", { sub: "ad\u0430" }],
  ])("%s is refused with HARN-OAU-006", async (_name, more) => {
    const { iss_slash, ...rest } = more as Record<string, unknown>;
    const cli = await loggedIn(await idToken(iss_slash ? { iss: `${idp.origin}/` } : rest));
    await expect(cli.id_token_claims()).rejects.toMatchObject({ code: "HARN-OAU-006" });
  });

  test("a signature of another key, none, and a shared secret are refused", async () => {
    const other = await generateKeyPair("ES256");
    const foreign = await new SignJWT(claims())
      .setProtectedHeader({ alg: "ES256", kid: "one" })
      .sign(other.privateKey);
    const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
    const none = `${part({ alg: "none" })}.${part(claims())}.`;
    const secret = await new SignJWT(claims())
      .setProtectedHeader({ alg: "HS256" })
      .sign(new TextEncoder().encode("s".repeat(32)));
    for (const token of [foreign, none, secret]) {
      const cli = await loggedIn(token);
      await expect(cli.id_token_claims()).rejects.toMatchObject({ code: "HARN-OAU-006" });
    }
  });

  test("a key in the token's own header is not used", async () => {
    const other = await generateKeyPair("ES256");
    const jwk = await exportJWK(other.publicKey);
    const token = await new SignJWT(claims())
      .setProtectedHeader({ alg: "ES256", jwk })
      .sign(other.privateKey);
    const cli = await loggedIn(token);
    await expect(cli.id_token_claims()).rejects.toMatchObject({ code: "HARN-OAU-006" });
  });

  test("an unknown kid fetches once more, then not again for a while", async () => {
    const cli = await loggedIn(await idToken({}, { kid: "two" }));
    await expect(cli.id_token_claims()).rejects.toMatchObject({ code: "HARN-OAU-006" });
    await expect(cli.id_token_claims()).rejects.toMatchObject({ code: "HARN-OAU-006" });
    expect(idp.at("/jwks")).toHaveLength(1);
  });

  test("callers share a fetch, and a failed one is forgotten", async () => {
    replies["/jwks"] = () => "cut";
    const cli = await loggedIn(await idToken());
    await expect(cli.id_token_claims()).rejects.toMatchObject({ code: "HARN-OAU-003" });
    replies["/jwks"] = () => ({ json: { keys } });
    const before = idp.at("/jwks").length;
    const all = await Promise.all(Array.from({ length: 20 }, () => cli.id_token_claims()));
    expect(all.map(({ sub }) => sub)).toEqual(Array.from({ length: 20 }, () => "ada"));
    expect(idp.at("/jwks")).toHaveLength(before + 1);
  });

  test("a published private key, one for another operation, and a weak RSA key are left out", async () => {
    const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 }).publicKey.export({ format: "jwk" });
    const short = generateKeyPairSync("rsa", { modulusLength: 1024 }).publicKey.export({ format: "jwk" });
    for (const [key, alg] of [
      [{ ...publicKey, d: "AQ" }, "ES256"],
      [{ ...publicKey, use: undefined, key_ops: ["encrypt"] }, "ES256"],
      [{ ...rsa, kid: "one", e: "AQ" }, "RS256"],
      [{ ...short, kid: "one" }, "RS256"],
    ] as const) {
      await oauth.close();
      oauth = createOAuth();
      keys = [key];
      const [, body, signature] = (await idToken()).split(".");
      const head = Buffer.from(JSON.stringify({ alg, kid: "one" })).toString("base64url");
      const cli = await loggedIn(`${head}.${body}.${signature}`);
      await expect(cli.id_token_claims()).rejects.toMatchObject({
        message: expect.stringContaining("no key of the issuer"),
      });
    }
  });

  test("symmetric and encryption keys in the set are left out", async () => {
    keys = [
      { kty: "oct", k: "c2VjcmV0", kid: "one" },
      { ...publicKey, use: "enc" },
    ];
    const cli = await loggedIn(await idToken());
    await expect(cli.id_token_claims()).rejects.toMatchObject({ code: "HARN-OAU-006" });
  });

  test.each([
    ["HTML", () => ({ body: "<html>", headers: { "content-type": "text/html" } })],
    ["a list", () => ({ json: [] })],
    ["an error", () => ({ status: 404, json: {} })],
  ] as [string, () => Reply][])("%s at jwks_url is refused", async (_name, reply) => {
    replies["/jwks"] = reply;
    const cli = await loggedIn(await idToken());
    await expect(cli.id_token_claims()).rejects.toMatchObject({ code: "HARN-OAU-006" });
  });

  test("nothing stored, and no ID token, have their own errors", async () => {
    const empty = oauth.client.client(provider(), { client_id: clientId, storage: oauth.storage.memory() });
    await expect(empty.id_token_claims()).rejects.toMatchObject({ code: "HARN-OAU-002" });
    const cli = await loggedIn(undefined);
    await expect(cli.id_token_claims()).rejects.toMatchObject({ code: "HARN-OAU-011" });
  });
});

describe("the nonce", () => {
  async function exchange(id_token: (nonce: string) => Promise<string>) {
    const storage = oauth.storage.memory();
    const cli = oauth.client.client(provider(), {
      client_id: clientId,
      storage,
      redirect_uri: "http://127.0.0.1/cb",
    });
    const login = await cli.start_authorization();
    const sent = new URL(login.url).searchParams.get("nonce") ?? "";
    expect(sent).toMatch(/^[A-Za-z0-9_-]{22}$/);
    const token = await id_token(sent);
    replies["/token"] = () => ({ json: { access_token: "a-token", token_type: "Bearer", id_token: token } });
    return await cli.exchange_code(login, "code", login.state).then(
      () => "stored",
      async (error: unknown) => {
        expect(await storage.get("idp")).toBeNull();
        return (error as { code: string }).code;
      },
    );
  }

  test("is always sent with openid and must come back", async () => {
    expect(await exchange((nonce) => idToken({ nonce }))).toBe("stored");
    expect(await exchange(() => idToken({ nonce: "another" }))).toBe("HARN-OAU-006");
    expect(await exchange(() => idToken())).toBe("HARN-OAU-006");
  });

  test("is not sent without openid", async () => {
    const cli = oauth.client.client(provider({ default_scopes: ["read"] }), {
      client_id: clientId,
      storage: oauth.storage.memory(),
      redirect_uri: "http://127.0.0.1/cb",
    });
    expect(new URL((await cli.start_authorization()).url).searchParams.has("nonce")).toBe(false);
  });
});

describe("userinfo", () => {
  test("carries the token and answers the claims", async () => {
    replies["/userinfo"] = () => ({ json: { sub: "ada", name: "Ada" } });
    const cli = await loggedIn(await idToken());
    expect(await cli.userinfo()).toMatchObject({ sub: "ada", name: "Ada" });
    expect(idp.at("/userinfo")[0]?.headers.authorization).toBe("Bearer access-token-1");
  });

  test("of another subject than the ID token is refused", async () => {
    replies["/userinfo"] = () => ({ json: { sub: "mallory" } });
    const cli = await loggedIn(await idToken());
    await expect(cli.userinfo()).rejects.toMatchObject({ code: "HARN-OAU-006" });
  });

  test.each([
    [{ status: 403, json: { error: "insufficient_scope" } }, "HARN-OAU-012"],
    [{ status: 503, json: {} }, "HARN-OAU-003"],
    [{ json: ["ada"] }, "HARN-OAU-006"],
    [{ body: "name=ada", headers: { "content-type": "text/plain" } }, "HARN-OAU-006"],
  ] as [Reply, string][])("%j gives %s", async (reply, code) => {
    replies["/userinfo"] = () => reply;
    const cli = await loggedIn(undefined);
    await expect(cli.userinfo()).rejects.toMatchObject({ code });
  });
});

describe("introspect", () => {
  test("asks with the client's authentication and takes known members", async () => {
    replies["/introspect"] = () => ({ json: { active: true, sub: "ada", exp: 5, aud: ["a"], evil: "x" } });
    const cli = await loggedIn(undefined, { client_secret: "shh-a-secret" });
    expect(await cli.introspect()).toEqual({ active: true, sub: "ada", exp: 5, aud: ["a"] });
    const form = idp.at("/introspect")[0]?.form;
    expect(form?.get("token")).toBe("access-token-1");
    expect(form?.get("client_secret")).toBe("shh-a-secret");
  });

  test.each([
    [{ json: { active: "yes" } }, "HARN-OAU-006"],
    [{ json: { active: true, exp: "soon" } }, "HARN-OAU-006"],
    [{ status: 401, json: { error: "invalid_client" } }, "HARN-OAU-012"],
    ["cut", "HARN-OAU-003"],
  ] as [Reply, string][])("%j gives %s", async (reply, code) => {
    replies["/introspect"] = () => reply;
    await expect((await loggedIn(undefined)).introspect()).rejects.toMatchObject({ code });
  });
});

describe("client_credentials", () => {
  test("stores a token for the client itself", async () => {
    replies["/token"] = () => ({ json: { access_token: "own-token", token_type: "Bearer", expires_in: 60 } });
    const storage = oauth.storage.memory();
    const cli = oauth.client.client(provider(), {
      client_id: clientId,
      client_secret: "shh-a-secret",
      storage,
      scopes: ["a"],
    });
    await cli.client_credentials();
    expect(await cli.token()).toBe("own-token");
    expect(idp.at("/token")[0]?.form.get("grant_type")).toBe("client_credentials");
    expect(idp.at("/token")[0]?.form.get("scope")).toBe("a");
  });

  test("needs a client that can authenticate", async () => {
    const cli = oauth.client.client(provider(), { client_id: clientId, storage: oauth.storage.memory() });
    await expect(cli.client_credentials()).rejects.toMatchObject({ code: "HARN-OAU-011" });
    expect(idp.seen).toEqual([]);
  });
});

describe("reading", () => {
  test("takes a compact JWS of strict base64url JSON objects and nothing else", async () => {
    const good = await idToken();
    expect(readIdToken(good)?.claims["sub"]).toBe("ada");
    const [header = "", body = "", signature = ""] = good.split(".");
    const bad = [
      "",
      ".",
      "..",
      good + ".x",
      `${header}=.${body}.${signature}`,
      `${header} .${body}.${signature}`,
    ];
    for (const token of [...bad, ".".repeat(1_000_000), `bnVsbA.${body}.${signature}`]) {
      expect(readIdToken(token)).toBeNull();
    }
  });

  test("a refreshed ID token must be of the same person", async () => {
    const ada = await idToken();
    expect(isSameSubject(undefined, ada)).toBe(true);
    expect(isSameSubject(ada, await idToken({ email: "x" }))).toBe(true);
    expect(isSameSubject(ada, await idToken({ sub: "eve" }))).toBe(false);
    expect(isSameSubject(ada, await idToken({ iss: "https://evil.example" }))).toBe(false);
    expect(isSameSubject(ada, "rubbish")).toBe(false);
  });

  test("clocks may differ by a minute and no more", () => {
    const judged = (more: Record<string, string>, at: number) =>
      judgeIdToken(
        {
          header: { alg: "ES256" },
          claims: { iss: "i", sub: "s", aud: clientId, iat: 100, exp: 200, ...more },
        },
        { issuer: "i", clientId, now: at, arrival: null },
      );
    expect([judged({}, 259), judged({}, 260), judged({}, 40), judged({}, 39)]).toEqual([
      null,
      "exp",
      null,
      "iat",
    ]);
  });

  const judged = (
    header: Record<string, JsonValue>,
    claims: Record<string, JsonValue> = {},
    arrival: IdTokenArrival | null = null,
  ) =>
    judgeIdToken(
      {
        header: { alg: "ES256", ...header },
        claims: { iss: "i", sub: "s", aud: clientId, iat: 1_000, exp: 2_000, ...claims },
      },
      { issuer: "i", clientId, now: 1_000, arrival },
    );

  test.each([
    [{ alg: "none" }, "alg"],
    [{ alg: "nOnE" }, "alg"],
    [{ alg: ["ES256"] }, "alg"],
    [{ typ: "JWT" }, null],
    [{ typ: "application/jwt" }, null],
    [{ typ: "at+jwt" }, "typ"],
    [{ typ: 1 }, "typ"],
    [{ crit: [] }, "crit"],
    [{ crit: ["b64"], b64: false }, "crit"],
  ] as [Record<string, JsonValue>, string | null][])("of the header %j gives %s", (header, reason) => {
    expect(judged(header)).toBe(reason);
  });

  test.each([
    ["RS256", "sha256"],
    ["PS384", "sha384"],
    ["ES512", "sha512"],
    ["EdDSA", "sha512"],
  ])("compares at_hash and c_hash by the hash of %s", (alg, hash) => {
    const half = (text: string) => {
      const digest = createHash(hash).update(text).digest();
      return digest.subarray(0, digest.length / 2).toString("base64url");
    };
    const arrival = { nonce: null, since: null, access_token: "the-token", code: "the-code" };
    expect(judged({ alg }, { at_hash: half("the-token"), c_hash: half("the-code") }, arrival)).toBeNull();
    expect(judged({ alg }, { at_hash: half("another") }, arrival)).toBe("at_hash");
    expect(judged({ alg }, { c_hash: half("another") }, arrival)).toBe("c_hash");
    expect(judged({ alg }, { c_hash: half("another") }, { ...arrival, code: null })).toBeNull();
  });

  test("may lie ten minutes before the login and no more", () => {
    const arrival = { nonce: null, since: 1_000, access_token: "t", code: null };
    expect([judged({}, { iat: 400 }, arrival), judged({}, { iat: 399 }, arrival)]).toEqual([null, "iat"]);
  });

  test("a refreshed one may not have the nonce of another login", async () => {
    const ada = await idToken({ nonce: "one" });
    expect(isSameSubject(ada, await idToken({ nonce: "one", email: "x" }))).toBe(true);
    expect(isSameSubject(ada, await idToken())).toBe(true);
    expect(isSameSubject(ada, await idToken({ nonce: "two" }))).toBe(false);
  });
});
