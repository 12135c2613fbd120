/**
 * `std/http`: requests to the hosts that the run was granted.
 *
 * @module
 */

import { RunError } from "../host/run-error.ts";
import type { HttpResponse, Ports } from "../ports.ts";
import {
  integerWithin,
  invalid,
  numberWithin,
  oneOf,
  options,
  text,
  textRecord,
  type Place,
} from "./arguments.ts";
import { isText, requestBody, responseBody } from "./http-body.ts";
import { maxRedirects, nextHop, sameOrigin, spellings, type Hop } from "./redirect.ts";

/** The longest `timeout`, in seconds. */
export const maxTimeout = 3_600;
/** The largest `max_bytes`. */
export const maxAnswerBytes: number = 64 * 1024 * 1024;

/** Data that is sent as JSON. */
export type JsonBody = { readonly [key: string]: unknown } | readonly unknown[];

/** What the body of an answer can be. */
export type Bodies = { readonly text: string; readonly bytes: Uint8Array };

/** Whether the body of an answer is text or bytes. */
export type BodyKind = "text" | "bytes";

/** Options of a request. Closed: an unknown name is HARN-RUN-015. */
export type HttpOptions<As extends BodyKind = BodyKind> = {
  /** Field names in any case, each once. */
  readonly headers?: Readonly<Record<string, string>>;
  /** A plain object or list is sent as JSON, with `content-type: application/json` unless `headers` has one. */
  readonly body?: string | Uint8Array | JsonBody | null;
  /** Seconds from the start to the last byte, redirects included; fractions allowed. Default 30. */
  readonly timeout?: number;
  /** Cap of the answer in bytes. Default 10 MiB. */
  readonly max_bytes?: number;
  /** `follow` (default): up to 10 redirects. `manual`: the redirect itself is the answer. */
  readonly redirect?: "follow" | "manual";
  /** Whether `body` of the answer is text or bytes. Default: by its content type. */
  readonly as?: As;
};

/** An answer. */
export type HttpAnswer<As extends BodyKind = BodyKind> = {
  readonly status: number;
  /** Names in lower case; repeated fields joined with ", " (`set-cookie` with a line break). */
  readonly headers: Readonly<Record<string, string>>;
  /** As the option `as` says. Without it text for text, JSON, XML, form and empty answers, otherwise bytes. */
  readonly body: Bodies[As];
  /** True when the status is 200–299. */
  readonly ok: boolean;
};

/** What a script imports from `std/http`. */
export type HttpModule = {
  /**
   * Sends a request. Each redirect is checked like a first request; on the way to another origin, headers that
   * may carry a credential are dropped.
   * @throws HARN-RUN-010 not granted, 013 refused, 014 network, 009 cancelled, 015 invalid argument
   */
  readonly http_request: <As extends BodyKind = BodyKind>(
    method: string,
    url: string,
    opts?: HttpOptions<As>,
  ) => Promise<HttpAnswer<As>>;
  /** Sends a GET request. Throws as `http_request`. */
  readonly http_get: <As extends BodyKind = BodyKind>(
    url: string,
    opts?: HttpOptions<As>,
  ) => Promise<HttpAnswer<As>>;
  /** Sends a POST request. Throws as `http_request`. */
  readonly http_post: <As extends BodyKind = BodyKind>(
    url: string,
    body: HttpOptions["body"],
    opts?: Omit<HttpOptions<As>, "body">,
  ) => Promise<HttpAnswer<As>>;
};

type Wanted = {
  readonly first: Hop;
  readonly timeoutMs: number | undefined;
  readonly maxBytes: number | undefined;
  readonly follow: boolean;
  readonly as: BodyKind | undefined;
};

/** Makes `std/http` over the run's egress. */
export function httpModule(ports: Ports): HttpModule {
  return {
    http_request: async <As extends BodyKind>(method: unknown, url: unknown, opts?: unknown) =>
      exchange<As>(ports, wanted("std/http: http_request", method, url, opts)),
    http_get: async <As extends BodyKind>(url: unknown, opts?: unknown) =>
      exchange<As>(ports, wanted("std/http: http_get", "GET", url, opts)),
    http_post: async <As extends BodyKind>(url: unknown, body: unknown, opts?: unknown) =>
      exchange<As>(ports, wanted("std/http: http_post", "POST", url, opts, { body })),
  };
}

const optionNames = ["headers", "body", "timeout", "max_bytes", "redirect", "as"] as const;
const standardMethods = ["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"];

function wanted(place: Place, method: unknown, url: unknown, opts: unknown, own?: { body: unknown }): Wanted {
  const given = options(place, opts, own ? optionNames.filter((name) => name !== "body") : optionNames);
  const address = text(place, "url", url);
  if (!URL.canParse(address)) throw invalid(place, "url must be an absolute URL");
  const { body, contentType } = requestBody(place, own ? own.body : given.body);
  const headers = given.headers === undefined ? {} : textRecord(place, "headers", given.headers);
  const names = new Set(Object.keys(headers).map((name) => name.toLowerCase()));
  if (names.size !== Object.keys(headers).length) {
    throw invalid(place, "headers must not name a field twice in different case");
  }
  if (contentType !== null && !names.has("content-type")) headers["content-type"] = contentType;
  const { timeout, max_bytes, redirect = "follow", as } = given;
  return {
    first: { method: methodName(place, method), url: address, headers, body },
    timeoutMs:
      timeout === undefined ? undefined : numberWithin(place, "timeout", timeout, 0.001, maxTimeout) * 1_000,
    maxBytes:
      max_bytes === undefined ? undefined : integerWithin(place, "max_bytes", max_bytes, 1, maxAnswerBytes),
    follow: oneOf(place, "redirect", redirect, ["follow", "manual"]) === "follow",
    as: as === undefined ? undefined : oneOf(place, "as", as, ["text", "bytes"]),
  };
}

function methodName(place: Place, value: unknown): string {
  const method = text(place, "method", value);
  if (!/^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,32}$/.test(method)) {
    throw invalid(place, "method must be an HTTP method, such as GET");
  }
  const upper = method.toUpperCase();
  return standardMethods.includes(upper) ? upper : method;
}

/** `As` is the type of `want.as`, which is judged by now. */
async function exchange<As extends BodyKind>(ports: Ports, want: Wanted): Promise<HttpAnswer<As>> {
  const totalMs = want.timeoutMs ?? 30_000;
  const deadline = ports.clock.monotonic() + totalMs;
  let hop = want.first;
  for (let followed = 0; ; followed++) {
    const answer = await ports.http.send({
      ...hop,
      timeoutMs: followed === 0 ? totalMs : Math.max(1, deadline - ports.clock.monotonic()),
      ...(want.maxBytes === undefined ? {} : { maxBytes: want.maxBytes }),
      signal: ports.run.signal,
    });
    const next = want.follow ? nextHop(hop, answer) : null;
    if (next === null) return forScript<As>(ports, answer, want.as);
    if (followed === maxRedirects) {
      throw new RunError("HARN-RUN-014", `std/http: more than ${maxRedirects} redirects`, {
        hint: "Ask for the address that they lead to.",
      });
    }
    // A server may put a token that it was sent into the address of another server.
    const holdsToken = (text: string) => ports.redactor.maskKnown(text, answer.carried) !== text;
    if (!sameOrigin(hop.url, next.url) && spellings(answer, next).some(holdsToken)) {
      throw new RunError("HARN-RUN-013", "std/http: a redirect would carry a credential to another origin", {
        hint: "Ask the other origin itself, without the credential.",
      });
    }
    hop = next;
  }
}

function forScript<As extends BodyKind>(
  ports: Ports,
  answer: HttpResponse,
  as: BodyKind | undefined,
): HttpAnswer<As> {
  const open = ports.run.reveal || ports.run.trusted;
  const mask = open
    ? (value: string) => value
    : (value: string) => ports.redactor.maskKnown(value, answer.carried);
  const headers: Record<string, string> = Object.create(null);
  for (const [name, value] of Object.entries(answer.headers)) headers[name] = mask(value);
  const kind = as ?? (isText(answer.headers["content-type"], answer.body) ? "text" : "bytes");
  return {
    status: answer.status,
    headers,
    body: responseBody(answer.body, kind, mask) as Bodies[As],
    ok: answer.status >= 200 && answer.status < 300,
  };
}
