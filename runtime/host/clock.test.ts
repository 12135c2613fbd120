import { expect, test } from "vitest";
import { systemClock } from "./clock.ts";
import { systemRandom } from "./random.ts";

test("a sleep ends, and at once when its signal has aborted", async () => {
  const clock = systemClock();
  await clock.sleep(0);
  await clock.sleep(-5);
  const before = clock.monotonic();
  await clock.sleep(20);
  expect(clock.monotonic()).toBeGreaterThan(before);
  await expect(clock.sleep(1e9, AbortSignal.abort(new Error("gone")))).rejects.toThrow("gone");
  const controller = new AbortController();
  const sleeping = clock.sleep(1e9, controller.signal);
  controller.abort(new Error("stopped"));
  await expect(sleeping).rejects.toThrow("stopped");
});

test("a sleep beyond 2^31 ms does not end at once", async () => {
  const clock = systemClock();
  const controller = new AbortController();
  const long = [2 ** 31, 2 ** 40, Number.POSITIVE_INFINITY].map((ms) =>
    clock.sleep(ms, controller.signal).then(
      () => "woke",
      () => "slept on",
    ),
  );
  await clock.sleep(30);
  controller.abort();
  expect(await Promise.all(long)).toEqual(["slept on", "slept on", "slept on"]);
});

test("random bytes have the length asked for, and differ", () => {
  const random = systemRandom();
  expect(random.bytes(0).length).toBe(0);
  expect(Buffer.from(random.bytes(32)).equals(random.bytes(32))).toBe(false);
});
