/**
 * The scripted world of a case: a clock that stands, a network of scripted replies, and the host's capabilities. It
 * stands outside of what is tested, so it sees real requests in every mode.
 *
 * @module
 */

import { setImmediate as turn } from "node:timers/promises";
import type { EgressOptions } from "../runtime/host/egress.ts";
import { HttpFailureError } from "../runtime/host/http-failure.ts";
import { createTestingWorld, type TestingWorld } from "../runtime/host/testing-world.ts";
import type { Clock, Http, HttpRequest, HttpResponse, Json } from "../runtime/ports.ts";
import type { Fault, Reply } from "./case-format.ts";
import { cloudOperations, cloudStorage } from "./cloud-storage.ts";
import type { Network } from "./network/network.ts";
import { type ScriptedReplies, scriptedReplies } from "./scripted-replies.ts";
import { type HeardBytes, socketTransport } from "./socket-transport.ts";
import type { SeenCapability, SeenRequest, WorldScript } from "./world-script.ts";

export interface World extends TestingWorld {
  readonly requests: readonly SeenRequest[];
  /** Since the preparation was over. */
  readonly capabilities: readonly SeenCapability[];
  readonly captured: Readonly<Record<string, unknown>>;
  /** The JWTs that replies held. */
  readonly signed: readonly string[];
  /** Seconds since the preparation was over. */
  elapsed(): number;
  /** How the real transport reaches the network of an attack row; null for the other cases, whose `http` is scripted. */
  readonly egressOptions: EgressOptions | null;
  /** What the servers of an attack row received. */
  heard(): readonly HeardBytes[];
  /** Closes connections. */
  close(): Promise<void>;
}

/** The world of a script case: empty, at the usual start. */
export const scriptWorld: WorldScript = {
  start: Date.parse("2026-01-01T00:00:00Z"),
  places: [],
  capabilities: {},
  sockets: null,
};

/**
 * Makes a world. Its `testing` is for script cases: what they mock answers where the script has no place. A script with
 * `sockets` needs the network.
 */
export function createWorld(script: WorldScript, network: Network | null = null): World {
  const still: Clock = { now: () => script.start, monotonic: () => 0, sleep: async () => {} };
  const base = createTestingWorld({ clock: still });
  base.testing.clockSet(script.start);
  const { clock } = base;
  const requests: SeenRequest[] = [];
  const replies = scriptedReplies(script.places, script.start / 1000);
  const cloud = script.capabilities["oauth_storage"] === "memory" ? cloudStorage() : null;
  const answered = new Map<string, number>();
  const asked: SeenCapability[] = [];
  let prepared = { now: clock.now(), asked: 0 };

  const http: Http = {
    async send(request) {
      const seen = seenRequest(request);
      const note = (answer: string): void => void requests.push({ ...seen, answer });
      const reply = replies.take(seen);
      if (reply === null) {
        const answer = await base.http.send(request).catch((error: unknown) => {
          note(error instanceof HttpFailureError && error.kind === "unmocked" ? "unscripted" : "fault");
          throw error;
        });
        note(String(answer.status));
        return answer;
      }
      note(reply.fault ?? String(reply.status ?? 200));
      // An answer takes its time, so that calls which run at once meet each other.
      for (let turns = 0; turns < 3; turns += 1) await turn();
      return await respond(reply, request, clock, replies);
    },
  };
  const sockets =
    script.sockets === null || network === null
      ? null
      : socketTransport(network, script.sockets, { replies, clock, requests });

  return {
    ...base,
    testing: {
      ...base.testing,
      clockAdvance(ms) {
        if (ms > 0) base.testing.clockAdvance(ms);
        else prepared = { now: clock.now(), asked: asked.length };
      },
    },
    http: sockets?.http ?? http,
    ...(sockets === null ? {} : { egress: sockets.egress }),
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
    captured: replies.captured,
    signed: replies.signed,
    elapsed: () => (clock.now() - prepared.now) / 1000,
    egressOptions: sockets?.options ?? null,
    heard: () => sockets?.heard() ?? [],
    close: async () => await sockets?.close(),
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
  close: "cut",
  truncate: "cut",
  stall: "timeout",
  stall_body: "timeout",
  bad_encoding: "malformed",
  oversize: "too_large",
};

async function respond(
  reply: Reply,
  request: HttpRequest,
  clock: Clock,
  replies: ScriptedReplies,
): Promise<HttpResponse> {
  const patience = request.timeoutMs ?? 30_000;
  const delay = reply.fault?.startsWith("stall") ? Number.POSITIVE_INFINITY : (reply.delay ?? 0) * 1000;
  if (delay > 0) await clock.sleep(Math.min(delay, patience), request.signal);
  if (delay > patience) throw new HttpFailureError("timeout");
  if (reply.fault !== undefined) throw new HttpFailureError(kinds[reply.fault]);
  const { fields, body } = replies.answer(reply);
  if (body.length > (request.maxBytes ?? Number.POSITIVE_INFINITY)) throw new HttpFailureError("too_large");
  const headers = Object.create(null) as Record<string, string>;
  for (const [name, value] of fields) headers[name.toLowerCase()] = value;
  return { status: reply.status ?? 200, headers, body };
}

function jsonOf(params: unknown): Json {
  return params === undefined ? null : (JSON.parse(JSON.stringify(params)) as Json);
}
