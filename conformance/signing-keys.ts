/**
 * The keys that sign the JWTs of replies, by name. A key is made when it is first named.
 *
 * @module
 */

import { createHmac, generateKeyPairSync, type KeyObject, type KeyPairKeyObjectResult } from "node:crypto";
import type { Json } from "../runtime/ports.ts";
import { type JwsAlgorithm, signatureOf } from "../stdlib/oauth/jws.ts";

type Members = Readonly<Record<string, Json>>;

/** What makes a signature over the signing input. */
export type Signing = (input: Buffer) => Buffer;

export interface KeyRing {
  /** The algorithm that a key of this name signs with. */
  algorithm(name: string): string;
  publicJwk(name: string): Members;
  privateJwk(name: string): Members;
  /** The secret of HS256, see `signing`. */
  secretJwk(name: string): Members;
  /**
   * How a token with this `alg` is signed: as that says where the key can, else as the key does, whatever the header claims.
   * HS256 is keyed with the PEM of the public key, as a confused verifier would read it.
   */
  signing(name: string, alg: Json | undefined): Signing;
}

interface Kind {
  readonly alg: JwsAlgorithm;
  make(): KeyPairKeyObjectResult;
}

const rsa = (modulusLength: number, publicExponent = 65_537): Kind => ({
  alg: "RS256",
  make: () => generateKeyPairSync("rsa", { modulusLength, publicExponent }),
});

/** By what stands before the name's dash. */
const kinds: Readonly<Record<string, Kind>> = {
  key: { alg: "ES256", make: () => generateKeyPairSync("ec", { namedCurve: "P-256" }) },
  rsa: rsa(2048),
  rsa512: rsa(512),
  ed: { alg: "EdDSA", make: () => generateKeyPairSync("ed25519") },
};

/** Makes an empty ring. @throws TypeError when a name is of no kind. */
export function keyRing(): KeyRing {
  const pairs = new Map<string, KeyPairKeyObjectResult>();

  const kindOf = (name: string): Kind => {
    const kind = kinds[name.split("-", 1)[0] ?? ""];
    if (kind === undefined) throw new TypeError(`${name} is no name of a key`);
    return kind;
  };
  const pairOf = (name: string): KeyPairKeyObjectResult => {
    const pair = pairs.get(name) ?? kindOf(name).make();
    pairs.set(name, pair);
    return pair;
  };
  const secretOf = (name: string): Buffer =>
    Buffer.from(pairOf(name).publicKey.export({ format: "pem", type: "spki" }));
  const jwk = (name: string, key: KeyObject): Members => ({
    ...(key.export({ format: "jwk" }) as Members),
    kid: name,
    use: "sig",
    alg: kindOf(name).alg,
  });

  return {
    algorithm: (name) => kindOf(name).alg,
    publicJwk: (name) => jwk(name, pairOf(name).publicKey),
    privateJwk: (name) => jwk(name, pairOf(name).privateKey),
    secretJwk: (name) => ({ kty: "oct", k: secretOf(name).toString("base64url"), kid: name, alg: "HS256" }),
    signing(name, alg) {
      const { privateKey } = pairOf(name);
      if (alg === "HS256") return (input) => createHmac("sha256", secretOf(name)).update(input).digest();
      const own = kindOf(name).alg;
      return (input) => signatureOf(own === "RS256" && alg === "PS256" ? alg : own, input, privateKey);
    },
  };
}
