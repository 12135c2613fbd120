/**
 * Judges the arguments of `request`.
 *
 * @module
 */

import { endpointUrl } from "./endpoint-url.ts";
import { OAuthError } from "./errors.ts";
import { closedOptions } from "./options.ts";
import { objectOf } from "./provider-of.ts";

/** Options of `request`. */
export interface RequestOptions {
  /** Any `authorization` and `dpop` among them are dropped: the client sets them. */
  readonly headers?: Readonly<Record<string, string | number | boolean>> | null;
  /** An object or a list is sent as JSON. */
  readonly body?: unknown;
  /** Sent as JSON, whatever it is. */
  readonly json?: unknown;
  /** Seconds for the whole call. */
  readonly timeout?: number | null;
  /** True: a 429 or 503 with `Retry-After` is tried once more after that time (at most 60 s). */
  readonly retry_after?: boolean | null;
  /** Cap of the answer's body. */
  readonly max_bytes?: number | null;
}

export interface PreparedRequest {
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array | null;
  readonly timeoutMs: number | null;
  readonly retryAfter: boolean;
  readonly maxBytes: number | null;
}

const allowed = ["headers", "body", "json", "timeout", "retry_after", "max_bytes"] as const;

/** They steer the connection or name another host. */
const refusedHeaders =
  /^(?:host|content-length|transfer-encoding|connection|keep-alive|upgrade|te|trailer|expect|cookie2?|proxy-.*)$/;

/** Judges method and options. Throws HARN-OAU-011. */
export function prepareRequest(method: unknown, given: unknown): PreparedRequest {
  if (typeof method !== "string" || !/^[A-Za-z]{1,20}$/.test(method))
    throw invalid("the method must be a word");
  const options = closedOptions("client", "request", given, allowed);
  const headers = requestHeaders(options.headers);
  const body = requestBody(options, headers);
  return {
    method: method.toUpperCase(),
    headers,
    body,
    timeoutMs: milliseconds("client", "timeout", options.timeout),
    retryAfter: flag("retry_after", options.retry_after),
    maxBytes: byteCount(options.max_bytes),
  };
}

/**
 * The URL of a request: absolute, https or http on loopback, without userinfo. A fragment is dropped.
 * Null for everything else, which is a refused destination.
 */
export function requestUrl(given: unknown): URL | null {
  if (typeof given !== "string") return null;
  try {
    return endpointUrl("client", "url", given.replace(/#[!-~]*$/, ""));
  } catch {
    return null;
  }
}

/** An option in seconds, fractions allowed, as ms; null when it is not given. Throws HARN-OAU-011. */
export function milliseconds(module: "client" | "device_flow", name: string, given: unknown): number | null {
  if (given === undefined || given === null) return null;
  if (typeof given !== "number" || !(given > 0) || given > 86_400) {
    throw new OAuthError(
      "HARN-OAU-011",
      `std/oauth/${module}: ${name} must be a number of seconds above zero`,
      "A day is the most.",
    );
  }
  return given * 1000;
}

function requestHeaders(given: unknown): Record<string, string> {
  const headers: Record<string, string> = Object.create(null);
  if (given === undefined || given === null) return headers;
  const record = objectOf(given);
  if (record === null) throw invalid("headers must be an object");
  for (const [name, value] of Object.entries(record)) {
    const lower = name.toLowerCase();
    if (lower === "authorization" || lower === "dpop" || value === null || value === undefined) continue;
    if (!/^[!#$%&'*+.^_`|~0-9a-z-]{1,128}$/.test(lower))
      throw invalid("a header name has characters it cannot have");
    if (refusedHeaders.test(lower)) throw invalid("a header in the list is set by the transport alone");
    if (lower in headers) throw invalid("a header is given twice");
    const text = typeof value === "number" || typeof value === "boolean" ? String(value) : value;
    if (typeof text !== "string" || !/^[\t -~\u0080-\u00ff]*$/.test(text)) {
      throw invalid("a header value must be text without control characters");
    }
    headers[lower] = text;
  }
  return headers;
}

function requestBody(
  options: Readonly<Record<string, unknown>>,
  headers: Record<string, string>,
): string | Uint8Array | null {
  const { body, json } = options;
  if (json !== undefined) {
    if (body !== undefined && body !== null) throw invalid("body and json exclude each other");
    return jsonBody(json, headers);
  }
  if (body === undefined || body === null) return null;
  if (typeof body === "string") return body;
  if (body instanceof Uint8Array) return body.slice();
  if (typeof body === "object") return jsonBody(body, headers);
  throw invalid("body must be text, bytes or an object");
}

function jsonBody(value: unknown, headers: Record<string, string>): string {
  let text: string | undefined;
  try {
    text = JSON.stringify(value);
  } catch {
    // Circular, or a BigInt.
  }
  if (text === undefined) throw invalid("the body is not JSON data");
  if (!("content-type" in headers)) headers["content-type"] = "application/json";
  return text;
}

function flag(name: string, given: unknown): boolean {
  if (given === undefined || given === null) return false;
  if (typeof given !== "boolean") throw invalid(`${name} must be true or false`);
  return given;
}

function byteCount(given: unknown): number | null {
  if (given === undefined || given === null) return null;
  if (typeof given !== "number" || !Number.isInteger(given) || given < 1) {
    throw invalid("max_bytes must be a whole number above zero");
  }
  return given;
}

function invalid(why: string): OAuthError {
  return new OAuthError("HARN-OAU-011", `std/oauth/client: request: ${why}`, "See the options of request.");
}
