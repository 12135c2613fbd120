/**
 * Pushed authorization requests (RFC 9126): the parameters go to the server directly, the person carries a reference.
 *
 * @module
 */

import { refusedError } from "./answer-error.ts";
import type { ClientContext } from "./client-context.ts";
import { errorAnswer, redactedAnswer } from "./error-answer.ts";
import { OAuthError, type ProviderAnswer } from "./errors.ts";
import type { Parameters } from "./form.ts";
import { isJsonObject, readJson } from "./strict-json.ts";
import { mediaType, type RawAnswer } from "./token-response.ts";
import { callEndpoint, endpointTimeoutMs } from "./transport.ts";

/** Why an answer was refused by us. The messages are ours; nothing foreign is in them. */
export const pushedRefusals = {
  redirect: "the endpoint answered with a redirect",
  status: "the endpoint answered success with a status other than 201",
  content_type: "the answer is not JSON by its content type",
  not_json: "the answer is not one strict JSON object",
  request_uri: "the answer has no usable request_uri",
  expires_in: "the answer has an unusable expires_in",
} as const;

export type PushedRefusal = keyof typeof pushedRefusals;

export type PushedResponse =
  | { readonly kind: "pushed"; readonly request_uri: string; readonly expires_in: number }
  | { readonly kind: "refused"; readonly answer: ProviderAnswer }
  | { readonly kind: "unavailable"; readonly answer: ProviderAnswer }
  | { readonly kind: "invalid"; readonly reason: PushedRefusal; readonly status: number };

const longestUri = 2_048;

/**
 * Judges the answer (RFC 9126 §2.2): success is exactly 201 with a `request_uri` in the characters of a URI and an
 * `expires_in` of whole seconds above zero.
 */
export function judgePushedResponse({ status, headers, body }: RawAnswer): PushedResponse {
  if (status >= 300 && status < 400) return { kind: "invalid", reason: "redirect", status };
  const parsed = readJson(body);
  if (status < 200 || status >= 400) {
    const answer = errorAnswer(status, parsed.ok ? parsed.value : undefined);
    const unavailable =
      status >= 500 ||
      status === 408 ||
      status === 429 ||
      answer.error === "temporarily_unavailable" ||
      answer.error === "server_error";
    return { kind: unavailable ? "unavailable" : "refused", answer };
  }
  if (status !== 201) return { kind: "invalid", reason: "status", status };
  if (mediaType(headers["content-type"]) !== "application/json")
    return { kind: "invalid", reason: "content_type", status };
  if (!parsed.ok || !isJsonObject(parsed.value)) return { kind: "invalid", reason: "not_json", status };
  const { request_uri, expires_in } = parsed.value;
  if (!isUri(request_uri)) return { kind: "invalid", reason: "request_uri", status };
  if (typeof expires_in !== "number" || !Number.isInteger(expires_in) || expires_in <= 0)
    return { kind: "invalid", reason: "expires_in", status };
  return { kind: "pushed", request_uri, expires_in };
}

/** A scheme, and then only characters that stand for themselves in a URI (RFC 3986 §2). */
function isUri(value: unknown): value is string {
  return (
    typeof value === "string" &&
    value.length <= longestUri &&
    /^[A-Za-z][A-Za-z0-9+.-]*:(?:[A-Za-z0-9\-._~:/?[\]@!$&()*+,;=]|%[0-9A-Fa-f]{2})+$/.test(value)
  );
}

/**
 * Pushes a request with the client's authentication and answers its `request_uri`. Sends once.
 *
 * Throws HARN-OAU-012 when the provider refuses it, 008 when it denies it, 006 for an answer refused by us, 003 when it
 * cannot be done now, 009 and 004 for the host, 011 without the client's secret or key.
 */
export async function pushAuthorizationRequest(
  context: ClientContext,
  par_url: string,
  parameters: Parameters,
): Promise<string> {
  const { module, ports } = context;
  const result = await callEndpoint(context, {
    endpoint: "par_url",
    url: par_url,
    // Client authentication brings it (RFC 6749 §2.3).
    parameters: parameters.filter(([name]) => name !== "client_id"),
    authenticate: true,
    format: "form",
    timeoutMs: context.timeoutMs ?? endpointTimeoutMs,
    signal: ports.run.signal,
  });
  if (!result.ok) throw result.error;
  const response = judgePushedResponse(result.answer);
  switch (response.kind) {
    case "pushed":
      return response.request_uri;
    case "refused":
      throw refusedError(context, response.answer);
    case "unavailable":
      throw new OAuthError(
        "HARN-OAU-003",
        `std/oauth/${module}: pushed authorization request failed: the provider cannot answer now`,
        "Try again later.",
        { details: redactedAnswer(response.answer, ports.redactor) },
      );
    case "invalid":
      throw new OAuthError(
        "HARN-OAU-006",
        `std/oauth/${module}: pushed authorization response invalid: ${pushedRefusals[response.reason]}`,
        "Check that par_url is this provider's pushed authorization request endpoint.",
        { details: { status: response.status } },
      );
  }
}
