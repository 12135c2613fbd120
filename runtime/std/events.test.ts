import { describe, expect, test } from "vitest";
import { isPlain } from "../plugin.ts";
import {
  eventsModule,
  maxEventBytes,
  maxRunEventBytes,
  maxRunEvents,
  type ScriptEvent,
  type Subscription,
} from "./events.ts";
import { loose, testPorts } from "./ports.test.fixture.ts";

async function collect(events: Subscription): Promise<ScriptEvent[]> {
  const all: ScriptEvent[] = [];
  for await (const event of events) all.push(event);
  return all;
}

test("emit, latest and subscribe are plain", () => {
  const module = eventsModule(testPorts());
  expect([module.emit, module.latest, module.subscribe].every(isPlain)).toBe(true);
});

test("events are read back with six members, from the cursor to the present end", async () => {
  const { emit, latest, subscribe } = eventsModule(testPorts());
  expect(latest("build.log")).toBe(null);
  emit("build.log", "started", { step: 1 }, { by: "me" });
  emit("other", "started", null);
  const second = emit("build.log", "done", undefined);
  expect(latest("build.log")).toBe(second);
  const all = await collect(subscribe({ topic: "build.log" }));
  expect(all).toMatchObject([
    { topic: "build.log", kind: "started", payload: { step: 1 }, headers: { by: "me" } },
    { id: second, kind: "done", payload: null },
  ]);
  expect(Object.keys(all[0] ?? {})).toEqual(["id", "topic", "kind", "payload", "headers", "at"]);
  expect(await collect(subscribe({ topic: "build.log", from_cursor: second }))).toHaveLength(1);
});

test("a script may read the host's topics of its run", async () => {
  const ports = testPorts();
  ports.events.emit("oauth.client.audit", "refresh_failed", { code: "HARN-OAU-003" });
  const events = await collect(eventsModule(ports).subscribe({ topic: "oauth.client.audit" }));
  expect(events).toMatchObject([{ kind: "refresh_failed" }]);
});

describe("a live subscription", () => {
  test("waits for the next event", async () => {
    const { emit, subscribe } = eventsModule(testPorts());
    const events = subscribe({ topic: "t", live: true });
    const next = events.next();
    emit("t", "k", 1);
    expect(await next).toMatchObject({ done: false, value: { payload: 1 } });
    expect(await events.return()).toEqual({ done: true, value: undefined });
    expect(await events.next()).toEqual({ done: true, value: undefined });
  });

  test("ends with the run", async () => {
    const ending = new AbortController();
    const { subscribe } = eventsModule(testPorts({ run: { signal: ending.signal } }));
    const events = subscribe({ topic: "t", live: true });
    const next = events.next();
    ending.abort(new Error("over"));
    expect(await next).toEqual({ done: true, value: undefined });
    expect(await subscribe({ topic: "t", live: true }).next()).toEqual({ done: true, value: undefined });
  });

  test("leaves nothing in the log that outlives the run", async () => {
    const ending = new AbortController();
    const ports = testPorts({ run: { signal: ending.signal } });
    let open = 0;
    const subscribing: typeof ports.events.subscribe = (wanted) => {
      const events = ports.events.subscribe(wanted);
      open += 1;
      const end = async () => {
        open -= 1;
        return (await events.return?.()) ?? { done: true as const, value: undefined };
      };
      return { ...events, return: end };
    };
    const { subscribe } = eventsModule({ ...ports, events: { ...ports.events, subscribe: subscribing } });
    const next = subscribe({ topic: "t", live: true }).next();
    ending.abort(new Error("over"));
    expect(await next).toEqual({ done: true, value: undefined });
    expect(open).toBe(0);
  });
});

test.each(["oauth.client.audit", "audit.x", "runtime.log"])("a script cannot write to %s", (topic) => {
  const ports = testPorts();
  const { emit, latest } = eventsModule(ports);
  expect(() => emit(topic, "k", null)).toThrowError("std/events: emit: topic is one of the host's");
  expect(latest(topic)).toBe(null);
});

test("payload and headers have a cap, at the limit and one past it", () => {
  const { emit } = eventsModule(testPorts());
  const room = maxEventBytes - JSON.stringify(["", {}]).length;
  expect(emit("t", "k", "x".repeat(room))).toBeGreaterThan(0);
  expect(() => emit("t", "k", "x".repeat(room + 1))).toThrowError("must not exceed 65536 bytes");
  expect(() => emit("t", "k", "é".repeat(room / 2 + 1))).toThrowError("must not exceed");
  expect(() => emit("t", "k", null, { a: "x".repeat(room) })).toThrowError("must not exceed");
});

test.each([
  ["emit", ["", "k"], "topic must be 1 to 128 characters"],
  ["emit", ["A", "k"], "topic must be 1 to 128 characters"],
  ["emit", ["a b", "k"], "topic must be 1 to 128 characters"],
  ["emit", ["a".repeat(129), "k"], "topic must be 1 to 128 characters"],
  ["emit", [1, "k"], "topic must be a string"],
  ["emit", ["t", ""], "kind must be 1 to 128 printable ASCII characters"],
  ["emit", ["t", "a\nb"], "kind must be 1 to 128 printable ASCII characters"],
  ["emit", ["t", "k", () => 1], "payload holds a function"],
  ["emit", ["t", "k", null, { a: 1 }], "every value of headers must be a string"],
  ["latest", ["T"], "topic must be 1 to 128 characters"],
  ["subscribe", [{}], "topic must be a string"],
  ["subscribe", [{ topic: "t", from: 1 }], 'the nearest known one is "from_cursor"'],
  ["subscribe", [{ topic: "t", from_cursor: -1 }], "from_cursor must be a whole number"],
  ["subscribe", [{ topic: "t", live: "yes" }], "live must be true or false"],
] as const)("%s refuses %j", (name, args, sentence) => {
  const fn = loose(eventsModule(testPorts())[name]);
  expect(() => fn(...args)).toThrowError(sentence);
  expect(() => fn(...args)).toThrowError(expect.objectContaining({ code: "HARN-RUN-015" }));
});

describe("what a run may emit", () => {
  const refusal = expect.objectContaining({ code: "HARN-RUN-006" });

  test("is a number of events; those of the host do not count", () => {
    const ports = testPorts();
    const { emit } = eventsModule(ports);
    for (let i = 0; i < maxRunEvents; i += 1) {
      emit("build.log", "step", i);
      ports.events.emit("oauth.client.audit", "token_refreshed", {});
    }
    const last = ports.events.latest("build.log");
    expect(() => emit("build.log", "step", null)).toThrow(refusal);
    expect(() => emit("other", "step", null)).toThrow(refusal);
    expect(ports.events.latest("build.log")).toBe(last);
    ports.events.emit("oauth.client.audit", "token_refreshed", {});
    eventsModule(testPorts()).emit("build.log", "step", null);
  });

  test("is a number of bytes", () => {
    const { emit } = eventsModule(testPorts());
    // Seven bytes are not the text's: ["…",{}].
    const event = (bytes: number): number => emit("build.log", "step", "é".repeat((bytes - 7) / 2));
    const full = maxEventBytes - 1;
    let left = maxRunEventBytes;
    for (; left > full; left -= full) event(full);
    expect(() => event(left + 1 + (left % 2))).toThrow(refusal);
    event(left - 1 + (left % 2));
  });
});
