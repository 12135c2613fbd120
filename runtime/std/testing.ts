/**
 * `std/testing`: the scripted world of a run that was granted `testing`.
 *
 * @module
 */

import { RunError } from "../host/run-error.ts";
import { plain } from "../plugin.ts";
import type { Json, Ports, Testing } from "../ports.ts";
import { flag, invalid, isPlainObject, json, numberWithin, options, text, type Place } from "./arguments.ts";

/** A scripted answer. */
export type MockReply = {
  /** 200–599; default 200. */
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  /** In place of `body`: data that is sent as JSON. */
  readonly json?: unknown;
  /** Instead of an answer: the connection breaks, or none comes in time. */
  readonly fault?: "reset" | "timeout";
};

/** A request that was seen. */
export type HttpMockCall = {
  readonly method: string;
  readonly url: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** With `include_sensitive`. */
  readonly body?: string | null;
};

/** A call of a capability that was seen. */
export type HostMockCall = {
  readonly capability: string;
  readonly operation: string;
  readonly params: Json;
};

/** What a script imports from `std/testing`. All throw HARN-RUN-010 without the grant, and HARN-RUN-015. */
export type TestingModule = {
  /** Sets the wall clock, in ms since the epoch. A sleep then advances it and returns at once. */
  readonly clock_set: (ms: number) => void;
  /** Moves the set clock on. */
  readonly clock_advance: (ms: number) => void;
  /** Back to the real clock. */
  readonly clock_reset: () => void;
  /**
   * Scripts the answer, or a list of answers of which the last repeats, for a method and URL (`*` stands for any
   * text). The same pair again replaces it.
   */
  readonly http_mock: (method: string, url: string, reply: MockReply | readonly MockReply[]) => void;
  /** Drops the scripted answers and the list of calls. */
  readonly http_mock_clear: () => void;
  /** The requests seen. Authorization, cookies and bodies are left out unless `include_sensitive`. */
  readonly http_mock_calls: (opts?: { include_sensitive?: boolean }) => readonly HttpMockCall[];
  /** Scripts the answer of a capability's operation. */
  readonly host_mock: (capability: string, operation: string, reply: unknown) => void;
  /** The capability calls seen. */
  readonly host_mock_calls: () => readonly HostMockCall[];
};

/** 100 million days, the range of a JavaScript date in ms. */
const maxTime = 8.64e15;

/** Makes `std/testing` over the run's scripted world. */
export function testingModule(ports: Ports): TestingModule {
  const world = (place: Place): Testing => {
    if (ports.testing !== null) return ports.testing;
    throw new RunError("HARN-RUN-010", `${place}: this run was not granted testing`, {
      hint: "Grant `testing` to the run.",
    });
  };
  return {
    clock_set: plain((ms: unknown): void => {
      const place = "std/testing: clock_set";
      world(place).clockSet(numberWithin(place, "ms", ms, 0, maxTime));
    }),
    clock_advance: plain((ms: unknown): void => {
      const place = "std/testing: clock_advance";
      world(place).clockAdvance(numberWithin(place, "ms", ms, 0, maxTime));
    }),
    clock_reset: plain((): void => world("std/testing: clock_reset").clockReset()),
    http_mock: plain((method: unknown, url: unknown, reply: unknown): void => {
      const place = "std/testing: http_mock";
      world(place).httpMock(
        text(place, "method", method),
        text(place, "url", url),
        mockReplies(place, reply),
      );
    }),
    http_mock_clear: plain((): void => world("std/testing: http_mock_clear").httpMockClear()),
    http_mock_calls: plain((opts?: unknown) => {
      const place = "std/testing: http_mock_calls";
      const granted = world(place);
      const { include_sensitive = false } = options(place, opts, ["include_sensitive"]);
      return granted.httpMockCalls(
        flag(place, "include_sensitive", include_sensitive),
      ) as readonly HttpMockCall[];
    }),
    host_mock: plain((capability: unknown, operation: unknown, reply: unknown): void => {
      const place = "std/testing: host_mock";
      world(place).hostMock(
        text(place, "capability", capability),
        text(place, "operation", operation),
        json(place, "reply", reply),
      );
    }),
    host_mock_calls: plain(
      () => world("std/testing: host_mock_calls").hostMockCalls() as readonly HostMockCall[],
    ),
  };
}

/** The reply as it is; the scripted world judges what stands in it. */
function mockReplies(place: Place, reply: unknown): unknown {
  const list: readonly unknown[] = Array.isArray(reply) ? reply : [reply];
  if (list.length === 0 || !list.every(isPlainObject)) {
    throw invalid(place, "reply must be an object or a list of objects, not empty");
  }
  return reply;
}
