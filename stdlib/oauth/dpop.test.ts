import { decodeJwt, decodeProtectedHeader } from "jose";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { HttpResponse, Run } from "../../runtime/ports.ts";
import { ProofChecker } from "../../scripts/peers/dpop-check.ts";
import { dpopKeyOf, newDpopKey } from "./dpop-key.ts";
import { dpopNonce, withDpopNonce } from "./dpop-nonces.ts";
import { dpopProof } from "./dpop-proof.ts";
import { jwkThumbprint } from "./jwk-thumbprint.ts";
import { sha256 } from "./pkce.ts";
import { asksForNonce } from "./token-on-request.ts";
import { challenges } from "./www-authenticate.ts";

describe("examples of the RFCs", () => {
  test("RFC 7638 §3.1: an RSA key, whatever the order of its members", () => {
    const n =
      "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMs" +
      "tn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajr" +
      "n1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw";
    expect(jwkThumbprint({ n, kty: "RSA", e: "AQAB" })).toBe("NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
  });

  test("RFC 9449 §6.1: the thumbprint of its P-256 key", () => {
    const key = {
      kty: "EC",
      x: "l8tFrhx-34tV3hRICRDY9zCkDlpBhF42UQUfWVAWBFs",
      y: "9VE4jf_Ok_o64zbTTlcuNJajHmt6v9TDVrU0CdvGRDA",
      crv: "P-256",
    };
    expect(jwkThumbprint(key)).toBe("0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I");
  });

  test("RFC 9449 §7.1: the hash of its access token", () => {
    const token = "Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU";
    expect(sha256(token)).toBe("fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEo");
  });

  test("RFC 7515 A.3.1: the public half follows from d", () => {
    expect(dpopKeyOf("jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI")?.publicKey).toEqual({
      kty: "EC",
      crv: "P-256",
      x: "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
      y: "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
    });
  });
});

const ports = {
  clock: { now: () => 1_700_000_000_900, monotonic: () => 0, sleep: async () => {} },
  random: { bytes: (length: number) => crypto.getRandomValues(new Uint8Array(length)) },
};
const registered: string[] = [];
const redactor = {
  register: (value: string, name: string) => {
    registered.push(`${name} ${value}`);
    return () => {};
  },
} as never;

describe("keys", () => {
  test("are new each time, known to the redactor, and survive as text", () => {
    const one = newDpopKey({ ...ports, redactor });
    const other = newDpopKey({ ...ports, redactor });
    expect(one.thumbprint).not.toBe(other.thumbprint);
    expect(registered.slice(-2)).toEqual([`dpop_key ${one.text}`, `dpop_key ${other.text}`]);
    expect(dpopKeyOf(one.text)?.publicKey).toEqual(one.publicKey);
  });

  test("come from the random port, and a number outside the curve's is drawn again", () => {
    const drawn = [new Uint8Array(32), new Uint8Array(32).fill(255), new Uint8Array(32).fill(7)];
    const random = { bytes: () => drawn.shift() ?? new Uint8Array() };
    expect(newDpopKey({ random, redactor }).text).toBe(Buffer.alloc(32, 7).toString("base64url"));
  });

  test.each([
    "",
    "short",
    "A".repeat(43),
    "_".repeat(43),
    "x".repeat(44),
    `${"A".repeat(42)}B`,
    `${"x".repeat(42)}=`,
  ])("%j is none", (text) => {
    expect(dpopKeyOf(text)).toBeNull();
  });
});

describe("proofs", () => {
  const key = newDpopKey({ ...ports, redactor });

  test("J5: method, URL without query and fragment, hash of the token, a new jti each time", async () => {
    const checker = new ProofChecker();
    const url = new URL("https://api.example.com:8443/a%20b/?q=1#f");
    const request = { method: "POST", url, nonce: "n-1", access_token: "token" };
    const expected = {
      ...request,
      url: "https://api.example.com:8443/a%20b/",
      thumbprint: key.thumbprint,
    };
    const [one, other] = [dpopProof(ports, key, request), dpopProof(ports, key, request)];
    expect(await checker.fault(one, expected)).toBeNull();
    expect(await checker.fault(other, expected)).toBeNull();
    expect(await checker.fault(one, expected)).toBe("jti");
    expect(decodeJwt(one)).toEqual({
      jti: expect.stringMatching(/^[\w-]{22}$/),
      htm: "POST",
      htu: expected.url,
      iat: 1_700_000_000,
      ath: sha256("token"),
      nonce: "n-1",
    });
  });

  test("show the public half only, and no more than is asked for", () => {
    const proof = dpopProof(ports, key, { method: "POST", url: new URL("https://id.example"), nonce: null });
    expect(decodeProtectedHeader(proof)).toEqual({ alg: "ES256", typ: "dpop+jwt", jwk: key.publicKey });
    expect(Object.keys(decodeJwt(proof)).sort()).toEqual(["htm", "htu", "iat", "jti"]);
    expect(proof).not.toContain(key.text);
  });
});

const run = (): { run: Run } => ({ run: {} as Run });
const answer = (nonce?: string): HttpResponse => ({
  status: 401,
  headers: nonce === undefined ? {} : { "dpop-nonce": nonce },
  body: new Uint8Array(),
});

describe("nonces", () => {
  async function ask(
    world: { run: Run },
    origin: string,
    given: (string | undefined)[],
    wants = true,
  ): Promise<(string | null)[]> {
    const shown: (string | null)[] = [];
    await withDpopNonce(
      world,
      origin,
      async (nonce) => answer(given[shown.push(nonce) - 1] ?? given.at(-1)),
      (one) => one,
      () => wants,
    );
    return shown;
  }

  test("J1, J2: the new nonce is shown once, and a server that never has enough gets no third request", async () => {
    const world = run();
    expect(await ask(world, "https://a.example", ["n1", "n2", "n3"])).toEqual([null, "n1"]);
    expect(await ask(world, "https://a.example", ["n3", "n4"])).toEqual(["n2", "n3"]);
  });

  test("a success brings the nonce of the next request", async () => {
    const world = run();
    expect(await ask(world, "https://a.example", ["n1"], false)).toEqual([null]);
    expect(await ask(world, "https://a.example", ["n1"], false)).toEqual(["n1"]);
  });

  test("J4: each origin and each run has its own", async () => {
    const world = run();
    await ask(world, "https://a.example", ["n1"], false);
    expect(dpopNonce(world, "https://b.example")).toBeNull();
    expect(dpopNonce(world, "https://a.example:8443")).toBeNull();
    expect(dpopNonce(run(), "https://a.example")).toBeNull();
  });

  test.each([
    ["J3 a line break", "a\r\nx-evil: 1"],
    ["J3 100 KB", "n".repeat(100_000)],
    ["one over the cap", "n".repeat(257)],
    ["two fields", "n1, n2"],
    ["a quote", 'n"1'],
    ["a backslash", "n\\1"],
    ["nothing", ""],
    ["not ASCII", "nö"],
  ])("%s is not there", async (_name, nonce) => {
    const world = run();
    expect(await ask(world, "https://a.example", [nonce])).toEqual([null]);
    expect(dpopNonce(world, "https://a.example")).toBeNull();
  });

  test("at the cap it is taken", async () => {
    const nonce = "n".repeat(256);
    expect(await ask(run(), "https://a.example", [nonce])).toEqual([null, nonce]);
  });

  test("the oldest origin is forgotten over the cap", async () => {
    const world = run();
    for (let number = 0; number <= 100; number += 1)
      await ask(world, `https://${number}.example`, ["n"], false);
    expect(dpopNonce(world, "https://0.example")).toBeNull();
    expect(dpopNonce(world, "https://1.example")).toBe("n");
  });
});

describe("challenges", () => {
  test("several in one field, each with its own parameters", () => {
    const field = `Bearer realm="a, b", error="invalid_token", DPoP algs="ES256 PS256", error="use_dpop_nonce"`;
    expect(
      challenges(field).map(({ scheme, parameters }) => [scheme, Object.fromEntries(parameters)]),
    ).toEqual([
      ["bearer", { realm: "a, b", error: "invalid_token" }],
      ["dpop", { algs: "ES256 PS256", error: "use_dpop_nonce" }],
    ]);
  });

  test.each([
    ["DPoP", 401, `DPoP error="use_dpop_nonce"`, true],
    ["dpop", 401, `Bearer, dpop error=use_dpop_nonce`, true],
    ["Bearer", 401, `DPoP error="use_dpop_nonce"`, false],
    ["DPoP", 401, `Bearer error="use_dpop_nonce"`, false],
    ["DPoP", 401, `DPoP error="invalid_token"`, false],
    ["DPoP", 403, `DPoP error="use_dpop_nonce"`, false],
    ["DPoP", 401, undefined, false],
  ])("a %s token, %i with %s: %s", (token_type, status, field, expected) => {
    const headers: Record<string, string> = field === undefined ? {} : { "www-authenticate": field };
    const response: HttpResponse = { status, headers, body: new Uint8Array() };
    expect(asksForNonce({ access_token: "a", token_type }, response)).toBe(expected);
  });

  test("any field is read without an error", () => {
    fc.assert(fc.property(fc.string(), (field) => Array.isArray(challenges(field))));
  });
});
