/**
 * `std/log`: lines of the run's log. The log redacts them.
 *
 * @module
 */

import { plain } from "../plugin.ts";
import type { LogLevel, Ports } from "../ports.ts";
import { json, record, type Place } from "./arguments.ts";

/** Writes one line. A message that is no string is written as JSON; `fields` is a plain object of JSON data. */
export type LogFunction = (message: unknown, fields?: Readonly<Record<string, unknown>>) => void;

/** What a script imports from `std/log`. `log` is `info`. */
export type LogModule = {
  readonly log: LogFunction;
  readonly debug: LogFunction;
  readonly info: LogFunction;
  readonly warn: LogFunction;
  readonly error: LogFunction;
};

/** Makes `std/log` over the run's log. Its functions throw HARN-RUN-015, and HARN-RUN-006 when the log is full. */
export function logModule(ports: Ports): LogModule {
  const writer = (name: string, level: LogLevel): LogFunction =>
    plain((message: unknown, fields?: unknown): void => {
      const place: Place = `std/log: ${name}`;
      const line = typeof message === "string" ? message : asJson(place, message);
      if (fields === undefined || fields === null) ports.log.write(level, line);
      else ports.log.write(level, line, json(place, "fields", record(place, "fields", fields)));
    });
  return {
    log: writer("log", "info"),
    debug: writer("debug", "debug"),
    info: writer("info", "info"),
    warn: writer("warn", "warn"),
    error: writer("error", "error"),
  };
}

function asJson(place: Place, message: unknown): string {
  return JSON.stringify(json(place, "message", message)) ?? "undefined";
}
