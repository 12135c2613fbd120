/**
 * Token exchange (RFC 8693): one token for another. Everything that can be refused is refused before the network.
 *
 * @module
 */

import { answerError } from "../answer-error.ts";
import { bindEntry, concealedSet, loginEntry, registerReceived } from "../bound-entry.ts";
import { type ClientContext, emitEvent, nowSeconds } from "../client-context.ts";
import { writeWithRetries } from "../durable-write.ts";
import { endpointUrl } from "../endpoint-url.ts";
import { newDpopKey } from "../dpop-key.ts";
import { OAuthError } from "../errors.ts";
import type { Parameters } from "../form.ts";
import { closedOptions } from "../options.ts";
import { objectOf } from "../provider-of.ts";
import { storageKey as checkedKey } from "../storage/storage-key.ts";
import { judgeTokenResponse } from "../token-response.ts";
import type { TokenSet } from "../token-set.ts";
import { tokenSetOf, tokenShape } from "../token-set-of.ts";
import { callEndpoint, endpointTimeoutMs } from "../transport.ts";
import { capabilityOf, type TokenExchangeCapability } from "./capability.ts";
import { tokenExchangeGrantType, tokenType } from "./token-type.ts";

/** Options of `token_exchange`. Types are URNs or short names. */
export interface TokenExchangeOptions {
  /** The token to exchange; a sealed one is opened on the host. */
  readonly subject_token: string;
  readonly subject_token_type: string;
  /** Who acts; with it the exchange is a delegation, without it an impersonation. */
  readonly actor_token?: string | null;
  readonly actor_token_type?: string | null;
  readonly requested_token_type?: string | null;
  /** Where the new token is for (RFC 8693 §2.1): text or list. */
  readonly resource?: string | readonly string[] | null;
  readonly audience?: string | readonly string[] | null;
  readonly scope?: string | readonly string[] | null;
  /** More parameters; a list repeats one. */
  readonly extra_params?: Readonly<Record<string, string | readonly string[]>> | null;
  /** True: keep the new tokens under `storage_key`, which must then be given. Default false. */
  readonly store?: boolean | null;
  readonly storage_key?: string | null;
}

const optionNames = [
  "subject_token",
  "subject_token_type",
  "actor_token",
  "actor_token_type",
  "requested_token_type",
  "resource",
  "audience",
  "scope",
  "extra_params",
  "store",
  "storage_key",
];

/** What the request itself sets. */
const reserved = new Set([
  "grant_type",
  "client_id",
  "client_secret",
  "client_assertion",
  "client_assertion_type",
  ...optionNames,
]);

interface Plan {
  readonly row: TokenExchangeCapability;
  readonly url: string;
  readonly mode: "delegation" | "impersonation";
  readonly subjectType: string;
  readonly actorType: string | null;
  readonly requestedType: string | null;
  readonly parameters: Parameters;
  readonly storageKey: string | null;
}

/**
 * Exchanges a token and answers the new token set with `issued_token_type`, `token_exchange_mode` and the types asked for.
 * The client's own stored tokens stay as they are.
 *
 * Throws, before anything is sent, HARN-OAU-011 for options that the server's capability row does not allow, and 004
 * for a sealed token that is altered or may not go to this token endpoint; then 012, 008, 006, 003 and 009 as every token
 * request, and 010 from the storage.
 */
export async function tokenExchange(context: ClientContext, given: unknown): Promise<TokenSet> {
  const plan = planOf(context, closedOptions("client", "token_exchange", given, optionNames));
  const issuedAt = nowSeconds(context.ports);
  const dpopKey = context.dpop ? newDpopKey(context.ports) : null;
  try {
    const result = await callEndpoint(context, {
      endpoint: "token_url",
      url: plan.url,
      parameters: plan.parameters,
      authenticate: true,
      format: context.provider.token_body_format,
      dpopKey,
      timeoutMs: context.timeoutMs ?? endpointTimeoutMs,
      untilSent: context.ports.run.signal,
    });
    if (!result.ok) throw result.error;
    const rules = context.provider.response;
    // A token that is no access token has no way of being presented (RFC 8693 §2.2.1).
    const token_types = { n_a: "N_A", ...rules.token_types };
    const response = judgeTokenResponse(result.answer, { ...rules, token_types }, dpopKey !== null);
    if (response.kind !== "granted") throw answerError(context, response);
    const { issued_token_type } = response.members;
    if (issued_token_type === undefined || !plan.row.issued_token_types.includes(issued_token_type)) {
      throw new OAuthError(
        "HARN-OAU-006",
        "std/oauth/client: token exchange: the issued_token_type is missing or not one that this server may issue",
        "Compare the server's capability row with what it answers.",
      );
    }
    const set: TokenSet = {
      ...tokenSetOf(response.members, issuedAt, [], null, dpopKey),
      issued_token_type,
      token_exchange_mode: plan.mode,
      subject_token_type: plan.subjectType,
      actor_token_type: plan.actorType,
      requested_token_type: plan.requestedType,
    };
    return await kept(context, plan, set);
  } catch (error) {
    emitEvent(context, "exchange_failed", {
      grant_type: tokenExchangeGrantType,
      code: error instanceof OAuthError ? error.code : null,
    });
    throw error;
  }
}

/** Registered, stored if that was asked for, told, and sealed for the caller. */
async function kept(context: ClientContext, plan: Plan, set: TokenSet): Promise<TokenSet> {
  registerReceived(context, set);
  const own: ClientContext = { ...context, storageKey: plan.storageKey ?? context.storageKey };
  const entry = loginEntry(own, set);
  if (plan.storageKey !== null) {
    await own.store.withRefreshLock(own.storageKey, () => writeWithRetries(own, entry));
  }
  emitEvent(own, "token_exchanged", {
    storage_key: plan.storageKey,
    grant_type: tokenExchangeGrantType,
    mode: plan.mode,
    requested_token_type: plan.requestedType,
    issued_token_type: set.issued_token_type ?? null,
    next: tokenShape(set),
  });
  return concealedSet(own, bindEntry(own, entry));
}

function planOf(context: ClientContext, options: Readonly<Record<string, unknown>>): Plan {
  const row = capabilityOf(context.provider, null);
  if (row === null) throw invalid("the provider has no token exchange capability");
  if (!row.supported) throw invalid("this token exchange profile is listed for information only");
  const url = row.token_url ?? context.provider.token_url;
  endpointUrl("client", "token_url", url);

  const subject = text(options, "subject_token");
  if (subject === null) throw invalid("subject_token is required");
  const subjectType = typeOf(options, "subject_token_type");
  if (subjectType === null) throw invalid("subject_token_type is required");
  const actor = text(options, "actor_token");
  const actorType = typeOf(options, "actor_token_type");
  if (actor !== null && actorType === null) throw invalid("actor_token needs an actor_token_type");
  if (actor === null && actorType !== null) throw invalid("actor_token_type needs an actor_token");
  const requestedType = typeOf(options, "requested_token_type");
  const mode = actor === null ? "impersonation" : "delegation";

  allow(row.subject_token_types, subjectType, "subject_token_type");
  if (actorType !== null) allow(row.actor_token_types, actorType, "actor_token_type");
  if (requestedType !== null) allow(row.requested_token_types, requestedType, "requested_token_type");
  if (!row[mode]) throw invalid(`this server does not allow ${mode}`);

  const storageKey = text(options, "storage_key");
  if (options["store"] !== undefined && options["store"] !== null && typeof options["store"] !== "boolean") {
    throw invalid("store must be true or false");
  }
  const store = options["store"] === true;
  if (store && (storageKey === null || storageKey.trim() === "")) throw invalid("store needs a storage_key");
  return {
    row,
    url,
    mode,
    subjectType,
    actorType,
    requestedType,
    parameters: [
      ["grant_type", tokenExchangeGrantType],
      ["subject_token", opened(context, subject, url)],
      ["subject_token_type", subjectType],
      ["actor_token", actor === null ? null : opened(context, actor, url)],
      ["actor_token_type", actorType],
      ["requested_token_type", requestedType],
      ...list(options, "resource").map((item) => ["resource", item] as const),
      ...list(options, "audience").map((item) => ["audience", item] as const),
      ["scope", list(options, "scope").join(" ") || null],
      ...extraParameters(options["extra_params"]),
    ],
    storageKey: store && storageKey !== null ? checkedKey(storageKey) : null,
  };
}

/** A sealed token may be exchanged where it came from: at its provider, or at an origin that it may be sent to. */
function opened(context: ClientContext, given: string, url: string): string {
  const refuse = (): OAuthError => {
    emitEvent(context, "destination_refused", { code: "HARN-OAU-004", reason: "another token endpoint" });
    return new OAuthError(
      "HARN-OAU-004",
      "std/oauth/client: destination refused: this sealed token may not go to this token endpoint",
      "Exchange a token at the provider that issued it.",
    );
  };
  let result: ReturnType<ClientContext["ports"]["seal"]["open"]>;
  try {
    result = context.ports.seal.open(given);
  } catch {
    throw refuse();
  }
  const { value, binding } = result;
  if (binding !== null) {
    const home = binding.provider === context.binding.provider && binding.issuer === context.binding.issuer;
    const atHome = home && new URL(url).origin === context.binding.token_origin;
    if (!atHome && !binding.origins.includes(new URL(url).origin)) throw refuse();
  }
  context.ports.redactor.register(value, "subject_token", { own: binding === null });
  return value;
}

function allow(allowed: readonly string[], type: string, name: string): void {
  if (!allowed.includes(type)) throw invalid(`the server's capability row does not allow this ${name}`);
}

function text(options: Readonly<Record<string, unknown>>, name: string): string | null {
  const value = options[name];
  if (value === undefined || value === null || value === "") return null;
  if (typeof value !== "string" || value.length > 131_072) throw invalid(`${name} must be a string`);
  return value;
}

function typeOf(options: Readonly<Record<string, unknown>>, name: string): string | null {
  const value = text(options, name);
  return value === null ? null : tokenType(value);
}

function list(options: Readonly<Record<string, unknown>>, name: string): readonly string[] {
  const value = options[name];
  if (value === undefined || value === null || value === "") return [];
  const items: readonly unknown[] = Array.isArray(value) ? value : [value];
  return items.map((item) => {
    if (typeof item !== "string" || item === "")
      throw invalid(`${name} must be a string or a list of strings`);
    return item;
  });
}

function extraParameters(given: unknown): Parameters {
  if (given === undefined || given === null) return [];
  const members = objectOf(given);
  if (members === null) throw invalid("extra_params must be an object");
  return Object.keys(members).flatMap((name) => {
    if (reserved.has(name)) throw invalid("extra_params must not set a parameter of the request itself");
    return list(members, name).map((item) => [name, item] as const);
  });
}

function invalid(why: string): OAuthError {
  return new OAuthError(
    "HARN-OAU-011",
    `std/oauth/client: token_exchange: ${why}`,
    "Compare the options with token_exchange_capability(provider).",
  );
}
