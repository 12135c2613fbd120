import { mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { EventSink, Redactor } from "../ports.ts";
import { systemClock } from "./clock.ts";
import { createEventLog } from "./event-log.ts";
import { exactRedactor } from "./redactor.test.support.ts";
import { jsonlSink, memorySink } from "./sinks.ts";

const clock = systemClock();
const actor = { run: "r1", script: "a.ts", redactor: null };

async function collect<T>(list: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of list) all.push(item);
  return all;
}

describe("an event log", () => {
  test("numbers events, keeps who wrote them, and gives each run its own", async () => {
    const log = createEventLog({ clock, redactor: null });
    const one = log.forRun(actor);
    const two = log.forRun({ ...actor, run: "r2", correlationId: "c" });
    expect(one.emit("t", "k", { a: [1, null, "x", true], gone: undefined }, { h: "v" })).toBe(1);
    expect(two.emit("t", "k", null)).toBe(2);
    expect(one.emit("t", "k2", 7)).toBe(3);
    expect(one.emit("other", "k", "x")).toBe(4);
    const [first] = log.events();
    expect(first).toMatchObject({
      id: 1,
      topic: "t",
      kind: "k",
      payload: { a: [1, null, "x", true] },
      headers: { h: "v" },
      actor: { run: "r1", script: "a.ts" },
      correlation_id: "r1",
    });
    expect(Object.keys(first?.payload as object)).toEqual(["a"]);
    expect(log.events()[1]?.correlation_id).toBe("c");
    expect([one.latest("t"), two.latest("t"), two.latest("other"), one.latest("none")]).toEqual([
      3,
      2,
      null,
      null,
    ]);
    expect((await collect(one.subscribe({ topic: "t" }))).map(({ id }) => id)).toEqual([1, 3]);
    expect((await collect(one.subscribe({ topic: "t", fromCursor: 2 }))).map(({ id }) => id)).toEqual([3]);
    expect((await collect(two.subscribe({ topic: "t" }))).map(({ id }) => id)).toEqual([2]);
  });

  test("ends a subscription at the end that was there when it began", async () => {
    const events = createEventLog({ clock, redactor: null }).forRun(actor);
    events.emit("t", "k", 1);
    const seen: number[] = [];
    for await (const { id } of events.subscribe({ topic: "t" })) {
      seen.push(id);
      events.emit("t", "k", 2);
    }
    expect(seen).toEqual([1]);
  });

  test("a live subscription waits, and ends with the log or its own return", async () => {
    const log = createEventLog({ clock, redactor: null });
    const events = log.forRun(actor);
    const live = events.subscribe({ topic: "t", live: true });
    const stopped = events.subscribe({ topic: "t", live: true });
    const waiting = live.next();
    const second = live.next();
    const never = stopped.next();
    await stopped.return?.();
    expect(await never).toEqual({ done: true, value: undefined });
    events.emit("other", "k", 0);
    events.emit("t", "k", 1);
    expect((await waiting).value).toMatchObject({ id: 2 });
    const third = live.next();
    events.emit("t", "k", 2);
    expect((await second).value).toMatchObject({ id: 3 });
    await log.close();
    expect((await third).done).toBe(true);
    expect((await events.subscribe({ topic: "none", live: true }).next()).done).toBe(true);
  });

  test("keeps the newest events, with growing ids", () => {
    const log = createEventLog({ clock, redactor: null, capacity: 3 });
    const events = log.forRun(actor);
    events.emit("old", "k", 0);
    for (let i = 0; i < 4; i += 1) events.emit("t", "k", i);
    expect(log.events().map(({ id }) => id)).toEqual([3, 4, 5]);
    expect(events.latest("old")).toBe(null);
  });

  test("does not let a script fill the memory", () => {
    const log = createEventLog({ clock, redactor: null });
    const events = log.forRun(actor);
    for (let i = 0; i < 1_000; i += 1) events.emit("t", "k", "x".repeat(60_000));
    expect(log.events().length).toBeLessThan(600);
    expect(log.events().at(-1)?.id).toBe(1_000);
  });

  const cycle: unknown[] = [];
  cycle.push(cycle);
  test.each([
    ["undefined", undefined],
    ["a function", () => 1],
    ["a date", { at: new Date() }],
    ["a map", new Map()],
    ["NaN", [Number.NaN]],
    ["a bigint", 1n],
    ["a cycle", cycle],
    ["too much", "x".repeat(70_000)],
  ])("refuses %s as a payload", (_name, payload) => {
    const events = createEventLog({ clock, redactor: null }).forRun(actor);
    expect(() => events.emit("t", "k", payload)).toThrow(expect.objectContaining({ code: "HARN-RUN-015" }));
    expect(events.latest("t")).toBe(null);
  });

  test("refuses topics, kinds and headers that are none", () => {
    const events = createEventLog({ clock, redactor: null }).forRun(actor);
    expect(() => events.emit("", "k", 1)).toThrow("topic");
    expect(() => events.emit("t", "k".repeat(201), 1)).toThrow("topic");
    expect(() => events.emit("t", "k", 1, { h: 1 as unknown as string })).toThrow("headers");
  });

  test("copies the payload, so that nobody changes an event afterwards", () => {
    const log = createEventLog({ clock, redactor: null });
    const payload = { list: [1] };
    log.forRun(actor).emit("t", "k", payload);
    payload.list.push(2);
    const [event] = log.events();
    expect(event?.payload).toEqual({ list: [1] });
    expect(Object.isFrozen(event) && Object.isFrozen(event?.payload)).toBe(true);
  });

  test("keeps a __proto__ member as data", () => {
    const log = createEventLog({ clock, redactor: null });
    log.forRun(actor).emit("t", "k", JSON.parse('{"__proto__":{"polluted":1}}'));
    expect(JSON.stringify(log.events()[0]?.payload)).toBe('{"__proto__":{"polluted":1}}');
  });
});

describe("redaction", () => {
  test("comes before memory and every sink, in topic, kind, payload and headers", async () => {
    const redactor = exactRedactor();
    redactor.register("opaque-value", "access_token");
    const sink = memorySink();
    const log = createEventLog({ clock, redactor, sinks: [sink] });
    const events = log.forRun({ ...actor, redactor: redactor.fork() });
    events.emit("t opaque-value", "opaque-value", { a: ["x opaque-value"] }, { h: "opaque-value" });
    expect(JSON.stringify([log.events(), sink.events])).not.toContain("opaque-value");
    expect(JSON.stringify(sink.events)).toContain("<redacted:access_token:12>");
    expect(events.latest("t opaque-value")).toBe(1);
    expect((await collect(events.subscribe({ topic: "t opaque-value" }))).length).toBe(1);
  });

  test("a persisting sink needs a redactor", () => {
    const sink: EventSink = { ...memorySink(), name: "disk", persists: true };
    expect(() => createEventLog({ clock, redactor: null, sinks: [sink] })).toThrow(
      expect.objectContaining({
        code: "HARN-RUN-010",
        hint: "Add the oauth() plugin from holdfast/oauth, which brings the redactor.",
      }),
    );
    createEventLog({ clock, redactor: null, sinks: [memorySink()] });
    createEventLog({ clock, redactor: exactRedactor(), sinks: [sink] });
  });

  test.each([
    ["lets everything through", { redactValue: (value: unknown) => value }],
    [
      "forgets the headers",
      { redactValue: (value: unknown) => (JSON.stringify(value).includes("token ") ? null : value) },
    ],
    [
      "throws",
      {
        redactValue: () => {
          throw new Error("broken");
        },
      },
    ],
  ] as [string, Partial<Redactor>][])(
    "a sink is refused, and closed, behind a redactor that %s",
    (_name, broken) => {
      const base = exactRedactor();
      const redactor: Redactor = { ...base, ...broken, fork: () => ({ ...base, ...broken }) };
      let closed = 0;
      const sink: EventSink = {
        ...memorySink(),
        close: async () => {
          closed += 1;
        },
      };
      const log = createEventLog({ clock, redactor });
      expect(() => log.addSink(sink)).toThrow(expect.objectContaining({ code: "HARN-RUN-010" }));
      expect(closed).toBe(1);
    },
  );

  test("the canary is no longer known afterwards, and is never written", () => {
    const redactor = exactRedactor();
    const sink = memorySink();
    createEventLog({ clock, redactor, sinks: [sink] });
    expect([redactor.known.size, sink.events.length]).toEqual([0, 0]);
  });
});

describe("a sink", () => {
  test("that throws is counted, reported once to the others, and never breaks the run", async () => {
    const good = memorySink();
    const late = memorySink();
    const bad: EventSink = {
      name: "bad",
      persists: false,
      write() {
        throw new Error("disk full");
      },
      close: async () => {},
    };
    const log = createEventLog({ clock, redactor: null, sinks: [good, bad, late] });
    const events = log.forRun(actor);
    expect(events.emit("t", "k", 1)).toBe(1);
    events.emit("t", "k", 2);
    expect(good.events.map(({ id, kind }) => [id, kind])).toEqual([
      [1, "k"],
      [2, "sink_failed"],
      [3, "k"],
    ]);
    expect(late.events).toEqual(good.events);
    expect(good.events[1]?.payload).toEqual({ sink: "bad", event: 1 });
    expect(log.sinkFailures()).toEqual({ bad: 2 });
    await log.close();
  });

  test("jsonl appends one line per event to a file of mode 0600, and closes for good", async () => {
    const folder = await mkdtemp(join(tmpdir(), "events-"));
    try {
      const path = join(folder, "audit.jsonl");
      for (let round = 0; round < 2; round += 1) {
        const sink = jsonlSink(path);
        const log = createEventLog({ clock, redactor: exactRedactor(), sinks: [sink] });
        log.forRun(actor).emit("t", "line\nbreak", { text: "grüße\u2028" });
        await log.close();
        await sink.close();
        expect(() => sink.write({} as never)).toThrow("closed");
      }
      const lines = (await readFile(path, "utf8")).split("\n");
      expect(lines.length).toBe(3);
      expect(JSON.parse(lines[1] ?? "")).toMatchObject({
        id: 1,
        kind: "line\nbreak",
        payload: { text: "grüße\u2028" },
      });
      expect((await stat(path)).mode & 0o777).toBe(0o600);
      expect(() => jsonlSink(join(folder, "none", "a.jsonl"))).toThrow("cannot be opened: ENOENT");
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
