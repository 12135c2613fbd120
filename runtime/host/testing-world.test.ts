import { describe, expect, test } from "vitest";
import type { HttpFailure } from "../ports.ts";
import { systemClock } from "./clock.ts";
import { globMatcher } from "./mock-reply.ts";
import { createTestingWorld, type TestingWorld } from "./testing-world.ts";

const world = () => createTestingWorld({ clock: systemClock() });

async function body({ http }: TestingWorld, method: string, url: string): Promise<string> {
  return Buffer.from((await http.send({ method, url })).body).toString();
}

async function failure({ http }: TestingWorld, method: string, url: string): Promise<HttpFailure> {
  return http.send({ method, url }).then(
    () => {
      throw new Error("it did not fail");
    },
    (error: unknown) => error as HttpFailure,
  );
}

describe("http_mock", () => {
  test("gives a list in order, the last again and again; the same pair again replaces it", async () => {
    const w = world();
    w.testing.httpMock("GET", "https://a.example/x", [{ body: "1" }, { body: "2" }]);
    const seen = [];
    for (let i = 0; i < 3; i += 1) seen.push(await body(w, "get", "https://a.example/x"));
    w.testing.httpMock("get", "https://a.example:443/x", { body: "3" });
    seen.push(await body(w, "GET", "https://a.example/x"));
    expect(seen).toEqual(["1", "2", "2", "3"]);
  });

  test("prefers an exact URL, then the glob that came first", async () => {
    const w = world();
    w.testing.httpMock("*", "https://a.example/*", { body: "glob" });
    w.testing.httpMock("GET", "https://a.example/x*", { body: "later" });
    w.testing.httpMock("GET", "https://a.example/x", { body: "exact" });
    expect(await body(w, "GET", "https://a.example/x")).toBe("exact");
    expect(await body(w, "GET", "https://a.example/xy")).toBe("glob");
    expect(await body(w, "POST", "https://a.example/x")).toBe("glob");
  });

  test("fills in status and content type", async () => {
    const w = world();
    w.testing.httpMock("GET", "https://a.example/json", { body: '{"a":1}' });
    w.testing.httpMock("GET", "https://a.example/text", {
      body: "hello",
      status: 404,
      headers: { "X-A": "1" },
    });
    w.testing.httpMock("GET", "https://a.example/own", {
      json: { a: 1 },
      headers: { "Content-Type": "x/y" },
    });
    const json = await w.http.send({ method: "GET", url: "https://a.example/json" });
    expect([json.status, { ...json.headers }]).toEqual([200, { "content-type": "application/json" }]);
    const text = await w.http.send({ method: "GET", url: "https://a.example/text" });
    expect([text.status, { ...text.headers }]).toEqual([404, { "x-a": "1" }]);
    const own = await w.http.send({ method: "GET", url: "https://a.example/own" });
    expect([Buffer.from(own.body).toString(), own.headers["content-type"]]).toEqual(['{"a":1}', "x/y"]);
    expect(Object.getPrototypeOf(own.headers)).toBe(null);
  });

  test("scripts faults", async () => {
    const w = world();
    w.testing.httpMock("GET", "https://a.example/", [
      { fault: "reset" },
      { fault: "timeout" },
      { body: "ok" },
    ]);
    const reset = await failure(w, "GET", "https://a.example/");
    const timeout = await failure(w, "GET", "https://a.example/");
    expect([reset.kind, reset.sent, timeout.kind, timeout.sent]).toEqual(["cut", true, "timeout", true]);
    expect(await body(w, "GET", "https://a.example/")).toBe("ok");
  });

  test("an unmocked call fails, naming method, origin and path but no query", async () => {
    const error = await failure(world(), "PUT", "https://a.example/p/q?token=secret#f");
    expect(error.name).toBe("HttpFailure");
    expect(error.kind).toBe("unmocked");
    expect(error.message).toBe("PUT https://a.example/p/q: No mock answers this call.");
    expect(error.hint).not.toContain("secret");
  });

  test.each([
    ["no object", "text"],
    ["an empty list", []],
    ["an unknown member", { stat: 200 }],
    ["a status out of range", { status: 99 }],
    ["body and json", { body: "", json: 1 }],
    ["a body that is no text", { body: { a: 1 } }],
    ["an unknown fault", { fault: "fire" }],
    ["headers that are no text", { headers: { a: 1 } }],
  ])("refuses %s", (_name, reply) => {
    expect(() => world().testing.httpMock("GET", "https://a.example/", reply)).toThrow(
      expect.objectContaining({ code: "HARN-RUN-015" }),
    );
  });

  test("keeps the caps of the request", async () => {
    const w = world();
    w.testing.httpMock("GET", "https://a.example/", { body: "12345" });
    const request = { method: "GET", url: "https://a.example/" };
    await w.http.send({ ...request, maxBytes: 5 });
    await expect(w.http.send({ ...request, maxBytes: 4 })).rejects.toMatchObject({ kind: "too_large" });
  });

  test("lists calls, without what is sensitive unless asked; clear drops mocks and calls", async () => {
    const w = world();
    w.testing.httpMock("POST", "https://a.example/", { body: "" });
    const headers = { Authorization: "Bearer x", Cookie: "c", "X-A": "1" };
    await w.http.send({ method: "POST", url: "https://a.example/", headers, body: "secret" });
    expect(w.testing.httpMockCalls(false)).toEqual([
      { method: "POST", url: "https://a.example/", headers: { "x-a": "1" } },
    ]);
    expect(w.testing.httpMockCalls(true)).toEqual([
      {
        method: "POST",
        url: "https://a.example/",
        headers: { authorization: "Bearer x", cookie: "c", "x-a": "1" },
        body: "secret",
      },
    ]);
    w.testing.httpMockClear();
    expect(w.testing.httpMockCalls(true)).toEqual([]);
    expect((await failure(w, "POST", "https://a.example/")).kind).toBe("unmocked");
  });
});

test.each([
  ["https://a/*", "https://a/", true],
  ["https://a/*", "https://a/b/c?d", true],
  ["https://*.a/x", "https://b.a/x", true],
  ["https://*.a/x", "https://b.a/xy", false],
  ["*", "anything", true],
  ["a*b*c", "a-b-c", true],
  ["a*b*c", "a-c-b", false],
  ["ab*ba", "aba", false],
  ["a.c", "abc", false],
])("glob %s on %s: %s", (pattern, url, expected) => {
  expect(globMatcher(pattern)(url)).toBe(expected);
});

describe("the clock", () => {
  test("is real until it is set; then it stands and a sleep moves it at once", async () => {
    const { clock, testing } = world();
    expect(Math.abs(clock.now() - Date.now())).toBeLessThan(5_000);
    testing.clockSet(1_000);
    const before = clock.monotonic();
    await clock.sleep(3_600_000);
    expect(clock.now()).toBe(3_601_000);
    expect(clock.monotonic() - before).toBeGreaterThanOrEqual(3_600_000);
    testing.clockAdvance(500);
    expect(clock.now()).toBe(3_601_500);
    const later = clock.monotonic();
    testing.clockSet(0);
    expect([clock.now(), clock.monotonic() >= later]).toEqual([0, true]);
    testing.clockReset();
    expect(Math.abs(clock.now() - Date.now())).toBeLessThan(5_000);
  });

  test("advancing an unset clock sets it; a sleep keeps to its signal", async () => {
    const { clock, testing } = world();
    testing.clockAdvance(86_400_000);
    expect(clock.now()).toBeGreaterThan(Date.now() + 80_000_000);
    await expect(clock.sleep(10, AbortSignal.abort(new Error("over")))).rejects.toThrow("over");
    expect(() => testing.clockAdvance(-1)).toThrow("advances");
    expect(() => testing.clockSet(Number.NaN)).toThrow("milliseconds");
  });
});

test("host_mock answers capabilities and lists the calls", async () => {
  const { testing, capability } = world();
  testing.hostMock("store", "get", { value: [1] });
  testing.hostMock("store", "nothing", null);
  expect(await capability("store", "get", { key: "k" })).toEqual({ value: [1] });
  expect(await capability("store", "nothing", undefined)).toBe(null);
  await expect(capability("store", "put", {})).rejects.toMatchObject({ code: "HARN-RUN-010" });
  expect(testing.hostMockCalls()).toEqual([
    { capability: "store", operation: "get", params: { key: "k" } },
    { capability: "store", operation: "nothing", params: null },
    { capability: "store", operation: "put", params: {} },
  ]);
});
