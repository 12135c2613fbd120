/**
 * Why a request failed: one table of kinds, one list of reasons, one class.
 *
 * @module
 */

import type { HttpFailure, HttpFailureKind } from "../ports.ts";
import type { RunErrorCode } from "./run-error.ts";

interface KindRow {
  readonly code: RunErrorCode;
  readonly retryable: boolean;
  /** Whether the server may have seen the request, unless the thrower knows better. */
  readonly sent: boolean;
  readonly sentence: string;
}

/** Every kind of failure with its code and what it says. */
export const httpFailures: Readonly<Record<HttpFailureKind, KindRow>> = {
  not_granted: row("HARN-RUN-010", false, false, "The run's net grant does not cover this URL."),
  address_refused: row(
    "HARN-RUN-013",
    false,
    false,
    "The host has an address in a private or special range.",
  ),
  url_refused: row("HARN-RUN-013", false, false, "This URL cannot be requested."),
  credential_refused: row("HARN-RUN-013", false, false, "The credential may not go to this origin."),
  invalid_request: row("HARN-RUN-015", false, false, "The request cannot be sent."),
  connect: row("HARN-RUN-014", true, false, "No connection could be made."),
  timeout: row("HARN-RUN-014", true, true, "There was no complete answer in time."),
  cut: row("HARN-RUN-014", true, true, "The connection broke before the answer was complete."),
  too_large: row("HARN-RUN-014", false, true, "The answer is over its size limit."),
  malformed: row("HARN-RUN-014", false, true, "The answer is not well-formed."),
  cancelled: row("HARN-RUN-009", false, true, "The request was cancelled."),
  unmocked: row("HARN-RUN-014", false, false, "No mock answers this call."),
};

function row(code: RunErrorCode, retryable: boolean, sent: boolean, sentence: string): KindRow {
  return { code, retryable, sent, sentence };
}

/** The fixed sentences that say more than the kind does. */
export const httpFailureReasons = {
  not_a_url: "It is not an absolute URL.",
  url_too_long: "The URL is longer than 16,384 characters.",
  url_characters: "The URL holds a control character, a backslash, or a host that is not plain ASCII.",
  not_https: "Only https is allowed, or http to a loopback host.",
  userinfo: "A URL may not hold a user name or password.",
  http_address: "The host of an http URL must resolve to loopback addresses only.",
  method: "The method is not one that can be sent.",
  field_name: "A header name is not valid.",
  field_value: "A header value holds a character that cannot be sent.",
  field_reserved: "A header that only the transport may set was given.",
  field_twice: "A header was given twice.",
  head_size: "The request's headers are over 64 KiB or 100 fields.",
  body: "The body is neither text nor bytes.",
  limits: "The time limit or size limit of the request is not a positive number.",
  foreign_origin: "It is bound to other origins.",
  capsule_broken: "The sealed token was altered, or sealed by another host.",
  capsule_scheme: "A sealed token is taken only as Bearer, DPoP or token.",
  capsule_kind: "This kind of secret is never sent in an Authorization header.",
  name_unresolved: "The name does not resolve.",
  connection_refused: "The connection was refused.",
  connect_slow: "The connection was not made in time.",
  certificate: "TLS failed, or the certificate was not accepted.",
  proxy_unreachable: "The proxy could not be reached.",
  proxy_credentials: "The proxy wants a user name and password, or others.",
  proxy_refused: "The proxy refused to make it.",
  proxy_answer: "The proxy gave no answer that can be used.",
  first_byte_slow: "Nothing of it came in the time for its first byte.",
  fell_silent: "It stopped in the middle for longer than it may be silent.",
  head_too_large: "Its head is over the cap.",
  fields_too_many: "It has more header fields than it may have.",
  body_too_large: "Its body is over the cap.",
  in_flight: "The requests and answers of one run may hold 64 MiB at a time.",
  coding: "Its content encoding is not one that was offered.",
  coding_broken: "Its body does not decode.",
  closed: "The runtime is closed.",
} as const;

export type HttpFailureReason = keyof typeof httpFailureReasons;

/** What is known about the request. Only these parts of it ever enter a message. */
export interface HttpFailureContext {
  readonly method?: string | undefined;
  /** Scheme, host and port. */
  readonly origin?: string | undefined;
  readonly sent?: boolean | undefined;
  readonly reason?: HttpFailureReason | undefined;
  readonly hint?: string | undefined;
}

/** What `Http.send` throws. The message is made of fixed sentences, the method and the origin. */
export class HttpFailureError extends Error implements HttpFailure {
  override readonly name = "HttpFailure" as const;
  readonly kind: HttpFailureKind;
  readonly code: RunErrorCode;
  readonly retryable: boolean;
  readonly sent: boolean;
  declare readonly hint?: string;

  constructor(kind: HttpFailureKind, context: HttpFailureContext = {}) {
    const { code, retryable, sent, sentence } = httpFailures[kind];
    const subject = [context.method, context.origin].filter((part) => part).join(" ");
    const reason = context.reason ? ` ${httpFailureReasons[context.reason]}` : "";
    super(`${subject ? `${subject}: ` : ""}${sentence}${reason}`);
    this.kind = kind;
    this.code = code;
    this.retryable = retryable;
    this.sent = context.sent ?? sent;
    const hint = context.hint ?? usualHint(kind, context);
    if (hint !== undefined) this.hint = hint;
  }
}

function usualHint(kind: HttpFailureKind, { origin, reason }: HttpFailureContext): string | undefined {
  if (reason === "in_flight")
    return "Await some requests before starting more, or ask for less with max_bytes.";
  switch (kind) {
    case "not_granted":
    case "address_refused":
      return grantHint(origin);
    case "url_refused":
      return "Write an absolute https URL, without a user name.";
    case "credential_refused":
      return "Send it to the origin that it was issued for.";
    case "too_large":
      return "Ask for less, or for more bytes with max_bytes.";
    case "malformed":
      return "Tell it to whoever runs the server.";
    case "unmocked":
      return "Add an http_mock for it.";
    default:
      return undefined;
  }
}

function grantHint(origin: string | undefined): string | undefined {
  if (!origin || !URL.canParse(origin)) return undefined;
  const { host } = new URL(origin);
  return `Add ${host} to the run's net grant (--allow-net=${host}).`;
}
