/**
 * The one place that turns the http port into calls of a provider's endpoints.
 *
 * @module
 */

import type { HttpFailure, HttpFailureKind } from "../../runtime/ports.ts";
import { clientAssertion } from "./client-assertion.ts";
import { clientProof } from "./client-authentication.ts";
import type { ClientContext, SpeakingModule } from "./client-context.ts";
import type { DpopKey } from "./dpop-key.ts";
import { withDpopNonce } from "./dpop-nonces.ts";
import { dpopProof } from "./dpop-proof.ts";
import { endpointUrl } from "./endpoint-url.ts";
import { OAuthError, type OAuthErrorCode } from "./errors.ts";
import { encodeForm, encodeJson, type Parameters } from "./form.ts";
import { reachOf } from "./reach.ts";
import { isJsonObject, readJson } from "./strict-json.ts";
import { type RawAnswer, tokenResponseLimits } from "./token-response.ts";

/** The limit of one endpoint call in ms, where the client set none. */
export const endpointTimeoutMs = 30_000;

/** The limit of one endpoint call in ms, whatever the client set: a call outlives its run. What holds a lock has less (`lock-limits.ts`). */
export const mostEndpointMs = 60_000;

export type CallResult =
  | { readonly ok: true; readonly answer: RawAnswer }
  | {
      readonly ok: false;
      readonly error: OAuthError;
      /**
       * `not_sent`: the server cannot have seen the request. `answered`: it answered, and we refused to read the
       * answer. `unknown`: it may have acted.
       */
      readonly outcome: "not_sent" | "answered" | "unknown";
    };

export interface EndpointCall {
  /** The endpoint's name in our messages, for example `token_url`. */
  readonly endpoint: string;
  /** As in the provider record. */
  readonly url: string;
  readonly parameters: Parameters;
  /** Whether the client proves who it is (RFC 6749 §2.3); otherwise `parameters` are sent as they are. */
  readonly authenticate: boolean;
  readonly format: "form" | "json";
  /** The key that the tokens asked for are to be bound to (RFC 9449 §5); null or left out: none. */
  readonly dpopKey?: DpopKey | null;
  /** Of the whole call, a second request included. */
  readonly timeoutMs: number;
  /** Ends the request. */
  readonly signal?: AbortSignal;
  /** Ends the request as long as nothing of it was sent. */
  readonly untilSent?: AbortSignal;
}

/**
 * POSTs parameters to an endpoint over a socket of its own and reads the answer up to the cap. Sends once; with a
 * `dpopKey` once more when the server refused the request because its proof needs a nonce (RFC 9449 §8).
 *
 * Throws, before anything is sent, HARN-OAU-004 when the URL is none that we call or the client secret may not go
 * there, and HARN-OAU-011 when the authentication method needs a secret or key and there is none.
 */
export async function callEndpoint(context: ClientContext, call: EndpointCall): Promise<CallResult> {
  const { dpopKey } = call;
  if (!dpopKey) return await callOnce(context, call, {});
  const { ports } = context;
  const url = endpointUrl(context.module, call.endpoint, call.url);
  const until = ports.clock.monotonic() + call.timeoutMs;
  return await withDpopNonce(
    ports,
    url.origin,
    (nonce) => {
      const headers = { dpop: dpopProof(ports, dpopKey, { method: "POST", url, nonce }) };
      return callOnce(context, { ...call, timeoutMs: until - ports.clock.monotonic() }, headers);
    },
    (result) => (result.ok ? result.answer : null),
    (result) => result.ok && asksForNonce(result.answer),
  );
}

/** RFC 9449 §8: 400 with this error; the request was not acted on. */
function asksForNonce({ status, body }: RawAnswer): boolean {
  if (status !== 400 && status !== 401) return false;
  const parsed = readJson(body);
  return parsed.ok && isJsonObject(parsed.value) && parsed.value.error === "use_dpop_nonce";
}

async function callOnce(
  context: ClientContext,
  call: EndpointCall,
  headers: Readonly<Record<string, string>>,
): Promise<CallResult> {
  const proof = call.authenticate
    ? clientProof(context.credentials, (key) => clientAssertion(context, key))
    : { parameters: [], headers: {} };
  if (proof === null) {
    const needed = context.credentials.method === "private_key_jwt" ? "private_key" : "client_secret";
    throw new OAuthError(
      "HARN-OAU-011",
      `std/oauth/${context.module}: this token_auth_method needs a ${needed}`,
      `Give the client its ${needed}, or use another token_auth_method.`,
    );
  }
  const parameters = [...call.parameters, ...proof.parameters];
  const form = call.format === "form";
  return await send(context, {
    ...call,
    method: "POST",
    carriesSecret: call.authenticate && context.credentials.method !== "none",
    headers: {
      "content-type": form ? "application/x-www-form-urlencoded" : "application/json",
      accept: "application/json",
      ...proof.headers,
      ...headers,
    },
    body: form ? encodeForm(parameters) : encodeJson(parameters),
  });
}

export interface RawCall {
  readonly endpoint: string;
  readonly url: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
  /** True when the client's secret or assertion is in the request. */
  readonly carriesSecret: boolean;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
  readonly untilSent?: AbortSignal;
}

/** Sends one prepared request to an endpoint. Throws HARN-OAU-004 as {@link callEndpoint} does. */
export async function send(context: ClientContext, call: RawCall): Promise<CallResult> {
  const url = endpointUrl(context.module, call.endpoint, call.url);
  if (call.carriesSecret) checkSecretDestination(context, url.origin);
  const authorized = Object.keys(call.headers).some((name) => name.toLowerCase() === "authorization");
  try {
    const answer = await context.ports.http.send({
      method: call.method,
      url: url.href,
      headers: call.headers,
      body: call.body,
      reach: reachOf(context.provider, call.url),
      ...(authorized ? { credential: { origins: [url.origin] } } : {}),
      timeoutMs: Math.max(1, Math.min(call.timeoutMs, mostEndpointMs)),
      maxBytes: tokenResponseLimits.maxBytes,
      freshSocket: true,
      ...(call.signal ? { signal: call.signal } : {}),
      ...(call.untilSent ? { untilSent: call.untilSent } : {}),
    });
    return { ok: true, answer };
  } catch (error) {
    if (!isHttpFailure(error)) throw error;
    return { ok: false, error: transportError(context.module, error), outcome: outcomeOf(error) };
  }
}

/** Recognises what the http port throws. */
export function isHttpFailure(error: unknown): error is HttpFailure {
  return error instanceof Error && error.name === "HttpFailure" && "kind" in error;
}

/** Our error for a transport failure. Nothing of the other side's text is in it. */
export function transportError(module: SpeakingModule | "providers", failure: HttpFailure): OAuthError {
  const known = failures[failure.kind];
  return new OAuthError(known.code, `std/oauth/${module}: ${known.message}`, failure.hint ?? known.hint, {
    // Another attempt of a cancelled run or without a mock would end the same way.
    ...(failure.kind === "cancelled" || failure.kind === "unmocked" ? { retryable: false } : {}),
  });
}

function checkSecretDestination(context: ClientContext, origin: string): void {
  if (context.secretOrigins === null || context.secretOrigins.includes(origin)) return;
  throw new OAuthError(
    "HARN-OAU-004",
    `std/oauth/${context.module}: destination refused: the client's secret or key is not bound to this endpoint`,
    "Ask the embedder to allow this secret for the provider's token endpoint.",
  );
}

function outcomeOf(failure: HttpFailure): "not_sent" | "answered" | "unknown" {
  if (!failure.sent || failure.kind === "unmocked") return "not_sent";
  return failure.kind === "too_large" || failure.kind === "malformed" ? "answered" : "unknown";
}

interface KnownFailure {
  readonly code: OAuthErrorCode;
  readonly message: string;
  readonly hint: string;
}

const refusedAddress: KnownFailure = {
  code: "HARN-OAU-004",
  message: "destination refused: requests may not go to this address",
  hint: "Use the provider's public https address, or have the host granted by name.",
};
const network: KnownFailure = {
  code: "HARN-OAU-003",
  message: "the server could not be reached or did not answer completely",
  hint: "Try again later.",
};

const failures: Readonly<Record<HttpFailureKind, KnownFailure>> = {
  not_granted: {
    code: "HARN-OAU-009",
    message: "the run was not granted this host",
    hint: "Add the host to the run's net grant.",
  },
  address_refused: refusedAddress,
  url_refused: refusedAddress,
  credential_refused: {
    code: "HARN-OAU-004",
    message: "destination refused: this token may not go to that origin",
    hint: "Send the request to an origin in the client's resource_origins.",
  },
  invalid_request: {
    code: "HARN-OAU-011",
    message: "the method or a header cannot be sent",
    hint: "Check the method, the header names and their values.",
  },
  connect: network,
  timeout: { ...network, message: "the server did not answer in time (timeout)" },
  cut: { ...network, message: "the connection broke before the answer was complete" },
  too_large: {
    code: "HARN-OAU-006",
    message: "the answer is too large",
    hint: "Ask for less, or raise max_bytes where there is one.",
  },
  malformed: {
    code: "HARN-OAU-006",
    message: "the answer is malformed",
    hint: "Report this to the provider.",
  },
  cancelled: { ...network, message: "the call was cancelled" },
  unmocked: {
    code: "HARN-OAU-003",
    message: "the call has no mock, or its mock is a failure",
    hint: "Register an http_mock for this method and URL.",
  },
};
