import { expect, test } from "vitest";
import { isPlain } from "../plugin.ts";
import { logModule } from "./log.ts";
import { loose, testPorts } from "./ports.test.fixture.ts";

function logged(): { lines: unknown[][]; module: ReturnType<typeof logModule> } {
  const lines: unknown[][] = [];
  const module = logModule(testPorts({ log: { write: (...line) => void lines.push(line) } }));
  return { lines, module };
}

test("each function writes its level; log is info", () => {
  const { lines, module } = logged();
  for (const name of ["log", "debug", "info", "warn", "error"] as const) {
    expect(isPlain(module[name])).toBe(true);
    expect(module[name](name)).toBe(undefined);
  }
  expect(lines).toEqual([
    ["info", "log"],
    ["debug", "debug"],
    ["info", "info"],
    ["warn", "warn"],
    ["error", "error"],
  ]);
});

test("what is no string is written as JSON, and fields pass", () => {
  const { lines, module } = logged();
  module.log({ a: [1] }, { n: 1 });
  module.log(null, {});
  module.log(undefined);
  expect(lines).toEqual([
    ["info", '{"a":[1]}', { n: 1 }],
    ["info", "null", {}],
    ["info", "undefined"],
  ]);
});

test("a host object in the message or the fields is refused", () => {
  const { lines, module } = logged();
  const client = Object.freeze({ client_secret: "s", request: async () => null });
  expect(() => module.warn(client)).toThrowError("std/log: warn: message holds a function");
  expect(() => module.warn("x", { client })).toThrowError("std/log: warn: fields holds a function");
  expect(() => loose(module.warn)("x", "y")).toThrowError("std/log: warn: fields must be an object");
  expect(lines).toEqual([]);
});
