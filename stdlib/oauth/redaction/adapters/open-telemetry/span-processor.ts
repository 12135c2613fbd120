/**
 * Redaction for OpenTelemetry traces.
 *
 * @module
 */

import { tryCanary } from "../canary.ts";
import { type AdapterRedactor, failClosed } from "../fail-closed.ts";
import {
  type Attributes,
  type InstrumentationScope,
  Parts,
  type Resource,
  type SpanContext,
} from "./parts.ts";

/** The SDK's `ReadableSpan`. */
export interface ReadableSpan {
  readonly name: string;
  readonly kind: unknown;
  readonly spanContext: () => SpanContext;
  readonly parentSpanContext?: SpanContext | undefined;
  readonly startTime: unknown;
  readonly endTime: unknown;
  readonly status: { readonly code: unknown; readonly message?: string | undefined };
  readonly attributes: Attributes;
  readonly links: readonly {
    readonly context: SpanContext;
    readonly attributes?: Attributes | undefined;
    readonly droppedAttributesCount?: number | undefined;
  }[];
  readonly events: readonly {
    readonly name: string;
    readonly time: unknown;
    readonly attributes?: Attributes | undefined;
    readonly droppedAttributesCount?: number | undefined;
  }[];
  readonly duration: unknown;
  readonly ended: boolean;
  readonly resource: Resource;
  /** `instrumentationLibrary` in SDK 1. */
  readonly instrumentationScope?: InstrumentationScope | undefined;
  readonly droppedAttributesCount: number;
  readonly droppedEventsCount: number;
  readonly droppedLinksCount: number;
}

/** What is called of the SDK's `SpanProcessor`. */
export interface EndedSpanProcessor<Span> {
  onEnd(span: Span): void;
  forceFlush(): Promise<void>;
  shutdown(): Promise<void>;
}

/** A `SpanProcessor` for the SDK. */
export interface RedactingSpanProcessor<Span> extends EndedSpanProcessor<Span> {
  /** Does nothing: a span that has just started is still written to, so `next` is not shown it. */
  onStart(): void;
}

/**
 * A span processor that hands each ended span to `next` as a redacted copy: name, attributes, events, links, status message,
 * trace state, resource and instrumentation scope; ids, times and counts stay.
 *
 *     spanProcessors: [redactingSpanProcessor(redactor, new BatchSpanProcessor(exporter))]
 *
 * A span is redacted when it ends, not when it is exported: a batch can wait longer than a token stays known. `next` gets
 * ended spans only, so a processor that sets attributes when a span starts is registered beside it. Other processors of the
 * provider still get the span itself. A span that cannot be read is dropped.
 *
 * @throws OAuthError HARN-OAU-011 when a token that is sent through comes out.
 */
export function redactingSpanProcessor<Span extends ReadableSpan>(
  redactor: AdapterRedactor,
  next: EndedSpanProcessor<Span>,
): RedactingSpanProcessor<Span> {
  tryCanary(redactor, "open_telemetry", (through, secret) => {
    const { spanContext, resource, ...rest } = redactedSpan(
      canarySpan(secret),
      new Parts(failClosed(through)),
    );
    return JSON.stringify([rest, spanContext().traceState?.serialize(), resource.attributes]);
  });
  const parts = new Parts(failClosed(redactor));
  return {
    onStart() {},
    onEnd(span) {
      let copy: Span;
      try {
        // Every member that the SDK declares is there.
        copy = redactedSpan(span, parts) as Span;
      } catch {
        return;
      }
      next.onEnd(copy);
    },
    forceFlush: () => next.forceFlush(),
    shutdown: () => next.shutdown(),
  };
}

/** Only what is listed here is passed on: a member that we do not know may hold anything. */
function redactedSpan(span: ReadableSpan, parts: Parts): ReadableSpan {
  const context = parts.spanContext(span.spanContext());
  const { message } = span.status;
  // SDK 1 names these two differently, and its exporters read them.
  const { instrumentationLibrary, parentSpanId } = span as {
    readonly instrumentationLibrary?: InstrumentationScope;
    readonly parentSpanId?: string;
  };
  return {
    name: parts.text(span.name),
    kind: span.kind,
    spanContext: () => context,
    ...(span.parentSpanContext === undefined
      ? {}
      : { parentSpanContext: parts.spanContext(span.parentSpanContext) }),
    ...(parentSpanId === undefined ? {} : { parentSpanId }),
    startTime: span.startTime,
    endTime: span.endTime,
    status: { code: span.status.code, ...(message === undefined ? {} : { message: parts.text(message) }) },
    attributes: parts.attributes(span.attributes),
    links: span.links.map((link) => ({
      context: parts.spanContext(link.context),
      ...described(link, parts),
    })),
    events: span.events.map((event) => ({
      name: parts.text(event.name),
      time: event.time,
      ...described(event, parts),
    })),
    duration: span.duration,
    ended: span.ended,
    resource: parts.resource(span.resource),
    ...(span.instrumentationScope === undefined
      ? {}
      : { instrumentationScope: parts.scope(span.instrumentationScope) }),
    ...(instrumentationLibrary === undefined
      ? {}
      : { instrumentationLibrary: parts.scope(instrumentationLibrary) }),
    droppedAttributesCount: span.droppedAttributesCount,
    droppedEventsCount: span.droppedEventsCount,
    droppedLinksCount: span.droppedLinksCount,
  };
}

/** The attributes of a link or an event. */
function described(
  part: {
    readonly attributes?: Attributes | undefined;
    readonly droppedAttributesCount?: number | undefined;
  },
  parts: Parts,
): object {
  return {
    ...(part.attributes === undefined ? {} : { attributes: parts.attributes(part.attributes) }),
    ...(part.droppedAttributesCount === undefined
      ? {}
      : { droppedAttributesCount: part.droppedAttributesCount }),
  };
}

/** A span with the secret wherever a span can hold text. */
function canarySpan(secret: string): ReadableSpan {
  const attributes = { "canary.text": secret, "canary.list": [`Bearer ${secret}`], [secret]: true };
  const context = {
    traceId: "0".repeat(31).concat("1"),
    spanId: "0".repeat(15).concat("1"),
    traceFlags: 1,
    traceState: { serialize: () => `canary=${secret}` },
  };
  const resource: Resource = { attributes, merge: () => resource };
  return {
    name: `GET /${secret}`,
    kind: 0,
    spanContext: () => context,
    startTime: [0, 0],
    endTime: [0, 0],
    status: { code: 2, message: `failed with ${secret}` },
    attributes,
    links: [{ context, attributes }],
    events: [{ name: secret, time: [0, 0], attributes }],
    duration: [0, 0],
    ended: true,
    resource,
    instrumentationScope: { name: secret, version: secret, attributes },
    droppedAttributesCount: 0,
    droppedEventsCount: 0,
    droppedLinksCount: 0,
  };
}
