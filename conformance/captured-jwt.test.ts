import { expect, test } from "vitest";
import { newDpopKey } from "../stdlib/oauth/dpop-key.ts";
import { dpopProof } from "../stdlib/oauth/dpop-proof.ts";
import { claimsOf, thumbprintOf } from "./captured-jwt.ts";

const random = { bytes: (count: number) => new Uint8Array(count).fill(7) };
const key = newDpopKey({ random, redactor: { register: () => () => {} } as never });
const clock = { now: () => 5_000, monotonic: () => 0, sleep: async () => {} };
const request = { method: "GET", url: new URL("https://api.example.com/a"), nonce: null };
const proof = dpopProof({ clock, random }, key, request);

test("a proof's claims and key", () => {
  expect(claimsOf(proof)).toMatchObject({ htm: "GET", htu: "https://api.example.com/a", iat: 5 });
  expect(thumbprintOf(proof)).toBe(key.thumbprint);
});

test("a proof that its key did not sign has neither", () => {
  const [head, , signature] = proof.split(".");
  const changed = Buffer.from('{"htm":"POST"}').toString("base64url");
  const forged = `${head}.${changed}.${signature}`;
  expect([claimsOf(forged), thumbprintOf(forged)]).toEqual([undefined, undefined]);
});

test("a JWT without a key of its own has claims and no thumbprint", () => {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");
  const token = `${part({ alg: "ES256" })}.${part({ aud: "a" })}.c2ln`;
  expect([claimsOf(token), thumbprintOf(token)]).toEqual([{ aud: "a" }, undefined]);
});

test.each([undefined, "", "a.b", "a.b.c.d", "%.%.%"])("%s is no JWT", (text) => {
  expect([claimsOf(text), thumbprintOf(text)]).toEqual([undefined, undefined]);
});
