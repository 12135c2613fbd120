/**
 * `console`, which writes to the run's log.
 *
 * @module
 */

import { callPlain } from "./door.ts";
import { line } from "./format.ts";
import { put } from "./own-members.ts";
import { ErrorClass, tagSymbol } from "./primordials.ts";

/** Writes a line to the run's log. */
export function write(level: string, text: string, fields?: unknown): void {
  callPlain("std/log#" + level, fields === undefined ? [text] : [text, fields]);
}

/** The global `console`. Its methods need no `this`, and throw only when the log is full (HARN-RUN-006). */
export const consoleObject = {
  log(...args: unknown[]): void {
    write("info", line(args));
  },
  info(...args: unknown[]): void {
    write("info", line(args));
  },
  debug(...args: unknown[]): void {
    write("debug", line(args));
  },
  warn(...args: unknown[]): void {
    write("warn", line(args));
  },
  error(...args: unknown[]): void {
    write("error", line(args));
  },
  trace(...args: unknown[]): void {
    const { stack } = new ErrorClass();
    const text = line(args);
    write(
      "debug",
      "Trace" + (text === "" ? "" : ": " + text) + "\n" + (typeof stack === "string" ? stack : ""),
    );
  },
};
put(consoleObject, tagSymbol, "console", false);
