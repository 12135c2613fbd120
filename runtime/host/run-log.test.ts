import { expect, test } from "vitest";
import { systemClock } from "./clock.ts";
import { exactRedactor } from "./redactor.test.support.ts";
import { createRunLog, type LogLine } from "./run-log.ts";

const clock = systemClock();

test("keeps redacted lines and hands each on", () => {
  const redactor = exactRedactor();
  redactor.register("opaque-value", "env");
  const seen: LogLine[] = [];
  const log = createRunLog({ clock, redactor, maxBytes: 1_000, onLine: (line) => seen.push(line) });
  log.write("info", "a opaque-value", { deep: ["opaque-value"] });
  log.write("warn", "plain");
  expect(JSON.stringify(log.lines)).not.toContain("opaque-value");
  expect(log.lines[0]).toMatchObject({ level: "info", message: "a <redacted:env:12>" });
  expect(log.lines[1]).not.toHaveProperty("fields");
  expect(seen).toEqual(log.lines);
});

test("throws HARN-RUN-006 over its limit, and stores nothing more", () => {
  const log = createRunLog({ clock, redactor: null, maxBytes: 52 });
  log.write("info", "0123456789"); // 26 with what a line costs
  log.write("info", "0123456789");
  for (let i = 0; i < 2; i += 1)
    expect(() => log.write("info", "")).toThrow(expect.objectContaining({ code: "HARN-RUN-006" }));
  expect(log.lines.length).toBe(2);
});

test("counts bytes, fields and empty lines", () => {
  expect(() => createRunLog({ clock, redactor: null, maxBytes: 20 }).write("info", "€€")).toThrow(
    "the log has more than",
  );
  expect(() => createRunLog({ clock, redactor: null, maxBytes: 20 }).write("info", "", "12345")).toThrow(
    "the log has more than",
  );
  const log = createRunLog({ clock, redactor: null, maxBytes: 1_600 });
  for (let i = 0; i < 100; i += 1) log.write("info", "");
  expect(() => log.write("info", "")).toThrow("the log has more than");
});

test("refuses fields that are not JSON", () => {
  const log = createRunLog({ clock, redactor: null, maxBytes: 1_000 });
  expect(() => log.write("info", "x", () => 1)).toThrow(expect.objectContaining({ code: "HARN-RUN-015" }));
});
