import { type Context, ROOT_CONTEXT, SpanStatusCode, trace, TraceFlags } from "@opentelemetry/api";
import { resourceFromAttributes } from "@opentelemetry/resources";
import {
  BasicTracerProvider,
  BatchSpanProcessor,
  ConsoleSpanExporter,
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
  type Span,
  type SpanProcessor,
} from "@opentelemetry/sdk-trace-base";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createRedactor } from "../../engine.ts";
import { isGone, knownValue, planted, plantedRedactor } from "../planted.test.support.ts";
import { type ReadableSpan as OwnReadableSpan, redactingSpanProcessor } from "./span-processor.ts";

const token = ["gh", "p_", "aB3".repeat(12)].join("");
const shown = `<redacted:github_token:${token.length}>`;

/** A provider whose spans go through redaction to `exported`, and one beside it to `raw`. */
function tracing(redactor = plantedRedactor(), resource: Record<string, string> = {}) {
  const exporter = new InMemorySpanExporter();
  const beside = new InMemorySpanExporter();
  const provider = new BasicTracerProvider({
    resource: resourceFromAttributes(resource),
    spanProcessors: [
      redactingSpanProcessor(redactor, new SimpleSpanProcessor(exporter)),
      new SimpleSpanProcessor(beside),
    ],
  });
  return {
    tracer: provider.getTracer("test", "1.0", { schemaUrl: "https://example.com/schema" }),
    provider,
    exported: () => exporter.getFinishedSpans(),
    raw: () => beside.getFinishedSpans(),
  };
}

/** All that an exporter can read of the spans. */
function everything(spans: readonly ReadableSpan[]): string {
  return spans
    .map((span) =>
      JSON.stringify([
        { ...span },
        span.resource.attributes,
        span.resource.getRawAttributes(),
        span.spanContext(),
        [span.spanContext(), span.parentSpanContext, ...span.links.map(({ context }) => context)].map(
          (context) => context?.traceState?.serialize(),
        ),
      ]),
    )
    .join("\n");
}

describe("a span", () => {
  test("is redacted in all its texts, and is the same span otherwise", () => {
    const { tracer, exported, raw } = tracing(plantedRedactor(), { "process.command_line": `x ${token}` });
    const linked = { traceId: "1".repeat(32), spanId: "2".repeat(16), traceFlags: TraceFlags.SAMPLED };
    const span = tracer.startSpan(`GET /${token}`, {
      attributes: {
        "url.full": `https://example.com/?access_token=opaque`,
        [token]: 1,
        "http.response.status_code": 200,
      },
      links: [{ context: linked, attributes: { note: token } }],
    });
    span.addEvent(`event ${token}`, { note: token, list: [token, "plain"] });
    span.recordException(new Error(`failed with ${token}`));
    span.setStatus({ code: SpanStatusCode.ERROR, message: `because of ${token}` });
    span.end();
    const [copy] = exported();
    const [given] = raw();
    expect(everything(exported())).not.toMatch(/opaque/);
    expect(isGone(token, everything(exported()))).toBe(true);
    expect(copy).toMatchObject({
      name: `GET /${shown}`,
      kind: given?.kind,
      startTime: given?.startTime,
      endTime: given?.endTime,
      duration: given?.duration,
      ended: true,
      status: { code: SpanStatusCode.ERROR, message: `because of ${shown}` },
      attributes: {
        "url.full": "https://example.com/?access_token=<redacted:access_token:6>",
        [shown]: 1,
        "http.response.status_code": 200,
      },
      links: [{ context: linked, attributes: { note: shown } }],
      events: [
        { name: `event ${shown}`, attributes: { note: shown, list: [shown, "plain"] } },
        { attributes: { "exception.message": `failed with ${shown}` } },
      ],
      instrumentationScope: { name: "test", version: "1.0", schemaUrl: "https://example.com/schema" },
      droppedAttributesCount: 0,
      droppedEventsCount: 0,
      droppedLinksCount: 0,
    });
    expect(copy?.spanContext()).toEqual(given?.spanContext());
    expect(copy?.resource.attributes).toMatchObject({ "process.command_line": `x ${shown}` });
    // What others see of the span is not touched.
    expect(given?.name).toBe(`GET /${token}`);
    expect(given?.attributes[token]).toBe(1);
  });

  test("without anything to hide is the same in all that an exporter reads", () => {
    const { tracer, exported, raw } = tracing();
    const parent = tracer.startSpan("parent");
    const span = tracer.startSpan(
      "child",
      { attributes: { a: 1, b: [true, false], c: ["x", "y"] } },
      trace.setSpan(ROOT_CONTEXT, parent),
    );
    span.addEvent("event");
    span.end();
    parent.end();
    const members = (one: ReadableSpan) =>
      Object.fromEntries(
        Object.keys(raw()[0] ?? {})
          .filter((name) => !name.startsWith("_") && name !== "resource")
          .concat("duration", "ended", "droppedAttributesCount", "droppedEventsCount", "droppedLinksCount")
          .map((name) => [name, Reflect.get(one, name) as unknown]),
      );
    expect(exported().map(members)).toEqual(raw().map(members));
    expect(exported().map((one) => one.resource.attributes)).toEqual(
      raw().map((one) => one.resource.attributes),
    );
    expect(exported()[0]?.parentSpanContext).toEqual(parent.spanContext());
  });

  test.each([
    ["http.request.header.authorization", ["opaque"]],
    ["http.response.header.set-cookie", ["a=opaque", "b=opaque", "c"]],
    ["rpc.request.metadata.x-api-key", ["opaque"]],
    ["db.query.parameter.password", "opaque"],
    ["process.environment_variable.CLIENT_SECRET", "opaque"],
    ["access_token", "opaque"],
    ["app.user.session_token", "opaque"],
  ])("hides %s, whatever it is", (name, value) => {
    const { tracer, exported } = tracing();
    tracer.startSpan("x", { attributes: { [name]: value } }).end();
    const shown = exported()[0]?.attributes[name];
    expect(JSON.stringify(shown)).toMatch(/<redacted:/);
    expect(JSON.stringify(shown)).not.toContain("opaque");
    expect(Array.isArray(shown)).toBe(Array.isArray(value));
  });

  test("leaves a trace state with a secret out, and keeps another", () => {
    const state = (text: string) => ({
      set: () => state(text),
      unset: () => state(text),
      get: () => text,
      serialize: () => `vendor=${text}`,
    });
    const { tracer, exported } = tracing();
    for (const text of [token, "plain"]) {
      const remote = {
        traceId: "1".repeat(32),
        spanId: "2".repeat(16),
        traceFlags: 1,
        traceState: state(text),
      };
      tracer
        .startSpan("x", { links: [{ context: remote }] }, trace.setSpanContext(ROOT_CONTEXT, remote))
        .end();
    }
    const [first, second] = exported();
    expect([first?.parentSpanContext?.traceState, first?.spanContext().traceState]).toEqual([
      undefined,
      undefined,
    ]);
    expect(first?.links).toEqual([{ context: { ...first?.parentSpanContext } }]);
    expect(second?.parentSpanContext?.traceState?.serialize()).toBe("vendor=plain");
  });

  test("of SDK 1 keeps the members that its exporters read", () => {
    const spans: OwnReadableSpan[] = [];
    const resource = { attributes: {}, merge: () => resource };
    const given = {
      ...{ name: token, kind: 0, startTime: [0, 0], endTime: [0, 0], duration: [0, 0], ended: true },
      ...{ parentSpanId: "2".repeat(16), instrumentationLibrary: { name: token } },
      ...{ status: { code: 0 }, attributes: {}, links: [], events: [], resource, unknown: token },
      ...{ droppedAttributesCount: 0, droppedEventsCount: 0, droppedLinksCount: 0 },
      spanContext: () => ({ traceId: "1".repeat(32), spanId: "3".repeat(16), traceFlags: 1 }),
    };
    redactingSpanProcessor(createRedactor(), {
      onEnd: (span: OwnReadableSpan) => void spans.push(span),
      forceFlush: () => Promise.resolve(),
      shutdown: () => Promise.resolve(),
    }).onEnd(given);
    expect(spans).toEqual([
      expect.objectContaining({ parentSpanId: "2".repeat(16), instrumentationLibrary: { name: shown } }),
    ]);
    expect(spans[0]).not.toHaveProperty("unknown");
  });
});

test("secrets anywhere in a span never come out", () => {
  const span = fc.record({
    secrets: fc.array(planted, { minLength: 1, maxLength: 4 }),
    at: fc.infiniteStream(fc.nat()),
  });
  fc.assert(
    fc.property(span, ({ secrets, at }) => {
      const any = (): string => secrets[(at.next().value ?? 0) % secrets.length]?.text ?? "";
      const { tracer, exported } = tracing(plantedRedactor(), { [`k${any()}`]: any() });
      const span = tracer.startSpan(any(), { attributes: { [any() || "a"]: any(), list: [any(), any()] } });
      span.setAttribute(`deep.${any()}`, [any(), any(), any()]);
      span.addEvent(any(), { [any()]: any() });
      span.recordException({ name: any(), message: any(), stack: any() });
      span.addLink({ context: span.spanContext(), attributes: { note: any() } });
      span.updateName(`${any()} ${any()}`);
      span.setStatus({ code: SpanStatusCode.ERROR, message: any() });
      span.end();
      expect(exported()).toHaveLength(1);
      const text = everything(exported());
      expect(secrets.filter(({ secret }) => !isGone(secret, text))).toEqual([]);
    }),
    { numRuns: 200 },
  );
});

describe("the processor", () => {
  test("feeds a batch, and redacts when a span ends, not when it is exported", async () => {
    const redactor = createRedactor();
    const forget = redactor.register(knownValue, "access_token");
    const exporter = new InMemorySpanExporter();
    const next = new BatchSpanProcessor(exporter);
    const provider = new BasicTracerProvider({ spanProcessors: [redactingSpanProcessor(redactor, next)] });
    const tracer = provider.getTracer("test");
    for (let i = 0; i < 3; i++) tracer.startSpan(`${i} ${knownValue}`).end();
    forget();
    expect(exporter.getFinishedSpans()).toEqual([]);
    await provider.forceFlush();
    expect(exporter.getFinishedSpans().map(({ name }) => name)).toEqual(
      [0, 1, 2].map((i) => `${i} <redacted:access_token:18>`),
    );
    // Exporters group by these.
    expect(new Set(exporter.getFinishedSpans().map(({ resource }) => resource)).size).toBe(1);
    expect(new Set(exporter.getFinishedSpans().map((span) => span.instrumentationScope)).size).toBe(1);
    await provider.shutdown();
    expect(exporter.getFinishedSpans()).toEqual([]);
  });

  test("waits for a resource that settles later", async () => {
    const exporter = new InMemorySpanExporter();
    const provider = new BasicTracerProvider({
      resource: resourceFromAttributes({ later: Promise.resolve(token), now: "plain" }),
      spanProcessors: [redactingSpanProcessor(createRedactor(), new SimpleSpanProcessor(exporter))],
    });
    provider.getTracer("test").startSpan("x").end();
    await provider.forceFlush();
    const [span] = exporter.getFinishedSpans();
    expect(span?.resource.attributes).toEqual({ later: shown, now: "plain" });
    expect(span?.resource.merge(resourceFromAttributes({ more: token })).attributes).toEqual({
      later: shown,
      now: "plain",
      more: shown,
    });
  });

  test("shows no live span to the next one", () => {
    const seen: unknown[][] = [];
    const next: SpanProcessor = {
      onStart: (...given: [Span, Context]) => void seen.push(given),
      onEnding: (...given: [Span]) => void seen.push(given),
      onEnd: (span) => void seen.push([span.name]),
      forceFlush: () => Promise.resolve(),
      shutdown: () => Promise.resolve(),
    };
    const processor: SpanProcessor = redactingSpanProcessor(createRedactor(), next);
    new BasicTracerProvider({ spanProcessors: [processor] }).getTracer("test").startSpan(token).end();
    expect(seen).toEqual([[shown]]);
  });

  test("works with an exporter that prints", () => {
    const lines: unknown[] = [];
    const { dir } = console;
    console.dir = (line: unknown) => void lines.push(line);
    try {
      const next = new SimpleSpanProcessor(new ConsoleSpanExporter());
      const provider = new BasicTracerProvider({
        spanProcessors: [redactingSpanProcessor(createRedactor(), next)],
      });
      provider
        .getTracer("test")
        .startSpan(`x ${token}`, { attributes: { token: "opaque" } })
        .end();
    } finally {
      console.dir = dir;
    }
    expect(lines).toEqual([
      expect.objectContaining({ name: `x ${shown}`, attributes: { token: "<redacted:token:6>" } }),
    ]);
  });

  test("over a redactor that fails shows no text, and stops nobody", () => {
    const inner = createRedactor();
    let broken = false;
    const fail = (): never => {
      throw new Error(token);
    };
    const exporter = new InMemorySpanExporter();
    const redactor = {
      redact: (text: string) => (broken ? fail() : inner.redact(text)),
      redactValue: (value: unknown) => (broken ? fail() : inner.redactValue(value)),
    };
    const next = new SimpleSpanProcessor(exporter);
    const provider = new BasicTracerProvider({ spanProcessors: [redactingSpanProcessor(redactor, next)] });
    broken = true;
    provider
      .getTracer(token)
      .startSpan(token, { attributes: { a: token } })
      .end();
    const [span] = exporter.getFinishedSpans();
    expect(span).toMatchObject({ name: "<redacted:unscannable:40>", attributes: {}, ended: true });
    expect([span?.attributes, span?.resource.attributes]).toEqual([{}, {}]);
    expect(isGone(token, everything(exporter.getFinishedSpans()))).toBe(true);
  });

  test("drops a span that cannot be read", () => {
    const { provider, exported } = tracing();
    const processor = redactingSpanProcessor(
      createRedactor(),
      new SimpleSpanProcessor(new InMemorySpanExporter()),
    );
    const hostile = new Proxy({} as ReadableSpan, {
      get() {
        throw new Error(token);
      },
    });
    expect(() => processor.onEnd(hostile)).not.toThrow();
    expect([provider, ...exported()]).toHaveLength(1);
  });

  test("over a redactor that lets a token through is refused", () => {
    const open = { redact: (text: string) => text, redactValue: (value: unknown) => value };
    const halves = [
      { ...open, redact: (text: string) => createRedactor().redact(text) },
      { ...open, redactValue: (value: unknown) => createRedactor().redactValue(value) },
      open,
    ];
    const next = new SimpleSpanProcessor(new InMemorySpanExporter());
    for (const redactor of halves) {
      expect(() => redactingSpanProcessor(redactor, next)).toThrow(
        expect.objectContaining({ code: "HARN-OAU-011" }),
      );
    }
  });
});
