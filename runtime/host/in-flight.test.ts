import { setImmediate as turn } from "node:timers/promises";
import { expect, test } from "vitest";
import { createInFlight } from "./in-flight.ts";

async function isReady({ ready }: { ready: Promise<void> }): Promise<boolean> {
  return await Promise.race([ready.then(() => true), turn(false)]);
}

test("what all requests hold is counted together, to the byte, and given back once", () => {
  const flight = createInFlight(100);
  const [one, two] = [flight.enter(false), flight.enter(false)];
  expect([one.hold(60), two.hold(41), two.hold(40), one.hold(1)]).toEqual([true, false, true, false]);
  one.end();
  one.end();
  expect([two.hold(61), two.hold(60)]).toEqual([false, true]);
});

test("requests that must arrive wait for their turn, in order, and are then refused nothing", async () => {
  const flight = createInFlight(100, 2);
  const [one, two, three, four, five] = [1, 2, 3, 4, 5].map(() => flight.enter(true));
  if (!one || !two || !three || !four || !five) throw new Error("five shares");
  const ready = () => Promise.all([one, two, three, four, five].map(isReady));
  flight.enter(false).hold(100);
  expect(one.hold(1_000)).toBe(true);
  expect(await ready()).toEqual([true, true, false, false, false]);
  // One that gave up while it waited neither takes nor frees a turn.
  three.end();
  three.end();
  expect(await ready()).toEqual([true, true, false, false, false]);
  two.end();
  two.end();
  expect(await ready()).toEqual([true, true, false, true, false]);
  one.end();
  four.end();
  five.end();
  const again = [flight.enter(true), flight.enter(true), flight.enter(true)];
  expect(await Promise.all(again.map(isReady))).toEqual([true, true, false]);
});
