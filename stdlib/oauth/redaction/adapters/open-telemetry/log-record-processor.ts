/**
 * Redaction for OpenTelemetry logs.
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

/** What is read of the SDK's `ReadWriteLogRecord`. */
export interface LogRecord {
  readonly hrTime: unknown;
  readonly hrTimeObserved: unknown;
  readonly spanContext?: SpanContext | undefined;
  readonly severityText?: string | undefined;
  readonly severityNumber?: number | undefined;
  readonly body?: unknown;
  readonly eventName?: string | undefined;
  readonly resource: Resource;
  readonly instrumentationScope: InstrumentationScope;
  readonly attributes: Attributes;
  readonly droppedAttributesCount: number;
}

/** The SDK's `LogRecordProcessor`. */
export interface LogRecordProcessor<Emitted, Context, Options> {
  onEmit(logRecord: Emitted, context?: Context): void;
  forceFlush(options?: Options): Promise<void>;
  shutdown(): Promise<void>;
  enabled?(options: never): boolean;
}

/**
 * A log record processor that hands each record to `next` as a redacted copy: body, attributes, severity text, event name,
 * trace state, resource and instrumentation scope; ids, times and numbers stay.
 *
 *     processors: [redactingLogRecordProcessor(redactor, new BatchLogRecordProcessor({ exporter }))]
 *
 * What `next` sets on its copy is redacted as well. Other processors of the provider still get the record itself. A record
 * that cannot be read is dropped.
 *
 * @throws OAuthError HARN-OAU-011 when a token that is sent through comes out.
 */
export function redactingLogRecordProcessor<Emitted extends LogRecord, Context, Options>(
  redactor: AdapterRedactor,
  next: LogRecordProcessor<Emitted, Context, Options>,
): LogRecordProcessor<Emitted, Context, Options> {
  tryCanary(redactor, "open_telemetry", (through, secret) => {
    const { spanContext, severityText, body, eventName, resource, instrumentationScope, attributes } =
      new RedactedLogRecord(canaryRecord(secret), new Parts(failClosed(through)));
    return JSON.stringify([
      spanContext,
      spanContext?.traceState?.serialize(),
      severityText,
      body,
      eventName,
      resource.attributes,
      instrumentationScope,
      attributes,
    ]);
  });
  const parts = new Parts(failClosed(redactor));
  return {
    onEmit(logRecord, context) {
      let copy: Emitted;
      try {
        // Every member that the SDK declares is there.
        copy = new RedactedLogRecord(logRecord, parts) as LogRecord as Emitted;
      } catch {
        return;
      }
      next.onEmit(copy, context);
    },
    forceFlush: (options) => next.forceFlush(options),
    shutdown: () => next.shutdown(),
    ...(next.enabled === undefined ? {} : { enabled: (options: never) => next.enabled?.(options) ?? true }),
  };
}

/** A record that redacts what is written to it, at first what the given record holds. */
class RedactedLogRecord implements LogRecord {
  hrTime: unknown;
  hrTimeObserved: unknown;
  severityNumber: number | undefined;
  droppedAttributesCount: number;
  readonly resource: Resource;
  readonly instrumentationScope: InstrumentationScope;
  readonly attributes: Record<string, unknown>;
  readonly #parts: Parts;
  #spanContext: SpanContext | undefined;
  #severityText: string | undefined;
  #body: unknown;
  #eventName: string | undefined;

  constructor(record: LogRecord, parts: Parts) {
    this.#parts = parts;
    this.hrTime = record.hrTime;
    this.hrTimeObserved = record.hrTimeObserved;
    this.severityNumber = record.severityNumber;
    this.droppedAttributesCount = record.droppedAttributesCount;
    this.resource = parts.resource(record.resource);
    this.instrumentationScope = parts.scope(record.instrumentationScope);
    this.attributes = parts.attributes(record.attributes);
    this.spanContext = record.spanContext;
    this.severityText = record.severityText;
    this.body = record.body;
    this.eventName = record.eventName;
  }

  get spanContext(): SpanContext | undefined {
    return this.#spanContext;
  }

  set spanContext(context: SpanContext | undefined) {
    this.#spanContext = this.#parts.spanContext(context);
  }

  get severityText(): string | undefined {
    return this.#severityText;
  }

  set severityText(text: string | undefined) {
    this.#severityText = this.#parts.text(text);
  }

  get body(): unknown {
    return this.#body;
  }

  set body(body: unknown) {
    this.#body = this.#parts.body(body);
  }

  get eventName(): string | undefined {
    return this.#eventName;
  }

  set eventName(name: string | undefined) {
    this.#eventName = this.#parts.text(name);
  }

  setAttribute(name: string, value?: unknown): this {
    return this.setAttributes({ [name]: value });
  }

  setAttributes(attributes: Attributes): this {
    Object.assign(this.attributes, this.#parts.attributes(attributes));
    return this;
  }

  setBody(body: unknown): this {
    this.body = body;
    return this;
  }

  setEventName(name: string): this {
    this.eventName = name;
    return this;
  }

  setSeverityNumber(number: number): this {
    this.severityNumber = number;
    return this;
  }

  setSeverityText(text: string): this {
    this.severityText = text;
    return this;
  }
}

/** A record with the secret wherever a record can hold text. */
function canaryRecord(secret: string): LogRecord {
  const attributes = { "canary.text": secret, "canary.map": { list: [`Bearer ${secret}`] }, [secret]: true };
  const resource: Resource = { attributes, merge: () => resource };
  return {
    hrTime: [0, 0],
    hrTimeObserved: [0, 0],
    spanContext: {
      traceId: "0".repeat(31).concat("1"),
      spanId: "0".repeat(15).concat("1"),
      traceFlags: 1,
      traceState: { serialize: () => `canary=${secret}` },
    },
    severityText: secret,
    body: { text: `token ${secret}`, list: [secret] },
    eventName: secret,
    resource,
    instrumentationScope: { name: secret, version: secret, attributes },
    attributes,
    droppedAttributesCount: 0,
  };
}
