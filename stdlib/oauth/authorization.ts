/**
 * The authorization request (RFC 6749 §4.1.1 with PKCE, RFC 7636), and the attempts that are open.
 *
 * @module
 */

import { timingSafeEqual } from "node:crypto";
import { type ClientContext, emitEvent, nowSeconds, type SpeakingModule } from "./client-context.ts";
import { type DpopKey, dpopKeyOf, newDpopKey } from "./dpop-key.ts";
import { endpointUrl } from "./endpoint-url.ts";
import { OAuthError } from "./errors.ts";
import { encodeForm, type Parameters } from "./form.ts";
import { codeChallenge, codeVerifier, newState } from "./pkce.ts";
import { objectOf } from "./provider-of.ts";
import { isCatalogueUrl } from "./providers/catalogue.ts";
import { pushAuthorizationRequest } from "./pushed-authorization.ts";

/** How long an attempt may take, in seconds. */
export const attemptLifetime = 600;
const mostAttempts = 1_000;

/** What `start_authorization` answers, and what the exchange takes back. */
export interface PkceRecord {
  /** Where to send the person. */
  readonly url: string;
  readonly state: string;
  /** Sealed unless the run may see it. */
  readonly code_verifier: string;
  readonly code_challenge: string;
  readonly code_challenge_method: "S256";
  readonly redirect_uri: string | null;
  readonly issued_at_unix: number;
  /** The issuer that the answer must come from (RFC 9207), when the provider states one. */
  readonly issuer: string | null;
  /** Sent with the scope `openid`, and expected in the ID token; else null. */
  readonly nonce: string | null;
  /** With `dpop`: the key that the tokens will be bound to. Sealed unless the run may see it. */
  readonly dpop_key?: string;
}

/** An attempt as the exchange needs it. */
export interface Attempt {
  readonly state: string;
  readonly verifier: string;
  /** The key that the code is bound to (RFC 9449 §10), or null. */
  readonly dpopKey: DpopKey | null;
  readonly redirect_uri: string | null;
  readonly issuer: string | null;
  readonly nonce: string | null;
  readonly issuedAt: number;
  /** Which client began it. */
  readonly owner: string;
}

/** The attempts of one run: each can be used once. */
export class Attempts {
  readonly #open = new Map<string, Attempt>();
  readonly #used = new Map<string, number>();

  add(attempt: Attempt, now: number): void {
    this.#forget(now);
    this.#open.set(attempt.state, attempt);
  }

  get(state: string): Attempt | undefined {
    return this.#open.get(state);
  }

  isUsed(state: string): boolean {
    return this.#used.has(state);
  }

  use(state: string, now: number): void {
    this.#forget(now);
    this.#open.delete(state);
    this.#used.set(state, now);
  }

  /** Takes a use back: the request never left. */
  reopen(attempt: Attempt): void {
    this.#used.delete(attempt.state);
    this.#open.set(attempt.state, attempt);
  }

  /** Ended attempts go, and the oldest ones over the cap. Both maps are in order of time. */
  #forget(now: number): void {
    for (const [state, { issuedAt }] of this.#open) {
      if (this.#open.size < mostAttempts && now - issuedAt < 2 * attemptLifetime) break;
      this.#open.delete(state);
    }
    for (const [state, usedAt] of this.#used) {
      if (this.#used.size < mostAttempts && now - usedAt < 2 * attemptLifetime) break;
      this.#used.delete(state);
    }
  }
}

/** Parameters that the client alone decides. */
const reserved: readonly string[] = [
  "response_type",
  "client_id",
  "redirect_uri",
  "state",
  "code_challenge",
  "code_challenge_method",
  "nonce",
  "scope",
  "resource",
  "request",
  "request_uri",
  "code",
  "code_verifier",
  "client_secret",
  "client_assertion",
  "client_assertion_type",
  "dpop_jkt",
];

/**
 * Begins an attempt: makes verifier, challenge and state, and the URL to send the person to. Where requests are pushed
 * (RFC 9126), the parameters go to the server now and the URL holds a reference; else nothing is sent.
 *
 * Throws HARN-OAU-011 for a reserved name in `extra_auth_params` or in the query of `auth_url`, and for an `auth_url`
 * that is not https; HARN-OAU-009 when the run was not granted the host of a script's own `auth_url`; and what
 * `pushAuthorizationRequest` throws.
 */
export async function startAuthorization(context: ClientContext, attempts: Attempts): Promise<PkceRecord> {
  const { ports, provider, credentials, redirectUri, module } = context;
  const endpoint = endpointUrl(module, "auth_url", provider.auth_url);
  if (!isCatalogueUrl(provider.id, provider.auth_url) && !ports.run.allowsNet(endpoint.href)) {
    throw new OAuthError(
      "HARN-OAU-009",
      `std/oauth/${module}: the run was not granted the host of auth_url`,
      "Add the host to the run's net grant.",
    );
  }
  for (const name of new Set(endpoint.searchParams.keys()))
    refuseReserved(module, "the query of auth_url", name);
  const verifier = codeVerifier(ports.random);
  ports.redactor.register(verifier, "code_verifier");
  const challenge = codeChallenge(verifier);
  const state = newState(ports.random);
  const scope = context.scopes
    .map((item) => item.trim())
    .filter((item) => item !== "")
    .join(provider.scope_separator);
  const nonce = context.scopes.includes("openid") ? newState(ports.random) : null;
  const more = additional(context);
  const dpopKey = context.dpop ? newDpopKey(ports) : null;
  const parameters: Parameters = [
    ["response_type", "code"],
    ["client_id", credentials.client_id],
    ["redirect_uri", redirectUri],
    ["state", state],
    ["code_challenge", challenge],
    ["code_challenge_method", "S256"],
    ["dpop_jkt", dpopKey?.thumbprint ?? null],
    ["nonce", nonce],
    ["scope", scope === "" ? null : scope],
    ...context.resource.map((item) => ["resource", item] as const),
    ...more,
  ];
  const issuedAt = nowSeconds(ports);
  const issuer = provider.issuer;
  const shown = await pushed(context, parameters);
  attempts.add(
    { state, verifier, dpopKey, redirect_uri: redirectUri, issuer, nonce, issuedAt, owner: ownerOf(context) },
    issuedAt,
  );
  return {
    // A URL that ends in a bare "?" has an empty search. Openers put what they get between quotes.
    url: `${endpoint.href.replace(/\?$/, "").replaceAll("'", "%27")}${endpoint.search === "" ? "?" : "&"}${encodeForm(shown)}`,
    state,
    code_verifier: concealed(context, "code_verifier", verifier),
    code_challenge: challenge,
    code_challenge_method: "S256",
    redirect_uri: redirectUri,
    issued_at_unix: issuedAt,
    issuer,
    nonce,
    ...(dpopKey === null ? {} : { dpop_key: concealed(context, "dpop_key", dpopKey.text) }),
  };
}

/** What the URL carries: the parameters, or the reference to them (RFC 9126 §4). */
async function pushed(context: ClientContext, parameters: Parameters): Promise<Parameters> {
  if (context.parUrl === null) return parameters;
  try {
    const request_uri = await pushAuthorizationRequest(context, context.parUrl, parameters);
    return [
      ["client_id", context.credentials.client_id],
      ["request_uri", request_uri],
    ];
  } catch (error) {
    emitEvent(context, "exchange_failed", { code: error instanceof OAuthError ? error.code : null });
    throw error;
  }
}

/** A secret of the attempt for its record, bound to this client. */
function concealed(context: ClientContext, kind: AttemptSecret, value: string): string {
  return context.ports.seal.conceal(value, {
    kind,
    provider: context.provider.id,
    issuer: context.binding.issuer,
    key: context.storageKey,
    origins: [],
  });
}

type AttemptSecret = "code_verifier" | "dpop_key";

/** Names the client that an attempt belongs to: another one cannot finish it (RFC 9700 §4.4). */
export function ownerOf(context: ClientContext): string {
  const { provider, credentials, storageKey } = context;
  return JSON.stringify([provider.id, provider.token_url, credentials.client_id, storageKey]);
}

/**
 * Finds the attempt of a pkce record. One that this process does not know (it was begun before a restart) is taken by
 * its own content, once.
 *
 * Throws HARN-OAU-007 for another client's attempt, a used or an expired one, a sealed verifier that does not open;
 * HARN-OAU-011 when it is no pkce record.
 */
export function attemptOf(context: ClientContext, attempts: Attempts, pkce: unknown): Attempt {
  const { module, ports } = context;
  const record = objectOf(pkce);
  if (record === null) throw noRecord(module, "the pkce record must be an object");
  const state = record.state;
  if (typeof state !== "string" || state === "") throw stateMismatch(module);
  if (typeof record.code_verifier !== "string" || record.code_verifier === "") {
    throw noRecord(module, "the pkce record has no code_verifier");
  }
  if (attempts.isUsed(state)) throw refused(module, "this authorization attempt was already used");
  const known = attempts.get(state);
  const attempt = known ?? attemptFromRecord(context, state, record.code_verifier, record);
  if (known && known.owner !== ownerOf(context)) {
    throw refused(module, "this authorization attempt belongs to another client");
  }
  if (nowSeconds(ports) - attempt.issuedAt >= attemptLifetime) {
    throw refused(module, "this authorization attempt expired");
  }
  return attempt;
}

/** Compares two states in constant time. */
export function sameState(one: string, other: unknown): boolean {
  if (typeof other !== "string" || one === "") return false;
  const a = Buffer.from(one, "utf8");
  const b = Buffer.from(other, "utf8");
  return a.length === b.length && timingSafeEqual(a, b);
}

export function stateMismatch(module: SpeakingModule): OAuthError {
  return refused(module, "state mismatch: the answer does not belong to this attempt");
}

/** HARN-OAU-007 with a sentence of ours. */
export function refused(module: SpeakingModule, why: string): OAuthError {
  return new OAuthError("HARN-OAU-007", `std/oauth/${module}: ${why}`, "Start a new authorization.");
}

function attemptFromRecord(
  context: ClientContext,
  state: string,
  code_verifier: string,
  record: Readonly<Record<string, unknown>>,
): Attempt {
  const { module, ports, provider, storageKey, binding } = context;
  const { redirect_uri, issued_at_unix, issuer, nonce } = record;
  const opened = (kind: AttemptSecret, text: string): string => {
    let result: ReturnType<typeof ports.seal.open>;
    try {
      // The issuer too: a script can give a client of any token endpoint the provider id and key of the login.
      const made = { kind, provider: provider.id, issuer: binding.issuer, key: storageKey };
      result = ports.seal.open(text, made);
    } catch {
      throw refused(module, `the ${kind} was not made for this client, or before a restart`);
    }
    ports.redactor.register(result.value, kind, { own: result.binding === null });
    return result.value;
  };
  const { dpop_key } = record;
  const dpopKey = typeof dpop_key === "string" ? dpopKeyOf(opened("dpop_key", dpop_key)) : null;
  if (dpopKey === null && (context.dpop || typeof dpop_key === "string")) {
    throw noRecord(module, "the pkce record has no usable dpop_key");
  }
  return {
    state,
    verifier: opened("code_verifier", code_verifier),
    dpopKey,
    redirect_uri:
      typeof redirect_uri === "string" && redirect_uri !== "" ? redirect_uri : context.redirectUri,
    issuer: typeof issuer === "string" ? issuer : provider.issuer,
    nonce: typeof nonce === "string" ? nonce : null,
    issuedAt: typeof issued_at_unix === "number" ? issued_at_unix : nowSeconds(ports),
    owner: ownerOf(context),
  };
}

/** `audience`, then the provider's own parameters, then the caller's; the later of two with one name wins. */
function additional(context: ClientContext): Parameters {
  const { provider, module } = context;
  const values = new Map<string, string>();
  const audience = context.audience ?? provider.auth_params.audience ?? "";
  if (audience !== "") values.set("audience", audience);
  for (const [name, value] of Object.entries(provider.auth_params)) {
    refuseReserved(module, "auth_params", name);
    if (name !== "audience") values.set(name, value);
  }
  for (const [name, value] of Object.entries(context.extraAuthParams)) {
    refuseReserved(module, "extra_auth_params", name);
    if (value === null || value === undefined) continue;
    if (typeof value !== "string" && typeof value !== "number" && typeof value !== "boolean") {
      throw noRecord(module, "a value in extra_auth_params must be a string");
    }
    values.set(name, String(value));
  }
  return [...values];
}

/** Some servers read `Redirect_URI`, `redirect.uri` and `redirect_uri[]` as `redirect_uri`, so each is its name. */
function refuseReserved(module: SpeakingModule, where: string, name: string): void {
  const plain = name
    .toLowerCase()
    .replace(/\[.*/s, "")
    .replace(/[^a-z0-9]+/g, "_")
    .replace(/^_|_$/g, "");
  if (!reserved.includes(plain)) return;
  throw new OAuthError(
    "HARN-OAU-011",
    `std/oauth/${module}: ${where} may not set the reserved parameter "${plain}"`,
    "Use the client's own options, such as scopes, redirect_uri and resource.",
  );
}

function noRecord(module: SpeakingModule, why: string): OAuthError {
  return new OAuthError(
    "HARN-OAU-011",
    `std/oauth/${module}: ${why}`,
    "Pass what start_authorization answered.",
  );
}
