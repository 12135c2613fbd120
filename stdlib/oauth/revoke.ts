/**
 * Revocation (RFC 7009, or the vendor's own call), and the end of the stored tokens.
 *
 * @module
 */

import { registerTokens, verdictOn } from "./bound-entry.ts";
import { basicAuthorization } from "./client-authentication.ts";
import { type ClientContext, emitEvent } from "./client-context.ts";
import { errorAnswer } from "./error-answer.ts";
import { OAuthError } from "./errors.ts";
import { percentEncode } from "./form.ts";
import { forgetAnswer, keptAnswer } from "./kept-answers.ts";
import { lockLimits } from "./lock-limits.ts";
import { isCatalogueUrl } from "./providers/catalogue.ts";
import type { Revocation } from "./providers/record.ts";
import type { Entry } from "./storage/entry.ts";
import { isJsonObject, readJson } from "./strict-json.ts";
import type { RawAnswer } from "./token-response.ts";
import { tokenHeaders } from "./token-on-request.ts";
import { tokenShape } from "./token-set-of.ts";
import { callEndpoint, type CallResult, send } from "./transport.ts";

export interface RevokeResult {
  /** The stored tokens are gone. */
  readonly local: true;
  /** `unsupported`: the provider has no call for it, or there was nothing to revoke. */
  readonly remote: "revoked" | "unsupported" | "failed";
  /** One sentence of ours. */
  readonly detail: string;
}

type Remote = Omit<RevokeResult, "local"> & { readonly code: string | null };

/**
 * Revokes at the provider, refresh token first, and removes what is stored, whatever the provider says. Runs under the
 * refresh lock, so that no refresh in flight can bring the tokens back.
 *
 * Throws HARN-OAU-010 when the storage fails.
 */
export async function revokeTokens(context: ClientContext): Promise<RevokeResult> {
  const { store, storageKey } = context;
  return await store.withRefreshLock(storageKey, async () => {
    const stored = await store.read(storageKey);
    // An answer that could not be stored holds the tokens that the provider knows by now.
    const entry = keptAnswer(store, storageKey, stored) ?? stored;
    const endpoint = entry === null ? null : revocationEndpoint(context);
    const remote = entry === null ? nothingStored : await revokeRemotely(context, entry, endpoint);
    await store.remove(storageKey);
    forgetAnswer(store, storageKey);
    if (remote.code !== null) emitEvent(context, "revoke_failed", { code: remote.code });
    emitEvent(context, "token_revoked", {
      revoke_endpoint: endpoint === null ? null : withoutQuery(endpoint.url),
      prev: tokenShape(entry?.token_set ?? null),
    });
    return { local: true, remote: remote.remote, detail: remote.detail };
  });
}

/**
 * Revokes tokens that arrived after they were given up, and that nobody will hold (RFC 7009 §2). Whatever happens leaves
 * an event at most.
 */
export async function revokeUnheld(context: ClientContext, entry: Entry): Promise<void> {
  const endpoint = revocationEndpoint(context);
  if (endpoint === null) return;
  try {
    const { code } = await revokeRemotely(context, entry, endpoint);
    if (code !== null) emitEvent(context, "revoke_failed", { code });
  } catch (error) {
    if (!(error instanceof OAuthError)) throw error;
    emitEvent(context, "revoke_failed", { code: error.code });
  }
}

const nothingStored: Remote = {
  remote: "unsupported",
  detail: "nothing was stored",
  code: null,
};

interface RevocationEndpoint {
  readonly url: string;
  readonly how: Revocation;
}

function revocationEndpoint(context: ClientContext): RevocationEndpoint | null {
  const { revoke_url, revocation } = context.provider;
  if (revoke_url === null || revocation === null) return null;
  return {
    url: revoke_url.replaceAll("{client_id}", percentEncode(context.credentials.client_id)),
    how: revocation,
  };
}

async function revokeRemotely(
  context: ClientContext,
  entry: Entry,
  endpoint: RevocationEndpoint | null,
): Promise<Remote> {
  if (endpoint === null) {
    return { remote: "unsupported", detail: "the provider has no revocation call", code: null };
  }
  registerTokens(context, entry.token_set);
  if (!mayGoTo(context, entry, endpoint)) {
    emitEvent(context, "destination_refused", {
      code: "HARN-OAU-004",
      reason: "the stored token is not bound to this revoke_url",
    });
    return {
      remote: "failed",
      detail: "the stored token is not bound to this revoke_url",
      code: "HARN-OAU-004",
    };
  }
  try {
    return endpoint.how.kind === "rfc7009"
      ? await revokeByRfc7009(context, entry, endpoint.url)
      : await revokeByVendor(context, entry, endpoint.url, endpoint.how);
  } catch (error) {
    if (!(error instanceof OAuthError)) throw error;
    return { remote: "failed", detail: "the revocation request could not be sent", code: error.code };
  }
}

/**
 * Tokens go to the catalogue's own call or to the server that issued them; an access token without its refresh token
 * also to where it may go anyway.
 */
function mayGoTo(context: ClientContext, entry: Entry, { url, how }: RevocationEndpoint): boolean {
  const verdict = verdictOn(context, entry);
  if (!verdict.ok || !verdict.refreshable) return false;
  if (isCatalogueUrl(context.provider.id, url)) return true;
  if (!URL.canParse(url)) return false;
  const { origin } = new URL(url);
  if (origin === context.binding.token_origin) return true;
  const sendsRefreshToken = how.kind === "rfc7009" && entry.token_set.refresh_token !== undefined;
  return !sendsRefreshToken && verdict.origins.includes(origin);
}

async function revokeByRfc7009(context: ClientContext, entry: Entry, url: string): Promise<Remote> {
  const { refresh_token, access_token } = entry.token_set;
  const verdicts: Verdict[] = [];
  for (const [token, hint] of [
    [refresh_token, "refresh_token"],
    [access_token, "access_token"],
  ] as const) {
    if (token === undefined) continue;
    const result = await callEndpoint(context, {
      endpoint: "revoke_url",
      url,
      parameters: [
        ["token", token],
        ["token_type_hint", hint],
      ],
      authenticate: true,
      format: "form",
      timeoutMs: revocationMs(context),
    });
    verdicts.push(judgeRevocation(result));
  }
  return overall(verdicts);
}

async function revokeByVendor(
  context: ClientContext,
  entry: Entry,
  url: string,
  how: Extract<Revocation, { kind: "vendor" }>,
): Promise<Remote> {
  const { access_token } = entry.token_set;
  const { client_id, client_secret } = context.credentials;
  if (how.auth === "basic" && client_secret === null) {
    return {
      remote: "failed",
      detail: "this provider's revocation call needs a client_secret",
      code: "HARN-OAU-011",
    };
  }
  const body = how.token_member === null ? null : JSON.stringify({ [how.token_member]: access_token });
  const result = await send(context, {
    endpoint: "revoke_url",
    url,
    method: how.method,
    headers: {
      accept: "application/json",
      ...lowerCaseNames(how.headers),
      ...(body === null ? {} : { "content-type": "application/json" }),
      ...(how.auth === "basic"
        ? { authorization: basicAuthorization(client_id, client_secret ?? "") }
        : tokenHeaders(context, entry.token_set, how.method, new URL(url))),
    },
    body,
    carriesSecret: how.auth === "basic",
    timeoutMs: revocationMs(context),
  });
  if (result.ok && how.ok_member !== null && !saysYes(result.answer, how.ok_member))
    return overall(["failed"]);
  return overall([judgeRevocation(result)]);
}

function revocationMs({ timeoutMs }: ClientContext): number {
  return Math.min(timeoutMs ?? lockLimits.revocationMs, lockLimits.revocationMs);
}

type Verdict = "revoked" | "unsupported" | "failed" | "unreachable";

/** RFC 7009 §2.2: 200 also for a token that was invalid already; some providers call that `invalid_token`. */
function judgeRevocation(result: CallResult): Verdict {
  if (!result.ok) return "unreachable";
  const { status, body } = result.answer;
  if (status >= 200 && status < 300) return "revoked";
  const parsed = readJson(body);
  const { error } = errorAnswer(status, parsed.ok ? parsed.value : undefined);
  if (error === "unsupported_token_type") return "unsupported";
  return error === "invalid_token" ? "revoked" : "failed";
}

function overall(verdicts: readonly Verdict[]): Remote {
  if (verdicts.includes("unreachable")) {
    return { remote: "failed", detail: "the provider could not be reached", code: "HARN-OAU-003" };
  }
  if (verdicts.includes("failed")) {
    return { remote: "failed", detail: "the provider refused the revocation", code: "HARN-OAU-012" };
  }
  if (verdicts.includes("revoked")) {
    const partly = verdicts.includes("unsupported");
    const detail = partly
      ? "the provider revoked one kind of token and does not support the other"
      : "the provider revoked the tokens";
    return { remote: "revoked", detail, code: null };
  }
  return { remote: "unsupported", detail: "the provider does not revoke these tokens", code: null };
}

function saysYes(answer: RawAnswer, member: string): boolean {
  const parsed = readJson(answer.body);
  return parsed.ok && isJsonObject(parsed.value) && parsed.value[member] === true;
}

function lowerCaseNames(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}

function withoutQuery(url: string): string {
  return url.split("?", 1)[0] ?? url;
}
