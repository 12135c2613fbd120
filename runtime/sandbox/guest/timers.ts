/**
 * Timers and microtasks (HTML standard, 8.6 and 8.7).
 *
 * @module
 */

import { after } from "./after.ts";
import { write } from "./console.ts";
import { call } from "./door.ts";
import { inspect } from "./inspect.ts";
import { apply, create, NumberFunction, PromiseClass, TypeErrorClass } from "./primordials.ts";

const running = create(null) as Record<number, true>;
let lastTimer = 0;

/** Calls a function of the script that has no caller; what it throws goes to the log. */
function callAlone(callback: unknown, args: readonly unknown[], where: string): void {
  try {
    apply(callback as () => unknown, undefined, args);
  } catch (error) {
    report(where, error);
  }
}

function report(where: string, error: unknown): void {
  write("error", "Uncaught in " + where + ": " + inspect(error));
}

function tick(id: number, ms: number, callback: unknown, args: readonly unknown[], repeats: boolean): void {
  after(
    call("std/time#sleep", [ms]),
    () => {
      if (running[id] !== true) return;
      if (repeats) tick(id, ms, callback, args, true);
      else delete running[id];
      callAlone(callback, args, repeats ? "setInterval" : "setTimeout");
    },
    (error) => {
      if (running[id] !== true) return;
      delete running[id];
      report(repeats ? "setInterval" : "setTimeout", error);
    },
  );
}

function startTimer(callback: unknown, delay: unknown, args: readonly unknown[], repeats: boolean): number {
  if (typeof callback !== "function") {
    throw new TypeErrorClass((repeats ? "setInterval" : "setTimeout") + ": the callback must be a function");
  }
  // As in browsers, a delay is a 32-bit number; a repeating one is at least 1 ms.
  const whole = NumberFunction(delay) | 0;
  const least = repeats ? 1 : 0;
  const id = ++lastTimer;
  running[id] = true;
  tick(id, whole > least ? whole : least, callback, args, repeats);
  return id;
}

/** Calls a function once, after `delay` ms. @throws TypeError when it is none; text is not run. */
export function setTimeout(callback: unknown, delay?: unknown, ...args: unknown[]): number {
  return startTimer(callback, delay, args, false);
}

/** Calls a function again and again, `delay` ms after the last time, until cleared. @throws TypeError when it is none. */
export function setInterval(callback: unknown, delay?: unknown, ...args: unknown[]): number {
  return startTimer(callback, delay, args, true);
}

/** Stops a timer; what is no timer is ignored. */
export function clearTimeout(id?: unknown): void {
  if (typeof id === "number") delete running[id];
}

/** The same as `clearTimeout`. */
export function clearInterval(id?: unknown): void {
  clearTimeout(id);
}

const settled = new PromiseClass<unknown>((resolve) => resolve(undefined));

/** Calls a function once the running code is done. @throws TypeError when it is none. */
export function queueMicrotask(callback: unknown): void {
  if (typeof callback !== "function") {
    throw new TypeErrorClass("queueMicrotask: the callback must be a function");
  }
  after(settled, () => callAlone(callback, [], "queueMicrotask"));
}
