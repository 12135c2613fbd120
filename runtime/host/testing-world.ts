/**
 * The scripted world of a test run: a clock that stands still, and answers instead of a network.
 *
 * @module
 */

import type { CapabilityInfo, Clock, Http, Json, Testing } from "../ports.ts";
import type { Egress } from "./egress.ts";
import { HttpFailureError } from "./http-failure.ts";
import { copyJson } from "./json-value.ts";
import { globMatcher, type MockReply, judgeReplies } from "./mock-reply.ts";
import { requestDefaults } from "./admission.ts";
import { RunError } from "./run-error.ts";

/** What a test run gets in place of the real clock, http and capabilities. */
export interface TestingWorld {
  readonly testing: Testing;
  /** The base clock until a test sets it; from then on it stands, and a sleep moves it at once. */
  readonly clock: Clock;
  /** Answers from mocks only. @throws HttpFailure `unmocked`, or the scripted fault. */
  readonly http: Http;
  /** The real transport, over a network of the suite's own; the http mocks are not asked then. */
  readonly egress?: Egress;
  /** Answers from mocks only. @throws HARN-RUN-010 when there is none. */
  capability(name: string, operation: string, params: unknown): Promise<unknown>;
  /** Offers what has a mock. */
  capabilityInfo(name: string): CapabilityInfo;
}

let worlds = 0;

interface Mock {
  readonly method: string;
  readonly url: string;
  readonly exact: boolean;
  matches(url: string): boolean;
  readonly replies: readonly MockReply[];
  used: number;
}

interface Call {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
}

/** Fields that a call log leaves out unless the test asks for them. */
const sensitiveFields: ReadonlySet<string> = new Set([
  "authorization",
  "cookie",
  "proxy-authorization",
  "dpop",
]);

/** A scripted world over a real clock. */
export function createTestingWorld(base: { clock: Clock }): TestingWorld {
  const { clock, controls } = settableClock(base.clock);
  const mocks = new Map<string, Mock>();
  const calls: Call[] = [];
  const hostReplies = new Map<string, Json>();
  const hostCalls: Json[] = [];
  const number = ++worlds;

  const testing: Testing = {
    ...controls,
    httpMock(method, url, reply) {
      if (typeof method !== "string" || typeof url !== "string" || method === "" || url === "")
        throw new RunError("HARN-RUN-015", "A mock needs a method and a URL.");
      const name = method.toUpperCase();
      const pattern = url.includes("*") ? url : normalised(url);
      const exact = !url.includes("*");
      const matches = globMatcher(pattern);
      mocks.set(`${name} ${pattern}`, {
        method: name,
        url: pattern,
        exact,
        matches,
        replies: judgeReplies(reply),
        used: 0,
      });
    },
    httpMockClear() {
      mocks.clear();
      calls.length = 0;
    },
    httpMockCalls: (includeSensitive) =>
      calls.map(({ method, url, headers, body }) => {
        if (includeSensitive) return { method, url, headers, body };
        const shown = Object.entries(headers).filter(([name]) => !sensitiveFields.has(name));
        return { method, url, headers: Object.fromEntries(shown) };
      }),
    hostMock(capability, operation, reply) {
      const copied = copyJson(reply ?? null);
      if (copied === undefined) throw new RunError("HARN-RUN-015", "A capability's mock reply must be JSON.");
      hostReplies.set(JSON.stringify([capability, operation]), copied);
    },
    hostMockCalls: () => [...hostCalls],
  };

  const http: Http = {
    async send(request) {
      const method = request.method.toUpperCase();
      const url = normalised(request.url);
      const fields = Object.entries(request.headers ?? {}).map(
        ([name, value]) => [name.toLowerCase(), value] as const,
      );
      const body = typeof request.body === "string" ? request.body : textOf(request.body);
      calls.push({ method, url, headers: Object.fromEntries(fields), body });
      if (request.signal?.aborted) throw new HttpFailureError("cancelled", { method, sent: false });
      const mock = mockFor([...mocks.values()], method, url);
      const origin = withoutQuery(url);
      if (mock === undefined) {
        const hint = `Script an answer: http_mock("${method}", "${origin}", {status: 200, body: "…"}).`;
        throw new HttpFailureError("unmocked", { method, origin, hint });
      }
      const reply = mock.replies[Math.min(mock.used, mock.replies.length - 1)];
      mock.used += 1;
      if (reply === undefined || reply.fault === "reset")
        throw new HttpFailureError("cut", { method, origin });
      if (reply.fault === "timeout") throw new HttpFailureError("timeout", { method, origin });
      if (reply.body.length > (request.maxBytes ?? requestDefaults.maxBytes))
        throw new HttpFailureError("too_large", { method, origin, reason: "body_too_large" });
      const headers = Object.assign(Object.create(null) as Record<string, string>, reply.headers);
      return { status: reply.status, headers, body: reply.body.slice() };
    },
  };

  return {
    testing,
    clock,
    http,
    async capability(name, operation, params) {
      hostCalls.push({ capability: name, operation, params: copyJson(params ?? null) ?? null });
      const key = JSON.stringify([name, operation]);
      if (hostReplies.has(key)) return hostReplies.get(key);
      throw new RunError("HARN-RUN-010", `No mock answers the capability ${name}.${operation}.`, {
        hint: `Script an answer: host_mock("${name}", "${operation}", …).`,
      });
    },
    capabilityInfo: (name) => ({
      id: `scripted ${number} ${name}`,
      offers: (operation) => hostReplies.has(JSON.stringify([name, operation])),
    }),
  };
}

/** An exact URL wins over a glob, and of several globs the one that was scripted first. */
function mockFor(mocks: readonly Mock[], method: string, url: string): Mock | undefined {
  const fitting = mocks.filter(
    (mock) => (mock.method === method || mock.method === "*") && mock.matches(url),
  );
  return fitting.find(({ exact }) => exact) ?? fitting[0];
}

function settableClock(base: Clock): {
  clock: Clock;
  controls: Pick<Testing, "clockSet" | "clockAdvance" | "clockReset">;
} {
  let set: number | null = null;
  let skipped = 0;
  const advance = (ms: number) => {
    set = (set ?? base.now()) + ms;
    skipped += ms;
  };
  return {
    clock: {
      now: () => set ?? base.now(),
      monotonic: () => base.monotonic() + skipped,
      async sleep(ms, signal) {
        if (set === null) return base.sleep(ms, signal);
        signal?.throwIfAborted();
        advance(Math.max(0, ms));
      },
    },
    controls: {
      clockSet(ms) {
        if (!Number.isFinite(ms))
          throw new RunError("HARN-RUN-015", "The clock is set to milliseconds since the epoch.");
        // Monotonic time follows a step forward and ignores one back.
        skipped += Math.max(0, ms - (set ?? ms));
        set = ms;
      },
      clockAdvance(ms) {
        if (!Number.isFinite(ms) || ms < 0) throw new RunError("HARN-RUN-015", "The clock only advances.");
        advance(ms);
      },
      clockReset() {
        set = null;
      },
    },
  };
}

/** As a server would see it: default port and dots removed, no fragment. */
function normalised(url: string): string {
  if (!URL.canParse(url)) return url;
  const parsed = new URL(url);
  parsed.hash = "";
  return parsed.href;
}

function withoutQuery(url: string): string {
  if (!URL.canParse(url)) return "";
  const { origin, pathname } = new URL(url);
  return origin + pathname;
}

function textOf(body: Uint8Array | null | undefined): string | null {
  return body ? new TextDecoder().decode(body) : null;
}
