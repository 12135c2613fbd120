/**
 * The event log: redacts every event, keeps the newest in memory, forwards each to every sink.
 *
 * @module
 */

import type { Clock, Events, EventSink, LogEvent, Redactor } from "../ports.ts";
import { type EventDraft, judgeDraft, judgeSink, redactDraft } from "./event-draft.ts";
import { createEventRing } from "./event-ring.ts";
import { walkEvents } from "./event-subscription.ts";

/** Who writes: a run of a script, or Node itself. */
export interface EventActor {
  readonly run: string;
  readonly script: string;
  /** Default: the run's id. */
  readonly correlationId?: string;
  /** The run's own redactor; null: that of the log. */
  readonly redactor: Redactor | null;
}

export interface EventLog {
  /** The events port of one run. It reads back only what this run wrote. */
  forRun(actor: EventActor): Events;
  /**
   * Adds a sink after sending a synthetic token through the redaction that its events will pass.
   * @throws HARN-RUN-010 when the sink persists and there is no redactor, or the token comes out; the sink is then closed.
   */
  addSink(sink: EventSink): void;
  /** The events that are still in memory, of all runs, oldest first. */
  events(): readonly LogEvent[];
  /** How often each sink, by name, has failed. */
  sinkFailures(): Readonly<Record<string, number>>;
  /** Ends live subscriptions, then closes every sink. @throws the first error of a sink that could not close. */
  close(): Promise<void>;
}

type EventSource = Pick<LogEvent, "actor" | "correlation_id">;

const defaultCapacity = 10_000;

/**
 * An event log.
 * @throws HARN-RUN-010 when a sink is refused (see {@link EventLog.addSink}).
 */
export function createEventLog(options: {
  clock: Clock;
  redactor: Redactor | null;
  sinks?: readonly EventSink[];
  /** How many events stay in memory (default 10,000). */
  capacity?: number;
}): EventLog {
  const { clock } = options;
  const ring = createEventRing(options.capacity ?? defaultCapacity);
  const sinks = new Set<EventSink>();
  const failures = new Map<string, number>();
  const waiting = new Set<() => void>();
  let closed = false;

  function wake(): void {
    const woken = [...waiting];
    waiting.clear();
    for (const resume of woken) resume();
  }

  function append(source: EventSource, draft: EventDraft, except?: EventSink): number {
    const { topic, kind, payload, headers, size } = draft;
    const { actor, correlation_id } = source;
    const at = clock.now();
    const event = ring.append(
      (id) => Object.freeze({ id, topic, kind, payload, headers, actor, correlation_id, at }),
      size,
    );
    // Reported after the loop, so that every sink sees the events in the order of their ids.
    const failed = [...sinks].filter((sink) => sink !== except && !forward(event, sink));
    for (const sink of failed)
      append(event, judgeDraft("runtime.events", "sink_failed", { sink: sink.name, event: event.id }), sink);
    wake();
    return event.id;
  }

  /** False at the first failure of a sink; later ones are only counted. */
  function forward(event: LogEvent, sink: EventSink): boolean {
    try {
      sink.write(event);
      return true;
    } catch {
      const count = (failures.get(sink.name) ?? 0) + 1;
      failures.set(sink.name, count);
      return count > 1;
    }
  }

  function addSink(sink: EventSink): void {
    const refusal = judgeSink(sink, options.redactor);
    if (refusal === null) {
      sinks.add(sink);
      return;
    }
    sink.close().catch(() => {});
    throw refusal;
  }

  for (const sink of options.sinks ?? []) addSink(sink);

  return {
    addSink,
    forRun(actor) {
      const redactor = actor.redactor ?? options.redactor;
      const source: EventSource = {
        actor: Object.freeze({ run: actor.run, script: actor.script }),
        correlation_id: actor.correlationId ?? actor.run,
      };
      const events: Events = {
        emit(topic, kind, payload, headers) {
          return append(source, redactDraft(judgeDraft(topic, kind, payload, headers), redactor));
        },
        latest(topic) {
          const wanted = redactor ? redactor.redact(topic) : topic;
          for (let id = ring.last; id >= ring.first; id -= 1) {
            const event = ring.at(id);
            if (event?.topic === wanted && event.actor.run === actor.run) return id;
          }
          return null;
        },
        subscribe({ topic, fromCursor, live }) {
          const wanted = redactor ? redactor.redact(topic) : topic;
          const fits = (event: LogEvent) => event.topic === wanted && event.actor.run === actor.run;
          const end = live ? null : ring.last;
          const wait = (resume: () => void) => {
            if (closed) return null;
            waiting.add(resume);
            return () => waiting.delete(resume);
          };
          return walkEvents(ring, fits, fromCursor ?? 1, end, wait);
        },
      };
      // What a sink redacted is an event too. A redactor does not report what it redacts while it reports.
      actor.redactor?.onAudit((entries) => {
        for (const entry of entries) events.emit("audit.token_redaction", "token_redaction", entry);
      });
      return events;
    },
    events() {
      const kept: LogEvent[] = [];
      for (let id = ring.first; id <= ring.last; id += 1) {
        const event = ring.at(id);
        if (event) kept.push(event);
      }
      return kept;
    },
    sinkFailures: () => Object.fromEntries(failures),
    async close() {
      if (closed) return;
      closed = true;
      wake();
      const outcomes = await Promise.allSettled([...sinks].map((sink) => sink.close()));
      sinks.clear();
      for (const outcome of outcomes) if (outcome.status === "rejected") throw outcome.reason;
    },
  };
}
