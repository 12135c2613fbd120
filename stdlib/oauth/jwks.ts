/**
 * The issuer's keys (RFC 7517), and signatures checked with them (RFC 7515).
 *
 * @module
 */

import type { JSONWebKeySet, JWK } from "jose";
import type { ClientContext } from "./client-context.ts";
import { OAuthError } from "./errors.ts";
import { isJsonObject, type JsonObject, readJson } from "./strict-json.ts";
import { mediaType } from "./token-response.ts";
import { endpointTimeoutMs, send } from "./transport.ts";

/** What we verify. No `none`, nothing symmetric: a client secret is no issuer's key. */
const algorithms = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"];

/** How long fetched keys are used, and how soon an unknown key may cause another fetch, in ms. */
const freshFor = 600_000;
const cooldown = 30_000;
const mostKeys = 100;

/** The public members of a key, by its type (RFC 7518 §6, RFC 8037 §2). */
const publicMembers: Readonly<Record<string, readonly string[]>> = {
  RSA: ["n", "e"],
  EC: ["crv", "x", "y"],
  OKP: ["crv", "x"],
};

/** A set of keys, or the fetch that brings it, and when that began (monotonic). */
interface KnownKeys {
  readonly at: number;
  readonly keys: Promise<JSONWebKeySet>;
}

/** The keys that one module has fetched, by URL. */
export class KeySets {
  readonly #sets = new Map<string, KnownKeys>();

  /**
   * Checks the signature of a JWT with the keys at the provider's `jwks_url`. Keys come from nowhere else: `jku`, `jwk` and
   * `x5u` in a header are ignored. An unknown key causes one more fetch, at most every 30 s after one that brought keys, whoever asks.
   *
   * Throws HARN-OAU-006 when the signature or the key set is refused, 011 without a `jwks_url`, and what the transport
   * throws (003, 004, 009).
   */
  async verify(context: ClientContext, jwt: string): Promise<void> {
    const url = context.provider.jwks_url;
    if (url === null) {
      throw new OAuthError(
        "HARN-OAU-011",
        `std/oauth/${context.module}: the provider has no jwks_url to verify with`,
        "Use a provider record that names one, for example from discover(issuer).",
      );
    }
    for (;;) {
      const now = context.ports.clock.monotonic();
      const known = this.#sets.get(url);
      const used = known !== undefined && now - known.at < freshFor ? known : this.#fetch(context, url);
      if (await isSignedBy(context, jwt, await used.keys)) return;
      // Another caller may have fetched meanwhile. If not, an unknown key is worth one look.
      if (this.#sets.get(url) !== used) continue;
      if (now - used.at < cooldown)
        throw refused(context, "its signature was made with no key of the issuer");
      this.#fetch(context, url, used);
    }
  }

  /** Starts a fetch, which all callers share. When it fails, they are told, and `before` stays in use. */
  #fetch(context: ClientContext, url: string, before?: KnownKeys): KnownKeys {
    const started = { at: context.ports.clock.monotonic(), keys: fetchKeys(context, url) };
    this.#sets.set(url, started);
    started.keys.catch(() => {
      if (before === undefined) this.#sets.delete(url);
      else this.#sets.set(url, before);
    });
    return started;
  }
}

/** True for a good signature, false when no key fits. Throws HARN-OAU-006 for a signature or header that is refused. */
async function isSignedBy(context: ClientContext, jwt: string, keys: JSONWebKeySet): Promise<boolean> {
  // Loaded with the first ID token: it has 46 files, and most runs see none.
  const { compactVerify, createLocalJWKSet, errors } = await import("jose");
  try {
    await compactVerify(jwt, createLocalJWKSet(keys), { algorithms });
    return true;
  } catch (error) {
    if (error instanceof errors.JWKSNoMatchingKey) return false;
    throw refused(context, "its signature does not hold");
  }
}

async function fetchKeys(context: ClientContext, url: string): Promise<JSONWebKeySet> {
  const result = await send(context, {
    endpoint: "jwks_url",
    url,
    method: "GET",
    headers: { accept: "application/jwk-set+json, application/json" },
    body: null,
    carriesSecret: false,
    timeoutMs: context.timeoutMs ?? endpointTimeoutMs,
  });
  if (!result.ok) throw result.error;
  const { status, headers, body } = result.answer;
  const media = mediaType(headers["content-type"]);
  const parsed = readJson(body);
  const isKeySet = media === "application/json" || media === "application/jwk-set+json";
  if (status !== 200 || !isKeySet || !parsed.ok || !isJsonObject(parsed.value))
    throw noKeySet(context, status);
  const { keys } = parsed.value;
  if (!Array.isArray(keys) || keys.length > mostKeys) throw noKeySet(context, status);
  return { keys: keys.flatMap((key) => (isJsonObject(key) ? publicKey(key) : [])) };
}

/** The public part of a signing key, or nothing: encryption keys, symmetric, private and weak ones are left out. */
function publicKey(key: JsonObject): JWK[] {
  const { kty, use, kid, alg, key_ops } = key;
  const members =
    typeof kty === "string" && Object.hasOwn(publicMembers, kty) ? publicMembers[kty] : undefined;
  if (members === undefined || (use !== undefined && use !== "sig")) return [];
  if (key_ops !== undefined && !(Array.isArray(key_ops) && key_ops.includes("verify"))) return [];
  // A private key that was published signs for anybody.
  if ("d" in key) return [];
  const values: Record<string, string> = {};
  for (const name of members) {
    const value = key[name];
    if (typeof value !== "string") return [];
    values[name] = value;
  }
  if (kty === "RSA" && !isStrongRsa(values)) return [];
  return [
    {
      ...values,
      kty: kty as string,
      ...(typeof kid === "string" ? { kid } : {}),
      ...(typeof alg === "string" ? { alg } : {}),
    },
  ];
}

/** RFC 7518 §3.3: 2048 bits or more. With an exponent of 1 everybody can sign. */
function isStrongRsa({ n = "", e = "" }: Readonly<Record<string, string>>): boolean {
  return Buffer.from(n, "base64url").length >= 256 && !Buffer.from(e, "base64url").equals(Buffer.of(1));
}

function noKeySet(context: ClientContext, status: number): OAuthError {
  return new OAuthError(
    "HARN-OAU-006",
    `std/oauth/${context.module}: the answer at jwks_url is no key set`,
    "Check the provider's jwks_url.",
    { details: { status } },
  );
}

/** HARN-OAU-006 for an ID token. `why` is a sentence of ours. */
export function refused(context: ClientContext, why: string): OAuthError {
  return new OAuthError(
    "HARN-OAU-006",
    `std/oauth/${context.module}: the ID token was refused: ${why}`,
    "Check issuer and client id; if they are right, report this to the provider.",
  );
}
