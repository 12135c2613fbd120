import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { createResting } from "./resting.ts";

const at = { now: 1_000_000, monotonic: 0 };
const clock = { now: () => at.now, monotonic: () => at.monotonic };
const pass = (ms: number): void => {
  at.now += ms;
  at.monotonic += ms;
};

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

function rested(ms = 2_000) {
  const ended: string[] = [];
  return { ended, resting: createResting<string>(ms, (one) => ended.push(one), clock) };
}

test("gives the one that came last, and each once", () => {
  const { ended, resting } = rested();
  resting.add("here", "first");
  resting.add("here", "second");
  resting.add("there", "other");
  expect(["here", "here", "here", "there"].map((place) => resting.take(place))).toEqual([
    "second",
    "first",
    null,
    "other",
  ]);
  vi.advanceTimersByTime(10_000);
  expect(ended).toEqual([]);
});

test("ends what rested too long, also when nobody asks", () => {
  const { ended, resting } = rested();
  resting.add("here", "first");
  vi.advanceTimersByTime(2_000);
  expect(ended).toEqual(["first"]);
  expect(resting.take("here")).toBeNull();
});

// A stopped process and a machine that slept run no timers; the second stops the monotonic clock too.
test.each([
  ["the process was stopped", () => pass(2_000)],
  ["the machine slept", () => (at.now += 2_000)],
  ["the wall clock was set back", () => (at.now -= 1)],
])("does not give one that rested too long: %s", (_what, wait) => {
  const { ended, resting } = rested();
  resting.add("here", "first");
  wait();
  expect(resting.take("here")).toBeNull();
  expect(ended).toEqual(["first"]);
});

test("close ends all", () => {
  const { ended, resting } = rested();
  resting.add("here", "first");
  resting.add("there", "second");
  resting.close();
  expect(ended).toEqual(["first", "second"]);
  expect(resting.take("here")).toBeNull();
});
