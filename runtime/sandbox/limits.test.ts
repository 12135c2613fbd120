import { expect, test } from "vitest";
import { RunError } from "../host/run-error.ts";
import { type Limits, limitTable, resolveLimits } from "./limits.ts";

const names = Object.keys(limitTable) as (keyof Limits)[];

function refused(given: unknown): RunError {
  try {
    resolveLimits(given as Partial<Limits>);
  } catch (error) {
    if (error instanceof RunError) return error;
    throw error;
  }
  throw new Error("it was accepted");
}

test("the defaults", () => {
  expect(resolveLimits()).toEqual({
    memory: 33_554_432,
    cpu: 2_000,
    wall: 60_000,
    stack: 196_608,
    pendingCalls: 1_000,
    callbackTimeout: 10_000,
    result: 1_048_576,
    log: 1_048_576,
    source: 1_048_576,
    grace: 50,
  });
  expect(resolveLimits({ cpu: 5 })).toEqual({ ...resolveLimits({}), cpu: 5 });
});

test.each(names)("%s: both ends are allowed, one past them is not", (name) => {
  const { minimum, maximum } = limitTable[name];
  expect(resolveLimits({ [name]: minimum })[name]).toBe(minimum);
  expect(resolveLimits({ [name]: maximum })[name]).toBe(maximum);
  for (const value of [
    minimum - 1,
    maximum + 1,
    minimum + 0.5,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    "5",
    {},
  ]) {
    const error = refused({ [name]: value });
    expect(error.code).toBe("HARN-RUN-015");
    expect(error.message).toBe(`limits: ${name} is out of its range`);
  }
});

test("undefined and null mean the default", () => {
  expect(resolveLimits({ cpu: undefined, wall: null } as unknown as Partial<Limits>)).toEqual(
    resolveLimits(),
  );
});

test("memory becomes whole pages", () => {
  expect(resolveLimits({ memory: 20_000_000 }).memory).toBe(306 * 65_536);
});

test("an unknown limit is named with its nearest", () => {
  const error = refused({ memmory: 1 });
  expect(error.code).toBe("HARN-RUN-015");
  expect(error.message).toBe('limits: there is no limit "memmory"');
  expect(error.hint).toBe("Did you mean memory?");
  expect(refused({ constructor: 1 }).hint).toContain("The limits are memory, cpu");
  expect(refused(JSON.parse('{"__proto__": 1}')).message).toContain("__proto__");
});
