/**
 * The scripted world of a case: a clock that stands, a network of scripted replies, and the host's capabilities. It
 * stands outside of what is tested, so it sees real requests in every mode.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { setImmediate as turn } from "node:timers/promises";
import { HttpFailureError } from "../runtime/host/http-failure.ts";
import { globMatcher } from "../runtime/host/mock-reply.ts";
import { RunError } from "../runtime/host/run-error.ts";
import { createTestingWorld, type TestingWorld } from "../runtime/host/testing-world.ts";
import type { Clock, Http, HttpRequest, HttpResponse, Json } from "../runtime/ports.ts";
import type { Fault, Reply } from "./case-format.ts";
import { cloudOperations, cloudStorage } from "./cloud-storage.ts";
import { type ReplySigner, replySigner } from "./signed-reply.ts";

/** A request that left, and what came back. */
export interface SeenRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** The status, the fault, or "unscripted". */
  readonly answer: string;
}

export interface SeenCapability {
  readonly operation: string;
  readonly params: Json;
}

/** A place of the network: `METHOD URL` with `*` globs, and what it answers. */
export interface ScriptedPlace {
  readonly method: string;
  readonly url: string;
  readonly replies: readonly Reply[];
}

export interface World extends TestingWorld {
  readonly requests: readonly SeenRequest[];
  /** Since the preparation was over. */
  readonly capabilities: readonly SeenCapability[];
  readonly captured: Readonly<Record<string, unknown>>;
  /** The JWTs that replies held. */
  readonly signed: readonly string[];
  /** Seconds since the preparation was over. */
  elapsed(): number;
}

export interface WorldScript {
  /** Milliseconds since the epoch. */
  readonly start: number;
  readonly places: readonly ScriptedPlace[];
  readonly capabilities: Readonly<Record<string, Json>>;
}

/** The world of a script case: empty, at the usual start. */
export const scriptWorld: WorldScript = {
  start: Date.parse("2026-01-01T00:00:00Z"),
  places: [],
  capabilities: {},
};

/** Makes a world. Its `testing` is for script cases: what they mock answers where the script has no place. */
export function createWorld(script: WorldScript): World {
  const still: Clock = { now: () => script.start, monotonic: () => 0, sleep: async () => {} };
  const base = createTestingWorld({ clock: still });
  base.testing.clockSet(script.start);
  const { clock } = base;
  const requests: SeenRequest[] = [];
  const captured: Record<string, unknown> = {};
  const signer = replySigner(script.start / 1000);
  const places = script.places.map((place) => ({ ...place, matches: globMatcher(place.url), used: 0 }));
  const cloud = script.capabilities["oauth_storage"] === "memory" ? cloudStorage() : null;
  const answered = new Map<string, number>();
  const asked: SeenCapability[] = [];
  let prepared = { now: clock.now(), asked: 0 };

  const http: Http = {
    async send(request) {
      const seen = seenRequest(request);
      const fitting = places.filter(
        ({ method, matches }) => (method === "*" || method === seen.method) && matches(seen.url),
      );
      const place = fitting.find(({ url }) => !url.includes("*")) ?? fitting[0];
      const note = (answer: string): void => void requests.push({ ...seen, answer });
      if (place === undefined) {
        const answer = await base.http.send(request).catch((error: unknown) => {
          note(error instanceof HttpFailureError && error.kind === "unmocked" ? "unscripted" : "fault");
          throw error;
        });
        note(String(answer.status));
        return answer;
      }
      const reply = place.replies[Math.min(place.used, place.replies.length - 1)] ?? {};
      place.used += 1;
      note(reply.fault ?? String(reply.status ?? 200));
      capture(reply, seen, captured);
      // An answer takes its time, so that calls which run at once meet each other.
      for (let turns = 0; turns < 3; turns += 1) await turn();
      return await respond(reply, request, clock, captured, signer);
    },
  };

  return {
    ...base,
    testing: {
      ...base.testing,
      clockAdvance(ms) {
        if (ms > 0) base.testing.clockAdvance(ms);
        else prepared = { now: clock.now(), asked: asked.length };
      },
    },
    http,
    async capability(name, operation, params) {
      const called = `${name}.${operation}`;
      const scripted = script.capabilities[called];
      // What no host gives never arrives at one.
      if (scripted === undefined && !(cloud && name === "oauth_storage"))
        return await base.capability(name, operation, params);
      asked.push({ operation: called, params: jsonOf(params) });
      if (scripted !== undefined) {
        const count = answered.get(called) ?? 0;
        answered.set(called, count + 1);
        const list: readonly Json[] = Array.isArray(scripted) ? scripted : [scripted];
        const answer = list[Math.min(count, list.length - 1)] ?? null;
        if (typeof answer === "object" && answer !== null && "throws" in answer)
          throw new Error(typeof answer.throws === "string" ? answer.throws : "the host failed");
        return answer;
      }
      return await cloud?.(operation, params);
    },
    capabilityInfo(name) {
      const { id, offers } = base.capabilityInfo(name);
      const scripted = (operation: string): boolean =>
        Object.hasOwn(script.capabilities, `${name}.${operation}`) ||
        (cloud !== null && name === "oauth_storage" && cloudOperations.includes(operation));
      return { id, offers: (operation) => scripted(operation) || offers(operation) };
    },
    requests,
    get capabilities() {
      return asked.slice(prepared.asked);
    },
    captured,
    signed: signer.made,
    elapsed: () => (clock.now() - prepared.now) / 1000,
  };
}

function seenRequest(request: HttpRequest): Omit<SeenRequest, "answer"> {
  const url = new URL(request.url);
  url.hash = "";
  const fields = Object.entries(request.headers ?? {}).map(([name, value]) => [name.toLowerCase(), value]);
  const { body } = request;
  return {
    method: request.method.toUpperCase(),
    url: url.href,
    headers: Object.fromEntries(fields) as Record<string, string>,
    body: typeof body === "string" ? body : body ? new TextDecoder().decode(body) : "",
  };
}

const kinds: Readonly<Record<Fault, ConstructorParameters<typeof HttpFailureError>[0]>> = {
  refuse: "connect",
  reset: "cut",
  truncate: "cut",
  stall: "timeout",
  bad_encoding: "malformed",
  oversize: "too_large",
};

async function respond(
  reply: Reply,
  request: HttpRequest,
  clock: Clock,
  captured: Readonly<Record<string, unknown>>,
  signer: ReplySigner,
): Promise<HttpResponse> {
  const patience = request.timeoutMs ?? 30_000;
  const delay = reply.fault === "stall" ? Number.POSITIVE_INFINITY : (reply.delay ?? 0) * 1000;
  if (delay > 0) await clock.sleep(Math.min(delay, patience), request.signal);
  if (delay > patience) throw new HttpFailureError("timeout");
  if (reply.fault !== undefined) throw new HttpFailureError(kinds[reply.fault]);
  const [type, body] = bodyOf(reply, captured, signer);
  if (body.length > (request.maxBytes ?? Number.POSITIVE_INFINITY)) throw new HttpFailureError("too_large");
  const headers = Object.create(null) as Record<string, string>;
  if (type !== null) headers["content-type"] = type;
  for (const [name, value] of Object.entries(reply.headers ?? {}))
    headers[name.toLowerCase()] = filled(value, captured);
  return { status: reply.status ?? 200, headers, body };
}

/** The token response that `tokens: n` stands for. */
export function tokenResponse(number: number): Readonly<Record<string, Json>> {
  return {
    access_token: `access-token-${number}`,
    token_type: "Bearer",
    expires_in: 3600,
    refresh_token: `refresh-token-${number}`,
  };
}

function bodyOf(
  reply: Reply,
  captured: Readonly<Record<string, unknown>>,
  signer: ReplySigner,
): [string | null, Uint8Array] {
  const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
  const fill = (text: string): string => filled(text, captured);
  const json = (value: Json): [string, Uint8Array] => [
    "application/json",
    encode(JSON.stringify(signer.spellOut(value, fill))),
  ];
  if (reply.tokens !== undefined) {
    const members = Object.entries({ ...tokenResponse(reply.tokens), ...(reply.json as object | undefined) });
    return json(Object.fromEntries(members.filter(([, value]) => value !== null)));
  }
  if (reply.json !== undefined) return json(reply.json);
  if (reply.form !== undefined)
    return ["application/x-www-form-urlencoded", encode(fill(new URLSearchParams(reply.form).toString()))];
  if (reply.bytes !== undefined) return [null, new Uint8Array(Buffer.from(reply.bytes, "base64"))];
  return [null, encode(fill(reply.text ?? ""))];
}

function filled(text: string, captured: Readonly<Record<string, unknown>>): string {
  return text.replace(/\$\{([a-z_]\w*)\}/g, (whole, name: string) =>
    Object.hasOwn(captured, name) ? String(captured[name]) : whole,
  );
}

function capture(reply: Reply, seen: Omit<SeenRequest, "answer">, captured: Record<string, unknown>): void {
  const { $capture } = reply;
  if ($capture === undefined) return;
  const wanted = typeof $capture === "string" ? { [$capture]: `form.${$capture}` } : $capture;
  for (const [name, from] of Object.entries(wanted)) {
    const [, hashed] = /^s256\((.+)\)$/.exec(from) ?? [];
    const value = partOf(seen, hashed ?? from);
    captured[name] =
      hashed === undefined || typeof value !== "string"
        ? value
        : createHash("sha256").update(value).digest("base64url");
  }
}

function partOf({ url, headers, body }: Omit<SeenRequest, "answer">, from: string): unknown {
  const dot = from.indexOf(".");
  const name = from.slice(dot + 1);
  switch (from.slice(0, dot)) {
    case "form":
      return new URLSearchParams(body).get(name) ?? undefined;
    case "query":
      return new URL(url).searchParams.get(name) ?? undefined;
    case "header":
      return headers[name];
    case "json":
      return (JSON.parse(body) as Record<string, unknown>)[name];
    default:
      throw new RunError("HARN-RUN-015", `$capture: ${from} is not form.x, query.x, header.x or json.x`);
  }
}

function jsonOf(params: unknown): Json {
  return params === undefined ? null : (JSON.parse(JSON.stringify(params)) as Json);
}
