/**
 * `std/events`: the run's own events, written and read.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { RunError } from "../host/run-error.ts";
import { plain } from "../plugin.ts";
import type { Json, LogEvent, Ports } from "../ports.ts";
import { flag, integerWithin, invalid, json, options, text, textRecord, type Place } from "./arguments.ts";

/** Cap of payload and headers together, as JSON in UTF-8 bytes. */
export const maxEventBytes: number = 64 * 1024;

/** How many events a run may emit, so that it cannot push those of other runs out of the log. */
export const maxRunEvents = 1_000;

/** Cap of all events that a run emits, as JSON in UTF-8 bytes. */
export const maxRunEventBytes: number = 1024 * 1024;

/** An event as a script sees it. */
export type ScriptEvent = {
  readonly id: number;
  readonly topic: string;
  readonly kind: string;
  readonly payload: Json;
  readonly headers: Readonly<Record<string, string>>;
  /** Milliseconds since the Unix epoch. */
  readonly at: number;
};

/** Events one by one. In a script it is also an async iterable. */
export type Subscription = {
  /** The next event; `done` at the present end of the log, for a live one when the run is over. */
  next(): Promise<{ done: false; value: ScriptEvent } | { done: true; value: undefined }>;
  /** Ends the subscription. */
  return(): Promise<{ done: true; value: undefined }>;
  [Symbol.asyncIterator](): Subscription;
};

/** What a script imports from `std/events`. */
export type EventsModule = {
  /**
   * Writes an event and returns its id. A topic is 1–128 characters of `a-z 0-9 . _ -`; those of the host
   * (`oauth.…`, `audit.…`, `runtime.…`) are refused.
   * @throws HARN-RUN-015; HARN-RUN-006 beyond 1,000 events or 1 MiB of them in one run
   */
  readonly emit: (
    topic: string,
    kind: string,
    payload: unknown,
    headers?: Readonly<Record<string, string>>,
  ) => number;
  /** Id of the newest event of a topic that this run wrote, or null. */
  readonly latest: (topic: string) => number | null;
  /** Events of a topic that this run wrote, from `from_cursor` (an id, inclusive) on; `live` waits for new ones. */
  readonly subscribe: (opts: { topic: string; from_cursor?: number; live?: boolean }) => Subscription;
};

/** Makes `std/events` over the run's event log. */
export function eventsModule(ports: Ports): EventsModule {
  let emitted = 0;
  let bytes = 0;
  return {
    emit: plain((topic: unknown, kind: unknown, payload: unknown, headers?: unknown) => {
      const place = "std/events: emit";
      const name = topicName(place, topic);
      if (/^(?:oauth|audit|runtime)\./.test(name)) {
        throw invalid(
          place,
          "topic is one of the host's",
          "Choose a topic that does not start with oauth., audit. or runtime.",
        );
      }
      const word = kindName(place, kind);
      const data = payload === undefined ? null : json(place, "payload", payload);
      const more = headers === undefined || headers === null ? {} : textRecord(place, "headers", headers);
      const size = Buffer.byteLength(JSON.stringify([data, more]));
      if (size > maxEventBytes) {
        throw invalid(place, `payload and headers must not exceed ${maxEventBytes} bytes`);
      }
      if (emitted + 1 > maxRunEvents || bytes + size > maxRunEventBytes) throw eventLimit(place);
      emitted += 1;
      bytes += size;
      return ports.events.emit(name, word, data, more);
    }),
    latest: plain((topic: unknown) => ports.events.latest(topicName("std/events: latest", topic))),
    subscribe: plain((opts: unknown) => {
      const place = "std/events: subscribe";
      const { topic, from_cursor, live } = options(place, opts, ["topic", "from_cursor", "live"]);
      return subscription(
        ports.events.subscribe({
          topic: topicName(place, topic),
          ...(from_cursor === undefined
            ? {}
            : { fromCursor: integerWithin(place, "from_cursor", from_cursor, 0, Number.MAX_SAFE_INTEGER) }),
          ...(live === undefined ? {} : { live: flag(place, "live", live) }),
        }),
        ports.run.signal,
      );
    }),
  };
}

function eventLimit(place: Place): RunError {
  return new RunError(
    "HARN-RUN-006",
    `${place}: a run may emit ${maxRunEvents} events with ${maxRunEventBytes} bytes together`,
    { hint: "Emit one event for many things." },
  );
}

function topicName(place: Place, value: unknown): string {
  const topic = text(place, "topic", value);
  if (!/^[a-z0-9._-]{1,128}$/.test(topic)) {
    throw invalid(place, "topic must be 1 to 128 characters of a-z, 0-9, dot, underscore and hyphen");
  }
  return topic;
}

function kindName(place: Place, value: unknown): string {
  const kind = text(place, "kind", value);
  if (!/^[\x20-\x7e]{1,128}$/.test(kind)) {
    throw invalid(place, "kind must be 1 to 128 printable ASCII characters");
  }
  return kind;
}

function subscription(events: AsyncIterator<LogEvent>, signal: AbortSignal): Subscription {
  const ended = { done: true, value: undefined } as const;
  let over = false;
  const self: Subscription = {
    async next() {
      if (over) return ended;
      // A live subscription waits for an event that may never come: the end of the run ends it.
      const step = await untilAborted(events.next(), signal);
      if (step === null) void self.return();
      if (step === null || step.done === true) {
        over = true;
        return ended;
      }
      const { id, topic, kind, payload, headers, at } = step.value;
      return { done: false, value: { id, topic, kind, payload, headers, at } };
    },
    async return() {
      over = true;
      // Not awaited: an async generator answers only after its pending `next`.
      void Promise.resolve(events.return?.()).catch(() => {});
      return ended;
    },
    [Symbol.asyncIterator]: () => self,
  };
  return self;
}

/** The promise's value, or null once the signal aborts. */
async function untilAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T | null> {
  if (signal.aborted) {
    promise.catch(() => {});
    return null;
  }
  let stop = (): void => {};
  const aborted = new Promise<null>((resolve) => {
    stop = () => resolve(null);
    signal.addEventListener("abort", stop);
  });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener("abort", stop);
  }
}
