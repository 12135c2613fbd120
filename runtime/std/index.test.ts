import { expect, test } from "vitest";
import { RunError } from "../host/run-error.ts";
import { isPlain } from "../plugin.ts";
import { envModule } from "./env.ts";
import { std } from "./index.ts";
import { loose, testPorts } from "./ports.test.fixture.ts";
import { timeModule } from "./time.ts";

test("the plugin's modules and functions; only http and sleep are async", () => {
  const shown = Object.fromEntries(
    Object.entries(std().modules(testPorts())).map(([specifier, module]) => [
      specifier,
      Object.entries(module)
        .map(([name, fn]) => (isPlain(fn as () => unknown) ? name : `async ${name}`))
        .join(" "),
    ]),
  );
  expect(shown).toEqual({
    "std/http": "async http_request async http_get async http_post",
    "std/env": "env",
    "std/log": "log debug info warn error",
    "std/events": "emit latest subscribe",
    "std/time": "now async sleep",
    "std/json": "json_parse json_stringify",
    "std/crypto": "random_bytes sha256 sha256_hex hmac_sha256 base64url_encode base64url_decode random_uuid",
    "std/url": "url_parse url_update url_encode url_decode form_encode form_decode",
    "std/testing":
      "clock_set clock_advance clock_reset http_mock http_mock_clear http_mock_calls host_mock host_mock_calls",
  });
});

test("building the modules asks nothing of the ports", () => {
  const untouchable = new Proxy({} as ReturnType<typeof testPorts>, {
    get: () => {
      throw new Error("a port was read");
    },
  });
  expect(Object.keys(std().modules(untouchable))).toHaveLength(9);
});

test("env asks the port, whose refusal passes", () => {
  const refusal = new RunError("HARN-RUN-010", "no");
  const env = (name: string): string | null => {
    if (name === "SECRET") throw refusal;
    return name === "A" ? "1" : null;
  };
  const module = envModule(testPorts({ env }));
  expect(module.env("A")).toBe("1");
  expect(module.env("B")).toBe(null);
  expect(() => module.env("SECRET")).toThrowError(refusal);
  expect(() => loose(module.env)(1)).toThrowError("std/env: env: name must be a string");
});

test("sleep waits on the run's clock and signal", async () => {
  const slept: unknown[] = [];
  const ports = testPorts({
    clock: { now: () => 7, monotonic: () => 0, sleep: async (...args) => void slept.push(args) },
  });
  const module = timeModule(ports);
  await module.sleep(1.5);
  expect(module.now()).toBe(7);
  expect(slept).toEqual([[1.5, ports.run.signal]]);
  for (const ms of [-1, NaN, 2 ** 31, "1"]) {
    await expect(loose(module.sleep)(ms)).rejects.toMatchObject({ code: "HARN-RUN-015" });
  }
});
