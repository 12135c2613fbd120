import { generateKeyPairSync, type KeyObject, verify } from "node:crypto";
import { createLocalJWKSet, decodeJwt, decodeProtectedHeader, jwtVerify } from "jose";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { systemRandom } from "../../runtime/host/random.ts";
import { createSealer } from "../../runtime/host/seal.ts";
import { type ClientHandle, clientModule } from "./client.ts";
import { judgeClientKey } from "./client-key.ts";
import type { ClientOptions } from "./client-options.ts";
import { signJws } from "./jws.ts";
import {
  fakeToken,
  type Reply,
  scriptedProvider,
  type ScriptedProvider,
  type Seen,
  testPorts,
} from "./scripted-provider.test.support.ts";
import { storageModule } from "./storage/index.ts";

const start = 1_700_000_000;
const ec = generateKeyPairSync("ec", { namedCurve: "P-256" });
const rsa = generateKeyPairSync("rsa", { modulusLength: 2_048 });
const ed = generateKeyPairSync("ed25519");
const jwk = (key: KeyObject, more: object = {}): Record<string, unknown> => ({
  ...key.export({ format: "jwk" }),
  ...more,
});
const pem = (key: KeyObject): string => String(key.export({ type: "pkcs8", format: "pem" }));

describe("keys", () => {
  test.each([
    ["EC as a JWK", jwk(ec.privateKey, { kid: "k1" }), ec.publicKey, "ES256"],
    ["EC as JSON text", JSON.stringify(jwk(ec.privateKey, { kid: "k1" })), ec.publicKey, "ES256"],
    ["EC as PEM", pem(ec.privateKey), ec.publicKey, "ES256"],
    ["RSA as a JWK", jwk(rsa.privateKey), rsa.publicKey, "RS256"],
    ["RSA as PEM", pem(rsa.privateKey), rsa.publicKey, "RS256"],
    ["RSA for PS256", jwk(rsa.privateKey, { alg: "PS256", use: "sig" }), rsa.publicKey, "PS256"],
    ["Ed25519 as a JWK", jwk(ed.privateKey, { alg: "Ed25519" }), ed.publicKey, "EdDSA"],
    ["Ed25519 as PEM", pem(ed.privateKey), ed.publicKey, "EdDSA"],
  ])("%s", async (_name, given, publicKey, algorithm) => {
    const verdict = judgeClientKey(given, null);
    if (!verdict.ok) throw new Error(verdict.reason);
    expect(verdict.key.algorithm).toBe(algorithm);
    const signed = signJws({ alg: verdict.key.algorithm }, { sub: "me" }, verdict.key.signingKey);
    expect((await jwtVerify(signed, publicKey, { algorithms: [algorithm] })).payload).toEqual({ sub: "me" });
  });

  test("RSA-PSS as PEM", () => {
    const pss = generateKeyPairSync("rsa-pss", { modulusLength: 2_048 });
    const verdict = judgeClientKey(`\n${pem(pss.privateKey)}\n`, null);
    if (!verdict.ok) throw new Error(verdict.reason);
    expect(verdict.key.algorithm).toBe("PS256");
    const [head, payload, signature = ""] = signJws({ alg: "PS256" }, {}, verdict.key.signingKey).split(".");
    const bytes = Buffer.from(signature, "base64url");
    expect(verify("sha256", Buffer.from(`${head}.${payload}`), pss.publicKey, bytes)).toBe(true);
  });

  test("the name of the key: the option, else the JWK's kid", () => {
    const names = [null, "k2"].map((key_id) => judgeClientKey(jwk(ec.privateKey, { kid: "k1" }), key_id));
    expect(names.map((verdict) => verdict.ok && verdict.key.key_id)).toEqual(["k1", "k2"]);
    expect(judgeClientKey(pem(ec.privateKey), null)).toMatchObject({ key: { key_id: null } });
  });

  test.each([
    ["nothing", ""],
    ["a number", 7],
    ["a list", [jwk(ec.privateKey)]],
    ["other text", "secret"],
    ["broken JSON", "{"],
    ["a public JWK", jwk(ec.publicKey)],
    ["a public PEM", String(ec.publicKey.export({ type: "spki", format: "pem" }))],
    ["PKCS #1", String(rsa.privateKey.export({ type: "pkcs1", format: "pem" }))],
    [
      "encrypted PKCS #8",
      String(rsa.privateKey.export({ type: "pkcs8", format: "pem", cipher: "aes-256-cbc", passphrase: "x" })),
    ],
    ["broken PEM", pem(ec.privateKey).replace("MI", "XX")],
    ["P-384", jwk(generateKeyPairSync("ec", { namedCurve: "P-384" }).privateKey)],
    ["1,024 bits", jwk(generateKeyPairSync("rsa", { modulusLength: 1_024 }).privateKey)],
    ["X25519", pem(generateKeyPairSync("x25519").privateKey)],
    ["a symmetric key", { kty: "oct", k: "c2VjcmV0", d: "x" }],
    ["an alg of another kind", jwk(ec.privateKey, { alg: "RS256" })],
    ["an alg we do not speak", jwk(rsa.privateKey, { alg: "RS512" })],
    ["a key for encryption", jwk(ec.privateKey, { use: "enc" })],
    ["too long", `{"pad":"${"x".repeat(65_536)}"}`],
  ])("%s is refused, and not quoted", (_name, given) => {
    const verdict = judgeClientKey(given, null);
    expect(verdict).toEqual({ ok: false, reason: expect.stringMatching(/^must be [^"{]*$/) });
  });
});

let provider: ScriptedProvider;
let world: ReturnType<typeof testPorts>;
let answer: (seen: Seen, earlier: number) => Reply;

beforeEach(async () => {
  answer = (_seen, earlier) => ({
    json: {
      access_token: fakeToken("at", earlier + 1),
      refresh_token: fakeToken("rt", earlier + 1),
      expires_in: 3600,
    },
  });
  provider = await scriptedProvider((seen, earlier) => answer(seen, earlier));
  world = testPorts();
  world.testing.clockSet(start * 1000);
});
afterEach(async () => {
  await world.close();
  await provider.close();
});

function make(
  more: Partial<ClientOptions> & { record?: Record<string, unknown>; ports?: typeof world.sealed } = {},
): ClientHandle {
  const { record, ports = world.ports, ...options } = more;
  return clientModule(ports).client(
    {
      id: "acme",
      auth_url: `${provider.origin}/authorize`,
      token_url: `${provider.origin}/token`,
      revoke_url: `${provider.origin}/revoke`,
      ...record,
    },
    {
      client_id: "app",
      private_key: jwk(ec.privateKey, { kid: "k1" }),
      redirect_uri: "http://127.0.0.1/cb",
      storage: storageModule(ports).memory(),
      ...options,
    },
  );
}
async function login(cli: ClientHandle): Promise<void> {
  const pkce = await cli.start_authorization();
  await cli.exchange_code(pkce, "code", pkce.state);
}
const assertions = (path = "/token"): string[] =>
  provider.at(path).map(({ form }) => form.get("client_assertion") ?? "");

describe("assertions", () => {
  test("J9: signed by the key, for a minute, with a new jti each; at every endpoint", async () => {
    const cli = make();
    expect(cli.token_auth_method).toBe("private_key_jwt");
    await login(cli);
    await cli.refresh();
    await cli.revoke();
    const all = [...assertions(), ...assertions("/revoke")];
    expect(all).toHaveLength(4);
    const keySet = createLocalJWKSet({ keys: [jwk(ec.publicKey, { kid: "k1" })] });
    for (const assertion of all) {
      const { payload } = await jwtVerify(assertion, keySet, { currentDate: new Date(start * 1000) });
      expect(payload).toEqual({
        iss: "app",
        sub: "app",
        aud: `${provider.origin}/token`,
        jti: expect.stringMatching(/^[\w-]{22}$/),
        iat: start,
        exp: start + 60,
      });
      expect(decodeProtectedHeader(assertion)).toEqual({ alg: "ES256", kid: "k1" });
    }
    expect(new Set(all.map((assertion) => decodeJwt(assertion).jti)).size).toBe(4);
    expect(Object.fromEntries(provider.at("/token")[0]?.form ?? [])).toMatchObject({
      client_id: "app",
      client_assertion_type: "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
    });
    expect(provider.at("/token")[0]?.headers.authorization).toBeUndefined();
  });

  test("J9: the retry with a DPoP nonce has an assertion of its own", async () => {
    answer = (_seen, earlier) =>
      earlier === 0
        ? { status: 400, json: { error: "use_dpop_nonce" }, headers: { "dpop-nonce": "n" } }
        : { json: { access_token: fakeToken("at"), token_type: "DPoP" } };
    await login(make({ dpop: true }));
    const [one = "", other = ""] = assertions();
    expect(decodeJwt(one).jti).not.toBe(decodeJwt(other).jti);
  });

  test("J8: the audience is the issuer and nothing else, whatever the token endpoint", async () => {
    await login(make({ issuer: "https://honest.example" }));
    expect(assertions().map((assertion) => decodeJwt(assertion).aud)).toEqual(["https://honest.example"]);
  });

  test("a DPoP-less public client sends none", async () => {
    await login(make({ private_key: null }));
    expect(assertions()).toEqual([""]);
  });
});

describe("secrecy", () => {
  test("the redactor knows the key in every form, and the assertions", async () => {
    const key = ec.privateKey;
    await login(make({ private_key: pem(key) }));
    const texts = [String(key.export({ format: "jwk" }).d), pem(key).trim(), assertions()[0] ?? ""];
    for (const text of texts) expect(world.ports.redactor.redact(`see ${text}!`)).not.toContain(text);
  });

  test("a sealed environment secret is opened, and its assertions go only where it may go", async () => {
    const { redactor } = world.ports;
    const seal = createSealer({ random: systemRandom() }).forRun({ passThrough: false, redactor });
    const sealed = (origins: string[]): string =>
      seal.conceal(pem(ec.privateKey), { kind: "env", provider: "", issuer: null, key: "KEY", origins });
    const ports = { ...world.sealed, seal };
    await login(make({ ports, private_key: sealed([provider.origin]) }));
    expect(assertions()).toHaveLength(1);
    await expect(login(make({ ports, private_key: sealed(["https://id.example"]) }))).rejects.toMatchObject({
      code: "HARN-OAU-004",
      message: expect.stringContaining("key is not bound to this endpoint"),
    });
    expect(assertions()).toHaveLength(1);
  });

  test("a capsule of another kind, or altered, is refused", () => {
    const binding = { provider: "acme", issuer: null, key: "acme", origins: [provider.origin] };
    for (const kind of ["access_token", "client_secret", "dpop_key"] as const) {
      const private_key = world.sealed.seal.conceal(pem(ec.privateKey), { kind, ...binding });
      for (const given of [private_key, `${private_key.slice(0, -2)}AA`]) {
        expect(() => make({ ports: world.sealed, private_key: given })).toThrow(
          expect.objectContaining({ code: "HARN-OAU-004", message: expect.stringContaining("private_key") }),
        );
      }
    }
  });

  test("the handle and its errors show nothing", () => {
    expect(JSON.stringify(make())).not.toContain(String(ec.privateKey.export({ format: "jwk" }).d));
  });
});

describe("options", () => {
  test.each([
    ["no key", { private_key: "nothing" }, "private_key must be"],
    ["key and secret", { client_secret: "s3cret-value" }, "exclude each other"],
    ["another method", { token_auth_method: "client_secret_basic" }, "private_key_jwt"],
    ["a name without a key", { private_key: null, key_id: "k1" }, "key_id needs a private_key"],
  ] as const)("%s", (_name, options, words) => {
    expect(() => make(options as never)).toThrow(
      expect.objectContaining({ code: "HARN-OAU-011", message: expect.stringContaining(words) }),
    );
  });

  test("the method without a key fails before anything is sent", async () => {
    const cli = make({ private_key: null, token_auth_method: "private_key_jwt" });
    await expect(login(cli)).rejects.toMatchObject({
      code: "HARN-OAU-011",
      message: expect.stringContaining("needs a private_key"),
    });
    expect(provider.seen).toEqual([]);
  });
});
