/**
 * A request with the token on it (RFC 6750 §2.1, RFC 9449 §7.1): only to where the token may go, with one refresh and one
 * replay.
 *
 * @module
 */

import type { HttpResponse } from "../../runtime/ports.ts";
import { type BoundEntry, registerTokens } from "./bound-entry.ts";
import { type ClientContext, emitEvent } from "./client-context.ts";
import { OAuthError } from "./errors.ts";
import { refreshAfter401, validEntry } from "./refresh.ts";
import { type PreparedRequest, prepareRequest, requestUrl } from "./request-options.ts";
import { type ResourceResponse, resourceResponse } from "./resource-response.ts";
import { retryAfterSeconds } from "./retry-after.ts";
import { asksForNonce, boundKey, sendWithToken } from "./token-on-request.ts";
import { isHttpFailure, transportError } from "./transport.ts";

const mostRedirects = 5;
const defaultTimeoutMs = 30_000;

/**
 * Sends a request to a resource server and answers its response, whatever its status.
 *
 * On 401 the token is refreshed once and the request sent once more; if that refresh fails, the 401 is the answer and a
 * `refresh_failed` event says why. GET and HEAD follow up to five redirects within the origin; any other redirect is
 * the answer. A 401 that only asks for a nonce in the DPoP proof is answered with one, once, and refreshes nothing.
 *
 * Throws HARN-OAU-004 before anything is sent when the token may not go to the URL, 011 for arguments that cannot be
 * sent, what `token` throws, and 003, 006 or 009 when the transport fails.
 */
export async function authorizedRequest(
  context: ClientContext,
  method: unknown,
  url: unknown,
  options: unknown,
): Promise<ResourceResponse> {
  const request = prepareRequest(method, options);
  const target = requestUrl(url);
  checkDestination(context, target, context.binding.resource_origins);
  // What is stored may be bound more narrowly than this client; known before a refresh could be sent.
  const bound = await validEntry(context, (stored) => {
    checkUse(context, target, stored);
    boundKey(context, stored.entry.token_set);
  });
  const first = await sendAuthorized(context, request, target, bound);
  const isRejected = first.status === 401 && !asksForNonce(bound.entry.token_set, first);
  const answer = isRejected ? await replay(context, request, target, bound, first) : first;
  return resourceResponse(context.ports, await afterWait(context, request, target, answer));
}

async function replay(
  context: ClientContext,
  request: PreparedRequest,
  target: URL,
  rejected: BoundEntry,
  refusal: HttpResponse,
): Promise<HttpResponse> {
  let renewed: BoundEntry;
  try {
    renewed = await refreshAfter401(context, rejected);
  } catch (error) {
    // Its event says why; the caller learns more from the server's own answer.
    if (error instanceof OAuthError) return refusal;
    throw error;
  }
  return await sendAuthorized(context, request, target, renewed);
}

/** One more attempt after 429 or 503, when the caller asked for it and the server says when. */
async function afterWait(
  context: ClientContext,
  request: PreparedRequest,
  target: URL,
  answer: HttpResponse,
): Promise<HttpResponse> {
  if (!request.retryAfter || (answer.status !== 429 && answer.status !== 503)) return answer;
  const { clock, run } = context.ports;
  const seconds = retryAfterSeconds(answer.headers["retry-after"], clock.now());
  if (seconds === null) return answer;
  await clock.sleep(seconds * 1000, run.signal);
  return await sendAuthorized(context, request, target, await validEntry(context));
}

async function sendAuthorized(
  context: ClientContext,
  request: PreparedRequest,
  target: URL,
  bound: BoundEntry,
): Promise<HttpResponse> {
  checkUse(context, target, bound);
  registerTokens(context, bound.entry.token_set);
  let current = target;
  for (let redirects = 0; ; redirects += 1) {
    const answer = await send(context, request, current, bound);
    const next = redirectTarget(request.method, current, answer);
    if (next === null || redirects === mostRedirects) return answer;
    current = next;
  }
}

async function send(
  context: ClientContext,
  request: PreparedRequest,
  url: URL,
  bound: BoundEntry,
): Promise<HttpResponse> {
  const { http, run } = context.ports;
  try {
    return await sendWithToken(context, bound.entry.token_set, request.method, url, (headers) =>
      http.send({
        method: request.method,
        url: url.href,
        headers: { ...request.headers, ...headers },
        body: request.body,
        credential: { origins: bound.origins },
        timeoutMs: request.timeoutMs ?? context.timeoutMs ?? defaultTimeoutMs,
        ...(request.maxBytes === null ? {} : { maxBytes: request.maxBytes }),
        signal: run.signal,
      }),
    );
  } catch (error) {
    if (!isHttpFailure(error)) throw error;
    throw transportError(context.module, error);
  }
}

/** Where a redirect within the origin leads, for a method that may be repeated; else null. */
function redirectTarget(method: string, from: URL, answer: HttpResponse): URL | null {
  const { location } = answer.headers;
  if (method !== "GET" && method !== "HEAD") return null;
  if (![301, 302, 303, 307, 308].includes(answer.status) || !location) return null;
  if (!URL.canParse(location, from)) return null;
  const to = new URL(location, from);
  to.hash = "";
  return to.origin === from.origin && to.username === "" && to.password === "" ? to : null;
}

function checkDestination(
  context: ClientContext,
  target: URL | null,
  origins: readonly string[],
): asserts target is URL {
  if (target === null) throw refusal(context, "the URL must be absolute, https and without user information");
  if (!origins.includes(target.origin)) throw refusal(context, "this token may not go to that origin");
}

function checkUse(context: ClientContext, target: URL, bound: BoundEntry): void {
  checkDestination(context, target, bound.origins);
  const { access_token, refresh_token } = bound.entry.token_set;
  for (const token of [access_token, refresh_token]) {
    if (token !== undefined && target.href.includes(token))
      throw refusal(context, "a token may not stand in a URL");
  }
}

function refusal(context: ClientContext, why: string): OAuthError {
  emitEvent(context, "destination_refused", { code: "HARN-OAU-004", reason: why });
  return new OAuthError(
    "HARN-OAU-004",
    `std/oauth/${context.module}: destination refused: ${why}`,
    "Name the origin in the client's resource_origins before the login.",
  );
}
