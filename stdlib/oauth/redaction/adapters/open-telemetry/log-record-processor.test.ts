import { type Context, context, ROOT_CONTEXT, trace } from "@opentelemetry/api";
import { type AnyValue, type LogAttributes, SeverityNumber } from "@opentelemetry/api-logs";
import { resourceFromAttributes } from "@opentelemetry/resources";
import {
  BatchLogRecordProcessor,
  InMemoryLogRecordExporter,
  LoggerProvider,
  type LogRecordProcessor,
  type ReadableLogRecord,
  SimpleLogRecordProcessor,
} from "@opentelemetry/sdk-logs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createRedactor } from "../../engine.ts";
import { isGone, jsonOf, knownValue, planted, plantedRedactor } from "../planted.test.support.ts";
import { redactingLogRecordProcessor } from "./log-record-processor.ts";

const token = ["gh", "p_", "aB3".repeat(12)].join("");
const shown = `<redacted:github_token:${token.length}>`;

/** A provider whose records go through redaction to `exported`, and beside it to `raw`. */
function logging(redactor = plantedRedactor(), resource: Record<string, string> = {}) {
  const exporter = new InMemoryLogRecordExporter();
  const beside = new InMemoryLogRecordExporter();
  const provider = new LoggerProvider({
    resource: resourceFromAttributes(resource),
    processors: [
      redactingLogRecordProcessor(redactor, new SimpleLogRecordProcessor({ exporter })),
      new SimpleLogRecordProcessor({ exporter: beside }),
    ],
  });
  return {
    logger: provider.getLogger("test", "1.0"),
    exported: () => exporter.getFinishedLogRecords(),
    raw: () => beside.getFinishedLogRecords(),
  };
}

/** What an exporter reads of a record. */
function members(record: ReadableLogRecord) {
  const { hrTime, hrTimeObserved, spanContext, severityText, severityNumber, body, eventName } = record;
  const { attributes, droppedAttributesCount, resource, instrumentationScope } = record;
  return {
    ...{ hrTime, hrTimeObserved, spanContext, severityText, severityNumber, body, eventName, attributes },
    ...{ droppedAttributesCount, instrumentationScope, resource: resource.attributes },
  };
}

describe("a log record", () => {
  test("is redacted in all its texts, and is the same record otherwise", () => {
    const { logger, exported, raw } = logging(plantedRedactor(), { "process.command_line": `x ${token}` });
    const traced = trace.setSpanContext(ROOT_CONTEXT, {
      traceId: "1".repeat(32),
      spanId: "2".repeat(16),
      traceFlags: 1,
    });
    logger.emit({
      context: traced,
      severityNumber: SeverityNumber.WARN,
      severityText: "WARN",
      eventName: `event ${token}`,
      body: {
        text: `with ${token}`,
        password: "opaque",
        list: [token, 1, null],
        bytes: Buffer.from("plain"),
      },
      attributes: {
        [token]: 1,
        note: token,
        nested: { authorization: "opaque" },
        "http.request.header.cookie": ["opaque"],
      },
      exception: new Error(`failed with ${token}`),
    });
    const [copy] = exported().map(members);
    const [given] = raw().map(members);
    expect(copy).toMatchObject({
      hrTime: given?.hrTime,
      hrTimeObserved: given?.hrTimeObserved,
      spanContext: { traceId: "1".repeat(32), spanId: "2".repeat(16), traceFlags: 1 },
      severityNumber: SeverityNumber.WARN,
      severityText: "WARN",
      eventName: `event ${shown}`,
      body: { text: `with ${shown}`, password: "<redacted:password:6>", list: [shown, 1, null] },
      attributes: { [shown]: 1, note: shown, "exception.message": `failed with ${shown}` },
      droppedAttributesCount: 0,
      resource: { "process.command_line": `x ${shown}` },
      instrumentationScope: { name: "test", version: "1.0" },
    });
    expect(Object.keys(copy ?? {})).toEqual(Object.keys(given ?? {}));
    expect(JSON.stringify(copy)).not.toContain("opaque");
    expect(isGone(token, JSON.stringify(copy))).toBe(true);
    // What others see of the record is not touched.
    expect(given?.attributes).toMatchObject({ note: token });
  });

  test("without anything to hide is the same in all that an exporter reads", () => {
    const { logger, exported, raw } = logging();
    logger.emit({ body: "plain", attributes: { a: 1, b: ["x", "y"], c: { d: true } } });
    logger.emit({});
    logger.emit({ body: 7, severityNumber: SeverityNumber.INFO, severityText: "INFO", eventName: "done" });
    expect(exported().map(members)).toEqual(raw().map(members));
  });

  test("leaves a trace state with a secret out", () => {
    const { logger, exported } = logging();
    const traceState = {
      set: () => traceState,
      unset: () => traceState,
      get: () => token,
      serialize: () => `a=${token}`,
    };
    const remote = { traceId: "1".repeat(32), spanId: "2".repeat(16), traceFlags: 1, traceState };
    logger.emit({ context: trace.setSpanContext(context.active(), remote), body: "x" });
    expect(exported()[0]?.spanContext).toEqual({
      traceId: "1".repeat(32),
      spanId: "2".repeat(16),
      traceFlags: 1,
    });
  });
});

test("secrets anywhere in a record never come out", () => {
  const record = fc.array(planted, { minLength: 1, maxLength: 3 }).chain((secrets) => {
    const text = fc.constantFrom(...secrets.map((one) => one.text));
    return fc.record({
      secrets: fc.constant(secrets),
      body: fc.oneof(
        jsonOf(text),
        text.map((one) => new TextEncoder().encode(one)),
      ),
      attributes: fc.dictionary(fc.oneof(text, fc.constantFrom("a", "b.c")), jsonOf(text), { maxKeys: 4 }),
      severityText: text,
      eventName: text,
    });
  });
  fc.assert(
    fc.property(record, ({ secrets, body, attributes, severityText, eventName }) => {
      const { logger, exported } = logging();
      logger.emit({
        body: body as AnyValue,
        attributes: attributes as LogAttributes,
        severityText,
        eventName,
        exception: new Error(severityText),
      });
      expect(exported()).toHaveLength(1);
      const shownBody = exported()[0]?.body;
      const bytes = shownBody instanceof Uint8Array ? Buffer.from(shownBody).toString("latin1") : "";
      const text = JSON.stringify(exported().map(members)) + bytes;
      expect(secrets.filter(({ secret }) => !isGone(secret, text))).toEqual([]);
    }),
    { numRuns: 200 },
  );
});

describe("the processor", () => {
  test("feeds a batch, and redacts when a record is emitted, not when it is exported", async () => {
    const redactor = createRedactor();
    const forget = redactor.register(knownValue, "access_token");
    const exporter = new InMemoryLogRecordExporter();
    const provider = new LoggerProvider({
      processors: [redactingLogRecordProcessor(redactor, new BatchLogRecordProcessor({ exporter }))],
    });
    provider.getLogger("test").emit({ body: `a ${knownValue}` });
    provider.getLogger("test").emit({ body: `b ${knownValue}` });
    forget();
    await provider.forceFlush();
    const records = exporter.getFinishedLogRecords();
    expect(records.map(({ body }) => body)).toEqual(
      ["a", "b"].map((one) => `${one} <redacted:access_token:18>`),
    );
    expect(new Set(records.map(({ resource }) => resource)).size).toBe(1);
    await provider.shutdown();
  });

  test("redacts what the next processors set", () => {
    const exporter = new InMemoryLogRecordExporter();
    const last = new SimpleLogRecordProcessor({ exporter });
    const contexts: unknown[] = [];
    const next: LogRecordProcessor = {
      onEmit(record, given?: Context) {
        contexts.push(given);
        record.setAttribute("note", token).setAttributes({ password: "opaque" }).setBody([token]);
        record.setEventName(token).setSeverityText(token).setSeverityNumber(SeverityNumber.ERROR);
        record.body = { was: record.body ?? null, token: "opaque" };
        last.onEmit(record, given);
      },
      forceFlush: () => last.forceFlush(),
      shutdown: () => last.shutdown(),
    };
    const provider = new LoggerProvider({
      processors: [redactingLogRecordProcessor(createRedactor(), next)],
    });
    provider.getLogger("test").emit({ body: "x", context: ROOT_CONTEXT });
    expect(contexts).toEqual([ROOT_CONTEXT]);
    expect(exporter.getFinishedLogRecords().map(members)).toMatchObject([
      {
        attributes: { note: shown, password: "<redacted:password:6>" },
        body: { was: [shown], token: "<redacted:token:6>" },
        eventName: shown,
        severityText: shown,
        severityNumber: SeverityNumber.ERROR,
      },
    ]);
  });

  test("asks the next one what is enabled, if that can say", () => {
    const next = new SimpleLogRecordProcessor({ exporter: new InMemoryLogRecordExporter() });
    const picky: LogRecordProcessor = Object.assign(Object.create(next) as SimpleLogRecordProcessor, {
      enabled: ({ severityNumber }: { severityNumber?: SeverityNumber }) =>
        severityNumber === SeverityNumber.WARN,
    });
    const enabled = (processor: LogRecordProcessor, severityNumber: SeverityNumber) =>
      new LoggerProvider({ processors: [redactingLogRecordProcessor(createRedactor(), processor)] })
        .getLogger("test")
        .enabled({ severityNumber });
    expect(enabled(next, SeverityNumber.INFO)).toBe(true);
    expect(enabled(picky, SeverityNumber.INFO)).toBe(false);
    expect(enabled(picky, SeverityNumber.WARN)).toBe(true);
  });

  test("over a redactor that fails shows no text, and stops nobody", () => {
    const inner = createRedactor();
    let broken = false;
    const fail = (): never => {
      throw new Error(token);
    };
    const redactor = {
      redact: (text: string) => (broken ? fail() : inner.redact(text)),
      redactValue: (value: unknown) => (broken ? fail() : inner.redactValue(value)),
    };
    const exporter = new InMemoryLogRecordExporter();
    const provider = new LoggerProvider({
      processors: [redactingLogRecordProcessor(redactor, new SimpleLogRecordProcessor({ exporter }))],
    });
    broken = true;
    provider.getLogger(token).emit({ body: token, attributes: { note: token }, eventName: token });
    expect(exporter.getFinishedLogRecords().map(members)).toMatchObject([
      { body: "<redacted:unscannable:0>", eventName: "<redacted:unscannable:40>" },
    ]);
    expect(exporter.getFinishedLogRecords()[0]?.attributes).toEqual({});
  });

  test("drops a record that cannot be read", () => {
    const next = new SimpleLogRecordProcessor({ exporter: new InMemoryLogRecordExporter() });
    const processor = redactingLogRecordProcessor(createRedactor(), next);
    const hostile = new Proxy({} as Parameters<typeof processor.onEmit>[0], {
      get() {
        throw new Error(token);
      },
    });
    expect(() => processor.onEmit(hostile)).not.toThrow();
  });

  test("over a redactor that lets a token through is refused", () => {
    const open = { redact: (text: string) => text, redactValue: (value: unknown) => value };
    const halves = [
      { ...open, redact: (text: string) => createRedactor().redact(text) },
      { ...open, redactValue: (value: unknown) => createRedactor().redactValue(value) },
      open,
    ];
    const next = new SimpleLogRecordProcessor({ exporter: new InMemoryLogRecordExporter() });
    for (const redactor of halves) {
      expect(() => redactingLogRecordProcessor(redactor, next)).toThrow(
        expect.objectContaining({ code: "HARN-OAU-011" }),
      );
    }
  });
});
