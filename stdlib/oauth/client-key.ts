/**
 * The private key of a client that signs assertions (`private_key_jwt`, RFC 7523 §2.2).
 *
 * @module
 */

import { createPrivateKey, type JsonWebKey, type KeyObject } from "node:crypto";
import { type JwsAlgorithm, signJws } from "./jws.ts";

export interface ClientKey {
  readonly signingKey: KeyObject;
  readonly algorithm: JwsAlgorithm;
  /** Names the key among the client's registered ones; null: the server finds it by itself. */
  readonly key_id: string | null;
}

export type ClientKeyVerdict =
  /** `secrets`: every text that gives the key away. */
  | { readonly ok: true; readonly key: ClientKey; readonly secrets: readonly string[] }
  /** `reason` is a sentence of ours. */
  | { readonly ok: false; readonly reason: string };

const privateMembers = ["d", "p", "q", "dp", "dq", "qi"] as const;
const longestKey = 65_536;
const leastRsaBits = 2_048;

/**
 * Reads a key: a JWK as an object or as JSON text, or PKCS #8 as PEM text. The algorithm follows from the key's type: EC
 * P-256 is ES256, Ed25519 is EdDSA, RSA is RS256, or PS256 when the JWK's `alg` or the PEM's type says so. `key_id` wins
 * over the JWK's `kid`.
 */
export function judgeClientKey(given: unknown, key_id: string | null): ClientKeyVerdict {
  const jwk = jwkOf(given);
  const pem = typeof given === "string" && jwk === null ? given.trim() : null;
  if (jwk === null && pem === null) return refused("must be a JWK, or PKCS #8 in PEM");
  const signingKey = jwk === null ? pemKey(pem ?? "") : jwkKey(jwk);
  if (signingKey === null) return refused("must be a private JWK, or unencrypted PKCS #8 in PEM");
  const wanted = jwk?.["alg"];
  const algorithm = algorithmOf(signingKey, wanted);
  if (algorithm === null) {
    return refused("must be EC P-256, Ed25519, or RSA of 2,048 bits or more, with an alg that fits");
  }
  if (jwk?.["use"] !== undefined && jwk["use"] !== "sig") return refused("must be a key for signatures");
  const kid = jwk?.["kid"];
  const key: ClientKey = {
    signingKey,
    algorithm,
    key_id: key_id ?? (typeof kid === "string" && kid !== "" ? kid : null),
  };
  return { ok: true, key, secrets: [...textsOf(given), ...privateTexts(signingKey)] };
}

function refused(reason: string): ClientKeyVerdict {
  return { ok: false, reason };
}

/** A copy of the object, or of what the text says, which only JSON objects do. */
function jwkOf(given: unknown): Readonly<Record<string, unknown>> | null {
  let value = given;
  if (typeof given === "string") {
    if (given.length > longestKey || !given.trimStart().startsWith("{")) return null;
    try {
      value = JSON.parse(given);
    } catch {
      return null;
    }
  }
  return typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : null;
}

function jwkKey(jwk: Readonly<Record<string, unknown>>): KeyObject | null {
  // Without `d` it is a public key, which would be an error of another kind.
  if (typeof jwk["d"] !== "string") return null;
  try {
    return createPrivateKey({ key: jwk as JsonWebKey, format: "jwk" });
  } catch {
    return null;
  }
}

function pemKey(pem: string): KeyObject | null {
  if (pem.length > longestKey || !/^-----BEGIN PRIVATE KEY-----\s/.test(pem)) return null;
  try {
    return createPrivateKey({ key: pem, format: "pem" });
  } catch {
    return null;
  }
}

function algorithmOf(key: KeyObject, wanted: unknown): JwsAlgorithm | null {
  const algorithm = algorithmByType(key, wanted === "PS256");
  if (algorithm === null) return null;
  // RFC 9864 names the curve where RFC 8037 names the family.
  const fits =
    wanted === undefined || wanted === algorithm || (wanted === "Ed25519" && algorithm === "EdDSA");
  if (!fits) return null;
  try {
    // A PSS key can carry parameters of its own that leave no room for PS256.
    signJws({ alg: algorithm }, {}, key);
    return algorithm;
  } catch {
    return null;
  }
}

function algorithmByType(key: KeyObject, pss: boolean): JwsAlgorithm | null {
  const { namedCurve, modulusLength = 0 } = key.asymmetricKeyDetails ?? {};
  switch (key.asymmetricKeyType) {
    case "ec":
      return namedCurve === "prime256v1" ? "ES256" : null;
    case "ed25519":
      return "EdDSA";
    case "rsa":
      if (modulusLength < leastRsaBits) return null;
      return pss ? "PS256" : "RS256";
    case "rsa-pss":
      return modulusLength < leastRsaBits ? null : "PS256";
    default:
      return null;
  }
}

/** The text itself; of PEM also its content in one line. */
function textsOf(given: unknown): readonly string[] {
  if (typeof given !== "string") return [];
  const content = given.replace(/-----[A-Z ]+-----/g, "").replace(/\s+/g, "");
  return [given.trim(), content];
}

/** The private numbers as a JWK writes them. */
function privateTexts(key: KeyObject): readonly string[] {
  if (key.asymmetricKeyType === "rsa-pss") return [];
  const jwk = key.export({ format: "jwk" });
  return privateMembers.flatMap((member) => {
    const text = jwk[member];
    return text === undefined ? [] : [text];
  });
}
