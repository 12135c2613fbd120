/**
 * The language's own globals: the std functions that need no import.
 *
 * @module
 */

import { write } from "./console.ts";
import { call, callPlain } from "./door.ts";
import { line } from "./format.ts";

/** `env` of `std/env`. */
export function env(...args: unknown[]): unknown {
  return callPlain("std/env#env", args);
}

/** Writes a line like `console.log`, with fields: `log` of `std/log` for any value. */
export function log(message?: unknown, fields?: unknown): void {
  write("log", line([message]), fields);
}

/** `http_get` of `std/http`. */
export function http_get(...args: unknown[]): Promise<unknown> {
  return call("std/http#http_get", args);
}

/** `http_post` of `std/http`. */
export function http_post(...args: unknown[]): Promise<unknown> {
  return call("std/http#http_post", args);
}

/** `http_request` of `std/http`. */
export function http_request(...args: unknown[]): Promise<unknown> {
  return call("std/http#http_request", args);
}

/** `json_stringify` of `std/json`. */
export function json_stringify(...args: unknown[]): unknown {
  return callPlain("std/json#json_stringify", args);
}

/** `json_parse` of `std/json`. */
export function json_parse(...args: unknown[]): unknown {
  return callPlain("std/json#json_parse", args);
}
