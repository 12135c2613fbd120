import { describe, expect, test } from "vitest";
import { systemClock } from "../host/clock.ts";
import { createTestingWorld } from "../host/testing-world.ts";
import { isPlain } from "../plugin.ts";
import { httpModule } from "./http.ts";
import { loose, testPorts } from "./ports.test.fixture.ts";
import { testingModule } from "./testing.ts";
import { timeModule } from "./time.ts";

function scripted() {
  const world = createTestingWorld({ clock: systemClock() });
  const ports = testPorts({ testing: world.testing, http: world.http, clock: world.clock });
  return { world, testing: testingModule(ports), http: httpModule(ports), time: timeModule(ports) };
}

test("without the grant every function is refused", () => {
  const module = testingModule(testPorts({ testing: null }));
  for (const [name, fn] of Object.entries(module)) {
    expect(isPlain(fn as () => unknown)).toBe(true);
    expect(() => loose(fn)("a", "b", {})).toThrowError(
      expect.objectContaining({
        code: "HARN-RUN-010",
        message: `std/testing: ${name}: this run was not granted testing`,
      }),
    );
  }
});

test("a set clock is what std/time tells, and a sleep advances it", async () => {
  const { testing, time } = scripted();
  testing.clock_set(1_000);
  testing.clock_advance(500);
  await time.sleep(3_600_000);
  expect(time.now()).toBe(1_000 + 500 + 3_600_000);
  testing.clock_reset();
  expect(time.now()).toBeGreaterThan(1_600_000_000_000);
});

describe("http_mock", () => {
  test("answers std/http, a list in order, and its calls are listed", async () => {
    const { testing, http } = scripted();
    testing.http_mock("POST", "https://a.example/*", [{ status: 503 }, { json: { n: 1 } }]);
    const url = "https://a.example/x";
    const headers = { authorization: "Bearer x" };
    expect((await http.http_post(url, "body", { headers })).status).toBe(503);
    expect(await http.http_post(url, "body")).toMatchObject({ status: 200, body: '{"n":1}' });
    expect(await http.http_post(url, "body")).toMatchObject({ status: 200 });
    expect(testing.http_mock_calls()).toHaveLength(3);
    expect(JSON.stringify(testing.http_mock_calls())).not.toContain("Bearer x");
    expect(JSON.stringify(testing.http_mock_calls({ include_sensitive: true }))).toContain("Bearer x");
    testing.http_mock_clear();
    expect(testing.http_mock_calls()).toEqual([]);
    await expect(http.http_get(url)).rejects.toMatchObject({ name: "HttpFailure", kind: "unmocked" });
  });
});

test("host_mock answers capabilities", async () => {
  const { testing, world } = scripted();
  testing.host_mock("oauth_storage", "cloud_get", { value: null });
  expect(await world.capability("oauth_storage", "cloud_get", { key: "k" })).toEqual({ value: null });
  expect(testing.host_mock_calls()).toEqual([
    { capability: "oauth_storage", operation: "cloud_get", params: { key: "k" } },
  ]);
});

test.each([
  ["clock_set", ["now"], "ms must be a number"],
  ["clock_set", [-1], "ms must be a number"],
  ["clock_advance", [Infinity], "ms must be a number"],
  ["http_mock", [1, "u", {}], "method must be a string"],
  ["http_mock", ["GET", 1, {}], "url must be a string"],
  ["http_mock", ["GET", "u", "x"], "reply must be an object or a list of objects, not empty"],
  ["http_mock", ["GET", "u", []], "reply must be an object or a list of objects, not empty"],
  ["http_mock_calls", [{ sensitive: true }], 'the nearest known one is "include_sensitive"'],
  ["http_mock_calls", [{ include_sensitive: 1 }], "include_sensitive must be true or false"],
  ["host_mock", ["c", 1, {}], "operation must be a string"],
  ["host_mock", ["c", "o", { f: () => 1 }], "reply holds a function"],
] as const)("%s refuses %j", (name, args, sentence) => {
  const fn = loose(scripted().testing[name]);
  expect(() => fn(...args)).toThrowError(sentence);
  expect(() => fn(...args)).toThrowError(expect.objectContaining({ code: "HARN-RUN-015" }));
});
