/**
 * A request with the token on it (RFC 6750 §2.1, RFC 9449 §7.1): only to where the token may go, with one refresh and one
 * replay.
 *
 * @module
 */

import type { HttpRequest, HttpResponse } from "../../runtime/ports.ts";
import { type BoundEntry, registerTokens } from "./bound-entry.ts";
import { type ClientContext, emitEvent } from "./client-context.ts";
import { OAuthError } from "./errors.ts";
import { noteRejected } from "./refresh-pace.ts";
import { refreshAfter401, validEntry } from "./refresh.ts";
import { type PreparedRequest, prepareRequest, requestUrl } from "./request-options.ts";
import { type ResourceResponse, resourceResponse } from "./resource-response.ts";
import { retryAfterSeconds } from "./retry-after.ts";
import { asksForNonce, boundKey, sendWithToken } from "./token-on-request.ts";
import { isHttpFailure, transportError } from "./transport.ts";

type Reach = NonNullable<HttpRequest["reach"]>;
type AuthorizedRequest = PreparedRequest & { readonly reach: Reach };

const mostRedirects = 5;
const defaultTimeoutMs = 30_000;

/**
 * Sends a request to a resource server and answers its response, whatever its status.
 *
 * On 401 the token is refreshed once and the request sent once more; if that refresh fails, the 401 is the answer and a
 * `refresh_failed` event says why. GET and HEAD follow up to five redirects within the origin, to addresses that are plainly
 * written and hold no token; any other redirect is the answer. A 401 that only asks for a nonce in the DPoP proof is
 * answered with one, once, and refreshes nothing.
 *
 * Throws HARN-OAU-004 before anything is sent when the token may not go to the URL, 011 for arguments that cannot be
 * sent, what `token` throws, and 003, 006 or 009 when the transport fails.
 */
export async function authorizedRequest(
  context: ClientContext,
  method: unknown,
  url: unknown,
  options: unknown,
  reach: Reach = "granted",
): Promise<ResourceResponse> {
  const request: AuthorizedRequest = { ...prepareRequest(method, options), reach };
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
  request: AuthorizedRequest,
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
  const answer = await sendAuthorized(context, request, target, renewed);
  if (answer.status === 401 && !asksForNonce(renewed.entry.token_set, answer)) noteRejected(context, renewed);
  return answer;
}

/** One more attempt after 429 or 503, when the caller asked for it and the server says when. */
async function afterWait(
  context: ClientContext,
  request: AuthorizedRequest,
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
  request: AuthorizedRequest,
  target: URL,
  bound: BoundEntry,
): Promise<HttpResponse> {
  checkUse(context, target, bound);
  registerTokens(context, bound.entry.token_set);
  let current = target;
  for (let redirects = 0; ; redirects += 1) {
    const answer = await send(context, request, current, bound);
    const next = redirectTarget(request.method, current, answer);
    if (next === null || redirects === mostRedirects || holdsToken(next, bound)) return answer;
    current = next;
  }
}

async function send(
  context: ClientContext,
  request: AuthorizedRequest,
  url: URL,
  bound: BoundEntry,
): Promise<HttpResponse> {
  const { http, run } = context.ports;
  try {
    const { token_set } = bound.entry;
    const answer = await sendWithToken(context, token_set, request.method, url, (headers) =>
      http.send({
        method: request.method,
        url: url.href,
        headers: { ...request.headers, ...headers },
        body: request.body,
        reach: request.reach,
        credential: { origins: bound.origins },
        timeoutMs: request.timeoutMs ?? context.timeoutMs ?? defaultTimeoutMs,
        ...(request.maxBytes === null ? {} : { maxBytes: request.maxBytes }),
        signal: run.signal,
      }),
    );
    return { ...answer, carried: { value: token_set.access_token, name: "access_token" } };
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
  // The parser drops tabs and turns backslashes into slashes; the server may have meant, or shown, another place.
  if (/[\p{Cc}\\]/u.test(location) || !URL.canParse(location, from)) return null;
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
  if (holdsToken(target, bound)) throw refusal(context, "a token may not stand in a URL");
}

/** Whether a token of the entry stands in a URL (RFC 9700 §4.3.2), as it is or in percent escapes. */
function holdsToken({ href }: URL, { entry }: BoundEntry): boolean {
  const unescaped = href.replace(/%([0-9a-f]{2})/gi, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
  const { access_token, refresh_token } = entry.token_set;
  return [access_token, refresh_token].some(
    (token) => token !== undefined && (href.includes(token) || unescaped.includes(token)),
  );
}

function refusal(context: ClientContext, why: string): OAuthError {
  emitEvent(context, "destination_refused", { code: "HARN-OAU-004", reason: why });
  return new OAuthError(
    "HARN-OAU-004",
    `std/oauth/${context.module}: destination refused: ${why}`,
    "Name the origin in the client's resource_origins before the login.",
  );
}
